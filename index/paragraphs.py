"""Where the paragraphs of a text are. Knows nothing of sentences, headings or languages.

Laws: ranges are in order, disjoint and stripped; every character that is no white space lies in exactly one.

A blank line always separates. A single line end separates too, unless the text is hard-wrapped there, as in PDFs and
old plain text: most lines around have at most MAX_WRAP characters, the line before is about as long as they are and
ends in the middle of a sentence, and the line after is no list item or heading. One pass over the lines, linear time.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

MAX_WRAP = 120  # a longer line was not wrapped by hand or by a page
MAX_JOINED = 3 * MAX_WRAP  # a line of a wrapped text that is longer is no part of its prose
MIN_WRAP = 24  # a shorter one is an item of a list, or a verse
FULL = 0.7  # how much of the width a line fills that the next word did not fit on
# The least share of the lines that end just under the width: 90 % of 124 pages of PDFs have more, and 70 % of 40 lists
# from web pages, one line an item, have less.
PEAK = 0.35
GROUP = 48  # lines that are looked at together for the width; about a page

LINE = re.compile(r"[^\n]+")
TERMINAL = tuple(".!?:;…؟。！？۔")
CLOSERS = "\"'»”’)]} \u00a0\u202f"
ITEM = re.compile(
    r"[-–—•●▪◦‣*·+o→✓□]\s"  # bullets
    r"|\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z]|[ivxIVX]{1,5})[.)°]\s"  # 1. 2.3. a) (iv)
    r"|\d{1,3}(?:\.\d{1,3})*\s+[-–—]?\s?[^\W\d_a-z]"  # 2.1 Heading, where an upper-case letter follows
    r"|[IVX]{1,5}\s[-–—]\s"
    r"|(?:(?i:chapitre|section|titre|annexe|chapter|appendix)|Article|Art\.|الفصل|المادة|الباب)\s+(?:[\dIVXivx]|ال)"
    r"|#{1,6}\s|\|"  # Markdown headings and tables
)


class Line(NamedTuple):
    """A line that is not blank, stripped. `joined`: the line before it is not blank either."""

    start: int
    end: int
    joined: bool

    @property
    def length(self) -> int:
        return self.end - self.start


def paragraphs(text: str) -> list[tuple[int, int]]:
    """The ranges of the paragraphs of a canonical text."""
    found: list[tuple[int, int]] = []
    group: list[Line] = []
    for line in lines(text):
        if len(group) == GROUP:
            add(text, group, found)
            group = group[-1:]  # the last line comes again, so that it can be joined with the first of the next group
        group.append(line)
    add(text, group, found)
    return found


def lines(text: str) -> Iterator[Line]:
    last = -2
    for match in LINE.finditer(text):
        content = match.group()
        start = match.start() + len(content) - len(content.lstrip())
        end = match.end() - (len(content) - len(content.rstrip()))
        if start < end:
            yield Line(start, end, joined=match.start() == last + 1)
            last = match.end()


def add(text: str, group: list[Line], found: list[tuple[int, int]]) -> None:
    """Puts the lines of a group into paragraphs, going on from the last one found."""
    width, prose = measure(text, group)
    for position, line in enumerate(group):
        if found and line.start < found[-1][1]:
            continue  # the line that came again
        before = group[position - 1] if position else None
        if before and line.joined and found and wrapped(text, before, line, width, prose):
            found[-1] = (found[-1][0], line.end)
        else:
            found.append((line.start, line.end))


def measure(text: str, group: list[Line]) -> tuple[int, bool]:
    """The width to which the lines were wrapped (0 for not at all), and whether they read as prose.

    The width is the length just under which most lines end: a few are longer, since a PDF reader joins two lines at a
    hyphen, and many are shorter. Prose has many lines that begin with a lower-case letter.
    """
    lengths = sorted(line.length for line in group if line.length <= MAX_WRAP)
    if not lengths or len(lengths) * 2 <= len(group):
        return 0, False
    ends = {length: bisect_right(lengths, length) - bisect_left(lengths, length * 0.8) for length in lengths}
    width = max(lengths, key=lambda length: (ends[length], length))
    if ends[width] < int(len(lengths) * PEAK):
        return 0, False
    following = [line for line in group if line.joined]
    low = sum(text[line.start].isalpha() and not text[line.start].isupper() for line in following)
    return width, low * 5 >= len(following) * 2


def wrapped(text: str, before: Line, line: Line, width: int, prose: bool) -> bool:
    """Whether `line` goes on with the sentence of the line before it."""
    if not width or before.length < max(width * FULL, MIN_WRAP) or max(before.length, line.length) > MAX_JOINED:
        return False
    if text[max(before.start, before.end - 8) : before.end].rstrip(CLOSERS).endswith(TERMINAL):
        return False
    content = text[line.start : line.end]
    if ITEM.match(content) or (content.isupper() and line.length > 4 and not text[before.start : before.end].isupper()):
        return False
    return prose or content[0].islower()
