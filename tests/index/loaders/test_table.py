"""Rows of tables: each a sentence with its header, wherever the header is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.loaders.loaded import Builder
from index.loaders.table import add_rows, sentence
from index.text import canonical


def written(rows: list[list[str]]) -> str:
    builder = Builder("a.csv")
    add_rows(builder, rows)
    return builder.build("text/csv").text


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [["Ville", "Population"], ["Rabat", "577 827"]], "Ville : Rabat ; Population : 577 827.", id="a-header"
        ),
        pytest.param(
            [["Pays", "2019", "2020"], ["Maroc", "1", "2"]], "Pays : Maroc ; 2019 : 1 ; 2020 : 2.", id="years"
        ),
        pytest.param(
            [["Villes du Maroc"], ["Ville", "Population"], ["Fès", "1"]],
            "Villes du Maroc\n\nVille : Fès ; Population : 1.",
            id="title-above",
        ),
        pytest.param([["", "Titre"], ["", "a", "b"], ["", "c", "1"]], "Titre\n\na : c ; b : 1.", id="shifted"),
        pytest.param([["1", "2"], ["a", "b"]], "1 | 2\na | b", id="figures-above"),
        pytest.param([["A", "A"], ["B", "C"]], "A | A\nB | C", id="repeated-names"),
        pytest.param([["Ville", "Population"]], "Ville | Population", id="names-alone"),
        pytest.param([["mot"], ["autre"]], "mot\n\nautre", id="one-column"),
        pytest.param([["a", "b"], ["", "x"], ["y"]], "b : x.\na : y.", id="empty-cells"),
        pytest.param([["a", "b"], ["x", "y", "z"]], "a : x ; b : y ; z.", id="more-cells-than-names"),
        pytest.param([["a", "b"], ["x", "Fini."]], "a : x ; b : Fini.", id="one-full-stop"),
        pytest.param([["a", "b"], ["x", "y\n\t z"]], "a : x ; b : y z.", id="lines-in-a-cell"),
        pytest.param(
            [["a", "b"], ["x", "1"], [], ["c", "d"], ["y", "2"]], "a : x ; b : 1.\n\nc : y ; d : 2.", id="two-tables"
        ),
        pytest.param(
            [["a", "b"], ["x", "y"], [], ["z", "w"], ["u", "v"]],
            "a : x ; b : y.\n\na : z ; b : w.\na : u ; b : v.",
            id="a-gap",
        ),
    ],
)
def test_rows(rows: list[list[str]], expected: str) -> None:
    assert written(rows) == expected


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc", "M"], exclude_characters="\ufeff"), max_size=6).map(
    canonical
)
ROWS = st.lists(
    st.lists(CELLS, max_size=3).filter(lambda row: any(cell.strip() for cell in row)), min_size=1, max_size=5
)


@settings(deadline=None, max_examples=50)
@given(ROWS)
def test_no_cell_under_a_header_is_lost(rows: list[list[str]]) -> None:
    text, at = written([["nom", "an", "lieu"], *rows]), 0
    for row in rows:
        for name, cell in zip(["nom", "an", "lieu"], row, strict=False):
            if words := " ".join(cell.split()):
                at = text.index(f"{name} : {words}", at) + len(name)


@settings(deadline=None, max_examples=50)
@given(st.lists(CELLS, min_size=1, max_size=4), st.lists(CELLS, max_size=6))
def test_a_sentence_ends_once(header: list[str], cells: list[str]) -> None:
    words = sentence(header, cells)
    assert words.endswith((".", "!", "?", "…", "؟", "。"))
    assert all(cell in words for cell in cells)
