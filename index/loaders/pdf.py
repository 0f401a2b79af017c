"""PDF, page by page. Knows nothing of layout: the order is that of PDFium, and tables are lines.

A scan has no text to quote, and neither has a file whose fonts do not say which letters they draw: both are refused,
with what to do. PDFium is not thread-safe: one lock guards every call into it.
"""

from __future__ import annotations

import re
from collections import Counter
from threading import Lock

from index.errors import EmptyText, EncryptedFile, MalformedFile
from index.loaders.loaded import Builder, Loaded, title_from
from index.text import canonical

LOCK = Lock()
PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
# PDFium writes one of these for a hyphen at the end of a line, and joins the lines.
HYPHEN = re.compile(r"(?<![^\W_])(?P<left>[^\W_]*+)[\ufffe\x02\xad](?:[ \t]*\n)?(?=(?P<right>[^\W_]*+))")
CONTROL = re.compile("[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f\x7f\uffff]")
# Over this share of control characters a page is a list of glyph numbers, not of letters.
MAXIMUM_CONTROL = 0.05
LINE_SPACE = re.compile(r"[ \t\u00a0]*\n[ \t]*")
# What programs write into the title when nobody gave one.
NO_TITLE = re.compile(
    r"\W*(?:untitled|anonymous|model|title|document\d*|powerpoint presentation|sans titre|unnamed|microsoft word|"
    r"présentation powerpoint|untitled (?:document|spreadsheet|presentation))\W*"
    r"|.*\.\w{2,5}\W*(?:\(\d+\))?|\S*[\d_]\S*|\W*",  # names of files
    re.IGNORECASE,
)


def load(data: bytes, name: str) -> Loaded:
    """Read a PDF. Raises `EncryptedFile`, `MalformedFile`, or `EmptyText` when it is a scan."""
    title, pages = _read(data, name)
    texts = [canonical(page) for page in pages]
    unreadable = 0
    for n, page in enumerate(pages):
        controls = len(CONTROL.findall(page))
        if controls > MAXIMUM_CONTROL * len(page):
            unreadable, texts[n] = unreadable + 1, ""
        elif controls:
            texts[n] = canonical(CONTROL.sub("", page))
    if not any(text.strip() for text in texts):
        raise EmptyText(_no_text(name, len(pages), unreadable))
    seen = Counter(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", "\n".join(texts).casefold()))
    builder = Builder(name)
    for number, text in enumerate(texts, start=1):
        builder.start_page(number)
        builder.add(LINE_SPACE.sub("\n", HYPHEN.sub(lambda match: _joined(match, seen), text)))
    return builder.build("application/pdf", title=title)


def _read(data: bytes, name: str) -> tuple[str, list[str]]:
    """The title in the metadata if it is one, and the raw text of each page."""
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
            pages = []
            for n in range(len(document)):
                page = document[n]
                text_page = page.get_textpage()
                # Its line ends go first: a lone control character beside them would change what they mean.
                pages.append(text_page.get_text_range().replace("\r\n", "\n"))
                text_page.close()
                page.close()
        except pypdfium2.PdfiumError as error:
            raise MalformedFile(f"{name} is a PDF with a damaged page ({error}). Export or send it again.") from error
        finally:
            document.close()
    return "" if NO_TITLE.fullmatch(title) else title, pages


def _no_text(name: str, pages: int, unreadable: int) -> str:
    count = f"{pages} page{'s' if pages != 1 else ''}"
    if unreadable:
        return (
            f"{name} ({count}) uses fonts that do not say which letters they draw. Run OCR on it, then add the result."
        )
    return f"{name} has no text on its {count}: it looks scanned. Run OCR on it, then add the result."


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
