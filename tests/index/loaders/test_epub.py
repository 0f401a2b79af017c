"""EPUB books: chapters in the order of the spine."""

import io
import zipfile

import pytest

from index.errors import EmptyText, EncryptedFile, MalformedFile
from index.loaders import load

CONTAINER = (
    "<container xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles>"
    "<rootfile full-path='OPS/book.opf'/></rootfiles></container>"
)
BOOK = (
    "<package xmlns='http://www.idpf.org/2007/opf'><metadata xmlns:dc='http://purl.org/dc/elements/1.1/'>"
    "<dc:title>Le pont</dc:title><dc:language>fr-FR</dc:language></metadata><manifest>"
    "<item id='b' href='b%20c.xhtml' media-type='application/xhtml+xml'/>"
    "<item id='a' href='a.xhtml' media-type='application/xhtml+xml'/>"
    "<item id='n' href='nav.xhtml' media-type='application/xhtml+xml' properties='nav'/>"
    "<item id='gone' href='gone.xhtml' media-type='application/xhtml+xml'/>"
    "</manifest><spine><itemref idref='n'/><itemref idref='a'/><itemref idref='b'/><itemref idref='gone'/>"
    "<itemref idref='none'/></spine></package>"
)
PAGE = "<?xml version='1.0' encoding='utf-8'?><html xmlns='http://www.w3.org/1999/xhtml'><body>{}</body></html>"
PARTS = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": CONTAINER,
    "OPS/book.opf": BOOK,
    "OPS/nav.xhtml": PAGE.format("<nav>Table</nav>"),
    "OPS/a.xhtml": PAGE.format("<h1>Chapitre I</h1><p>L'été à Évreux.</p><aside>Une note.</aside>"),
    "OPS/b c.xhtml": PAGE.format("<h2>Chapitre II</h2><p>La fin.</p>"),
}
LOCK = "<encryption><CipherReference URI='{}'/></encryption>"


def made(**changed: str | None) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        for name, text in (PARTS | changed).items():
            if text is not None:
                package.writestr(name, text)
    return stream.getvalue()


def test_a_book() -> None:
    loaded = load(made(), "a.epub")
    assert loaded.text == "Chapitre I\n\nL'été à Évreux.\n\nUne note.\n\nChapitre II\n\nLa fin."
    assert [(h.level, loaded.text[h.start : h.end]) for h in loaded.headings] == [(1, "Chapitre I"), (2, "Chapitre II")]
    assert (loaded.title, loaded.language, loaded.media_type) == ("Le pont", "fr", "application/epub+zip")


def test_a_locked_book_and_scrambled_fonts() -> None:
    with pytest.raises(EncryptedFile, match=r"a\.epub is locked"):
        load(made(**{"META-INF/encryption.xml": LOCK.format("OPS/a.xhtml")}), "a.epub")
    assert load(made(**{"META-INF/encryption.xml": LOCK.format("OPS/font.otf")}), "a.epub").text


@pytest.mark.parametrize("part", ["META-INF/container.xml", "OPS/book.opf"])
@pytest.mark.parametrize("content", [None, "", "<a/>"], ids=["missing", "empty", "another"])
def test_a_damaged_book(part: str, content: str | None) -> None:
    with pytest.raises((MalformedFile, EmptyText), match=r"a\.epub"):
        load(made(**{part: content}), "a.epub")


def test_entities_do_not_unfold() -> None:
    bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><x>&b;</x>"
    with pytest.raises((MalformedFile, EmptyText)):
        load(made(**{"OPS/book.opf": bomb}), "a.epub")
