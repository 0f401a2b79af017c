"""Excel workbooks (.xlsx, .xlsm): each sheet is a page under a heading, each row a sentence with its header.

openpyxl reads the values that Excel last computed, not the formulas. Hidden sheets, comments and charts are not read.
Numbers are written as digits, without the thousands separators that Excel would show.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import chain, dropwhile
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from index.errors import MalformedFile
from index.loaders.loaded import Builder, Loaded
from index.loaders.table import add_rows

if TYPE_CHECKING:
    from openpyxl import Workbook

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# The names that programs give to sheets say nothing.
NAMELESS = re.compile(r"(?:sheet|feuil(?:le)?|tabelle|hoja|foglio|blatt|ورقة)\s*\d*", re.IGNORECASE)
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
    SyntaxError,  # the standard library's XML parser
    OSError,
)


def load(data: bytes, name: str) -> Loaded:
    """Read a workbook. Raises `MalformedFile` or `EmptyText`."""
    import openpyxl  # noqa: PLC0415  not needed for other formats
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    builder = Builder(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # extensions of Excel that openpyxl does not know
            workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            _add_sheets(builder, workbook)
            title = workbook.properties.title or ""
            workbook.close()
    except (*DAMAGE, InvalidFileException) as error:
        raise MalformedFile(f"{name} is a damaged Excel workbook ({error}). Save it again in Excel.") from error
    named = any(not NAMELESS.fullmatch(sheet) for sheet in workbook.sheetnames)
    return builder.build(MEDIA_TYPE, title=title or ("" if named else PurePath(name).stem))


def _add_sheets(builder: Builder, workbook: Workbook) -> None:
    for number, sheet in enumerate(workbook.worksheets, start=1):
        if sheet.sheet_state != "visible":
            continue
        sheet.reset_dimensions()  # files may claim a million columns; the rows themselves know better
        builder.start_page(number)
        rows = dropwhile(lambda row: not any(row), _rows(sheet))
        for first in rows:  # a sheet without rows has no heading either
            if not NAMELESS.fullmatch(sheet.title):
                builder.add_heading(sheet.title, 1)
            add_rows(builder, chain([first], rows))


def _rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        yield [_words(cell) for cell in row]


def _words(cell: Any) -> str:
    """What the cell shows, nearly: dates as ISO 8601, percentages as such, digits without separators."""
    value = cell.value
    if value is None or cell.data_type == "e":  # "#REF!" says nothing
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        percent = "%" in (cell.number_format or "")
        return f"{number(value * 100)} %" if percent else number(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def number(value: float) -> str:
    """The digits of a number, without the noise of binary fractions."""
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    return format(value, ".12g")
