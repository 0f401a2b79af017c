"""OpenDocument texts, spreadsheets and presentations."""

import io
import zipfile

import pytest

from index.errors import EmptyText, EncryptedFile, MalformedFile
from index.loaders import load

NAMES = " ".join(
    f"xmlns:{name}='urn:oasis:names:tc:opendocument:xmlns:{full}:1.0'"
    for name, full in [
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("draw", "drawing"),
        ("presentation", "presentation"),
    ]
)
META = (
    f"<office:document-meta {NAMES} xmlns:dc='http://purl.org/dc/elements/1.1/'><office:meta><dc:title>{{}}</dc:title>"
    "<dc:language>fr-FR</dc:language></office:meta></office:document-meta>"
)


def made(kind: str, body: str, title: str = "", manifest: str = "<m/>") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        package.writestr("META-INF/manifest.xml", manifest)
        package.writestr("meta.xml", META.format(title))
        package.writestr(
            "content.xml",
            f"<office:document-content {NAMES}><office:body><office:{kind}>{body}</office:{kind}></office:body>"
            "</office:document-content>",
        )
    return stream.getvalue()


def test_a_text_in_order() -> None:
    body = (
        "<text:tracked-changes><text:p>effacé</text:p></text:tracked-changes>"
        "<text:h text:outline-level='1'>Accord</text:h><text:p>Un<text:s text:c='2'/>mot<text:line-break/>et "
        "<text:span>un</text:span> autre<text:note><text:p>une note</text:p></text:note>.</text:p>"
        "<text:section><text:h text:outline-level='2'>Section</text:h></text:section>"
        "<text:list><text:list-item><text:p>un</text:p></text:list-item>"
        "<text:list-item><text:p>deux</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>Année</text:p></table:table-cell>"
        "<table:table-cell><text:p>Emplois</text:p></table:table-cell></table:table-row>"
        "<table:table-row><table:table-cell><text:p>2018</text:p></table:table-cell>"
        "<table:table-cell><text:p>2500</text:p></table:table-cell></table:table-row></table:table>"
    )
    loaded = load(made("text", body), "a.odt")
    assert loaded.text == ("Accord\n\nUn  mot\net un autre.\n\nSection\n\nun\ndeux\n\nAnnée | Emplois\n2018 | 2500")
    assert [(h.level, loaded.text[h.start : h.end]) for h in loaded.headings] == [(1, "Accord"), (2, "Section")]
    assert loaded.title == "Accord"


def cells(*words: str) -> str:
    inside = "".join(f"<table:table-cell><text:p>{word}</text:p></table:table-cell>" for word in words)
    return f"<table:table-row>{inside}</table:table-row>"


def test_sheets() -> None:
    empty = (
        "<table:table-row table:number-rows-repeated='1048574'>"
        "<table:table-cell table:number-columns-repeated='16384'/></table:table-row>"
    )
    body = (
        f"<table:table table:name='Villes'>{cells('Ville', 'Population')}{cells('Rabat', '577 827')}{empty}"
        "</table:table>"
        f"<table:table table:name='Feuille2'>{cells('Maroc')}</table:table>"
    )
    loaded = load(made("spreadsheet", body), "a.ods")
    assert loaded.text == "Villes\n\nVille : Rabat ; Population : 577 827.\n\nMaroc"
    assert [(page.number, page.start) for page in loaded.pages] == [(1, 0), (2, loaded.text.index("Maroc"))]


def test_slides() -> None:
    body = (
        "<draw:page><draw:frame><draw:text-box><text:p>un point</text:p></draw:text-box></draw:frame>"
        "<draw:frame presentation:class='title'><draw:text-box><text:p>Accord</text:p></draw:text-box></draw:frame>"
        "<presentation:notes><draw:frame><draw:text-box><text:p>note</text:p></draw:text-box></draw:frame>"
        "</presentation:notes></draw:page>"
    )
    loaded = load(made("presentation", body, "Bilan"), "a.odp")
    assert (loaded.text, loaded.title, len(loaded.pages)) == ("Accord\n\nun point", "Bilan", 1)
    assert loaded.text[loaded.headings[0].start : loaded.headings[0].end] == "Accord"


def test_a_password_is_needed() -> None:
    with pytest.raises(EncryptedFile, match=r"a\.odt needs a password"):
        load(made("text", "", manifest="<m><manifest:encryption-data xmlns:manifest='m'/></m>"), "a.odt")


@pytest.mark.parametrize(
    ("body", "error"), [("", EmptyText), ("<text:p>", MalformedFile), ("<text:p>&a;</text:p>", MalformedFile)]
)
def test_nothing_to_read(body: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"a\.odt"):
        load(made("text", body), "a.odt")


def test_deep_nesting_is_refused() -> None:
    body = "<text:section>" * 100_000 + "<text:p>a</text:p>" + "</text:section>" * 100_000
    with pytest.raises(MalformedFile, match=r"a\.odt"):
        load(made("text", body), "a.odt")
