"""Sets of half-open ranges in documents. Knows nothing of what they mean."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct


class Range(Struct, frozen=True):
    """`[start, end)` of a document."""

    document: str
    start: int
    end: int

    def overlaps(self, other: Range) -> bool:
        """Whether they share a character."""
        return self.document == other.document and self.start < other.end and other.start < self.end

    def contains(self, other: Range) -> bool:
        """Whether the other lies inside."""
        return self.document == other.document and self.start <= other.start and other.end <= self.end


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same characters, in ranges that neither overlap nor touch, in order."""
    result: list[Range] = []
    for item in sorted(ranges, key=lambda item: (item.document, item.start, item.end)):
        if item.start >= item.end:
            continue
        if result and result[-1].document == item.document and item.start <= result[-1].end:
            last = result.pop()
            item = Range(last.document, last.start, max(last.end, item.end))  # noqa: PLW2901 (the merged one goes in)
        result.append(item)
    return result


def length(ranges: Iterable[Range]) -> int:
    """How many characters they cover, each counted once."""
    return sum(item.end - item.start for item in merged(ranges))


def common(left: Iterable[Range], right: Iterable[Range]) -> int:
    """How many characters both cover."""
    left, right = merged(left), merged(right)
    return length(left) + length(right) - length([*left, *right])
