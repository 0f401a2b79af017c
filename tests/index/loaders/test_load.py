"""`load` sends each file to the loader of its kind."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import DocumentError, EmptyText
from index.loaders import load
from index.text import canonical


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (b"# Titre", "a.txt", "text/plain"),
        (b"# Titre", "a.md", "text/markdown"),
        (b"<html><body>Titre", "a.txt", "text/html"),
    ],
)
def test_dispatch(data: bytes, name: str, media_type: str) -> None:
    loaded = load(data, name)
    assert (loaded.media_type, loaded.title.removeprefix("# ")) == (media_type, "Titre")


def test_no_bytes() -> None:
    with pytest.raises(EmptyText, match=r"^a\.pdf is empty \(0 bytes\)"):
        load(b"", "a.pdf")


@settings(deadline=None)
@given(st.sampled_from([b"", b"<html>", b"%PDF-1.4\n", b"PK\x03\x04", b"---\na: b\n---\n"]), st.binary(max_size=300))
def test_any_bytes_give_a_document_or_a_document_error(head: bytes, data: bytes) -> None:
    for name in ("a.txt", "a.md"):
        try:
            text = load(head + data, name).text
        except DocumentError as error:
            text = str(error).removeprefix(name).strip()
        assert canonical(text) == text != ""


def test_heavy_libraries_wait_for_their_format() -> None:
    program = (
        "import sys; from index.loaders import load; load(b'Un texte.', 'a.txt');"
        "print([name for name in ('docx', 'lxml', 'markdown_it', 'olefile',"
        " 'openpyxl', 'pptx', 'pypdfium2', 'striprtf', 'trafilatura', 'xlrd') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
