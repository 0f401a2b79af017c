"""The laws of a gold set, and that a broken one is named by its place."""

from __future__ import annotations

import pytest

from eval.gold import Gold, GoldError, GoldSpan, gather
from index.documents import Document

DOCUMENT = Document("btr", "BTR", "Il crée 2 500 emplois. Oui, 2 500 emplois.")
SPAN = GoldSpan("btr", 8, 13, "2 500")
GOLD = Gold("q1", "Combien ?", "fr", (SPAN,), kind="amount", tags=("single_fact", "amount"))


def test_a_sound_set_is_kept_as_it_is() -> None:
    found = gather("set", [DOCUMENT], [("f:1", GOLD)])
    assert (found.name, found.documents, found.questions) == ("set", (DOCUMENT,), (GOLD,))
    assert found.texts() == {"btr": DOCUMENT.text}
    in_french = ("fr single_fact", "fr amount", "fr single_fact btr", "fr amount btr")
    assert GOLD.groups() == ("amount", "single_fact", *in_french)


@pytest.mark.parametrize(
    ("golds", "said"),
    [
        pytest.param([GOLD, GOLD], r"f:2: the id 'q1' was used at f:1", id="duplicate id"),
        pytest.param(
            [Gold("q", "?", answers=(GoldSpan("btr", 7, 12, "2 500"),))],
            r"f:1: question 'q': 'btr' has ' 2 50' at \[7, 12\) and not '2 500'; it stands at 8",
            id="span mismatch",
        ),
        pytest.param(
            [Gold("q", "?", answers=(GoldSpan("btr", 0, 2, "Elle"),))],
            r"it stands nowhere in the document",
            id="absent",
        ),
        pytest.param(
            [Gold("q", "?", answers=(GoldSpan("btr", 40, 99, "x"),))],
            r"\[40, 99\) is no span of 'btr', which has 42",
            id="past",
        ),
        pytest.param([Gold("q", "?", answers=(GoldSpan("btr", 3, 3, ""),))], r"\[3, 3\) is no span", id="empty span"),
        pytest.param(
            [Gold("q", "?", answers=(GoldSpan("x", 0, 2, "Il"),))], r"no document 'x'.*it has btr", id="document"
        ),
        pytest.param([Gold("q", "?")], r"has no answers; add one", id="no answers"),
        pytest.param([Gold("q", "?", answers=(SPAN,), answerable=False)], r"not answerable and has answers", id="both"),
        pytest.param([Gold("q", " ", answers=(SPAN,))], r"question 'q' is empty", id="no question"),
        pytest.param([], r"set: no questions", id="empty set"),
    ],
)
def test_a_broken_set_is_refused(golds: list[Gold], said: str) -> None:
    with pytest.raises(GoldError, match=said):
        gather("set", [DOCUMENT], [(f"f:{line}", gold) for line, gold in enumerate(golds, start=1)])


@pytest.mark.parametrize(
    ("documents", "said"), [([], "no documents"), ([DOCUMENT, DOCUMENT], "two documents .* 'btr'")]
)
def test_broken_documents_are_refused(documents: list[Document], said: str) -> None:
    with pytest.raises(GoldError, match=said):
        gather("set", documents, [("f:1", GOLD)])
