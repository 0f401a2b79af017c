"""Spans to a reply. Pure: the same spans give the same reply. Knows no model and no index.

The quote is the sentence around the span. Spans that overlap are one, and so are the things of a list that was asked
for; the same answer found in several places is one answer with several citations, best first; alternatives are distinct
answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from index.documents import Document, Passage, Place
from index.sentences import sentences
from index.text import words
from qa.answers import Alternative, Answer, NoAnswer, Reply
from qa.citations import Citation, cite
from qa.confidence import Calibration
from qa.lists import joined, lies_in
from qa.reader import Span

ALTERNATIVES = 3
WORTH = 0.5  # an alternative has at least this share of the confidence of the answer
CLOSEST = 3
FAR = 4.0  # strength by which an answer leads when there is no other, and at most

Places = Callable[[Document, int, int], Sequence[Place]]
Count = Callable[[Document, int, int], int]


class Found(Struct, frozen=True):
    """A span, the range of the sentence around it, and the passage that holds it."""

    span: Span
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.span.document.text[self.span.start : self.span.end]


def compose(
    question: str,
    spans: Sequence[Span],
    passages: Sequence[Passage],
    calibration: Calibration,
    min_confidence: float,
    places: Places,
    generation: int,
    count: Count = lambda *_: 0,
    *,
    few: bool = False,
) -> Reply:
    """The reply to a question, from the spans that a reader found in the passages, best first.

    `places` gives the first places that say what a range says, and `count` how many there are. `few` says that there
    are fewer passages than were asked for.
    """
    groups = group([surround(span, passages) for span in joined(question, spans, passages)])
    if not groups:
        closest = tuple(
            cite(
                p.document,
                *first_sentence(p),
                places(p.document, p.start, p.end),
                count(p.document, p.start, p.end),
            )
            for p in passages[:CLOSEST]
        )
        return NoAnswer(question, "low_confidence" if passages else "nothing_found", 0.0, closest, generation)
    answers = [
        Alternative(
            best.text,
            best.span.start,
            best.span.end,
            round(calibration.confidence(features(groups, i, few=few)), 4),
            cite_all(found, places, count),
        )
        for i, found in enumerate(groups[: 1 + max(ALTERNATIVES, CLOSEST)])
        for best in found[:1]
    ]
    answers.sort(key=lambda answer: -answer.confidence)  # agreement can make a lower score the surer answer
    first, others = answers[0], answers[1:]
    if first.confidence < min_confidence:
        return NoAnswer(
            question,
            "low_confidence",
            first.confidence,
            tuple(answer.citations[0] for answer in distinct_quotes(answers)[:CLOSEST]),
            generation,
        )
    return Answer(
        question,
        first.text,
        first.start,
        first.end,
        first.confidence,
        first.citations,
        tuple(other for other in others[:ALTERNATIVES] if other.confidence >= WORTH * first.confidence),
        generation,
    )


def surround(span: Span, passages: Sequence[Passage]) -> Found:
    """Finds the sentence, or sentences, that hold a span, within its passage."""
    passage = next(p for p in passages if lies_in(span, p))
    text = passage.document.text[passage.start : passage.end]
    touched = [
        (start + passage.start, end + passage.start)
        for start, end in sentences(text, passage.document.language)
        if start + passage.start < span.end and end + passage.start > span.start
    ]
    return Found(
        span, min([span.start, *(start for start, _ in touched)]), max([span.end, *(end for _, end in touched)])
    )


def group(found: Sequence[Found]) -> list[list[Found]]:
    """Puts together what is one answer: spans that overlap are one, and equal words elsewhere are the same answer.

    A span that is a whole sentence, or holds no word, is the same only as a sentence with the same words.
    """
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (-f.span.strength, f.span.document.id, f.span.start)):
        if not any(overlap(one, other) for other in kept):
            kept.append(one)
    groups: dict[str, list[Found]] = {}
    for one in kept:
        groups.setdefault(" ".join(words(one.text)) or one.text, []).append(one)
    return list(groups.values())


def overlap(one: Found, other: Found) -> bool:
    """Whether two spans share characters of one document."""
    return (
        one.span.document.id == other.span.document.id
        and one.span.start < other.span.end
        and other.span.start < one.span.end
    )


def features(groups: Sequence[Sequence[Found]], i: int, *, few: bool) -> list[float]:
    """What the calibration looks at, in the order of `confidence.FEATURES`, for the i-th answer."""
    best = groups[i][0].span
    rival = max((found[0].span.strength for j, found in enumerate(groups) if j != i), default=best.strength - FAR)
    lead = max(-FAR, min(FAR, best.strength - rival))
    agreement = float(min(len(groups[i]), 3) - 1)
    language, alone = best.document.language, float(few)
    return [
        best.strength,
        lead,
        agreement,
        best.margin,
        best.retrieval,
        best.overlap,
        best.passage_overlap,
        float(best.crossed),
        float(language == "fr"),
        float(language == "en"),
        alone,
        alone * (language == "fr"),
        alone * best.retrieval,
    ]


def cite_all(found: Sequence[Found], places: Places, count: Count) -> tuple[Citation, ...]:
    """A citation for each place of an answer; places that another citation already lists as its copy are left out.

    So are its words elsewhere, where it has more copies than it lists.
    """
    citations: list[Citation] = []
    for one in found:
        document = one.span.document
        listed = any(
            place.document_id == document.id and place.start <= one.start < place.end
            for citation in citations
            for place in citation.also_in
        ) or any(
            citation.quote == document.text[one.start : one.end]
            for citation in citations
            if citation.also_in_total > len(citation.also_in)
        )
        same_quote = any(c.document_id == document.id and c.start < one.end and one.start < c.end for c in citations)
        if not listed and not same_quote:
            where = (document, one.start, one.end)
            citations.append(cite(*where, places(*where), count(*where)))
    return tuple(citations)


def distinct_quotes(answers: Sequence[Alternative]) -> list[Alternative]:
    """Those whose first quote overlaps that of no better answer."""
    kept: list[Alternative] = []
    for answer in answers:
        quote = answer.citations[0]
        if not any(
            other.citations[0].document_id == quote.document_id
            and other.citations[0].start < quote.end
            and quote.start < other.citations[0].end
            for other in kept
        ):
            kept.append(answer)
    return kept


def first_sentence(passage: Passage) -> tuple[int, int]:
    """The range of a passage's first sentence."""
    start, end = sentences(passage.document.text[passage.start : passage.end], passage.document.language)[0]
    return passage.start + start, passage.start + end
