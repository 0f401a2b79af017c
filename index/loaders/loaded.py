"""What a loader returns, and the builder that makes it. Knows no format.

Laws: `canonical(text) == text`; every range lies inside the text; a heading's slice is the heading's words; pages are
ordered and disjoint. They hold by construction: the builder writes a block down, and its range, in one step, so that no
range is ever found again by a search. Blocks are joined by line feeds, with which nothing composes: the whole is in NFC
because each block is.
"""

from __future__ import annotations

from msgspec import Struct

from index.documents import MAX_TEXT, Heading, Page
from index.errors import EmptyText, TooLarge
from index.language import language_of
from index.text import canonical

TITLE_LENGTH = 120
BYTE_ORDER_MARK = "\ufeff"  # not white space to Python: a block could begin with it once stripped


class Loaded(Struct, frozen=True):
    """One file, read. `language` is an ISO 639-1 code, or "" when unsure. A page without text has no range."""

    text: str
    title: str
    media_type: str
    language: str
    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()


class Builder:
    """Collects blocks of text in reading order. `name` is the file's: for messages, and for want of a title.

    The methods that add raise TooLarge when the text grows over what a document may have.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._parts: list[str] = []
        self._length = 0
        self._page = 0
        self._pages: list[Page] = []
        self._headings: list[Heading] = []

    def start_page(self, number: int) -> None:
        """What is added from now on stands on this page. Numbers rise from 1."""
        self._page = number

    def add(self, text: str, *, tight: bool = False) -> None:
        """Add a block after a blank line, or on the next line when `tight` (list items, table rows)."""
        self._append(canonical(text), "\n" if tight else "\n\n")

    def add_heading(self, text: str, level: int) -> None:
        """Add a heading on a line of its own, whatever line ends it was written with. Levels are cut to 1..6."""
        start, end = self._append(" ".join(canonical(text).split()), "\n\n")
        if start < end:
            self._headings.append(Heading(min(max(level, 1), 6), start, end))

    def add_loaded(self, loaded: Loaded, level: int) -> None:
        """Add a document that was inside this one; its headings go below `level`, and its pages are not kept."""
        start, _ = self._append(loaded.text, "\n\n")
        self._headings += [
            Heading(min(heading.level + level, 6), start + heading.start, start + heading.end)
            for heading in loaded.headings
        ]

    def build(self, media_type: str, *, title: str = "", language: str = "") -> Loaded:
        """The document. A missing title is the first heading, line or name; `language` is what the file declares."""
        text = "".join(self._parts)
        if not text:
            raise EmptyText(f"{self.name} holds no text ({media_type}). Check that it is the file you meant.")
        top = min(self._headings, key=lambda heading: heading.level, default=Heading(1, 0, 0))
        return Loaded(
            text=text,
            title=title_from(title) or title_from(text[top.start : top.end]) or title_from(text) or self.name,
            media_type=media_type,
            language=language_of(text, declared=language),
            pages=tuple(self._pages),
            headings=tuple(self._headings),
        )

    def _append(self, block: str, separator: str) -> tuple[int, int]:
        block = block.replace(BYTE_ORDER_MARK, "").strip()
        if not block:
            return self._length, self._length
        if self._parts:
            self._parts.append(separator)
            self._length += len(separator)
        start, end = self._length, self._length + len(block)
        if end > MAX_TEXT:  # a small file can unfold to any length
            raise TooLarge(f"{self.name} has more than {MAX_TEXT:,} characters of text. Split it into several files.")
        self._parts.append(block)
        self._length = end
        if self._page:
            goes_on = self._pages and self._pages[-1].number == self._page
            self._pages.append(Page(self._page, self._pages.pop().start if goes_on else start, end))
        return start, end


def title_from(text: str) -> str:
    """The first line that has a letter or digit, cut on a word boundary; "" when there is none."""
    line = next((line for line in text.splitlines() if any(char.isalnum() for char in line)), "")
    line = " ".join(canonical(line).replace(BYTE_ORDER_MARK, "").split()).rstrip(" :;,")
    if len(line) <= TITLE_LENGTH:
        return line
    cut = line[:TITLE_LENGTH]
    return f"{cut.rpartition(' ')[0] or cut}…"
