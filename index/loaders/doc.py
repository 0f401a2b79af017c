"""Word 97-2003 documents (.doc), as their plain text. Knows nothing of styles, so that no heading is told apart.

olefile opens the container. The text lies in pieces, some of one byte a character and some of two; a table at the end
says in what order they come (MS-DOC, 2.4.1). Footnotes, headers and comments come after the main text, and are not
read.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from itertools import pairwise

from index.errors import EncryptedFile, MalformedFile
from index.loaders.loaded import Builder, Loaded
from index.loaders.plain import decode

MEDIA_TYPE = "application/msword"
MAGIC, ENCRYPTED, SECOND_TABLE = 0xA5EC, 0x0100, 0x0200
LENGTH_AT, PIECES_AT = 0x4C, 0x01A2  # where the header says how long the text is, and where the pieces are described
COMPRESSED = 0x40000000
FIELD_MARK = re.compile("([\x13-\x15])")  # a field begins, what it shows begins, it ends
ROW = re.compile("(?<![^\r\x07])((?:[^\r\x07]*\x07)+?)\x07")  # each cell ends with a bell, and so does the row
UNSEEN = re.compile("[\x01-\x06\x08\x0e-\x12\x15-\x1d\x1f\x7f]")


def load(data: bytes, name: str) -> Loaded:
    """Read a document. Raises `MalformedFile`, `EncryptedFile` or `EmptyText`."""
    import olefile  # noqa: PLC0415  not needed for other formats

    builder = Builder(name)
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            document = container.openstream("WordDocument").read()
            magic, flags = struct.unpack_from("<H8xH", document)
            if magic != MAGIC:
                raise ValueError("it is older than Word 97")
            if flags & ENCRYPTED:
                raise EncryptedFile(f"{name} needs a password. Save it without one, then add it again.")
            table = container.openstream("1Table" if flags & SECOND_TABLE else "0Table").read()
            title = container.get_metadata().title
        text = _text(document, table)
    except (OSError, struct.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise MalformedFile(f"{name} is a damaged Word document ({error}). Save it as .docx.") from error
    for paragraph in _shown(text).split("\r"):
        builder.add(paragraph)
    return builder.build(MEDIA_TYPE, title=decode(title, name).strip("\x00") if isinstance(title, bytes) else "")


def _text(document: bytes, table: bytes) -> str:
    """The characters of the main text, from its pieces."""
    (length,) = struct.unpack_from("<I", document, LENGTH_AT)
    at, size = struct.unpack_from("<II", document, PIECES_AT)
    end = at + size
    while table[at] == 1:  # formatting comes before the pieces
        at += 3 + int(struct.unpack_from("<H", table, at + 1)[0])
    at += 5
    count = (end - at - 4) // 12
    starts = struct.unpack_from(f"<{count + 1}I", table, at)
    parts = []
    for n, (start, stop) in enumerate(pairwise(starts)):
        (place,) = struct.unpack_from("<2xI", table, at + 4 * (count + 1) + 8 * n)
        characters = max(min(stop, length) - start, 0)
        if place & COMPRESSED:
            place = (place & ~COMPRESSED) // 2
            parts.append(document[place : place + characters].decode("cp1252", "replace"))
        else:
            parts.append(document[place : place + 2 * characters].decode("utf-16-le", "replace"))
    return "".join(parts)


def _without_codes(pieces: list[str]) -> Iterator[str]:
    """The text between the marks, without what fields are made from. Fields stand inside fields."""
    codes: list[bool] = []  # of each field that we are in: whether we are in its code
    for piece in pieces:
        match piece:
            case "\x13":
                codes.append(True)
            case "\x14" if codes:
                codes[-1] = False
            case "\x15" if codes:
                codes.pop()
            case _ if not any(codes):
                yield piece


def _shown(text: str) -> str:
    """What a reader sees: no codes of fields; a table row is a line, "cell | cell"."""
    text = "".join(_without_codes(FIELD_MARK.split(text)))
    text = ROW.sub(
        lambda row: " | ".join(filter(None, (" ".join(c.split()) for c in row[1].split("\x07")))) + "\r", text
    )
    return UNSEEN.sub("", text.replace("\x1e", "-").replace("\x0b", "\n").replace("\x0c", "\r").replace("\x07", "\r"))
