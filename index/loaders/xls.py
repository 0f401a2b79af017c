"""Excel 97-2003 workbooks (.xls): each sheet is a page under a heading, each row a sentence with its header.

xlrd reads the values that Excel last computed. Hidden sheets, comments and charts are not read.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from datetime import time
from pathlib import PurePath
from typing import TYPE_CHECKING

from index.errors import EncryptedFile, MalformedFile
from index.loaders.loaded import Builder, Loaded
from index.loaders.table import add_rows
from index.loaders.xlsx import NAMELESS, number

if TYPE_CHECKING:
    from xlrd.book import Book
    from xlrd.sheet import Sheet

MEDIA_TYPE = "application/vnd.ms-excel"
TEXT, NUMBER, DATE, BOOLEAN = 1, 2, 3, 4  # xlrd's kinds of cells


def load(data: bytes, name: str) -> Loaded:
    """Read a workbook. Raises `MalformedFile`, `EncryptedFile` or `EmptyText`."""
    import xlrd  # noqa: PLC0415  not needed for other formats

    builder = Builder(name)
    named = False
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  where it prints its warnings
            book = xlrd.open_workbook(file_contents=data, logfile=nowhere)
        for page, sheet in enumerate(book.sheets(), start=1):
            if sheet.visibility or not sheet.nrows:
                continue
            builder.start_page(page)
            if not NAMELESS.fullmatch(sheet.name):
                builder.add_heading(sheet.name, 1)
                named = True
            add_rows(builder, _rows(book, sheet))
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise EncryptedFile(f"{name} needs a password. Save it without one, then add it again.") from error
        raise MalformedFile(f"{name} is a damaged Excel workbook ({error}). Save it as .xlsx.") from error
    except (OSError, struct.error, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise MalformedFile(f"{name} is a damaged Excel workbook ({error}). Save it as .xlsx.") from error
    return builder.build(MEDIA_TYPE, title="" if named else PurePath(name).stem)


def _rows(book: Book, sheet: Sheet) -> Iterator[list[str]]:
    for row in sheet.get_rows():
        yield [_words(book, cell.ctype, cell.value) for cell in row]


def _words(book: Book, kind: int, value: str | float) -> str:
    """What the cell shows, nearly: dates as ISO 8601, digits without separators."""
    from xlrd.xldate import XLDateError, xldate_as_datetime  # noqa: PLC0415

    if kind == TEXT:
        return str(value)
    if kind == BOOLEAN:
        return str(bool(value)).upper()
    if kind == DATE:
        try:
            moment = xldate_as_datetime(float(value), book.datemode)
        except (XLDateError, OverflowError):
            return number(float(value))
        return moment.date().isoformat() if moment.time() == time() else str(moment.isoformat(" ", "minutes"))
    return number(float(value)) if kind == NUMBER else ""
