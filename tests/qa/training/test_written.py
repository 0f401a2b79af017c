"""qa.training.written: the formats by example, each fault with its line, and the numbers of the real sentences."""

import re
import runpy
from pathlib import Path

import pytest

from qa.training.written import Question, broad_questions, numbered, read_written, written_documents

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
TEXT = """# La gare
La gare a ouvert en 1912. Elle a fermé en 1912 et rouvert en 1930.

Le port est grand.

? Quand a-t-elle ouvert ? | 1912
? Quand a-t-elle fermé ? | 1912 @ 2
?en What is big? | Le port
! Qui l'a bâtie ?
!ar من بناها؟
# Le port
Il est grand.
? grand ? | grand
"""
EVIDENCE = """@ fr-un-01 0   # La gare
+ Racontez son histoire | 1 2

+en What else is there? | 3
- Qui y travaille ?
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "written").mkdir()
    (tmp_path / "written/fr-un-01.txt").write_text(TEXT, "utf-8")
    (tmp_path / "written/ev-un.evidence").write_text(EVIDENCE, "utf-8")
    return tmp_path


def test_documents_with_their_questions(data: Path) -> None:
    gare, port = written_documents(data)
    assert (gare.key, gare.title, gare.language) == ("fr-un-01 0", "La gare", "fr")
    assert gare.text.endswith("\n\nLe port est grand.")
    assert [(q.language, gare.text[q.start : q.end]) for q in gare.questions] == [
        ("fr", "1912"),
        ("fr", "1912"),
        ("en", "Le port"),
        ("fr", ""),
        ("ar", ""),
    ]
    assert gare.questions[0].start < gare.questions[1].start
    assert port.questions == (Question("grand ?", "fr", 7, 12),)


def test_broad_questions_with_their_sentences(data: Path) -> None:
    documents = written_documents(data)
    found = broad_questions(data, documents)
    assert [(one.language, one.sentences) for one in found] == [("fr", (1, 2)), ("en", (3,)), ("fr", ())]
    assert found[0].document is documents[0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("# T\nUn mot.\n? Quoi ? | deux\n", "3: not 1 times in the text: 'deux'"),
        ("# T\nUn mot.\n? Quoi ? | mot @ 2\n", "3: not 2 times"),
        ("# T\nUn mot.\n? Quoi ?\n", "3: no ' | '"),
        ("# T\nUn mot.\n! Quoi ? | mot\n", "3: an answer to a question"),
        ("# T\nUn mot.\n? Quoi ? | mot\nEncore.\n", "4: text below a question"),
        ("Un mot.\n", "1: text before the first title"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "fr-un-01.txt"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=re.escape(f"{path}:{fault}")):
        read_written(path)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("@ fr-un-01 7\n", "1: there is no document 7 in fr-un-01.txt"),
        ("+ Quoi ? | 1\n", "1: a question before the first document"),
        ("@ fr-un-01 0\n+ Quoi ? | 4\n", "2: the document has the sentences 1 to 3"),
        ("@ fr-un-01 0\n+ Quoi ? | un\n", "2: no ' | ' and numbers"),
        ("@ fr-un-01 0\n+ Quoi ?\n", "2: no ' | ' and numbers"),
        ("@ fr-un-01 0\n? Quoi ? | 1\n", "2: neither a document"),
    ],
)
def test_a_fault_of_evidence_is_told_with_its_line(data: Path, text: str, fault: str) -> None:
    path = data / "written/ev-un.evidence"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=re.escape(f"{path}:{fault}")):
        broad_questions(data, written_documents(data))


def test_sentences_by_hand() -> None:
    text = "M. Ali est là. « Il part !» Elle reste, cf. Rabat.\n- 3 kg\n\nفي البيت. من هو؟ هو."
    assert [text[start:end] for start, end in numbered(text)] == [
        "M. Ali est là.",
        "« Il part !»",
        "Elle reste, cf. Rabat.",
        "- 3 kg",
        "في البيت.",
        "من هو؟",
        "هو.",
    ]


@pytest.mark.corpus
@pytest.mark.skipif(not (SHARED / "written/sentences.py").exists(), reason="there is no ../shared/data/written")
def test_real_sentences_have_the_numbers_that_evidence_refers_to() -> None:
    theirs = runpy.run_path(str(SHARED / "written/sentences.py"), run_name="theirs")["cut"]
    documents = written_documents(SHARED)
    assert len(documents) > 2_000
    assert all(numbered(one.text) == theirs(one.text) for one in documents)
    assert len(broad_questions(SHARED, documents)) > 4_000
