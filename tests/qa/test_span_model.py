"""qa.span_model without a model: spans by brute force, windows that cover a text, no white space in a piece."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.packed import WORDS
from qa.span_model import LONGEST_ANSWER, Found, Reading, Window, best_spans, windows


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(WORDS / "tokenizer.json"))


@given(
    st.lists(st.tuples(st.booleans(), st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=12),
    st.integers(1, 4),
)
def test_the_best_spans_are_those_of_brute_force(pieces: list[tuple[bool, int, int]], count: int) -> None:
    inside = [(n * 10, n * 10 + 5) if held else None for n, (held, _, _) in enumerate(pieces)]
    start, end = (np.array([piece[side] for piece in pieces], np.float32) for side in (1, 2))
    held = [n for n, span in enumerate(inside) if span]
    left = [(a, b) for a, b in combinations_with_replacement(held, 2)]
    wanted = []
    while left and len(wanted) < count:
        best = max(left, key=lambda one: start[one[0]] + end[one[1]])
        wanted.append(start[best[0]] + end[best[1]])
        found = best_spans(Window(0, None, inside), start, end, len(wanted))  # type: ignore[arg-type]
        # Among equal sums any may come first; the next is looked for beside the one that did.
        first, last = found[-1].start // 10, found[-1].end // 10
        assert found[-1].score == wanted[-1] == start[first] + end[last]
        left = [(a, b) for a, b in left if b < first or a > last]
    assert len(best_spans(Window(0, None, inside), start, end, count)) == len(wanted)  # type: ignore[arg-type]


def test_no_span_is_longer_than_an_answer_may_be() -> None:
    n = LONGEST_ANSWER + 1
    start, end = np.zeros((2, n), np.float32)
    start[0] = end[-1] = 9
    inside: list[tuple[int, int] | None] = [(k, k + 1) for k in range(n)]
    best = best_spans(Window(0, None, inside), start, end, 1)[0]  # type: ignore[arg-type]
    assert best.end - best.start <= LONGEST_ANSWER
    assert best.score == 9


SIGNS = "aé\u0301ß ﷺ\u200f\u0640م😀👩\u200d.\n-'«»ﬁ1٣\t\u00ad\u00a0 l'usine"
HARD = st.text(st.sampled_from(SIGNS), min_size=1, max_size=120)


@settings(deadline=None)
@given(HARD, st.lists(HARD, min_size=1, max_size=3), st.integers(24, 48))
def test_windows_cover_every_text_and_pieces_have_no_white_space(
    tokenizer: Tokenizer, question: str, texts: list[str], most: int
) -> None:
    cut = windows(tokenizer, [question] * len(texts), texts, most)
    assert all(len(window) <= most for window in cut)
    covered: list[set[int]] = [set() for _ in texts]
    for window in cut:
        for start, end in filter(None, window.spans):
            piece = texts[window.text][start:end]
            assert piece == piece.strip() != ""
            covered[window.text] |= set(range(start, end))
    for text, seen in zip(texts, covered, strict=True):
        assert {n for n, sign in enumerate(text) if sign.isalnum()} <= seen


def test_evidence_is_the_mean_over_the_pieces_of_a_range() -> None:
    reading = Reading([], 0.0, [Found(0, 2, 1.0), Found(2, 4, 3.0), Found(6, 8, -5.0)])
    assert reading.helps(0, 3) == 2.0  # both touch it
    assert reading.helps(6, 9) == -5.0
    assert reading.helps(4, 6) == Reading([], 0.0).helps(0, 9) == 0.0
