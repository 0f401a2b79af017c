"""Excerpts are slices: whatever is cut and marked stands in the document at its offsets."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.cases import CONTEXT, LONGEST, PASSAGES, PLACES, Corpus, Marks, pieces, shortened, spread, widened
from eval.gold import Gold, GoldSet, GoldSpan
from eval.outcomes import Cited, Found, Outcome
from eval.ranges import Range, merged
from index.documents import Document, revision_of

TEXTS = st.text(alphabet="aé\u0301 \n😀م<&", min_size=1, max_size=40)


@st.composite
def spans(draw: st.DrawFn, text: str) -> Range:
    start = draw(st.integers(0, len(text) - 1))
    return Range("d", start, draw(st.integers(start + 1, len(text))))


@given(st.data())
def test_pieces_join_to_the_slice_and_marks_to_the_spans(data: st.DataObject) -> None:
    text = data.draw(TEXTS)
    place = data.draw(spans(text))
    gold, given_ = (tuple(data.draw(st.lists(spans(text), max_size=4))) for _ in range(2))
    cut = pieces(Document("d", "", text), place.start, place.end, Marks(gold, given_))
    assert all(piece.text == text[piece.start : piece.end] for piece in cut)
    assert "".join(piece.text for piece in cut) == text[place.start : place.end]
    for kind, wanted in (("gold", gold), ("given", given_)):
        marked = {at for piece in cut if getattr(piece, kind) for at in range(piece.start, piece.end)}
        expected = {at for one in wanted for at in range(one.start, one.end)}
        assert marked == expected & set(range(place.start, place.end))


@given(st.data(), st.integers(0, 20))
def test_widened_holds_the_place_and_no_more_than_asked(data: st.DataObject, around: int) -> None:
    text = data.draw(TEXTS)
    place = data.draw(spans(text))
    start, end = widened(text, place, around)
    assert max(0, place.start - around) <= start <= place.start
    assert place.end <= end <= min(len(text), place.end + around)


def test_widened_cuts_no_word() -> None:
    text = "premier deuxième troisième quatrième cinquième"
    at = text.index("troisième")
    start, end = widened(text, Range("d", at, at + 9), 14)
    assert text[start:end] == "deuxième troisième quatrième"
    # A script without spaces is cut where it is asked.
    assert widened("字" * 300, Range("d", 140, 150), 100) == (40, 250)


def test_a_long_passage_is_shortened_around_the_first_answer_in_it() -> None:
    whole = Range("d", 100, 100 + 3 * LONGEST)
    assert shortened(Range("d", 0, LONGEST), []) == Range("d", 0, LONGEST)
    assert shortened(whole, []) == Range("d", 100, 100 + LONGEST)
    answer = Range("d", 100 + 2 * LONGEST, 105 + 2 * LONGEST)
    assert shortened(whole, [answer]).start == answer.start - CONTEXT
    last = Range("d", whole.end - 5, whole.end)
    assert shortened(whole, [last]) == Range("d", whole.end - LONGEST, whole.end)


def test_spread_takes_from_everywhere() -> None:
    ids = [str(number) for number in range(10)]
    assert spread(ids, 10) == ids
    assert spread(ids, 3) == ["0", "3", "6"]
    assert spread([], 3) == []


@pytest.fixture
def corpus() -> Corpus:
    texts = {"a": "Il y a 500 emplois. " * 3 + "Fin.", "b": "Rien."}
    return Corpus(GoldSet("s", tuple(Document(id_, "", text) for id_, text in texts.items()), ()))


GOLD = Gold("q", "Combien ?", "fr", (GoldSpan("a", 7, 10, "500"),))


def cited(text: str, document: str, start: int, end: int) -> Cited:
    return Cited(document, revision_of(text), start, end, text[start:end], "")


def test_passages_are_the_first_and_those_that_hold_an_answer(corpus: Corpus) -> None:
    passages = [Found("b", 0, 5, 1.0)] * (PASSAGES + 2) + [Found("a", 0, 19, 0.5), Found("b", 0, 5, 0.4)]
    case = corpus.case(GOLD, Outcome("q", "Combien ?", tuple(passages)))
    assert [(item.rank, item.right) for item in case.passages] == [(n, False) for n in range(1, 6)] + [(8, True)]
    assert case.hidden == 3
    assert [piece.text for piece in case.passages[-1].excerpts[0].pieces if piece.gold] == ["500"]


def test_given_is_marked_where_it_meets_gold(corpus: Corpus) -> None:
    text = corpus.texts["a"]
    outcome = Outcome("q", "?", answered=True, start=5, end=18, citations=(cited(text, "a", 0, 19),))
    case = corpus.case(GOLD, outcome)
    (excerpt,) = case.citations[0].excerpts
    assert [(piece.text, piece.gold, piece.given) for piece in excerpt.pieces] == [
        ("Il y ", False, False),
        ("a ", False, True),
        ("500", True, True),
        (" emplois", False, True),
        (".", False, False),
    ]
    unanswered = corpus.case(GOLD, msgspec.structs.replace(outcome, answered=False))
    assert not any(piece.given for piece in unanswered.citations[0].excerpts[0].pieces)


@pytest.mark.parametrize(("document", "start", "end"), [("none", 0, 5), ("a", 0, 999), ("a", 5, 5), ("a", -3, 4)])
def test_what_the_set_does_not_have_has_no_excerpt(corpus: Corpus, document: str, start: int, end: int) -> None:
    claim = Cited(document, "", start, end, "made up", "")
    outcome = Outcome("q", "?", (Found(document, start, end, 1.0),), True, citations=(claim,) * (PLACES + 1))
    case = corpus.case(GOLD, outcome)
    assert [(citing.excerpts, citing.valid) for citing in case.citations] == [((), False)] * PLACES
    assert case.passages[0].excerpts == ()


def test_relevant_documents_stand_for_gold(corpus: Corpus) -> None:
    corpus.relevant = {"q": {"b": 1}}
    case = corpus.case(Gold("q", "?"), Outcome("q", "?", (Found("a", 0, 19, 1.0), Found("b", 0, 5, 0.5))))
    assert [excerpt.document.id for excerpt in case.rights] == ["b"]
    assert [passage.right for passage in case.passages] == [False, True]
    assert merged(Range("b", piece.start, piece.end) for piece in case.rights[0].pieces) == [Range("b", 0, 5)]
