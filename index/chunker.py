"""Cuts a document into chunks: whole sentences, packed until the budget is full.

Knows nothing of the embedder but its window and a counter of its pieces, which are passed in. Laws: chunks are in order
and disjoint, 0 <= start < end <= len(text); every character of every sentence lies in one; a chunk's text is stripped
and fits both limits.

A heading starts a chunk and stays with the text after it where both fit. A chunk that is more than half full ends with
its paragraph when the next paragraph would not fit whole. Pages do not break chunks. A sentence over a limit is split
(`index.oversize`). Costs of sentences are added up while packing, then every chunk is counted once as it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice, pairwise
from typing import NamedTuple

from index.documents import Chunk, Document, Heading, page_at, revision_of
from index.oversize import CountPieces, Limits, Range, split, stripped
from index.paragraphs import paragraphs
from index.sentences import sentences
from index.tokens import count_tokens

CHUNK_TOKENS = 160  # `make compare-chunkings`; the table is in docs/evaluation.md
HALF = 0.5  # how full a chunk is that would rather end with its paragraph than take a part of the next one
MAX_GAP = 64  # characters of white space between two sentences of one chunk; a wider gap is a break
MIN_ROOM = 16  # the least room beside a heading in which a long sentence is worth splitting
TRAIL_CHARACTERS = 120  # of one heading in the trail, so that a hostile heading is not copied into every chunk


class Unit(NamedTuple):
    """A sentence, a whole heading, or a part of either: what a chunk is packed from.

    `section` counts the headings up to here; `apart` is the number of the range set apart that holds it, or -1.
    """

    start: int
    end: int
    section: int = 0
    paragraph: int = 0
    apart: int = -1
    heading: bool = False


class Cost(NamedTuple):
    tokens: int
    pieces: int

    def plus(self, other: Cost) -> Cost:
        return Cost(self.tokens + other.tokens, self.pieces + other.pieces)


NOTHING = Cost(0, 0)


def chunk(
    document: Document, budget: int, window: int, count_pieces: CountPieces, apart: Sequence[Range] = ()
) -> list[Chunk]:
    """The chunks of a document, each of at most `budget` tokens and `window` pieces as `count_pieces` counts them.

    `window` is without the special tokens that the embedder adds. Paragraphs in the ranges `apart` share a chunk with
    nothing else. Raises ChunkTooLong when a limit is too small for a single character.
    """
    text = document.text
    limits = Limits(budget, window, count_pieces)
    headings = disjoint(text, document.headings)
    units, costs = fitted(text, list(cut_units(document, headings, apart)), limits)
    ranges = [(group[0].start, group[-1].end) for group in verified(text, pack(text, units, costs, limits), limits)]
    revision = revision_of(text)
    return [
        Chunk(document.id, revision, start, end, heading, page_at(document.pages, start))
        for (start, end), heading in zip(ranges, trails(text, headings, ranges), strict=True)
    ]


def disjoint(text: str, headings: Iterable[Heading]) -> list[Heading]:
    """The headings in order and stripped, without the empty and the overlapping ones, whatever a loader gave."""
    found: list[Heading] = []
    for heading in sorted(headings, key=lambda heading: heading.start):
        start, end = stripped(text, max(heading.start, 0), min(heading.end, len(text)))
        if start < end and (not found or found[-1].end <= start):
            found.append(Heading(heading.level, start, end))
    return found


def cut_units(document: Document, headings: list[Heading], apart: Sequence[Range]) -> Iterator[Unit]:
    """Sentences, cut where a heading or a range set apart begins or ends inside one; each heading is one unit."""
    text = document.text
    paragraph_starts = [start for start, _ in paragraphs(text)]
    heading_starts = [heading.start for heading in headings]
    apart_ranges = sorted(apart)
    apart_starts = [start for start, _ in apart_ranges]
    edges = sorted({*chain(*apart_ranges), *chain.from_iterable((heading.start, heading.end) for heading in headings)})

    def unit(start: int, end: int) -> Unit:
        section = bisect_right(heading_starts, start)
        nearest = bisect_right(apart_starts, start) - 1
        inside = nearest >= 0 and start < apart_ranges[nearest][1]
        return Unit(
            start,
            end,
            section,
            paragraph=bisect_right(paragraph_starts, start),
            apart=nearest if inside else -1,
            heading=section > 0 and start < headings[section - 1].end,
        )

    units = (
        unit(*stripped(text, left, right))
        for start, end in sentences(text, document.language)
        for left, right in pairwise([start, *edges[bisect_right(edges, start) : bisect_right(edges, end - 1)], end])
    )
    for (heading, _, _), group in groupby(units, key=lambda unit: (unit.heading, unit.section, unit.apart)):
        together = list(group)
        if heading:
            yield together[0]._replace(end=together[-1].end)
        else:
            yield from together


def fitted(text: str, units: list[Unit], limits: Limits) -> tuple[list[Unit], list[Cost]]:
    """The units and their costs, those over a limit split into parts that fit."""
    tokens = count_tokens([text[unit.start : unit.end] for unit in units])
    # What is over the budget is split anyway: it may be megabytes long, so the embedder's counter never sees it whole.
    within = [unit for unit, n in zip(units, tokens, strict=True) if n <= limits.budget]
    pieces = iter(limits.count_pieces([text[unit.start : unit.end] for unit in within]))
    costs = [Cost(n, next(pieces) if n <= limits.budget else limits.window + 1) for n in tokens]
    parts: dict[int, list[Unit]] = {}
    for position, (unit, cost) in enumerate(zip(units, costs, strict=True)):
        if not limits.fit(*cost):
            room = limits
            if position and units[position - 1].heading and not unit.heading:
                room = beside(costs[position - 1], limits)
            ranges = split(text, unit.start, unit.end, room)
            parts[position] = [unit._replace(start=start, end=end) for start, end in ranges]
    part_costs = iter(measured(text, chain.from_iterable(parts.values()), limits))
    fitting = [part for position, unit in enumerate(units) for part in parts.get(position, [unit])]
    fitting_costs = [
        part_cost
        for position, cost in enumerate(costs)
        for part_cost in (islice(part_costs, len(parts[position])) if position in parts else [cost])
    ]
    return fitting, fitting_costs


def beside(heading: Cost, limits: Limits) -> Limits:
    """The room that a heading leaves for the text after it, so that it need not stand alone; all when too little."""
    budget, window = limits.budget - heading.tokens - 2, limits.window - heading.pieces  # 2 line ends
    roomy = budget * 2 > limits.budget and window * 2 > limits.window and min(budget, window) >= MIN_ROOM
    return Limits(budget, window, limits.count_pieces) if roomy else limits


def measured(text: str, units: Iterable[Unit], limits: Limits) -> list[Cost]:
    strings = [text[unit.start : unit.end] for unit in units]
    return [Cost(*pair) for pair in zip(count_tokens(strings), limits.count_pieces(strings), strict=True)]


def pack(text: str, units: list[Unit], costs: list[Cost], limits: Limits) -> Iterator[list[Unit]]:
    """Groups of units, by the sums of their costs: a group may still prove too long, and `verified` sees to it."""
    wholes: dict[tuple[int, int], Cost] = {}
    for unit, cost in zip(units, costs, strict=True):
        key = unit.section, unit.paragraph
        wholes[key] = wholes.get(key, NOTHING).plus(cost)
    group: list[Unit] = []
    total = NOTHING
    for unit, cost in zip(units, costs, strict=True):
        if group:
            last = group[-1]
            gap = unit.start - last.end
            line_ends = Cost(text.count("\n", last.end, unit.start), 0)  # a space is part of the word after it
            grown = total.plus(line_ends).plus(cost)
            together = unit.apart == last.apart and (unit.section == last.section or last.heading)
            joins = together and gap <= MAX_GAP and limits.fit(*grown)
            if joins and unit.paragraph != last.paragraph and not last.heading:
                more_than_half = not limits.fit(total.tokens / HALF, total.pieces / HALF)
                whole = total.plus(line_ends).plus(wholes[unit.section, unit.paragraph])
                joins = not more_than_half or limits.fit(*whole)
            if joins:
                group.append(unit)
                total = grown
                continue
            yield group
        group, total = [unit], cost
    if group:
        yield group


def verified(text: str, groups: Iterable[list[Unit]], limits: Limits) -> list[list[Unit]]:
    """The groups as they are when all fit; one that is too long as a whole is halved until its halves fit.

    A group of one unit was counted before. Counts are not additive, so that a group that fits by its sum may not fit.
    """
    good: list[list[Unit]] = []
    waiting = list(groups)
    while waiting:
        spans = [Unit(group[0].start, group[-1].end) for group in waiting if len(group) > 1]
        costs = iter(measured(text, spans, limits))
        halves: list[list[Unit]] = []
        for group in waiting:
            if len(group) == 1 or limits.fit(*next(costs)):
                good.append(group)
            else:
                middle = len(group) // 2
                halves += [group[:middle], group[middle:]]
        waiting = halves
    return sorted(good)


def trails(text: str, headings: list[Heading], ranges: Iterable[Range]) -> Iterator[str]:
    """The trail of headings above each range. A heading that the range itself begins with is not above it."""
    above: list[Heading] = []
    waiting = iter([*headings, Heading(1, len(text), len(text))])
    following = next(waiting)
    for start, _ in ranges:
        while following.start < start:
            above = [*(heading for heading in above if heading.level < following.level), following]
            following = next(waiting)
        own = following.level if following.start == start else 7
        yield " > ".join(
            " ".join(text[heading.start : heading.end][:TRAIL_CHARACTERS].split())
            for heading in above
            if heading.level < own
        )
