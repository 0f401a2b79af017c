"""Laws of index.oversize."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import ChunkTooLong
from index.oversize import Limits, split
from index.text import canonical


def letters(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


TEXTS = st.lists(
    st.sampled_from(["mot ", "😀", "👩\u200d👧", "e\u0323\u0301", "\n", "شجرة "]) | st.text(max_size=30), max_size=60
)


@settings(deadline=None)
@given(TEXTS.map("".join).map(canonical), st.integers(4, 50), st.integers(1, 50))
def test_parts_are_ordered_stripped_fit_and_leave_nothing_out(text: str, budget: int, window: int) -> None:
    limits = Limits(budget, window, letters)
    last = 0
    for start, end in split(text, 0, len(text), limits):
        assert last <= start < end <= len(text)
        assert text[last:start].strip() == ""
        assert text[start:end] == text[start:end].strip()
        assert limits.size(text[start:end]) <= limits.capacity
        last = end
    assert text[last:].strip() == ""


def test_words_stay_whole_where_they_can() -> None:
    text = "quelques mots dans une phrase, puis encore quelques mots"
    parts = [text[start:end] for start, end in split(text, 0, len(text), Limits(100, 20, letters))]
    assert " ".join(parts) == text


@pytest.mark.parametrize(
    "cluster", ["👩\u200d👩\u200d👧", "👍🏽", "x\u0323\u0301"], ids=["family", "skin tone", "letter with marks"]
)
def test_a_visible_character_stays_whole_where_it_can(cluster: str) -> None:
    text = cluster * 1_000
    parts = [text[start:end] for start, end in split(text, 0, len(text), Limits(100, 40, letters))]
    assert all(part == cluster * (len(part) // len(cluster)) for part in parts)


@pytest.mark.parametrize(
    ("budget", "window"), [(0, 5), (5, 0), (1, 5)], ids=["no budget", "no window", "bytes of an emoji"]
)
def test_limits_too_small_for_a_character_are_an_error(budget: int, window: int) -> None:
    with pytest.raises(ChunkTooLong, match="raise the budget"):
        list(split("🫠", 0, 1, Limits(budget, window, letters)))
