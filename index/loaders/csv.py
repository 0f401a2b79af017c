"""CSV and its like (TSV, semicolons, bars), in any encoding: each row reads as a sentence with its header.

The delimiter is found in the text. What cannot be cut into columns is a plain text, and is read as one.
"""

from __future__ import annotations

import csv
from pathlib import PurePath

from index.loaders.loaded import Builder, Loaded
from index.loaders.plain import decode
from index.loaders.table import add_rows

DELIMITERS = ",;\t|"
SAMPLE = 8192  # code points to find the delimiter in; csv.Sniffer grows slow on more
LONGEST_CELL = 1_000_000  # code points; Python's own limit is 131,072, and it is one for the whole process


def load(data: bytes, name: str) -> Loaded:
    """Read a table. Raises what `plain.decode` raises, and `EmptyText`."""
    text = decode(data, name).replace("\x00", "").lstrip("\ufeff")
    builder = Builder(name)
    csv.field_size_limit(LONGEST_CELL)
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter_of(text, name)))
    except csv.Error:  # a quotation mark that is never closed, say
        builder.add(text)
    else:
        add_rows(builder, rows)
    media_type = "text/tab-separated-values" if PurePath(name).suffix.lower() in {".tsv", ".tab"} else "text/csv"
    return builder.build(media_type, title=PurePath(name).stem)


def delimiter_of(text: str, name: str) -> str:
    """What stands between the columns. Only the delimiter is taken from csv.Sniffer: it misjudges quotation marks."""
    if text[:4].lower() == "sep=" and text[4:5] in set(DELIMITERS):  # so Excel writes it down
        return text[4]
    lines = text[:SAMPLE].splitlines()
    sample = "\n".join(lines[:-1] if len(lines) > 1 and len(text) > SAMPLE else lines)
    try:
        return csv.Sniffer().sniff(sample, DELIMITERS).delimiter
    except csv.Error:
        usual = "\t" if PurePath(name).suffix.lower() in {".tsv", ".tab"} else ","
        return max(usual + DELIMITERS, key=lambda char: lines[0].count(char) if lines else 0)
