"""Every file of the sample folder is a document that keeps the laws, or an error in words. The files are only read."""

import codecs
import csv
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from index.errors import DocumentError
from index.loaders import html, load, plain
from index.loaders.kind import Kind, kind_of
from index.loaders.loaded import Loaded
from index.text import canonical

FOLDER = Path(__file__).parents[3].parent / "shared/docs"
LONGEST = 30  # seconds for one file

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the folder of sample documents is absent: {FOLDER}"),
]


class Outcome:
    """What came of one file: `error` is the class that was raised, "" when it was loaded."""

    def __init__(self, path: str, tags: set[str]) -> None:
        self.path, self.tags = path, tags
        self.loaded: Loaded | None = None
        self.error = self.message = ""
        started = time.perf_counter()
        try:
            self.loaded = load((FOLDER / path).read_bytes(), Path(path).name)
        except DocumentError as error:
            self.error, self.message = type(error).__name__, str(error)
        self.seconds = time.perf_counter() - started


def manifest() -> list[tuple[str, set[str]]]:
    with (FOLDER / "MANIFEST.tsv").open(newline="") as file:
        return [
            (row["path"], set(filter(None, row["tags"].split(",")))) for row in csv.DictReader(file, delimiter="\t")
        ]


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    found = [Outcome(path, tags) for path, tags in manifest()]
    print("corpus:", len(found), Counter(outcome.error or "loaded" for outcome in found))
    return found


def tagged(outcomes: list[Outcome], tag: str) -> list[Outcome]:
    found = [outcome for outcome in outcomes if tag in outcome.tags]
    assert found
    return found


def test_every_document_keeps_the_laws(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        loaded = outcome.loaded
        if loaded is None:
            assert Path(outcome.path).name in outcome.message
            continue
        text = loaded.text
        assert text, outcome.path
        assert canonical(text) == text, outcome.path
        assert loaded.title, outcome.path
        for heading in loaded.headings:
            assert 0 <= heading.start < heading.end <= len(text), outcome.path
            words = text[heading.start : heading.end]
            assert " ".join(words.split()) == words, outcome.path
        end = 0
        for page in loaded.pages:
            assert end <= page.start < page.end <= len(text), outcome.path
            end = page.end
        numbers = [page.number for page in loaded.pages]
        assert numbers == sorted(set(numbers)), outcome.path


def test_no_file_takes_long(outcomes: list[Outcome]) -> None:
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    assert slowest.seconds < LONGEST, slowest.path


def test_most_files_are_read(outcomes: list[Outcome]) -> None:
    errors = Counter(outcome.error for outcome in outcomes)
    assert errors[""] >= 590  # of 655; the others are images, scans and files made to fail
    sound = [outcome for outcome in outcomes if not re.search("encrypted|malformed|empty|scanned", str(outcome.tags))]
    assert sum(not outcome.error for outcome in sound) >= 0.95 * len(sound)
    read = {".md", ".txt", ".html", ".docx", ".eml", ".csv", ".xlsx", ".epub", ".odt", ".rtf", ".msg", ".xls", ".doc"}
    refused = [outcome.path for outcome in outcomes if outcome.error and Path(outcome.path).suffix in read]
    assert len(refused) <= 12, refused  # encrypted, empty, or in Strict Open XML, most of them


def test_no_empty_file_gives_text(outcomes: list[Outcome]) -> None:
    # "empty" is said of passwords and of pages, too.
    empty = [outcome for outcome in tagged(outcomes, "empty") if not re.search("empty-(password|pages)", outcome.path)]
    assert {outcome.error for outcome in empty} <= {"EmptyText", "UnsupportedFormat"}


def test_protected_files(outcomes: list[Outcome]) -> None:
    refused = [
        outcome
        for outcome in tagged(outcomes, "encrypted/protected")
        if "user" in outcome.path or "both" in outcome.path
    ]
    assert {outcome.error for outcome in refused} == {"EncryptedFile"}
    # With an empty user password, or an owner password alone, anyone may read the file.
    opened = [outcome for outcome in outcomes if re.search("(empty|owner)-password", outcome.path)]
    assert {outcome.error for outcome in opened} == {""}


def test_malformed_and_misnamed_files(outcomes: list[Outcome]) -> None:
    by_name = {Path(outcome.path).name: outcome for outcome in outcomes if outcome.path.startswith("derived_corrupted")}
    assert by_name["truncated.docx"].error == "MalformedFile"
    assert by_name["random_named.pdf"].error == "UnsupportedFormat"
    pdf = by_name["pdf_named.docx"].loaded
    assert pdf is not None
    assert pdf.media_type == "application/pdf"


def test_scans_are_told_from_texts(outcomes: list[Outcome]) -> None:
    scans = [
        outcome
        for outcome in tagged(outcomes, "scanned/ocr")
        if outcome.error == "EmptyText" and ".pdf" in outcome.path
    ]
    assert len(scans) >= 5
    assert all("OCR" in outcome.message for outcome in scans)


@pytest.mark.parametrize("language", ["fr", "en", "ar", "de", "es"])
def test_languages(outcomes: list[Outcome], language: str) -> None:
    # The German and French "security-best-practices" are in English: nobody has translated them yet.
    own = [outcome for outcome in tagged(outcomes, f"lang={language}") if "security-best" not in outcome.path]
    assert {outcome.loaded.language for outcome in own if outcome.loaded} == {language}


def test_encodings() -> None:
    right, wrong = 0, []
    for path, tags in manifest():
        label = next((tag.partition("=")[2] for tag in tags if "encoding=" in tag), "")
        codec = next((name for name in (label, label.rpartition("-")[0]) if name and known(name)), "")
        if not codec:
            continue
        data = (FOLDER / path).read_bytes()
        expected = canonical(data.decode(codec))
        try:
            decoded = html.decoded(data, path) if kind_of(data, path) is Kind.HTML else plain.decode(data, path)
        except DocumentError:
            decoded = ""
        if canonical(decoded) == expected:
            right += 1
        else:
            wrong.append(path)
    print(f"encodings: {right} of {right + len(wrong)} right; wrong: {wrong}")
    assert right >= 0.95 * (right + len(wrong)), wrong


def known(codec: str) -> bool:
    try:
        codecs.lookup(codec)
    except LookupError:
        return False
    return True
