"""Each format, read from small files; and that a wrong one is refused by file and line."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.gold import GoldError, GoldSpan
from eval.readers import (
    SquadAnswer,
    carried,
    language_of,
    read_beir,
    read_folder,
    read_highlights,
    read_jsonl,
    read_squad,
)
from index.documents import Document
from index.text import canonical


def squad(context: str, *questions: dict[str, Any]) -> bytes:
    return json.dumps({"data": [{"title": "T", "paragraphs": [{"context": context, "qas": questions}]}]}).encode()


def test_squad_packed_with_an_unanswerable_question(tmp_path: Path) -> None:
    path = tmp_path / "tiny_fr.json.xz"
    answers = [{"text": "Nil", "answer_start": 3}, {"text": "Nil", "answer_start": 3}]
    data = squad(
        "Le Nil coule.",
        {"id": 7, "question": "Quel fleuve ?", "answers": answers},
        {"id": "b", "question": "Quelle mer ?", "answers": [], "is_impossible": True, "plausible_answers": []},
    )
    path.write_bytes(lzma.compress(data))
    found = read_squad(path)
    assert found.name == "tiny_fr"
    assert found.documents == (Document("tiny_fr-0001", "T", "Le Nil coule.", language="fr"),)
    assert found.questions[0].answers == (GoldSpan("tiny_fr-0001", 3, 6, "Nil"),)
    assert (found.questions[0].id, found.questions[0].language) == ("7", "fr")
    assert not found.questions[1].answerable


def test_a_context_said_twice_is_one_document(tmp_path: Path) -> None:
    path = tmp_path / "twice.json"
    answer = [{"text": "b", "answer_start": 1}]
    paragraph = [{"context": "abc", "qas": [{"id": id_, "question": "?", "answers": answer}]} for id_ in "xy"]
    path.write_text(json.dumps({"data": [{"paragraphs": paragraph}]}))
    assert len(read_squad(path).documents) == 1


@given(
    st.text(st.sampled_from("abe\u0301\r\n\u0000é가ᄀ\ufeff😀")),
    st.text(st.sampled_from("xyé\r\n"), min_size=1),
    st.text(st.sampled_from("abe\r\n😀")),
)
def test_offsets_are_carried_into_the_canonical_text(before: str, answer: str, after: str) -> None:
    # An answer between letters that compose with nothing, so that its edges survive: the usual case.
    context = f"{before}[x{answer}x]{after}"
    document = Document("d", "", canonical(context))
    span = carried(context, document, SquadAnswer(f"x{answer}x", len(before) + 1))
    assert document.text[span.start : span.end] == span.text == canonical(f"x{answer}x")


@pytest.mark.parametrize("context", ["Le Nil coule.", "Le\r\nNil coule."])
def test_a_wrong_offset_in_squad_is_refused_by_file_and_question(tmp_path: Path, context: str) -> None:
    path = tmp_path / "wrong.json"
    path.write_bytes(squad(context, {"id": "q9", "question": "?", "answers": [{"text": "Nil", "answer_start": 2}]}))
    with pytest.raises(GoldError, match=r"wrong\.json: question 'q9'.*not 'Nil'; it stands at 3"):
        read_squad(path)


def test_jsonl_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    span = {"document": "d", "start": 3, "end": 6, "text": "Nil"}
    good = {"id": "a", "question": "Quel fleuve ?", "language": "fr", "kind": "place", "tags": ["t"], "answers": [span]}
    documents = [Document("d", "", "Le Nil coule.")]
    path.write_text(json.dumps(good) + "\n\n")
    assert read_jsonl(path, documents).questions[0].tags == ("t",)
    path.write_text(json.dumps(good) + "\n\n" + json.dumps(good | {"id": "b", "answers": [span | {"start": 2}]}))
    with pytest.raises(GoldError, match=r"mine\.jsonl:3: question 'b'"):
        read_jsonl(path, documents)
    path.write_text(json.dumps(good) + "\n{")
    with pytest.raises(GoldError, match=r"mine\.jsonl:2: .*correct the line"):
        read_jsonl(path, documents)
    path.write_text("")
    with pytest.raises(GoldError, match=r"mine: no questions"):
        read_jsonl(path, documents)


def test_a_missing_or_torn_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"none\.json: cannot be read"):
        read_squad(tmp_path / "none.json")
    (tmp_path / "torn.json.xz").write_bytes(b"not xz")
    with pytest.raises(GoldError, match=r"torn\.json\.xz: cannot be read"):
        read_squad(tmp_path / "torn.json.xz")
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(GoldError, match=r"other\.json: .*no SQuAD file"):
        read_squad(tmp_path / "other.json")


def beir(folder: Path, qrels: str) -> Path:
    folder.mkdir()
    (folder / "corpus.jsonl").write_text(
        '{"_id": "d1", "title": "Nil", "text": "Un fleuve."}\n{"_id": "d2", "text": "Mer."}\n'
    )
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "Fleuve ?"}\n{"_id": "q2", "text": "Mer ?"}\n')
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text(qrels)
    return folder


def test_beir(tmp_path: Path) -> None:
    found = read_beir(beir(tmp_path / "tiny_fr", "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n"))
    assert [document.text for document in found.documents] == ["Nil\n\nUn fleuve.", "Mer."]
    assert [gold.id for gold in found.questions] == ["q1"]
    assert found.relevant == {"q1": {"d1": 2}}


@pytest.mark.parametrize(
    ("qrels", "said"),
    [
        ("q1\td9\t1\n", r"test\.tsv:1: no document 'd9'"),
        ("q1\td1\t1\nq9\td1\t1\n", r"test\.tsv:2: no question 'q9'"),
        ("q1 d1 1\n", r"test\.tsv:1: want question, document, grade"),
        ("", "no questions"),
    ],
)
def test_wrong_judgements_are_refused_by_line(tmp_path: Path, qrels: str, said: str) -> None:
    with pytest.raises(GoldError, match=said):
        read_beir(beir(tmp_path / "wrong", qrels))


def test_a_beir_folder_lacking_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"no corpus\.jsonl"):
        read_beir(tmp_path)


def test_highlights(tmp_path: Path) -> None:
    (tmp_path / "news.md").write_text("Le Nil coule. La mer monte.")
    references = [{"content": "La mer monte.", "start_index": 14, "end_index": 27}]
    (tmp_path / "questions.jsonl").write_text(json.dumps({"question": "?", "corpus": "news", "references": references}))
    found = read_highlights(tmp_path)
    assert found.questions[0].answers == (GoldSpan("news", 14, 27, "La mer monte."),)
    assert (found.questions[0].id, found.questions[0].kind) == ("line-1", "highlight")


def test_a_folder_gives_its_documents_by_name(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "README.md", ".hidden"):
        (tmp_path / name).write_text(name)
    assert [item.id for item in read_folder(tmp_path, lambda path: Document(path.stem, "", "x"))] == ["a", "b"]
    with pytest.raises(GoldError, match="no such folder"):
        read_folder(tmp_path / "none", lambda path: Document(path.stem, "", "x"))


@pytest.mark.parametrize(
    ("name", "language"), [("xquad_ar", "ar"), ("squad_en_v2", "en"), ("piaf_fr", "fr"), ("covidqa_long", "en")]
)
def test_the_language_is_in_the_name(name: str, language: str) -> None:
    assert language_of(name) == language
