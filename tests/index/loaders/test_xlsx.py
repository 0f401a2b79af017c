"""Excel workbooks: sheets, rows, kinds of cells, and damage."""

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from index.errors import DocumentError, EmptyText, MalformedFile
from index.loaders import load


def saved(workbook: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def made(rows: list[list[object]], title: str = "Villes") -> bytes:
    workbook = openpyxl.Workbook()
    workbook.active.title = title
    for row in rows:
        workbook.active.append(row)
    return saved(workbook)


def test_sheets_are_pages_under_headings() -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "Villes"
    for row in (["Ville", "Population"], ["Rabat", 577827], ["Fès", 1112072]):
        workbook.active.append(row)
    workbook.create_sheet("Vide")
    hidden = workbook.create_sheet("Caché")
    hidden.append(["a", "b"])
    hidden.sheet_state = "hidden"
    workbook.create_sheet("Pays").append(["Maroc"])
    loaded = load(saved(workbook), "a.xlsx")
    assert loaded.text == (
        "Villes\n\nVille : Rabat ; Population : 577827.\nVille : Fès ; Population : 1112072.\n\nPays\n\nMaroc"
    )
    assert [(page.number, loaded.text[page.start : page.end][:6]) for page in loaded.pages] == [
        (1, "Villes"),
        (4, "Pays\n\n"),
    ]
    assert [loaded.text[heading.start : heading.end] for heading in loaded.headings] == ["Villes", "Pays"]
    assert loaded.title == "Villes"


def test_a_sheet_without_a_name_of_its_own() -> None:
    loaded = load(made([["a", "b"], ["x", 1]], "Feuil1"), "budget.xlsx")
    assert (loaded.text, loaded.title, loaded.headings) == ("a : x ; b : 1.", "budget", ())


def test_kinds_of_cells() -> None:
    workbook = openpyxl.Workbook()
    values = [12.5, 0.1 + 0.2, 3.0, True, date(2024, 3, 1), datetime(2024, 3, 1, 14, 30), 0.25, "#REF!", "=1+1", None]
    workbook.active.append([f"n{n}" for n in range(len(values))])
    workbook.active.append(values)
    workbook.active["G2"].number_format = "0 %"
    workbook.active["H2"].data_type = "e"
    assert load(saved(workbook), "a.xlsx").text == (
        "n0 : 12.5 ; n1 : 0.3 ; n2 : 3 ; n3 : TRUE ; n4 : 2024-03-01 ; n5 : 2024-03-01 14:30 ; n6 : 25 %."
    )


def test_an_empty_workbook() -> None:
    with pytest.raises(EmptyText, match=r"a\.xlsx holds no text"):
        load(made([]), "a.xlsx")


def test_a_workbook_that_claims_to_be_huge() -> None:
    data = made([["a", "b"], ["x", 1]])
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(stream, "w") as copy:
        for part in package.namelist():
            content = package.read(part)
            copy.writestr(part, content.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"'))
    assert load(stream.getvalue(), "a.xlsx").text == "Villes\n\na : x ; b : 1."


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
@pytest.mark.parametrize("content", [None, b"<torn"], ids=["missing", "torn"])
def test_a_damaged_package(part: str, content: bytes | None) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made([["a", "b"]]))) as package, zipfile.ZipFile(stream, "w") as copy:
        for name in package.namelist():
            if name != part:
                copy.writestr(name, package.read(name))
            elif content is not None:
                copy.writestr(name, content)
    with pytest.raises(DocumentError, match=r"a\.xlsx") as caught:
        load(stream.getvalue(), "a.xlsx")
    assert isinstance(caught.value, MalformedFile | EmptyText)
