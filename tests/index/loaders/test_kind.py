"""What a file is, whatever it is called."""

import io
import zipfile

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import DocumentError, EncryptedFile, MalformedFile, TooLarge, UnsupportedFormat
from index.loaders import kind
from index.loaders.kind import Kind, kind_of
from tests.index.loaders.compound import compound

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100
MAIL = b"Received: by x\r\nSubject: Bonjour\r\nFrom: a@b\r\n\r\nCorps\r\n"


def zipped(parts: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, text)
    return stream.getvalue()


def word() -> bytes:
    stream = io.BytesIO()
    docx.Document().save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        pytest.param(b"%PDF-1.7\n", "a.docx", Kind.PDF, id="pdf-named-docx"),
        pytest.param(b"\xef\xbb\xbf\n%PDF-1.4", "a", Kind.PDF, id="pdf-after-junk"),
        pytest.param(b"A file begins with %PDF-1.4, then objects.", "a.txt", Kind.PLAIN, id="about-pdf"),
        pytest.param(word(), "a.pdf", Kind.DOCX, id="docx-named-pdf"),
        pytest.param(b"<!DOCTYPE html><p>a", "a.txt", Kind.HTML, id="html-named-txt"),
        pytest.param(b"<html><p>a", "a.md", Kind.HTML, id="page-named-md"),
        pytest.param(b"<!-- a -->\n<div align='center'>a</div>\n# b", "a.md", Kind.MARKDOWN, id="markdown-with-tags"),
        pytest.param(b"<div>a</div>", "a", Kind.HTML, id="piece-of-html"),
        pytest.param("<html><p>a".encode("utf-16"), "a", Kind.HTML, id="utf-16-html"),
        pytest.param("\ufeff<html><p>a".encode(), "a", Kind.HTML, id="html-with-mark"),
        pytest.param(b"<?xml version='1.0'?><html><p>a</p></html>", "a.xml", Kind.HTML, id="xhtml"),
        pytest.param(b"<?xml version='1.0'?><note>a</note>", "a.xml", Kind.PLAIN, id="xml"),
        pytest.param(b"The tag <html> opens a page.", "a.txt", Kind.PLAIN, id="about-html"),
        pytest.param(MAIL, "a.txt", Kind.EML, id="message-named-txt"),
        pytest.param(b"Subject: a\n\nb", "a.eml", Kind.EML, id="message-by-name"),
        pytest.param(b"Une note.\n\nSubject: a", "a.eml", Kind.PLAIN, id="text-named-eml"),
        pytest.param(b"From: Paris\nTo: Rabat\nDate: hier\n\nUn voyage.", "a.txt", Kind.PLAIN, id="about-a-journey"),
        pytest.param(b"a,b", "A.CSV", Kind.CSV, id="csv"),
        pytest.param(b"a\tb", "a.tsv", Kind.CSV, id="tsv"),
        pytest.param(b"{\\rtf1 a}", "a.doc", Kind.RTF, id="rtf-named-doc"),
        pytest.param(zipped({"mimetype": "application/epub+zip"}), "a", Kind.EPUB, id="epub"),
        pytest.param(zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "a", Kind.ODF, id="odt"),
        pytest.param(
            zipped({"[Content_Types].xml": "presentationml.slideshow.main+xml"}), "a.zip", Kind.PPTX, id="slide-show"
        ),
        pytest.param(
            zipped({"[Content_Types].xml": "spreadsheetml.sheet.main+xml"}), "a.zip", Kind.XLSX, id="workbook"
        ),
        pytest.param(
            zipped({"[Content_Types].xml": "spreadsheetml.sheet wordprocessingml.document.main+xml"}),
            "a",
            Kind.DOCX,
            id="workbook-in-a-document",
        ),
        pytest.param(compound({"WordDocument": b"a"}), "a.xls", Kind.DOC, id="doc-named-xls"),
        pytest.param(
            compound({"Workbook": b"a", "MBD1/WordDocument": b"a"}), "a", Kind.XLS, id="document-in-a-workbook"
        ),
        pytest.param(compound({"__properties_version1.0": b"a"}), "a", Kind.MSG, id="msg"),
        pytest.param(b"# a", "A.MD", Kind.MARKDOWN, id="markdown"),
        pytest.param(b"# a", "a.txt", Kind.PLAIN, id="plain"),
        pytest.param(b"MZ et BM sont des initiales.", "a.txt", Kind.PLAIN, id="initials"),
    ],
)
def test_kinds(data: bytes, name: str, expected: Kind) -> None:
    assert kind_of(data, name) is expected


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"GIF89a", "a GIF image"),
        (b"\x7fELF\x02", "a program"),
        (b"\x1f\x8b\x08", "a compressed archive"),
        (compound({"PowerPoint Document": b"a"}), "a PowerPoint 97-2003 presentation"),
        (compound({"Autre": b"a"}), "an OLE container"),
        (zipped({"[Content_Types].xml": "ms-excel.sheet.binary.macroEnabled.main"}), "a binary Excel workbook"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.graphics"}), "an OpenDocument drawing"),
        (zipped({"a.txt": "a"}), "a zip archive"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_kinds_are_named(data: bytes, words: str) -> None:
    with pytest.raises(
        UnsupportedFormat, match=rf"^a\.txt looks like {words}.*Extrait reads plain text, Markdown, HTML"
    ):
        kind_of(data, "a.txt")


def test_many_comments_are_read_once() -> None:
    assert kind_of(b"<!-- a -->" * 500 + b"b", "a.txt") is Kind.PLAIN  # backtracking would take for ever


def test_a_protected_office_file() -> None:
    with pytest.raises(EncryptedFile, match=r"a\.docx is an Office document that needs a password"):
        kind_of(compound({"EncryptedPackage": b"a"}), "a.docx")


@pytest.mark.parametrize("data", [OLE, compound({"WordDocument": b"a"})[:2000]], ids=["head-alone", "cut-short"])
def test_a_container_cut_short(data: bytes) -> None:
    with pytest.raises(MalformedFile, match=r"a\.doc is an Office document of 1997-2003, and is damaged"):
        kind_of(data, "a.doc")


@pytest.mark.parametrize("keep", [4, 100, 5000])
def test_a_package_cut_short(keep: int) -> None:
    with pytest.raises(MalformedFile, match=r"a\.docx is a zip package .* damaged or cut short"):
        kind_of(word()[:keep], "a.docx")


def test_a_zip_bomb_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zipped({"[Content_Types].xml": "wordprocessingml.document.main", "word/document.xml": "0" * 100_000})
    assert kind_of(data, "a.docx") is Kind.DOCX
    monkeypatch.setattr(kind, "MAXIMUM_UNPACKED", 99_999)
    with pytest.raises(TooLarge, match=r"a\.docx unpacks to 100,030 bytes, over the limit of 99,999"):
        kind_of(data, "a.docx")


HEADS = [b"", b"%PDF-1.4", b"PK\x03\x04", OLE, b"<html>", b"{\\rtf", b"\xff\xfe", b"RIFF"]


@given(st.sampled_from(HEADS), st.binary(max_size=200))
def test_any_bytes_have_a_kind_or_an_error(head: bytes, data: bytes) -> None:
    try:
        found = kind_of(head + data, "a.txt").name
    except DocumentError as error:
        found = str(error).partition(" ")[0]
    assert found in {"a.txt", "PLAIN", "HTML", "PDF", "EML", "RTF"}
