"""A failed question as people look at it: what stands in the documents, cut by offsets and marked. Knows no HTML.

Law: `piece.text == text[piece.start:piece.end]` of the document, the pieces of an excerpt follow one another from its
start to its end, and the pieces marked gold (or given) are together the gold (or given) places inside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from eval.citations import is_valid
from eval.duplicates import targets
from eval.gold import Gold, GoldSet
from eval.outcomes import Cited, Outcome
from eval.ranges import Range
from index.documents import Document

CONTEXT = 160  # characters on each side of a gold span
LONGEST = 1_200  # characters of a passage
LONGEST_WORD = 30
PASSAGES = 5  # and those further down that hold an answer
PLACES = 3  # gold places and citations, each


class Piece(Struct, frozen=True):
    """A slice of a document, in or out of the gold span and of the given one."""

    text: str
    start: int
    end: int
    gold: bool = False
    given: bool = False


class Excerpt(Struct, frozen=True):
    """`[start, end)` of a document, which has `size` characters."""

    document: Document
    start: int
    end: int
    pieces: tuple[Piece, ...]


class Citing(Struct, frozen=True):
    """A citation: what stands at its offsets (nothing, when the set has no such place), and whether its claims hold."""

    claim: Cited
    excerpts: tuple[Excerpt, ...]
    valid: bool


class Ranked(Struct, frozen=True):
    """A passage at its rank, from 1; `right` says that it holds an answer. No excerpt: the set has no such document."""

    rank: int
    document: str
    score: float
    right: bool
    excerpts: tuple[Excerpt, ...]


class Case(Struct, frozen=True):
    """A question with its gold places, its citations and its passages. `hidden` counts passages that are left out."""

    gold: Gold
    outcome: Outcome
    rights: tuple[Excerpt, ...]
    citations: tuple[Citing, ...]
    passages: tuple[Ranked, ...]
    hidden: int


class Marks(Struct, frozen=True):
    """What to mark in every excerpt of a question."""

    gold: tuple[Range, ...]
    given: tuple[Range, ...]


class Corpus:
    """The documents of a set by id, and the cutting of excerpts from them."""

    def __init__(self, gold_set: GoldSet) -> None:
        self.relevant = gold_set.relevant
        self.texts = gold_set.texts()
        self.documents = {document.id: document for document in gold_set.documents}

    def case(self, gold: Gold, outcome: Outcome) -> Case:
        """Everything that is shown of one question."""
        groups, graded = targets(gold, self.texts), self.relevant.get(gold.id, {})
        cited = bool(outcome.answered and outcome.citations)
        given = (Range(outcome.citations[0].document, outcome.start, outcome.end),) if cited else ()
        marks = Marks(tuple(place for group in groups for place in group), given)
        rights = [self.excerpt(group[0], marks, CONTEXT) for group in groups]
        rights += [self.excerpt(Range(id_, 0, min(LONGEST, len(self.texts[id_]))), marks) for id_ in graded]
        passages = []
        for rank, passage in enumerate(outcome.passages, start=1):
            whole = passage.range()
            right = passage.document in graded or any(whole.overlaps(place) for place in marks.gold)
            if rank <= PASSAGES or right:
                shown = self.excerpt(shortened(whole, marks.gold), marks)
                passages.append(Ranked(rank, passage.document, passage.score, right, shown))
        citations = tuple(
            Citing(
                claim, self.excerpt(Range(claim.document, claim.start, claim.end), marks), is_valid(claim, self.texts)
            )
            for claim in outcome.citations[:PLACES]
        )
        shown_rights = tuple(excerpt for one in rights[:PLACES] for excerpt in one)
        return Case(gold, outcome, shown_rights, citations, tuple(passages), len(outcome.passages) - len(passages))

    def excerpt(self, place: Range, marks: Marks, around: int = 0) -> tuple[Excerpt, ...]:
        """The place with `around` characters on each side; () when no document has it."""
        document = self.documents.get(place.document)
        if document is None or not 0 <= place.start < place.end <= len(document.text):
            return ()
        start, end = widened(document.text, place, around) if around else (place.start, place.end)
        return (Excerpt(document, start, end, pieces(document, start, end, marks)),)


def widened(text: str, place: Range, around: int) -> tuple[int, int]:
    """The place with `around` characters on each side, less the words that this would cut."""
    start, end = max(0, place.start - around), min(len(text), place.end + around)
    # Scripts without spaces have no word that ends so soon, and are cut anywhere.
    starts, ends = (
        range(start, min(start + LONGEST_WORD, place.start)),
        range(end, max(end - LONGEST_WORD, place.end), -1),
    )
    return (
        next((at for at in starts if at == 0 or text[at - 1].isspace()), start),
        next((at for at in ends if at == len(text) or text[at].isspace()), end),
    )


def shortened(whole: Range, places: Sequence[Range]) -> Range:
    """At most LONGEST characters of a passage, from shortly before the first right answer in it."""
    if whole.end - whole.start <= LONGEST:
        return whole
    first = min((place.start for place in places if whole.overlaps(place)), default=whole.start)
    start = max(whole.start, min(first - CONTEXT, whole.end - LONGEST))
    return Range(whole.document, start, start + LONGEST)


def pieces(document: Document, start: int, end: int, marks: Marks) -> tuple[Piece, ...]:
    """`[start, end)` of the document, cut wherever a gold or given span begins or ends."""
    whole = Range(document.id, start, end)
    gold, given = ([place for place in spans if place.overlaps(whole)] for spans in (marks.gold, marks.given))
    ends = (at for place in (*gold, *given) for at in (place.start, place.end))
    found = []
    for left, right in pairwise(sorted({start, end, *(min(max(at, start), end) for at in ends)})):
        spot = Range(document.id, left, right)
        is_gold, is_given = (any(place.contains(spot) for place in spans) for spans in (gold, given))
        found.append(Piece(document.text[left:right], left, right, is_gold, is_given))
    return tuple(found)


def spread(ids: Sequence[str], most: int) -> list[str]:
    """At most this many, evenly over the whole list: the first would all come from the first documents."""
    return list(ids) if len(ids) <= most else [ids[number * len(ids) // most] for number in range(most)]
