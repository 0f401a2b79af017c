"""CSV: delimiters, encodings, quotation marks, and what is no table."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import EmptyText, UnsupportedFormat
from index.loaders import load
from index.text import canonical

ROWS = [["Ville", "Remarque"], ["Évreux", "L'été, à 5 €"], ["Nîmes", 'dit "la Rome française" ; belle']]
TEXT = 'Ville : Évreux ; Remarque : L\'été, à 5 €.\nVille : Nîmes ; Remarque : dit "la Rome française" ; belle.'


def written(delimiter: str = ",") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(ROWS)
    return stream.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiters_and_encodings(delimiter: str, encoding: str) -> None:
    loaded = load(written(delimiter).encode(encoding), "villes.csv")
    assert (loaded.text, loaded.title, loaded.media_type) == (TEXT, "villes", "text/csv")


def test_the_delimiter_that_excel_writes_down() -> None:
    assert load(b"sep=;\na;b\nx;1\n", "a.csv").text.endswith("a : x ; b : 1.")


def test_tabs() -> None:
    loaded = load(b"a\tb\nx\t1\n", "a.tsv")
    assert (loaded.text, loaded.media_type) == ("a : x ; b : 1.", "text/tab-separated-values")


@pytest.mark.parametrize(
    "text", ['a,b\n"never closed, ' + "x" * 2_000_000, "Une phrase sans colonne.\n", "\x00a,b\x00\nx,1"]
)
def test_what_is_no_table_is_a_text(text: str) -> None:
    assert load(text.encode(), "a.csv").text


def test_an_empty_table() -> None:
    with pytest.raises(EmptyText, match=r"a\.csv holds no text"):
        load(b",,\n,,\n", "a.csv")


def test_a_page_called_csv() -> None:
    assert load(b"<!DOCTYPE html><p>Bonjour", "a.csv").media_type == "text/html"


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"]), min_size=1, max_size=8)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(CELL, min_size=2, max_size=3), min_size=1, max_size=5), st.sampled_from([",", ";", "\t"]))
def test_any_table_gives_a_canonical_text(rows: list[list[str]], delimiter: str) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    try:
        text = load(stream.getvalue().encode(), "a.csv").text
    except (EmptyText, UnsupportedFormat):
        return
    assert canonical(text) == text
