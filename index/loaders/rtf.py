"""RTF documents, as their plain text. Knows nothing of layout: a table row is a line, and no heading is told apart.

striprtf takes the words out, and writes the address of a link behind its words.
"""

from __future__ import annotations

import re

from index.errors import MalformedFile
from index.loaders.loaded import Builder, Loaded

MEDIA_TYPE = "application/rtf"
TITLE = re.compile(r"\{\\title ([^{}\\]+)\}")
ROW = re.compile(r"^[^\n]*\|$", re.MULTILINE)  # so striprtf ends a row
BLANKS = re.compile(r"\n(?:[^\S\n]*\n)+")


def load(data: bytes, name: str) -> Loaded:
    """Read an RTF document. Raises `MalformedFile` or `EmptyText`."""
    from striprtf.striprtf import rtf_to_text  # noqa: PLC0415  not needed for other formats

    source = data.decode("latin-1")  # RTF is seven-bit; the bytes above are those of its code page
    builder = Builder(name)
    try:
        text = str(rtf_to_text(source, errors="replace"))
    except (LookupError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise MalformedFile(f"{name} is a damaged RTF document ({error}). Save it again, or as .docx.") from error
    # A character outside the Basic Multilingual Plane is written in two halves.
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = ROW.sub(lambda row: " | ".join(filter(None, map(str.strip, row[0].split("|")))), text)
    builder.add(BLANKS.sub("\n\n", text))
    title = TITLE.search(source)
    return builder.build(MEDIA_TYPE, title=title[1] if title else "")
