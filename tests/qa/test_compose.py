"""Laws of qa.compose: answers lie in their quotes, quotes do not overlap, the same answer is one."""

from collections.abc import Sequence
from itertools import combinations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Chunk, Document, Passage, Place, revision_of
from index.text import words
from qa.answers import Answer, NoAnswer, Reply
from qa.citations import Citation
from qa.compose import ALTERNATIVES, CLOSEST, compose
from qa.confidence import FEATURES, Calibration
from qa.reader import Span

NOTHING = dict.fromkeys(FEATURES, 0.0)
PLAIN = Calibration("r", "d", {}, NOTHING | {"strength": 1.0}, 0.0, 0.5)
AGREEING = Calibration("r", "d", {}, NOTHING | {"strength": 1.0, "lead": 0.3, "agreement": 1.0}, 0.0, 0.5)
TEXTS = {
    "a": "L'usine crée 2 500 emplois. Le pont ouvre en 2026. Il coûte 3 milliards à la région.",
    "b": "Selon nous 2500 emplois seront là. Rien d'autre. 2 500 !",
    "c": "Tout autre chose 😀 ici. Et là ? « Oui. »",
}
DOCUMENTS = {name: Document(name, name.upper(), text, language="fr") for name, text in TEXTS.items()}


def passage(document: Document, start: int = 0, end: int | None = None, score: float = 1.0) -> Passage:
    end = len(document.text) if end is None else end
    return Passage(document, Chunk(document.id, revision_of(document.text), start, end), start, end, score)


PASSAGES = [passage(document) for document in DOCUMENTS.values()]


def span(name: str, text: str, score: float, none: float = 0.0) -> Span:
    start = TEXTS[name].index(text)
    return Span(DOCUMENTS[name], start, start + len(text), score, none, score - none)


def nowhere(*_: object) -> list[Place]:
    return []


def reply_to(
    spans: Sequence[Span], passages: Sequence[Passage] = PASSAGES, least: float = 0.0, calibration=PLAIN, places=nowhere
) -> Reply:
    return compose("q", spans, passages, calibration, least, places, 7)


@st.composite
def some_spans(draw: st.DrawFn) -> list[Span]:
    found = []
    for _ in range(draw(st.integers(0, 8))):
        document = DOCUMENTS[draw(st.sampled_from("abc"))]
        start = draw(st.integers(0, len(document.text) - 1))
        end = draw(st.integers(start + 1, min(len(document.text), start + 40)))
        strength = draw(st.floats(-12, 12))
        found.append(Span(document, start, end, strength, draw(st.floats(-2, 2)), strength))
    return found


def assert_disjoint(citations: Sequence[Citation]) -> None:
    for one, other in combinations(citations, 2):
        assert one.document_id != other.document_id or one.end <= other.start or other.end <= one.start


@given(some_spans(), st.sampled_from([0.0, 0.5, 0.99]), st.sampled_from([PLAIN, AGREEING]))
def test_laws(spans: list[Span], least: float, calibration: Calibration) -> None:
    reply = reply_to(spans, least=least, calibration=calibration)
    assert reply == reply_to(list(reversed(spans)), least=least, calibration=calibration) or len(
        {s.strength for s in spans}
    ) < len(spans)
    assert (reply.question, reply.generation) == ("q", 7)
    assert 0 <= reply.confidence <= 1
    if isinstance(reply, NoAnswer):
        assert reply.confidence < least or not spans
        assert len(reply.closest) <= CLOSEST
        assert_disjoint(reply.closest)
        for citation in reply.closest:
            assert TEXTS[citation.document_id][citation.start : citation.end] == citation.quote
        return
    assert reply.confidence >= least
    assert len(reply.alternatives) <= ALTERNATIVES
    answers = [reply, *reply.alternatives]
    for answer in answers:
        first = answer.citations[0]
        assert TEXTS[first.document_id][answer.start : answer.end] == answer.text
        assert first.start <= answer.start < answer.end <= first.end
        assert_disjoint(answer.citations)
        for citation in answer.citations:
            assert TEXTS[citation.document_id][citation.start : citation.end] == citation.quote
    keys = [" ".join(words(answer.text)) or answer.text for answer in answers]
    assert len(set(keys)) == len(keys)
    assert isinstance(msgspec.json.decode(msgspec.json.encode(reply), type=Reply), Answer)


@given(some_spans())
def test_an_alternative_is_never_surer_than_the_answer(spans: list[Span]) -> None:
    reply = reply_to(spans, calibration=AGREEING)
    if isinstance(reply, Answer):
        assert all(other.confidence <= reply.confidence for other in reply.alternatives)


def test_agreement_does_not_make_an_alternative_surer_than_the_answer() -> None:
    reply = reply_to([span("a", "2026", 3.0), span("a", "2 500", 2.9), span("b", "2500", 2.8)], calibration=AGREEING)
    assert isinstance(reply, Answer)
    assert all(other.confidence <= reply.confidence for other in reply.alternatives)


def test_there_is_an_answer_when_any_candidate_is_sure_enough() -> None:
    spans = [span("a", "2026", 0.0), span("a", "2 500", -0.1), span("b", "2500", -0.2)]
    best = max(a.confidence for r in [reply_to(spans, calibration=AGREEING)] for a in (r, *r.alternatives))
    assert isinstance(reply_to(spans, least=best, calibration=AGREEING), Answer)


def test_the_closest_do_not_overlap() -> None:
    reply = reply_to([span("a", "emplois. Le pont", 3.0), span("a", "2026", 2.0)], least=1.0)
    assert isinstance(reply, NoAnswer)
    assert_disjoint(reply.closest)


def test_the_quote_is_the_sentence_around_the_span() -> None:
    reply = reply_to([span("a", "2026", 3.0)])
    assert (reply.text, reply.citations[0].quote) == ("2026", "Le pont ouvre en 2026.")


def test_a_span_over_two_sentences_is_quoted_whole() -> None:
    reply = reply_to([span("a", "emplois. Le pont", 3.0)])
    assert reply.citations[0].quote == "L'usine crée 2 500 emplois. Le pont ouvre en 2026."


def test_a_sentence_that_a_passage_cuts_is_quoted_within_it() -> None:
    end = TEXTS["a"].index("emplois")
    reply = reply_to([span("a", "2 500", 3.0)], [passage(DOCUMENTS["a"], 0, end)])
    assert reply.citations[0].end <= end


def test_the_same_answer_in_two_documents_has_two_citations() -> None:
    reply = reply_to([span("a", "2 500", 3.0), span("b", "2500", 2.0), span("a", "2026", 1.0)])
    assert (reply.text, [c.document_id for c in reply.citations]) == ("2 500", ["a", "b"])
    assert [other.text for other in reply.alternatives] == ["2026"]


def test_overlapping_spans_are_one_answer() -> None:
    reply = reply_to([span("a", "2 500 emplois", 3.0), span("a", "2 500", 2.0), span("a", "emplois", 1.0)])
    assert reply.text == "2 500 emplois"
    assert reply.alternatives == ()


def test_a_place_that_is_listed_is_not_cited_again() -> None:
    def places(document: Document, start: int, end: int) -> list[Place]:
        return [Place("b", "B", 0, 34, 0.9)] if document.id == "a" else []

    reply = reply_to([span("a", "2 500", 3.0), span("b", "2500", 2.0)], places=places)
    assert [c.document_id for c in reply.citations] == ["a"]
    assert reply.citations[0].also_in == (Place("b", "B", 0, 34, 0.9),)


def test_a_copy_that_is_counted_and_not_listed_is_not_cited_again() -> None:
    text = TEXTS["a"]
    copy = Document("copy", "Copy", text, language="fr")
    at = text.index("2 500")
    spans = [span("a", "2 500", 3.0), Span(copy, at, at + 5, 2.0, 0.0, 2.0), span("b", "2500", 1.0)]
    for total, expected in ((1, ["a", "b"]), (0, ["a", "copy", "b"])):
        passages = [*PASSAGES, passage(copy)]
        reply = compose("q", spans, passages, PLAIN, 0.0, nowhere, 7, lambda *_, found=total: found)
        assert [c.document_id for c in reply.citations] == expected
        assert reply.citations[0].also_in_total == total


def test_nothing_found_and_nothing_read() -> None:
    assert reply_to([], []) == NoAnswer("q", "nothing_found", 0.0, (), 7)
    reply = reply_to([])
    assert (reply.reason, reply.confidence) == ("low_confidence", 0.0)
    assert [c.quote for c in reply.closest] == [
        "L'usine crée 2 500 emplois.",
        "Selon nous 2500 emplois seront là.",
        "Tout autre chose 😀 ici.",
    ]


@pytest.mark.parametrize(("least", "kind"), [(0.0, Answer), (0.5, Answer), (0.500001, NoAnswer), (1.0, NoAnswer)])
def test_the_threshold(least: float, kind: type) -> None:
    assert isinstance(reply_to([span("a", "2026", 1.0, none=1.0)], least=least), kind)  # logistic of 0 is a half


def test_the_score_counts_against_that_of_no_answer() -> None:
    low, high = (reply_to([span("a", "2026", 5.0, none=none)]).confidence for none in (4.0, 0.0))
    assert low < high


def test_ties_are_settled_by_place() -> None:
    spans = [span("b", "2500", 1.0), span("a", "2026", 1.0), span("c", "chose", 1.0)]
    assert {reply_to(order).text for order in (spans, spans[::-1])} == {"2026"}


def test_alternatives_are_the_next_best() -> None:
    spans = [
        span("a", "2 500", 5.0),
        span("a", "2026", 4.0),
        span("a", "3 milliards", 3.0),
        span("c", "chose", 2.0),
        span("c", "Oui", 1.0),
    ]
    assert [other.text for other in reply_to(spans).alternatives] == ["2026", "3 milliards", "chose"]


def test_fewer_passages_than_asked_for_count_in_the_confidence() -> None:
    weights = NOTHING | {"few": 1.0, "few_french": 2.0, "few_retrieval": 4.0}
    known = Calibration("r", "d", {}, weights, 0.0, 0.0)
    found = [Span(DOCUMENTS["a"], 0, 7, 1.0, 0.0, 1.0, retrieval=0.25)]
    confidences = [compose("q", found, PASSAGES, known, 0.0, nowhere, 7, few=few).confidence for few in (False, True)]
    assert confidences == [0.5, pytest.approx(1 / (1 + 2.718281828 ** -(1 + 2 + 1)), abs=1e-4)]
