"""Outlook messages (.msg): subject, sender and date as lines, the body, then each attachment under its name.

olefile opens the container; each property of the message is a stream named by its number (MS-OXMSG, 2.1). A message
inside a message is not read, nor is a body that is there in RTF alone.
"""

from __future__ import annotations

import io
import struct
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from index.errors import EncryptedFile, MalformedFile
from index.loaders.eml import BLANKS, MOST, Read, add_attachment, add_headers
from index.loaders.html import add_whole, decoded
from index.loaders.loaded import Builder, Loaded
from index.loaders.plain import decode

if TYPE_CHECKING:
    from olefile import OleFileIO

MEDIA_TYPE = "application/vnd.ms-outlook"
SUBJECT, SENDER, ADDRESS, RECIPIENTS, BODY, PAGE = "0037", "0C1A", "5D01", "0E04", "1000", "1013"
CONTENT, LONG_NAME, SHORT_NAME = "3701", "3707", "3704"
MEDIA, LOCKED = "370E", frozenset({"application/pgp-encrypted", "application/pkcs7-mime"})
SENT = 0x0039_0040  # the property and its type, as they stand in the list of those of fixed length
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def load(data: bytes, name: str, read: Read) -> Loaded:
    """Read a message; `read` reads its attachments. Raises `MalformedFile`, `EncryptedFile` or `EmptyText`."""
    import olefile  # noqa: PLC0415  not needed for other formats

    builder = Builder(name)
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            subject = _string(container, "", SUBJECT)
            sender, address = _string(container, "", SENDER), _string(container, "", ADDRESS)
            add_headers(
                builder,
                {
                    "Subject": subject,
                    "From": f"{sender} <{address}>" if address and address != sender else sender,
                    "To": _string(container, "", RECIPIENTS),
                    "Date": _sent(container),
                },
            )
            page = _bytes(container, "", f"{PAGE}0102")
            if body := _string(container, "", BODY, keep_lines=True):
                builder.add(BLANKS.sub("\n\n", body))
            elif page:
                add_whole(builder, decoded(page, name))
            folders = sorted({path[0] for path in container.listdir() if path[0].startswith("__attach")})
            if any(_string(container, folder, MEDIA) in LOCKED for folder in folders):
                raise EncryptedFile(f"{name} is an encrypted message. Save it decrypted, then add it again.")
            for folder in folders[:MOST]:
                title = _string(container, folder, LONG_NAME) or _string(container, folder, SHORT_NAME) or "attachment"
                content = _bytes(container, folder, f"{CONTENT}0102")
                if content:
                    add_attachment(builder, title, lambda content=content, title=title: read(content, title))  # type: ignore[misc]
    except (OSError, struct.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise MalformedFile(f"{name} is a damaged Outlook message ({error}). Save it as .eml.") from error
    return builder.build(MEDIA_TYPE, title=subject)


def _bytes(container: OleFileIO, folder: str, number: str) -> bytes:
    path = [part for part in (folder, f"__substg1.0_{number}") if part]
    return bytes(container.openstream(path).read()) if container.exists(path) else b""


def _string(container: OleFileIO, folder: str, number: str, *, keep_lines: bool = False) -> str:
    """A property that is a text, in Unicode or in some code page."""
    text = _bytes(container, folder, f"{number}001F").decode("utf-16-le", "replace")
    if not text and (old := _bytes(container, folder, f"{number}001E")):
        text = decode(old, number)
    text = text.replace("\x00", "")
    return text if keep_lines else " ".join(text.split())


def _sent(container: OleFileIO) -> str:
    """When it was sent, as in the header of a message; "" when it does not say."""
    if not container.exists("__properties_version1.0"):
        return ""
    properties = container.openstream("__properties_version1.0").read()[32:]
    for kind, ticks in struct.iter_unpack("<I4xQ", properties[: len(properties) // 16 * 16]):
        if kind == SENT and ticks < 2**61:
            return format_datetime(EPOCH + timedelta(microseconds=ticks // 10))
    return ""
