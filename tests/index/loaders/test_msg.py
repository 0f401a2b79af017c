"""Outlook messages: properties, bodies, attachments."""

import struct

import pytest

from index.errors import EmptyText, EncryptedFile
from index.loaders import load
from tests.index.loaders.compound import compound

SENT = struct.pack("<32xIIQ", 0x00390040, 6, 133_540_164_000_000_000)  # in tenths of microseconds since 1601


def made(attached: dict[str, bytes] | None = None, **properties: str | bytes) -> bytes:
    streams = {"__properties_version1.0": SENT}
    for number, value in properties.items():
        text = isinstance(value, str)
        name = f"__substg1.0_{number[1:]}{'001F' if text else '0102'}"
        streams[name] = value.encode("utf-16-le") if isinstance(value, str) else value
    return compound(streams | (attached or {}))


def attachment(n: int, name: str, content: bytes, media: str = "") -> dict[str, bytes]:
    folder = f"__attach_version1.0_#{n:08}"
    return {
        f"{folder}/__substg1.0_3707001F": name.encode("utf-16-le"),
        f"{folder}/__substg1.0_37010102": content,
        f"{folder}/__substg1.0_370E001F": media.encode("utf-16-le"),
    }


HEAD = "Subject: Accord\nFrom: Noël <n@b.c>\nTo: Zoé\nDate: Mon, 04 Mar 2024 09:00:00 +0000"
FIELDS = {"p0037": "Accord", "p0C1A": "Noël", "p5D01": "n@b.c", "p0E04": "Zoé"}


def test_a_message() -> None:
    loaded = load(made(**FIELDS, p1000="Bonjour,\r\n\r\n\r\nLe mot."), "a.msg")
    assert loaded.text == f"{HEAD}\n\nBonjour,\n\nLe mot."
    assert (loaded.title, loaded.media_type) == ("Accord", "application/vnd.ms-outlook")


def test_a_body_that_is_a_page() -> None:
    assert load(made(**FIELDS, p1013=b"<p>Le <i>mot</i>.".ljust(4096)), "a.msg").text == f"{HEAD}\n\nLe mot."


def test_attachments_are_read_under_their_names() -> None:
    files = attachment(0, "t.csv", b"a;b\nx;1\n".ljust(4096, b"\n")) | attachment(1, "logo.png", b"\x89PNG\r\n\x1a\n")
    loaded = load(made(files, **FIELDS), "a.msg")
    assert loaded.text == f"{HEAD}\n\nt.csv\n\na : x ; b : 1."
    assert [loaded.text[h.start : h.end] for h in loaded.headings] == ["t.csv"]


def test_an_encrypted_message() -> None:
    with pytest.raises(EncryptedFile, match=r"a\.msg is an encrypted message"):
        load(made(attachment(0, "x", b"x", "application/pgp-encrypted"), **FIELDS), "a.msg")


def test_an_empty_message() -> None:
    with pytest.raises(EmptyText, match=r"a\.msg holds no text"):
        load(compound({"__properties_version1.0": b""}), "a.msg")
