"""Sets of ranges, against sets of characters."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from eval.ranges import Range, common, length, merged

RANGES = st.lists(st.builds(Range, st.sampled_from("ab"), st.integers(0, 20), st.integers(0, 20)), max_size=6)


def characters(ranges: list[Range]) -> set[tuple[str, int]]:
    return {(item.document, at) for item in ranges for at in range(item.start, item.end)}


@given(RANGES, RANGES)
def test_lengths_are_those_of_the_sets_of_characters(left: list[Range], right: list[Range]) -> None:
    assert length(left) == len(characters(left))
    assert common(left, right) == len(characters(left) & characters(right))


@given(RANGES)
def test_merged_ranges_hold_the_same_characters_apart(ranges: list[Range]) -> None:
    result = merged(ranges)
    assert characters(result) == characters(ranges)
    assert all(a.document < b.document or a.end < b.start for a, b in pairwise(result))


def test_touching_is_not_overlapping() -> None:
    assert not Range("a", 0, 5).overlaps(Range("a", 5, 6))
    assert Range("a", 0, 5).overlaps(Range("a", 4, 6))
    assert not Range("a", 0, 5).overlaps(Range("b", 0, 5))
    assert Range("a", 0, 5).contains(Range("a", 0, 5))
    assert not Range("a", 0, 5).contains(Range("a", 4, 6))
