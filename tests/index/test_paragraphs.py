"""Laws and tables of index.paragraphs."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.paragraphs import paragraphs

PIECES = [
    "a",
    "Mot",
    "été",
    ".",
    " ",
    "\t",
    "\n",
    "\n\n",
    "- ",
    "1. ",
    "😀",
    "👩\u200d👧",
    "e\u0301",
    "شجرة",
    "؟",
    "\u00a0",
    "»",
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=40), max_size=60).map("".join)

WRAPPED = (
    "La convention fixe les conditions dans lesquelles les deux parties\n"
    "partagent les frais de la maison commune, et la façon dont elles\n"
    "se répartissent le jardin. Elle vaut pour une durée de trois ans\n"
    "et peut être prolongée par écrit."
)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in paragraphs(text)]


@given(TEXTS)
def test_paragraphs_are_ordered_stripped_and_hold_every_character(text: str) -> None:
    last = 0
    for start, end in paragraphs(text):
        assert last <= start < end <= len(text)
        assert text[last:start].strip() == ""
        assert text[start:end] == text[start:end].strip()
        last = end
    assert text[last:].strip() == ""


@given(TEXTS)
def test_a_blank_line_is_never_inside_a_paragraph(text: str) -> None:
    for paragraph in cut(text):
        assert all(line.strip() for line in paragraph.split("\n"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="empty"),
        pytest.param(" \n\t\n ", [], id="white space only"),
        pytest.param("Un.\n\nDeux.", ["Un.", "Deux."], id="blank line"),
        pytest.param("Un.\n \t\nDeux.", ["Un.", "Deux."], id="line of spaces"),
        pytest.param("  Un. \n  Deux. ", ["Un.", "Deux."], id="indented lines"),
        pytest.param(WRAPPED, [WRAPPED], id="hard-wrapped"),
        pytest.param(WRAPPED + "\nTitre\n" + WRAPPED, [WRAPPED, "Titre", WRAPPED], id="heading between wrapped text"),
        pytest.param(WRAPPED.replace("\n", "\n\n"), WRAPPED.split("\n"), id="blank lines beat wrapping"),
        pytest.param("Pommes\nPoires\nCerises", ["Pommes", "Poires", "Cerises"], id="short lines"),
        pytest.param(
            "Les personnes suivantes ont le droit de vote à l'assemblée\n- les membres actifs de plus de seize ans",
            [
                "Les personnes suivantes ont le droit de vote à l'assemblée",
                "- les membres actifs de plus de seize ans",
            ],
            id="list item",
        ),
        pytest.param(
            "Le conseil se réunit au moins une fois tous les trois mois et\nARTICLE SUIVANT",
            ["Le conseil se réunit au moins une fois tous les trois mois et", "ARTICLE SUIVANT"],
            id="heading in capitals",
        ),
        pytest.param(
            "Une ligne longue sans point final " * 9 + "\nune autre ligne longue",
            [("Une ligne longue sans point final " * 9).strip(), "une autre ligne longue"],
            id="a line is a paragraph",
        ),
        pytest.param(
            "يجتمع المجلس مرة واحدة كل ثلاثة أشهر.\nويقرر",
            ["يجتمع المجلس مرة واحدة كل ثلاثة أشهر.", "ويقرر"],
            id="arabic",
        ),
    ],
)
def test_tables(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_each_line_is_a_paragraph_when_lines_are_long() -> None:
    lines = [f"Le point {n} de la convention " + "est décrit dans les annexes " * (6 + n % 5) + "." for n in range(100)]
    assert cut("\n".join(lines)) == lines


def test_lines_of_many_lengths_are_a_list() -> None:
    lines = ["des mots " * (3 + 7 * n % 10) + "et la suite" for n in range(40)]
    assert cut("\n".join(lines)) == lines


def test_wrapping_is_seen_across_the_groups_of_lines() -> None:
    text = "\n".join(f"et ainsi de suite pendant {n:04d} lignes de la même longueur" for n in range(200))
    assert cut(text) == [text]


@pytest.mark.parametrize(
    "text",
    ["\n" * 2_000_000, "a" * 2_000_000, " " * 2_000_000, "\n " * 500_000],
    ids=["line ends", "one word", "spaces", "blank lines"],
)
def test_hostile_texts_take_linear_time(text: str) -> None:
    begun = perf_counter()
    paragraphs(text)
    assert perf_counter() - begun < 5
