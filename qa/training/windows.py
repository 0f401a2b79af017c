"""Questions and passages as pieces, and the windows of them that the reader learns from. Exact to the character.

A window is `<s> question </s></s> passage </s>`. XLM-R's pieces begin at the space before a word: a piece belongs to an
answer when it covers a character of it, and an answer counts as found when the first piece covers its first character
and the last one ends with it or after it. Knows nothing of losses.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tokenizers import Tokenizer

from index.packed import WORDS

FIRST, END = 0, 2  # the pieces that open and close a window
WINDOW = 384  # pieces of question and passage together
QUESTION = 96  # pieces of a question, at most
AROUND = 4  # pieces of a window that belong to neither
LONGEST_ANSWER = WINDOW - QUESTION - AROUND - 2
CROPPED, CROP = 0.5, (90, 220)  # share of the windows that are cut shorter, and their pieces of the passage
STRIDE = 96  # pieces that two windows share, where a passage is read whole

Range = tuple[int, int]  # half-open


class Pieces(NamedTuple):
    """A text: the numbers of its pieces, and the range of each in the text."""

    ids: list[int]
    ranges: list[Range]


class Window(NamedTuple):
    """`ids` are pieces; `place` is where the passage begins among them, with its piece number `first`.

    `answer` holds the places of the first and of the last piece of the answer, (0, 0) when there is none.
    """

    ids: list[int]
    place: int
    first: int
    answer: tuple[int, int]

    @property
    def last(self) -> int:
        """One more than the number of the passage's last piece here."""
        return self.first + len(self.ids) - 1 - self.place

    def inside(self, pieces: Range) -> Range | None:
        """The places of a range of the passage's pieces; None when it is not wholly here, or empty."""
        shift = self.place - self.first
        fits = self.first <= pieces[0] < pieces[1] <= self.last
        return (pieces[0] + shift, pieces[1] + shift) if fits else None


def shipped_tokenizer(folder: Path = WORDS) -> Tokenizer:
    """The tokenizer of both models, without limits."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def cut(tokenizer: Any, texts: Iterable[str]) -> dict[str, Pieces]:
    """The pieces of each text."""
    distinct = list(dict.fromkeys(texts))
    return {
        text: Pieces(one.ids, one.offsets)
        for text, one in zip(distinct, tokenizer.encode_batch(distinct, add_special_tokens=False), strict=True)
    }


def pieces_of(pieces: Pieces, start: int, end: int) -> Range:
    """The range of the pieces that cover this range of the text; (0, 0) when it is empty, or none cover it."""
    first = next((n for n, (a, b) in enumerate(pieces.ranges) if a <= start < b), None)
    last = next((n for n, (a, b) in enumerate(pieces.ranges) if a < end <= b), None)
    return (first, last + 1) if start < end and first is not None and last is not None and first <= last else (0, 0)


def answer_of(pieces: Pieces, text: str, start: int, end: int) -> Range:
    """The pieces of an answer, without the white space around it."""
    answer = text[start:end]
    return pieces_of(pieces, end - len(answer.lstrip()), start + len(answer.rstrip()))


def sentences_of(pieces: Pieces, sentences: Iterable[Range]) -> list[Range]:
    """The pieces of each sentence."""
    starts, ends = [a for a, _ in pieces.ranges], [b for _, b in pieces.ranges]
    return [(bisect_left(ends, start + 1), bisect_left(starts, end)) for start, end in sentences]


def window(question: Pieces, passage: Pieces, answer: Range, random: Random) -> Window:
    """A window at random with the whole answer in it, often cut shorter than it need be.

    An answer has at most LONGEST_ANSWER pieces; (0, 0) is none.
    """
    asked = question.ids[:QUESTION]
    room = WINDOW - AROUND - len(asked)
    if random.random() < CROPPED:
        room = min(room, random.randint(*CROP))
    answered = answer[0] < answer[1]
    room = max(room, answer[1] - answer[0] + 2)
    count = len(passage.ids)
    first = 0
    if count > room:
        least, most = (max(0, answer[1] - room), min(answer[0], count - room)) if answered else (0, count - room)
        first = random.randint(min(least, most), most)
    return _window(asked, passage, first, room, answer)


def cover(question: Pieces, passage: Pieces) -> Iterator[Window]:
    """Windows that hold the whole passage, as the service reads it."""
    asked = question.ids[:QUESTION]
    room = WINDOW - AROUND - len(asked)
    first = 0
    while first == 0 or first + STRIDE < len(passage.ids):
        yield _window(asked, passage, first, room, (0, 0))
        first += room - STRIDE


def _window(asked: list[int], passage: Pieces, first: int, room: int, answer: Range) -> Window:
    ids = [FIRST, *asked, END, END, *passage.ids[first : first + room], END]
    place = len(asked) + AROUND - 1
    shift = place - first
    return Window(ids, place, first, (answer[0] + shift, answer[1] - 1 + shift) if answer[0] < answer[1] else (0, 0))
