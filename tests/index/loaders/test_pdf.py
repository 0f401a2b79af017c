"""PDF: pages, titles, hyphens, and what cannot be read."""

import io
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from index.errors import EmptyText, EncryptedFile, MalformedFile
from index.loaders.pdf import HYPHEN, NO_TITLE, load


def made(*pages: list[str], title: str = "", encrypt: StandardEncryption | None = None) -> bytes:
    """A PDF with these lines on these pages."""
    stream = io.BytesIO()
    canvas = Canvas(stream, encrypt=encrypt)
    canvas.setTitle(title or "untitled")
    for lines in pages:
        for n, line in enumerate(lines):
            canvas.drawString(72, 780 - 16 * n, line)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def test_pages_are_ranges() -> None:
    loaded = load(made(["Accord du 3 mars", "deuxième ligne"], [], ["Page trois"]), "a.pdf")
    assert loaded.text == "Accord du 3 mars\ndeuxième ligne\n\nPage trois"
    assert [(page.number, loaded.text[page.start : page.end]) for page in loaded.pages] == [
        (1, "Accord du 3 mars\ndeuxième ligne"),
        (3, "Page trois"),
    ]
    assert (loaded.title, loaded.media_type) == ("Accord du 3 mars", "application/pdf")


def test_the_title_in_the_metadata() -> None:
    assert load(made(["Texte"], title="Accord de branche"), "a.pdf").title == "Accord de branche"


@pytest.mark.parametrize(
    "title",
    ["", "untitled", "(anonymous)", "Microsoft Word - accord.docx", "Binder1.pdf", "0001018724-21-000004", "scan_001"],
)
def test_a_title_that_is_none(title: str) -> None:
    assert NO_TITLE.fullmatch(title)


@pytest.mark.parametrize("title", ["Accord de branche", "Rapport 2019", "GAO-23: une stratégie", "Égalité"])
def test_a_title_that_is_one(title: str) -> None:
    assert not NO_TITLE.fullmatch(title)


@pytest.mark.parametrize(
    ("text", "rest", "expected"),
    [
        pytest.param("profes\ufffesionnel", [], "professionnel", id="plain"),
        pytest.param("profes\x02\nsionnel", [], "professionnel", id="across-lines"),
        pytest.param("dual\ufffeencoder", ["dual-encoder"], "dual-encoder", id="hyphenated-elsewhere"),
        pytest.param("a\ufffebb\ufffeccc", ["a-bb", "bbccc"], "a-bbccc", id="twice"),
        pytest.param("im\ufffeage", ["image"], "image", id="whole-elsewhere"),
        pytest.param("straight\ufffeline", ["straight", "line"], "straight-line", id="two-words"),
        pytest.param("Lucene\ufffeBM25", [], "Lucene-BM25", id="capital"),
        pytest.param("non\ufffeGAAP", [], "non-GAAP", id="capital-after"),
        pytest.param("end\ufffe .", [], "end- .", id="nothing-after"),
    ],
)
def test_hyphens_at_the_end_of_a_line(text: str, rest: list[str], expected: str) -> None:
    from index.loaders.pdf import _joined  # noqa: PLC0415  the rule is worth a table of its own

    assert HYPHEN.sub(lambda match: _joined(match, Counter(rest)), text) == expected


def test_a_scan_says_what_to_do() -> None:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    for _ in range(2):
        canvas.drawInlineImage(Image.new("L", (40, 40), 200), 0, 0, 500, 700)
        canvas.showPage()
    canvas.save()
    with pytest.raises(EmptyText, match=r"a\.pdf has no text on its 2 pages: it looks scanned\. Run OCR"):
        load(stream.getvalue(), "a.pdf")


def test_a_blank_file_is_not_called_a_scan() -> None:
    with pytest.raises(EmptyText, match=r"a\.pdf has neither text nor pictures on its 1 page"):
        load(made([]), "a.pdf")


def test_the_outline_gives_the_headings() -> None:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    pages = [["1. Accord", "Le texte.", "Un titre sur", "deux lignes", "Suite."], ["Accord", "Fin."]]
    entries = [("Accord", 0, 0), ("Un titre sur deux lignes", 1, 0), ("Absent", 1, 0), ("Fin", 2, 1)]
    for number, lines in enumerate(pages):
        for n, line in enumerate(lines):
            canvas.drawString(72, 780 - 16 * n, line)
        for title, level, page in entries:
            if page == number:
                canvas.bookmarkPage(title)
                canvas.addOutlineEntry(title, title, level)
        canvas.showPage()
    canvas.save()
    loaded = load(stream.getvalue(), "a.pdf")
    assert loaded.text == "1. Accord\n\nLe texte.\n\nUn titre sur deux lignes\n\nSuite.\n\nAccord\n\nFin."
    assert [(h.level, loaded.text[h.start : h.end]) for h in loaded.headings] == [
        (1, "1. Accord"),
        (2, "Un titre sur deux lignes"),
        (3, "Fin."),
    ]
    assert [page.number for page in loaded.pages] == [1, 2]


def test_a_password_is_needed() -> None:
    with pytest.raises(EncryptedFile, match=r"a\.pdf needs a password"):
        load(made(["Secret"], encrypt=StandardEncryption("user", "owner")), "a.pdf")


def test_an_owner_password_does_not_keep_one_from_reading() -> None:
    assert load(made(["Ouvert"], encrypt=StandardEncryption("", "owner")), "a.pdf").text == "Ouvert"


@pytest.mark.parametrize("keep", [9, 200])
def test_a_damaged_file(keep: int) -> None:
    with pytest.raises(MalformedFile, match=r"a\.pdf is a damaged PDF"):
        load(made(["Texte"])[:keep], "a.pdf")


def test_many_threads_at_once() -> None:
    files = [made([f"Document {n}"], [f"Fin {n}"]) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda data: load(data, "a.pdf").text, files))
    assert texts == [f"Document {n}\n\nFin {n}" for n in range(8)]
