"""The builder: its ranges are exact whatever it is given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import EmptyText
from index.loaders.loaded import TITLE_LENGTH, Builder, Loaded, title_from
from index.text import canonical

PIECES = ["\r\n", "\n", " ", "\u0301", "e\u0301", "\ufeff", "\u200f", "👩‍🚒", "عَرَبِيّ", "한", "# a", "\x00", "word"]
BLOCKS = st.lists(st.one_of(st.sampled_from(PIECES), st.characters()), max_size=8).map("".join)
STEPS = st.lists(
    st.tuples(st.sampled_from(["block", "tight", "heading", "page"]), BLOCKS, st.integers(-1, 9)), max_size=12
)


def assert_laws(loaded: Loaded) -> None:
    """The laws of every loaded document, whatever its format."""
    text = loaded.text
    assert canonical(text) == text
    assert text.strip() == text != ""
    assert loaded.title.strip()
    assert len(loaded.language) in {0, 2}
    for heading in loaded.headings:
        assert 0 <= heading.start < heading.end <= len(text)
        assert 1 <= heading.level <= 6
        words = text[heading.start : heading.end]
        assert " ".join(words.split()) == words  # one line, nothing around it
        assert heading.start == 0 or text[heading.start - 1] == "\n"
        assert heading.end == len(text) or text[heading.end] == "\n"
    starts = [(0, 0), *((page.number, page.end) for page in loaded.pages)]
    for (number, end), page in zip(starts, loaded.pages, strict=False):
        assert number < page.number
        assert end <= page.start < page.end <= len(text)


@given(STEPS)
def test_ranges_are_exact(steps: list[tuple[str, str, int]]) -> None:
    builder = Builder("a.txt")
    added: list[str] = []
    headings: list[str] = []
    pages: dict[int, list[str]] = {}
    page = 0
    for step, text, level in steps:
        block = canonical(text).strip()
        if step == "page":
            page += 1
            builder.start_page(page)
            continue
        if step == "heading":
            block = " ".join(block.split())
            builder.add_heading(text, level)
            headings += [block] if block else []
        else:
            builder.add(text, tight=step == "tight")
        if block:
            added.append(block)
            if page:
                pages.setdefault(page, []).append(block)
    if not added:
        with pytest.raises(EmptyText, match=r"a\.txt holds no text"):
            builder.build("text/plain")
        return
    loaded = builder.build("text/plain")
    assert_laws(loaded)
    assert [loaded.text[heading.start : heading.end] for heading in loaded.headings] == headings
    assert [page.number for page in loaded.pages] == list(pages)
    for found, blocks in zip(loaded.pages, pages.values(), strict=True):
        text = loaded.text[found.start : found.end]
        assert text.startswith(blocks[0])
        assert text.endswith(blocks[-1])


def test_blocks_and_tight_blocks() -> None:
    builder = Builder("a.txt")
    builder.add_heading("Un\n titre", 9)
    builder.add(" premier ")
    builder.add("second", tight=True)
    loaded = builder.build("text/plain")
    assert loaded.text == "Un titre\n\npremier\nsecond"
    assert [(heading.level, heading.start, heading.end) for heading in loaded.headings] == [(6, 0, 8)]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [("Déclaré", "Déclaré"), (" — ", "Partie"), ("", "Partie")],
    ids=["declared", "no-words", "heading"],
)
def test_title(declared: str, expected: str) -> None:
    builder = Builder("a.txt")
    builder.add("Avant-propos")
    builder.add_heading("Section", 3)
    builder.add_heading("Partie", 1)
    assert builder.build("text/plain", title=declared).title == expected


def test_a_text_without_words_is_called_by_its_name() -> None:
    builder = Builder("a.txt")
    builder.add("—")
    assert builder.build("text/plain").title == "a.txt"


def test_a_long_title_is_cut_between_words() -> None:
    title = title_from("\n---\n" + "mot " * 100)
    assert title.endswith("mot…")
    assert len(title) <= TITLE_LENGTH + 1
    assert title_from("x" * 500) == "x" * TITLE_LENGTH + "…"
