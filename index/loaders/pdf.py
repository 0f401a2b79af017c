"""PDF, page by page. Knows nothing of layout: the order is that of PDFium, and tables are lines.

The outline gives the headings: a line of a page that says what an entry for that page says is one. An entry whose words
stand on no line is left out: it is no part of the text.

A scan has no text to quote, and neither has a file whose fonts do not say which letters they draw: both are refused,
with what to do. PDFium is not thread-safe: one lock guards every call into it.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain, islice
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from index.errors import EmptyText, EncryptedFile, MalformedFile
from index.loaders.loaded import Builder, Loaded, title_from
from index.text import canonical, words

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

Key = tuple[str, ...]  # the words of a line or of an entry of the outline
LOCK = Lock()
PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
# PDFium writes one of these for a hyphen at the end of a line, and joins the lines.
HYPHEN = re.compile(r"(?<![^\W_])(?P<left>[^\W_]*+)[\ufffe\x02\xad](?:[ \t]*\n)?(?=(?P<right>[^\W_]*+))")
CONTROL = re.compile("[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f\x7f\uffff]")
# Over this share of control characters a page is a list of glyph numbers, not of letters.
MAXIMUM_CONTROL = 0.05
LINE_SPACE = re.compile(r"[ \t\u00a0]*\n[ \t]*")
LONGEST_HEADING = 3  # lines
MOST_ENTRIES = 10_000  # of an outline; more are no outline that a person would use
# What programs write into the title when nobody gave one.
NO_TITLE = re.compile(
    r"\W*(?:untitled|anonymous|model|title|document\d*|powerpoint presentation|sans titre|unnamed|microsoft word|"
    r"présentation powerpoint|untitled (?:document|spreadsheet|presentation))\W*"
    r"|.*\.\w{2,5}\W*(?:\(\d+\))?|\S*[\d_]\S*|\W*",  # names of files
    re.IGNORECASE,
)


class Contents(NamedTuple):
    """What PDFium finds. `title` is "" when it is none, `pages` are raw texts, `outline` has levels by page and words,
    `pictures` counts the pages that show a picture and have no text.
    """

    title: str
    pages: list[str]
    outline: dict[int, dict[Key, int]]
    pictures: int


def load(data: bytes, name: str) -> Loaded:
    """Read a PDF. Raises `EncryptedFile`, `MalformedFile`, or `EmptyText` when it is a scan."""
    title, pages, outline, pictures = _read(data, name)
    texts = [canonical(page) for page in pages]
    unreadable = 0
    for n, page in enumerate(pages):
        controls = len(CONTROL.findall(page))
        if controls > MAXIMUM_CONTROL * len(page):
            unreadable, texts[n] = unreadable + 1, ""
        elif controls:
            texts[n] = canonical(CONTROL.sub("", page))
    if not any(text.strip() for text in texts):
        raise EmptyText(_no_text(name, len(pages), unreadable, pictures))
    seen = Counter(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", "\n".join(texts).casefold()))
    builder = Builder(name)
    for number, text in enumerate(texts, start=1):
        builder.start_page(number)
        joined = LINE_SPACE.sub("\n", HYPHEN.sub(lambda match: _joined(match, seen), text))
        _add_page(builder, joined, outline.get(number, {}))
    return builder.build("application/pdf", title=title)


def _add_page(builder: Builder, text: str, levels: dict[Key, int]) -> None:
    """Add the text of a page, with the lines that the outline names as headings."""
    lines = text.split("\n")
    keys = [_key(line) for line in lines] if levels else []
    left = dict(levels)
    start = n = 0
    while left and n < len(lines):
        key, length = _entry_at(keys, n, left)
        if not length:
            n += 1
            continue
        builder.add("\n".join(lines[start:n]))
        builder.add_heading(" ".join(lines[n : n + length]), left.pop(key))
        start = n = n + length
    builder.add("\n".join(lines[start:]))


def _entry_at(keys: list[Key], n: int, entries: dict[Key, int]) -> tuple[Key, int]:
    """The entry that stands at this line, and over how many lines: 0 when none does."""
    for length in range(1, LONGEST_HEADING + 1):
        key = tuple(chain.from_iterable(keys[n : n + length])) if keys[n] else ()
        for said in (key, key[1:] if key and key[0].isdecimal() else key):  # outlines may leave the number out
            if said in entries:
                return said, length
    return (), 0


def _key(text: str) -> Key:
    """What is compared: the words, without case and punctuation."""
    return tuple(words(text))


def _outline(document: PdfDocument) -> dict[int, dict[Key, int]]:
    """The levels of the entries of the outline, by their words, for each page they lead to."""
    found: dict[int, dict[Key, int]] = {}
    for bookmark in islice(document.get_toc(), MOST_ENTRIES):
        target = bookmark.get_dest()
        page = target.get_index() if target else None
        key = _key(bookmark.get_title())
        if page is not None and key:
            found.setdefault(page + 1, {}).setdefault(key, bookmark.level + 1)
    return found


def _read(data: bytes, name: str) -> Contents:
    import pypdfium2  # noqa: PLC0415  loads PDFium; other formats do not need it

    with LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) == PASSWORD_ERROR:
                raise EncryptedFile(f"{name} needs a password. Save it without one, then add it again.") from error
            raise MalformedFile(f"{name} is a damaged PDF ({error}). Export or send it again.") from error
        try:
            title = title_from(document.get_metadata_value("Title").replace("\x00", ""))
            outline = _outline(document)
            pages, pictures = [], 0
            for n in range(len(document)):
                page = document[n]
                text_page = page.get_textpage()
                # Its line ends go first: a lone control character beside them would change what they mean.
                pages.append(text_page.get_text_range().replace("\r\n", "\n"))
                text_page.close()
                if not pages[-1].strip():
                    pictures += any(True for _ in page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))
                page.close()
        except pypdfium2.PdfiumError as error:
            raise MalformedFile(f"{name} is a PDF with a damaged page ({error}). Export or send it again.") from error
        finally:
            document.close()
    return Contents("" if NO_TITLE.fullmatch(title) else title, pages, outline, pictures)


def _no_text(name: str, pages: int, unreadable: int, pictures: int) -> str:
    count = f"{pages} page{'s' if pages != 1 else ''}"
    if unreadable:
        return (
            f"{name} ({count}) uses fonts that do not say which letters they draw. Run OCR on it, then add the result."
        )
    if pictures:
        return f"{name} has no text on its {count}: it looks scanned. Run OCR on it, then add the result."
    return f"{name} has neither text nor pictures on its {count}: it is blank, or drawn. Run OCR if it shows words."


def _joined(match: re.Match[str], seen: Counter[str]) -> str:
    """The first part of a word cut at the end of a line, and the hyphen if it is the word's own.

    The rest of the document tells: how it writes the word elsewhere.
    """
    left, right = match["left"], match["right"]
    joined, hyphenated = f"{left}{right}".casefold(), f"{left}-{right}".casefold()
    if not left or not right:
        return f"{left}-" if left or right else ""
    if seen[joined] or seen[hyphenated]:
        compound = seen[hyphenated] > seen[joined]
    else:
        # "straight-line" is made of two words of the document; "Lucene-BM25" and "non-GAAP" go on with a capital.
        both_words = min(len(left), len(right)) > 2 and seen[left.casefold()] and seen[right.casefold()]
        compound = bool(both_words) or not (right[0].islower() or left.isupper())
    return f"{left}-" if compound else left
