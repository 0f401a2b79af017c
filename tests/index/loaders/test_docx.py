"""Word documents: order, headings, tables, and what is not to be quoted."""

import io
import zipfile

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import DocumentError, EmptyText, MalformedFile, UnsupportedFormat
from index.loaders.docx import load


def saved(document: "docx.document.Document") -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def with_body(xml: str) -> bytes:
    document = docx.Document()
    for element in parse_xml(f"<w:body {nsdecls('w')}>{xml}</w:body>"):
        document.element.body.insert(len(document.element.body) - 1, element)
    return saved(document)


def test_a_document_in_order() -> None:
    document = docx.Document()
    document.core_properties.title = ""
    document.add_heading("Accord", 1)
    document.add_paragraph("Avant la table.")
    table = document.add_table(2, 2)
    for n, words in enumerate(["Année", "Emplois", "2018", "2\u00a0500"]):
        table.cell(n // 2, n % 2).text = words
    table.cell(1, 1).add_paragraph("au total")
    document.add_paragraph("Après la table.")
    document.add_heading("Section", 2)
    document.add_paragraph("un", style="List Bullet")
    document.add_paragraph("deux", style="List Bullet")
    loaded = load(saved(document), "a.docx")
    assert loaded.text == (
        "Accord\n\nAvant la table.\n\nAnnée | Emplois\n2018 | 2 500 au total\n\nAprès la table.\n\nSection\n\nun\ndeux"
    )
    headings = [(heading.level, loaded.text[heading.start : heading.end]) for heading in loaded.headings]
    assert headings == [(1, "Accord"), (2, "Section")]
    assert loaded.title == "Accord"


def test_the_title_in_the_properties() -> None:
    document = docx.Document()
    document.core_properties.title = "Accord de branche"
    document.add_heading("Préambule", 1)
    assert load(saved(document), "a.docx").title == "Accord de branche"


def test_french_style_names_and_inherited_styles() -> None:
    document = docx.Document()
    document.styles.add_style("Titre 2", 1)
    document.styles.add_style("Article", 1).base_style = document.styles["Heading 3"]
    document.add_paragraph("Chapitre", style="Titre 2")
    document.add_paragraph("Article 1er", style="Article")
    document.add_paragraph("Texte.")
    assert [heading.level for heading in load(saved(document), "a.docx").headings] == [2, 3]


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        pytest.param(
            "<w:p><w:r><w:t>a</w:t></w:r><w:ins><w:r><w:t>b</w:t></w:r></w:ins>"
            "<w:del><w:r><w:delText>c</w:delText></w:r></w:del><w:moveFrom><w:r><w:t>d</w:t></w:r></w:moveFrom></w:p>",
            "ab",
            id="tracked-changes",
        ),
        pytest.param(
            "<w:sdt><w:sdtContent><w:p><w:r><w:t>a</w:t></w:r></w:p></w:sdtContent></w:sdt>", "a", id="control"
        ),
        pytest.param("<w:p><w:hyperlink><w:r><w:t>lien</w:t></w:r></w:hyperlink></w:p>", "lien", id="hyperlink"),
        pytest.param(
            "<w:p><w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t></w:r></w:p>", "a\nb\tc", id="break-and-tab"
        ),
        pytest.param(
            "<w:p><w:pPr><w:tabs><w:tab w:val='left' w:pos='720'/></w:tabs></w:pPr><w:r><w:t>a</w:t></w:r></w:p>",
            "a",
            id="tab-stop",
        ),
        pytest.param(
            "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p>"
            "</w:tc></w:tr></w:tbl></w:tc><w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
            "a b | c",
            id="table-in-a-table",
        ),
    ],
)
def test_what_is_read(xml: str, expected: str) -> None:
    assert load(with_body(xml), "a.docx").text == expected


def test_an_empty_document() -> None:
    with pytest.raises(EmptyText, match=r"a\.docx holds no text"):
        load(saved(docx.Document()), "a.docx")


def without(data: bytes, part: str, replacement: bytes | None = None) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(stream, "w") as copy:
        for name in package.namelist():
            if name != part:
                copy.writestr(name, package.read(name))
            elif replacement is not None:
                copy.writestr(name, replacement)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("part", "replacement"),
    [
        ("word/document.xml", None),
        ("word/document.xml", b"<w:document"),
        ("_rels/.rels", None),
        ("[Content_Types].xml", None),
    ],
    ids=["no-body", "torn-body", "no-relationships", "no-types"],
)
def test_a_damaged_package(part: str, replacement: bytes | None) -> None:
    with pytest.raises(MalformedFile, match=r"a\.docx"):
        load(without(saved(docx.Document()), part, replacement), "a.docx")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 200), st.binary(max_size=20))
def test_damage_anywhere_is_an_error_in_words(at: int, deleted: int, inserted: bytes) -> None:
    document = docx.Document()
    document.add_paragraph("Texte.")
    data = saved(document)
    at %= len(data)
    try:
        text = load(data[:at] + inserted + data[at + deleted :], "a.docx").text
    except DocumentError as error:
        text = str(error)
    assert text


def test_strict_open_xml() -> None:
    data = saved(docx.Document())
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        relationships = package.read("_rels/.rels")
    strict = relationships.replace(
        b"schemas.openxmlformats.org/officeDocument/2006", b"purl.oclc.org/ooxml/officeDocument"
    )
    with pytest.raises(UnsupportedFormat, match=r"a\.docx is a Strict Open XML document"):
        load(without(data, "_rels/.rels", strict), "a.docx")
