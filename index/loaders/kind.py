"""What a file is, from its first bytes. Knows signatures and containers; reads no text.

A kind that has no loader is refused here, in words that name it.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from enum import Enum
from pathlib import PurePath

from index.errors import EncryptedFile, MalformedFile, TooLarge, UnsupportedFormat

Kind = Enum(
    "Kind",
    [
        "PLAIN",
        "MARKDOWN",
        "CSV",
        "HTML",
        "EML",
        "RTF",
        "PDF",
        "DOCX",
        "PPTX",
        "XLSX",
        "ODF",
        "EPUB",
        "DOC",
        "XLS",
        "MSG",
    ],
)

ACCEPTED = (
    "plain text, Markdown, HTML, PDF, Word (.docx, .doc), PowerPoint (.pptx), Excel (.xlsx, .xls), OpenDocument, RTF, "
    "EPUB, CSV and e-mail (.eml, .msg)"
)
LONGEST_TYPES = 1_000_000  # bytes of the list of types that are looked at
MAXIMUM_UNPACKED = 200_000_000  # bytes; a zip of a few kB can unpack to terabytes
# These have no signature. A name settles the matter for a file that is text and nothing else.
TEXT_SUFFIXES = dict.fromkeys((".md", ".markdown", ".mdown", ".mkd", ".mdx"), Kind.MARKDOWN) | dict.fromkeys(
    (".csv", ".tsv", ".tab"), Kind.CSV
)
# A message begins with its headers. Texts quote a header or two: without the name, one that only programs write is
# asked for.
MESSAGE = re.compile(r"(?:From \S[^\n]*\n)?(?:[A-Za-z][\w-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}(?:\n|\Z)")
MESSAGE_HEADER = re.compile(r"^(?:from|to|subject|date|received|message-id|mime-version|return-path):", re.I | re.M)
PROGRAM_HEADER = re.compile(r"^(?:received|message-id|mime-version|return-path):", re.I | re.M)

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
    (rb"%!PS", "a PostScript file"),
)
# By the type of the main part: a Word document may hold a workbook, and says so.
READ = {
    "wordprocessingml.document.main": Kind.DOCX,
    "ms-word.document.macroEnabled.main": Kind.DOCX,
    "presentationml.presentation.main": Kind.PPTX,
    "presentationml.slideshow.main": Kind.PPTX,
    "presentationml.template.main": Kind.PPTX,
    "ms-powerpoint.presentation.macroEnabled.main": Kind.PPTX,
    "spreadsheetml.sheet.main": Kind.XLSX,
    "spreadsheetml.template.main": Kind.XLSX,
    "ms-excel.sheet.macroEnabled.main": Kind.XLSX,
    "epub+zip": Kind.EPUB,
    "opendocument.text": Kind.ODF,
    "opendocument.spreadsheet": Kind.ODF,
    "opendocument.presentation": Kind.ODF,
}
PACKAGED = {
    "ms-excel.sheet": "a binary Excel workbook (.xlsb)",
    "ms-word": "a Word template (.dotm)",
    "wordprocessingml.template": "a Word template (.dotx)",
    "opendocument": "an OpenDocument drawing",
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLE_STREAMS = {
    "WordDocument": Kind.DOC,
    "Workbook": Kind.XLS,
    "Book": Kind.XLS,
    "__properties_version1.0": Kind.MSG,
}


def kind_of(data: bytes, name: str) -> Kind:
    """The kind of a file by its content. Raises `UnsupportedFormat`, `EncryptedFile`, `MalformedFile` or `TooLarge`."""
    if PDF.search(data[:1024]):
        return Kind.PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _packaged(data, name)
    if data.startswith(OLE):
        return _compound(data, name)
    for signature, words in SIGNATURES:
        if re.match(signature, data, re.DOTALL):
            raise unsupported(name, words)
    if data.startswith(b"{\\rtf"):
        return Kind.RTF
    # Without its NULs and its mark, the markup of a page shows as ASCII in UTF-8, 16 and 32 alike.
    start = data[:8192].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xfe\xff").decode("latin-1")
    html = HTML_START.match(start)
    # Markdown files begin with `<div align="center">` often enough; a whole page called .md is still a page.
    suffix = PurePath(name).suffix.lower()
    named = TEXT_SUFFIXES.get(suffix, Kind.PLAIN)
    if html and (html["page"] or named is Kind.PLAIN):
        return Kind.HTML
    return Kind.EML if named is Kind.PLAIN and _is_message(start, suffix) else named


def unsupported(name: str, words: str) -> UnsupportedFormat:
    """The error for a file that looks like `words` ("a PNG image")."""
    return UnsupportedFormat(f"{name} looks like {words}. Extrait reads {ACCEPTED}: convert it to one of these.")


def _is_message(start: str, suffix: str) -> bool:
    """Whether a text that begins so is an e-mail message. A header may be longer than what was looked at."""
    head = start.lstrip().replace("\r", "").partition("\n\n")[0]
    if suffix == ".eml":
        return MESSAGE_HEADER.search(head) is not None
    return (
        len(set(MESSAGE_HEADER.findall(head.lower()))) > 2
        and PROGRAM_HEADER.search(head) is not None
        and MESSAGE.match(f"{head}\n\n") is not None
    )


def _packaged(data: bytes, name: str) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
            unpacked = sum(info.file_size for info in package.infolist())
            described = [part for part in ("[Content_Types].xml", "mimetype") if part in names]
            if unpacked > MAXIMUM_UNPACKED:
                limit = f"over the limit of {MAXIMUM_UNPACKED:,}"
                raise TooLarge(f"{name} unpacks to {unpacked:,} bytes, {limit}. Split it into parts.")
            types = package.read(described[0])[:LONGEST_TYPES].decode("utf-8", "replace") if described else ""
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise MalformedFile(
            f"{name} is a zip package (such as .docx), and is damaged or cut short ({error}). Save or send it again."
        ) from error
    except RuntimeError as error:  # so zipfile says it
        raise EncryptedFile(f"{name} is a zip package that needs a password. Remove the password.") from error
    found = next((kind for mark, kind in READ.items() if mark in types), None)
    if found is not None:
        return found
    words = next((words for mark, words in PACKAGED.items() if mark in types), "a zip archive")
    raise unsupported(name, words)


def _compound(data: bytes, name: str) -> Kind:
    """The kind of an OLE container, by the streams at its root: other documents may be inside."""
    import olefile  # noqa: PLC0415  not needed for other formats

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            streams = {path[0] for path in container.listdir()}
    except (OSError, struct.error, LookupError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise MalformedFile(
            f"{name} is an Office document of 1997-2003, and is damaged or cut short ({error}). Save or send it again."
        ) from error
    if "EncryptedPackage" in streams:
        raise EncryptedFile(
            f"{name} is an Office document that needs a password. Save it without one, then add it again."
        )
    if "PowerPoint Document" in streams:
        raise unsupported(name, "a PowerPoint 97-2003 presentation (.ppt)")
    for stream, kind in OLE_STREAMS.items():
        if stream in streams:
            return kind
    raise unsupported(name, "an OLE container")
