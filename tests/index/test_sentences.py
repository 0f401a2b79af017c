"""Laws and tables of index.sentences."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.paragraphs import paragraphs
from index.sentences import WINDOW, sentences

PIECES = [
    "a",
    "Mot",
    "été",
    ".",
    "…",
    "?",
    "! ",
    " ",
    "\n",
    "\n\n",
    "« ",
    " »",
    '"',
    "“",
    "M. ",
    "art. L. ",
    "1. ",
    "3.5",
]
PIECES += ["😀", "👩\u200d👧", "e\u0301", "شجرة", "؟ ", "،", "\u00a0", "\u202f", "(", ")", "你好。", "J.-C. "]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=30), max_size=80).map("".join)


def cut(text: str, language: str = "fr") -> list[str]:
    return [text[start:end] for start, end in sentences(text, language)]


@given(TEXTS, st.sampled_from(["fr", "en", "ar", "", "zz", "fr-CA", "FR"]))
def test_sentences_are_ordered_stripped_and_hold_every_character(text: str, language: str) -> None:
    last = 0
    for start, end in sentences(text, language):
        assert last <= start < end <= len(text)
        assert text[last:start].strip() == ""
        assert text[start:end] == text[start:end].strip()
        last = end
    assert text[last:].strip() == ""


@given(TEXTS)
def test_no_sentence_crosses_a_paragraph(text: str) -> None:
    whole = paragraphs(text)
    for start, end in sentences(text):
        assert any(left <= start and end <= right for left, right in whole)


FRENCH = {
    "two": "Il part.| Elle reste.",
    "title": "M. Dupont est là.| Mme. Martin aussi.",
    "initial": "Le Dr. J. Martin a signé.| Il est parti.",
    "article of law": "Selon l'art. L. 12-3 du Code, c'est permis.| L'art. R. 5 le confirme.",
    "for example": "Un fruit, p. ex. une pomme.| Un légume, c.-à-d. une carotte.",
    "see page": "Cf. p. 12 et fig. 3 du rapport.| Voir vol. 2.",
    "number": "Le no. 5 coûte 3.50 euros.| Le n. 6 coûte 2,5 euros.",
    "no is a word": "Il a dit no.| Elle aussi.",
    "decimals": "La hausse est de 3.5 %.| Elle était de 2 500.75 dirhams en 2020.",
    "ellipsis": "Il hésite…| Puis il part...| Elle reste.",
    "ellipsis inside": "Il hésite… puis part.",
    "question": "Qui vient ?| Personne !| Vraiment ?!| Oui.",
    "guillemets": "Il dit : « Je pars. Tu restes. »| Elle rit.",
    "guillemets inside": "Il dit « oui ! » et s'en va.| Fin.",
    "before christ": "En 52 av. J.-C. arrive César.| Il vainc en 3 ap. J.-C. ou plus tard.",
    "list numbers": "1. Premier point.| 2. Second point.",
    "list letters": "a) Premier point.| b) Second point.",
    "paragraphs": "Un titre|\nUne phrase.| Une autre.",
    "emoji": "😀 Bravo.| 👩\u200d👩\u200d👧 Voilà !| Fin.",
    "combining": "L'e\u0301te\u0301 vient.| L'hiver aussi.",
    "url": "Voir www.exemple.fr pour la suite.| Fin.",
    "closing only": "Il part. »",
    "dots only": ". . . !!!",
}
ENGLISH = {
    "title": "Dr. Smith met Mrs. Jones.| They talked.",
    "abbreviations": "Use a tool, e.g. a hammer, i.e. this one.| Then rest.",
    "quotes": 'He said "Stop. Now." and left.| She stayed.',
}
ARABIC = {
    "question mark": "كيف حالك؟| أنا بخير.",
    "comma": "مرحبا، أنا هنا، وأنت هناك.| نعم!",
    "title": "جاء د. أحمد إلى المدينة.| ثم رجع.",
    "page": "انظر ص. 12 من الكتاب.| شكرا.",
}
CASES = [
    pytest.param(language, marked, id=f"{language} {name}")
    for language, table in (("fr", FRENCH), ("en", ENGLISH), ("ar", ARABIC))
    for name, marked in table.items()
]


@pytest.mark.parametrize(("language", "marked"), CASES)
def test_tables(language: str, marked: str) -> None:
    """A bar stands where one sentence ends and the next begins."""
    assert cut(marked.replace("|", ""), language) == [part.strip() for part in marked.split("|")]


def test_a_sentence_without_an_end_stays_one() -> None:
    text = "mot " * WINDOW
    assert cut(text) == [text.strip()]


def test_sentences_are_found_across_the_windows() -> None:
    expected = [f"Voici la phrase {n} de M. Dupont, selon l'art. L. {n}." for n in range(1000)]
    assert cut(" ".join(expected)) == expected


def test_a_long_quotation_is_taken_apart() -> None:
    inside = [f"Voici la phrase numéro {n} de la lettre." for n in range(40)]
    assert len(cut("« " + " ".join(inside) + " »")) == len(inside)


@pytest.mark.parametrize(
    "text",
    [
        "« a. » " * 40_000,
        "'" * 200_000,
        "«" * 100_000,
        "M. " * 60_000,
        "?!" * 200_000,
        ". » « " * 50_000,
        "a\n" * 50_000,
    ],
    ids=["quotations", "apostrophes", "openers", "abbreviations", "marks", "closers", "lines"],
)
def test_hostile_texts_take_linear_time(text: str) -> None:
    begun = perf_counter()
    sentences(text, "fr")
    assert perf_counter() - begun < 5


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u2009", "\u3000"], ids=lambda space: f"{ord(space):04x}")
def test_an_initial_before_a_foreign_space_is_no_panic(space: str) -> None:
    text = f"Une phrase de plus. I{space}. Une autre."
    assert sentences(text, "fr")[0] == (0, 19)
