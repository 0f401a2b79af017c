"""What a file is, from its first bytes. Knows signatures and containers; reads no text.

A kind that has no loader is refused here, in words that name it.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from enum import Enum
from pathlib import PurePath

from index.errors import EncryptedFile, MalformedFile, TooLarge, UnsupportedFormat

Kind = Enum("Kind", ["PLAIN", "MARKDOWN", "HTML", "PDF", "DOCX"])

ACCEPTED = "plain text, Markdown, HTML, PDF and Word (.docx)"
MAXIMUM_UNPACKED = 200_000_000  # bytes; a zip of a few kB can unpack to terabytes
MARKDOWN_SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mdx"})

PDF = re.compile(rb"(?:\A|[^\w \"'`(])%PDF-\d")  # junk may come before it, a sentence about PDF files should not count
HTML_START = re.compile(
    r"(?>\s+|<\?xml[^>]*>|<!--.*?-->)*+(?:(?P<page><!doctype\s+html|<(?:html|head|body)\b)"
    r"|<(?:title|meta|link|script|style|main|article|section|div|span|p|h[1-6]|ul|ol|table|center)\b[^>]*>)",
    re.IGNORECASE | re.DOTALL,
)
SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", "a PNG image"),
    (rb"\xff\xd8\xff", "a JPEG image"),
    (rb"GIF8[79]a", "a GIF image"),
    (rb"RIFF....WEBP", "a WebP image"),
    (rb"RIFF....(?:WAVE|AVI )", "a sound or video file"),
    (rb"II\*\x00|MM\x00\*", "a TIFF image"),
    (rb"BM.{4}\x00\x00\x00\x00", "a BMP image"),
    (rb"....ftyp", "a video file"),
    (rb"ID3[\x02-\x04]|OggS\x00|fLaC\x00", "a sound file"),
    (rb"\x7fELF|MZ.\x00|\xca\xfe\xba\xbe|\x00asm", "a program"),
    (rb"\x1f\x8b|BZh[1-9]1AY|\xfd7zXZ\x00|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x28\xb5\x2f\xfd", "a compressed archive"),
    (rb"SQLite format 3\x00", "an SQLite database"),
    (rb"PAR1", "a Parquet table"),
    (rb"\{\\rtf", "an RTF document"),
    (rb"%!PS", "a PostScript file"),
)
PACKAGED = {
    "presentationml.": "a PowerPoint presentation (.pptx)",
    "ms-excel.sheet": "an Excel workbook (.xlsm or .xlsb)",
    "spreadsheetml.": "an Excel workbook (.xlsx)",
    "epub": "an EPUB book",
    "opendocument.text": "an OpenDocument text (.odt)",
    "opendocument.spreadsheet": "an OpenDocument spreadsheet (.ods)",
    "opendocument.presentation": "an OpenDocument presentation (.odp)",
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLE_STREAMS = {
    "WordDocument": "a Word 97-2003 document (.doc)",
    "PowerPoint Document": "a PowerPoint 97-2003 presentation (.ppt)",
    "Workbook": "an Excel 97-2003 workbook (.xls)",
    "Book": "an Excel 5 workbook (.xls)",
    "__substg1.0_": "an Outlook message (.msg)",
}


def kind_of(data: bytes, name: str) -> Kind:
    """The kind of a file by its content. Raises `UnsupportedFormat`, `EncryptedFile`, `MalformedFile` or `TooLarge`."""
    if PDF.search(data[:1024]):
        return Kind.PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _packaged(data, name)
    if data.startswith(OLE):
        raise _ole_error(data, name)
    for signature, words in SIGNATURES:
        if re.match(signature, data, re.DOTALL):
            raise unsupported(name, words)
    # Without its NULs and its mark, the markup of a page shows as ASCII in UTF-8, 16 and 32 alike.
    html = HTML_START.match(data[:8192].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xfe\xff").decode("latin-1"))
    # Markdown files begin with `<div align="center">` often enough; a whole page called .md is still a page.
    markdown = PurePath(name).suffix.lower() in MARKDOWN_SUFFIXES
    if html and (html["page"] or not markdown):
        return Kind.HTML
    return Kind.MARKDOWN if markdown else Kind.PLAIN


def unsupported(name: str, words: str) -> UnsupportedFormat:
    """The error for a file that looks like `words` ("a PNG image")."""
    return UnsupportedFormat(f"{name} looks like {words}. Extrait reads {ACCEPTED}: convert it to one of these.")


def _packaged(data: bytes, name: str) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
            unpacked = sum(info.file_size for info in package.infolist())
            described = [part for part in ("[Content_Types].xml", "mimetype") if part in names]
            if unpacked > MAXIMUM_UNPACKED:
                limit = f"over the limit of {MAXIMUM_UNPACKED:,}"
                raise TooLarge(f"{name} unpacks to {unpacked:,} bytes, {limit}. Split it into parts.")
            types = package.read(described[0]).decode("utf-8", "replace") if described else ""
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise MalformedFile(
            f"{name} is a zip package (such as .docx), and is damaged or cut short ({error}). Save or send it again."
        ) from error
    except RuntimeError as error:  # so zipfile says it
        raise EncryptedFile(f"{name} is a zip package that needs a password. Remove the password.") from error
    if "wordprocessingml.document.main" in types or "ms-word.document.macroEnabled.main" in types:
        return Kind.DOCX
    words = next((words for mark, words in PACKAGED.items() if mark in types), "a zip archive")
    raise unsupported(name, words)


def _ole_error(data: bytes, name: str) -> UnsupportedFormat | EncryptedFile:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return EncryptedFile(
            f"{name} is an Office document that needs a password. Save it without one, then add it again."
        )
    words = next(
        (words for stream, words in OLE_STREAMS.items() if stream.encode("utf-16-le") in data), "an OLE container"
    )
    return unsupported(name, words)
