"""Splits a sentence that is over a limit. Knows nothing of documents; the limits are in tokens and in pieces.

semantic-text-splitter finds the places (clauses, words). A string that has none, and what is still too long, is halved
until it fits. A visible character of several code points (an emoji, a letter with accents) is cut in the last resort.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from semantic_text_splitter import TextSplitter

from index.errors import ChunkTooLong
from index.tokens import count_tokens

CountPieces = Callable[[Sequence[str]], list[int]]
Range = tuple[int, int]

BLOCK = 2_000  # characters that the splitter sees at once; it measures its text many times over
CLUSTER = 16  # how far a cut is moved to keep a character of several code points whole
JOINERS = "\u200d\ufe0e\ufe0f"


@dataclass(frozen=True)
class Limits:
    """What every chunk must fit: `budget` tokens of our vocabulary and `window` pieces of the embedder's."""

    budget: int
    window: int
    count_pieces: CountPieces

    def fit(self, tokens: float, pieces: float) -> bool:
        return tokens <= self.budget and pieces <= self.window

    def size(self, text: str) -> int:
        """A size that is at most `capacity` exactly when the text fits both limits."""
        return max(count_tokens([text])[0] * self.window, self.count_pieces([text])[0] * self.budget)

    @property
    def capacity(self) -> int:
        return self.budget * self.window


def split(text: str, start: int, end: int, limits: Limits) -> Iterator[Range]:
    """Stripped ranges of `text[start:end]`, each within the limits. Raises ChunkTooLong when one character is not."""
    if limits.capacity < 1:
        raise too_long(text, start, end, limits)
    splitter = TextSplitter.from_callback(limits.size, limits.capacity)
    for left, right in blocks(text, start, end):
        block = text[left:right]
        # Cutting at the proposed starts, and not taking the proposed parts, leaves nothing out whatever is proposed.
        starts = [offset for offset, _ in splitter.chunk_indices(block)] if " " in block or "\n" in block else []
        cuts = sorted({0, len(block), *(cut for cut in starts if 0 < cut < len(block))})
        for first, last in pairwise(cuts):
            yield from halved(text, left + first, left + last, limits)


def blocks(text: str, start: int, end: int) -> Iterator[Range]:
    """Ranges of at most BLOCK characters that join back to the whole, cut after a space where there is one."""
    while start < end:
        stop = min(start + BLOCK, end)
        if stop < end:
            space = text.rfind(" ", start + BLOCK // 2, stop)
            stop = space + 1 if space > 0 else between(text, start, stop, end)
        yield start, stop
        start = stop


def halved(text: str, start: int, end: int, limits: Limits) -> Iterator[Range]:
    waiting = [(start, end)]
    while waiting:
        left, right = stripped(text, *waiting.pop())
        if left == right:
            continue
        if limits.size(text[left:right]) <= limits.capacity:
            yield left, right
        elif right - left == 1:
            raise too_long(text, left, right, limits)
        else:
            middle = (left + right) // 2
            space = text.find(" ", middle, middle + (right - left) // 4)
            cut = space if space > 0 else between(text, left, middle, right)
            waiting += [(cut, right), (left, cut)]


def between(text: str, start: int, cut: int, end: int) -> int:
    """The next place from `cut` on that lies between two visible characters, or `cut` itself when none is near."""
    for place in range(cut, min(cut + CLUSTER, end)):
        glued = unicodedata.combining(text[place]) or text[place] in JOINERS or "🏻" <= text[place] <= "🏿"
        if not glued and text[place - 1] != "\u200d" and place > start:
            return place
    return cut


def stripped(text: str, start: int, end: int) -> Range:
    part = text[start:end]
    if not part.strip():
        return start, start
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))


def too_long(text: str, start: int, end: int, limits: Limits) -> ChunkTooLong:
    return ChunkTooLong(
        f"characters {start} to {end} ({text[start:end][:20]!r}) are over the limits of {limits.budget} tokens and "
        f"{limits.window} pieces and cannot be split further: raise the budget, or use an embedder with a larger window"
    )
