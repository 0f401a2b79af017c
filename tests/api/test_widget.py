"""The widget's files: small, complete in themselves, and with no way to make HTML out of a document."""

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WIDGET = ROOT / "api" / "widget"
BUILT = ROOT / "api" / "static" / "widget" / "extrait.js"
SOURCES = sorted((WIDGET / "src").glob("*.ts"))
MAX_BYTES = 15_000  # gzipped


def test_it_is_small() -> None:
    assert len(gzip.compress(BUILT.read_bytes(), 9, mtime=0)) < MAX_BYTES


def test_it_imports_nothing_and_evaluates_nothing() -> None:
    text = BUILT.read_text(encoding="utf-8")
    assert not re.search(
        r"\bimport\s*[({\"'*]|\bfrom\s*[\"']|\beval\(|new Function|document\.write|document\.cookie", text
    )
    assert text.count("innerHTML") == 1  # Lit's, for the constants of its templates


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_its_sources_make_no_html_out_of_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(inner|outer)HTML|insertAdjacentHTML|unsafe\w+|cookie\s*=", text)
    assert len(text.splitlines()) <= 300


def test_the_lock_pins_and_names_no_registry() -> None:
    lock = (WIDGET / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    assert not re.search(r"https?://[^\"]*registry", lock)
    assert '"integrity"' in lock
    wanted = re.findall(r'"([\w-]+)": "([^"]+)"', (WIDGET / "package.json").read_text().partition("devDependencies")[2])
    assert len(wanted) == 4
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for _, version in wanted)


def test_every_attribute_event_and_property_is_documented() -> None:
    text = (ROOT / "docs" / "widget.md").read_text(encoding="utf-8")
    source = (WIDGET / "src" / "extrait-chat.ts").read_text(encoding="utf-8")
    declared = re.search(r"static override properties = \{(.*?)\n  \};", source, re.DOTALL)
    assert declared
    names = [name for name, rest in re.findall(r"(\w+): \{([^}]*)\}", declared[1]) if "state" not in rest]
    attributes = ["title" if name == "heading" else name for name in names]
    assert len(attributes) == 10
    style = (WIDGET / "src" / "style.ts").read_text(encoding="utf-8")
    properties = set(re.findall(r"--extrait-[a-z-]+", style))
    parts = {part for path in SOURCES for part in re.findall(r'part="(\w+)"', path.read_text(encoding="utf-8"))}
    events = re.findall(r'this\.tell\("(\w+)"', source)
    assert len(set(events)) == 3
    wanted = [*attributes, *properties, *parts, *(f"extrait:{name}" for name in events)]
    assert [name for name in wanted if f"`{name}`" not in text] == []
