"""Excel 97-2003 workbooks: sheets, rows, kinds of cells. Nothing that we install writes them: the records are here."""

import struct

import pytest

from index.errors import EmptyText, EncryptedFile, MalformedFile
from index.loaders import load
from tests.index.loaders.compound import compound

Cell = str | float | bool
GENERAL, DATE = 0, 1  # our two formats of cells


def record(number: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", number, len(data)) + data


def string(text: str, width: str = "H") -> bytes:
    return struct.pack(f"<{width}B", len(text), 1) + text.encode("utf-16-le")


def cell(row: int, column: int, value: Cell) -> bytes:
    if isinstance(value, bool):
        return record(0x205, struct.pack("<HHHBB", row, column, GENERAL, value, 0))
    if isinstance(value, str):
        return record(0x204, struct.pack("<HHH", row, column, GENERAL) + string(value))
    style = DATE if 40_000 < value < 50_000 else GENERAL
    return record(0x203, struct.pack("<HHHd", row, column, style, value))


def made(sheets: dict[str, list[list[Cell]]], hidden: str = "", before: bytes = b"") -> bytes:
    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)) + before
    styles = b"".join(record(0xE0, struct.pack("<HHH14x", 0, code, 0)) for code in (0, 14))  # general, and a date
    bodies = []
    for rows in sheets.values():
        cells = [cell(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row) if value != ""]
        body = record(0x809, struct.pack("<HHHHII", 0x600, 16, 0, 0, 0, 0)) + b"".join(cells)
        bodies.append(body + record(0x0A))
    heads = [struct.pack("<BB", name == hidden, 0) + string(name, "B") for name in sheets]
    at = len(start) + len(styles) + sum(8 + len(head) for head in heads) + 4
    places = b""
    for head, body in zip(heads, bodies, strict=True):
        places += record(0x85, struct.pack("<I", at) + head)
        at += len(body)
    return compound({"Workbook": start + styles + places + record(0x0A) + b"".join(bodies)})


def test_sheets_rows_and_kinds_of_cells() -> None:
    data = made(
        {
            "Villes": [
                ["Ville", "Population", "Depuis", "Port"],
                ["Rabat", 577827.0, 45352.0, False],
                ["Fès", 0.25, "", True],
            ],
            "Caché": [["a", "b"]],
            "Feuil3": [["Maroc"]],
        },
        hidden="Caché",
    )
    loaded = load(data, "a.xls")
    assert loaded.text == (
        "Villes\n\nVille : Rabat ; Population : 577827 ; Depuis : 2024-03-01 ; Port : FALSE.\n"
        "Ville : Fès ; Population : 0.25 ; Port : TRUE.\n\nMaroc"
    )
    assert [(page.number, page.start) for page in loaded.pages] == [(1, 0), (3, loaded.text.index("Maroc"))]
    assert [loaded.text[h.start : h.end] for h in loaded.headings] == ["Villes"]


def test_what_cannot_be_read() -> None:
    with pytest.raises(EmptyText, match=r"a\.xls holds no text"):
        load(made({"Feuil1": []}), "a.xls")
    with pytest.raises(EncryptedFile, match=r"a\.xls needs a password"):
        load(made({"Feuil1": [["a"]]}, before=record(0x2F, bytes(54))), "a.xls")
    with pytest.raises(MalformedFile, match=r"a\.xls is a damaged Excel workbook"):
        load(compound({"Workbook": b"nothing"}), "a.xls")
