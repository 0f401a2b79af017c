"""Word 97-2003 documents: pieces of either width, fields, tables."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import DocumentError, EmptyText, EncryptedFile, MalformedFile
from index.loaders import load
from tests.index.loaders.compound import compound


def made(*pieces: str, flags: int = 0, magic: int = 0xA5EC) -> bytes:
    """A document of these pieces: the first of one byte a character, the others of two."""
    content, descriptions, starts, at = bytearray(2048), b"", [0], 0
    for n, piece in enumerate(pieces):
        place = len(content) * 2 | 0x40000000 if n == 0 else len(content)
        content += piece.encode("utf-16-le" if n else "cp1252")
        descriptions += struct.pack("<HIH", 0, place, 0)
        at += len(piece)
        starts.append(at)
    table = struct.pack("<BH2xBI", 1, 2, 2, 4 * len(starts) + len(descriptions))
    table += struct.pack(f"<{len(starts)}I", *starts) + descriptions
    struct.pack_into("<H8xH", content, 0, magic, flags)
    struct.pack_into("<I", content, 0x4C, at)
    struct.pack_into("<II", content, 0x1A2, 0, len(table))
    return compound({"WordDocument": bytes(content), ("1Table" if flags & 0x200 else "0Table"): table})


@pytest.mark.parametrize("flags", [0, 0x200], ids=["first-table", "second-table"])
def test_pieces(flags: int) -> None:
    loaded = load(made("L'été à 5 €.\rAprès : ", "عربي 😀\r", flags=flags), "a.doc")
    assert (loaded.text, loaded.media_type) == ("L'été à 5 €.\n\nAprès : عربي 😀", "application/msword")
    assert loaded.title == "L'été à 5 €."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Voir \x13 HYPERLINK x \x14ici\x15.\r", "Voir ici."),
        ("a\x13 IF \x13 B \x14c\x15 \x14d\x15\r", "ad"),
        ("Année\x07Emplois\x07\x072018\x07plus\x07\x07Fin.\r", "Année | Emplois\n\n2018 | plus\n\nFin."),
        ("un\x0bdeux\x0ctrois\x1equatre\x01\r", "un\ndeux\n\ntrois-quatre"),
    ],
    ids=["field", "field-in-a-field", "table", "breaks"],
)
def test_what_a_reader_sees(text: str, expected: str) -> None:
    assert load(made(text), "a.doc").text == expected


def test_what_cannot_be_read() -> None:
    with pytest.raises(EncryptedFile, match=r"a\.doc needs a password"):
        load(made("a", flags=0x100), "a.doc")
    with pytest.raises(MalformedFile, match=r"a\.doc is a damaged Word document \(it is older than Word 97\)"):
        load(made("a", magic=0xA5DC), "a.doc")
    with pytest.raises(EmptyText, match=r"a\.doc holds no text"):
        load(made("\r"), "a.doc")


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 20_000), st.binary(min_size=1, max_size=40))
def test_damage_anywhere_is_an_error_in_words(at: int, put: bytes) -> None:
    data = made("Un texte.\r" * 20, "Un autre.\r" * 20)
    at %= len(data)
    try:
        text = load(data[:at] + put + data[at + len(put) :], "a.doc").text
    except DocumentError as error:
        text = str(error)
    assert text
