"""PowerPoint presentations: slides as pages, titles as headings, notes and tables."""

import io
import zipfile

import pptx
import pytest
from pptx.util import Inches

from index.errors import EmptyText, MalformedFile
from index.loaders import load

BOX = Inches(1), Inches(1), Inches(4), Inches(2)


def saved(presentation: "pptx.presentation.Presentation") -> bytes:
    stream = io.BytesIO()
    presentation.save(stream)
    return stream.getvalue()


def made() -> bytes:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Accord du\n3 mars"
    slide.placeholders[1].text = "premier point\nsecond point"
    slide.notes_slide.notes_text_frame.text = "À dire aux salariés."
    presentation.slides.add_slide(presentation.slide_layouts[6])
    last = presentation.slides.add_slide(presentation.slide_layouts[5])
    table = last.shapes.add_table(2, 2, *BOX).table
    for n, words in enumerate(["Année", "Emplois", "2018", "2\u00a0500"]):
        table.cell(n // 2, n % 2).text = words
    group = last.shapes.add_group_shape()
    group.shapes.add_textbox(*BOX).text_frame.text = "dans un groupe"
    last.shapes.title.text = "Emplois"
    return saved(presentation)


def test_slides_titles_tables_groups_and_notes() -> None:
    loaded = load(made(), "a.pptx")
    assert [(page.number, loaded.text[page.start : page.end]) for page in loaded.pages] == [
        (1, "Accord du 3 mars\n\npremier point\nsecond point\n\nÀ dire aux salariés."),
        (3, "Emplois\n\nAnnée | Emplois\n2018 | 2 500\n\ndans un groupe"),
    ]
    assert [loaded.text[heading.start : heading.end] for heading in loaded.headings] == ["Accord du 3 mars", "Emplois"]
    assert loaded.title == "Accord du 3 mars"


def test_the_title_in_the_properties() -> None:
    presentation = pptx.Presentation()
    presentation.core_properties.title = "Bilan"
    presentation.slides.add_slide(presentation.slide_layouts[0]).shapes.title.text = "Un"
    assert load(saved(presentation), "a.pptx").title == "Bilan"


def test_slides_without_words() -> None:
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[6])
    with pytest.raises(EmptyText, match=r"a\.pptx holds no text"):
        load(saved(presentation), "a.pptx")


@pytest.mark.parametrize("part", ["ppt/presentation.xml", "ppt/slides/slide1.xml", "_rels/.rels"])
def test_a_damaged_package(part: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made())) as package, zipfile.ZipFile(stream, "w") as copy:
        for name in package.namelist():
            copy.writestr(name, b"<torn" if name == part else package.read(name))
    with pytest.raises(MalformedFile, match=r"a\.pptx"):
        load(stream.getvalue(), "a.pptx")
