"""E-mail messages (.eml): subject, sender and date as lines, the body, then each attachment under its name.

The standard library takes the message apart. Attachments are read by the same loaders; one that cannot be read (an
image, a signature, a broken file) is left out, and the message stays. Other parts of a thread are not looked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import Message

from index.errors import DEFECTS, DocumentError, EncryptedFile, MalformedFile
from index.loaders.html import add_whole, decoded
from index.loaders.loaded import Builder, Loaded
from index.loaders.plain import decode

MEDIA_TYPE = "message/rfc822"
SHOWN = ("Subject", "From", "To", "Date")
DEEPEST = 3  # messages inside messages
MOST = 100  # attachments; a mail with more was not written by a person
BLANKS = re.compile(r"\n(?:[^\S\n]*\n)+")
Read = Callable[[bytes, str], Loaded]


def load(data: bytes, name: str, read: Read, depth: int = 0) -> Loaded:
    """Read a message; `read` reads its attachments. Raises `MalformedFile` or `EmptyText`."""
    builder = Builder(name)
    if b"\x00" in data[:64] or not data[:1].isascii():  # saved as UTF-16, say; a message is ASCII at its start
        data = decode(data, name).lstrip("\ufeff").encode("utf-8", "replace")
    try:
        message = message_from_bytes(data, policy=policy.default)
        parts = list(_leaves(message))
    except RecursionError as error:
        raise MalformedFile(f"{name} is a message whose parts are nested too deeply to be read.") from error
    if message.get_content_type() == "multipart/encrypted" or message.get_param("smime-type") == "enveloped-data":
        raise EncryptedFile(f"{name} is an encrypted message. Save it decrypted, then add it again.")
    headers = {label: _header(message, label) for label in SHOWN}
    add_headers(builder, headers)
    shown, attached = _sorted(parts)
    for part in shown:
        _add_body(builder, part, name)
    for part in attached[:MOST]:
        _add_part(builder, part, read, depth)
    return builder.build(MEDIA_TYPE, title=headers["Subject"])


def add_headers(builder: Builder, headers: dict[str, str]) -> None:
    """Add the headers that say something, a line each."""
    for label, value in headers.items():
        if value:
            builder.add(f"{label}: {value}", tight=True)


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, in order. A message that was attached is one of them."""
    if message.get_content_type() == "message/rfc822" or not message.is_multipart():
        yield message
        return
    inner = [part for part in message.get_payload() if isinstance(part, Message)]
    if message.get_content_type() == "multipart/alternative":
        # The same thing several times: the plain text, unless only the page says something.
        texts = [part for part in inner if part.get_content_type() == "text/plain" and _text(part, "").strip()]
        pages = [part for part in inner if part.is_multipart() or part.get_content_type() == "text/html"]
        inner = texts[:1] or pages[-1:] or inner[-1:]
    for part in inner:
        yield from _leaves(part)


def _sorted(parts: list[Message]) -> tuple[list[Message], list[Message]]:
    """The parts that the message shows, and those attached to it."""
    shown: list[Message] = []
    attached: list[Message] = []
    for part in parts:
        named = part.get_content_disposition() == "attachment" or bool(_filename(part))
        text = part.get_content_type() in {"text/plain", "text/html"}
        (attached if named or not text else shown).append(part)
    return shown, attached


def _add_body(builder: Builder, part: Message, name: str) -> None:
    text = _text(part, name)
    if part.get_content_type() == "text/html":
        add_whole(builder, text)
    else:
        builder.add(BLANKS.sub("\n\n", text))


def _add_part(builder: Builder, part: Message, read: Read, depth: int) -> None:
    """Add an attachment; a message that was attached is read here."""
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload(0)
        if depth < DEEPEST and isinstance(inner, Message):
            title = _filename(part) or _header(inner, "Subject") or "message.eml"
            source = policy.compat32
            add_attachment(builder, title, lambda: load(inner.as_bytes(policy=source), title, read, depth + 1))
        return
    payload = part.get_payload(decode=True)
    title = _filename(part) or f"attachment.{part.get_content_subtype()}"
    if isinstance(payload, bytes):
        add_attachment(builder, title, lambda: read(payload, title))


def add_attachment(builder: Builder, title: str, read: Callable[[], Loaded]) -> None:
    """Add what `read` gives, under a heading; nothing when it cannot be read: the message itself can."""
    try:
        loaded = read()
    except MemoryError:
        raise
    except (DocumentError, *DEFECTS):
        return
    builder.add_heading(title, 1)
    builder.add_loaded(loaded, 1)


def _text(part: Message, name: str) -> str:
    """The characters of a part: by what it declares, else as those of a file."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_param("charset")
    if isinstance(charset, str):
        try:
            return payload.decode(charset)
        except (LookupError, ValueError):
            pass
    try:
        return decoded(payload, name) if part.get_content_type() == "text/html" else decode(payload, name)
    except DocumentError:  # bytes that are no text
        return ""


def _header(message: Message, label: str) -> str:
    """The words of a header. The standard library fails on a few that hostile or old programs write."""
    try:
        value = str(message[label] or "")
    except DEFECTS:
        value = next((str(raw) for key, raw in message.raw_items() if key.lower() == label.lower()), "")
    if "\ufffd" in value or any("\ud800" <= char <= "\udfff" for char in value):  # eight-bit, and undeclared
        raw = next((str(raw) for key, raw in message.raw_items() if key.lower() == label.lower()), "")
        value = decode(raw.encode("utf-8", "surrogateescape"), label)
    return " ".join(value.split())


def _filename(part: Message) -> str:
    try:
        return " ".join((part.get_filename() or "").split())
    except DEFECTS:
        return ""
