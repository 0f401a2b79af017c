"""Which reader a name or a path gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.gold import GoldError
from eval.sets import open_set

SPAN = {"document": "nil", "start": 3, "end": 6, "text": "Nil"}
GOLD = {"id": "a", "question": "Quel fleuve ?", "answers": [SPAN]}


def documents(folder: Path) -> Path:
    folder.mkdir()
    (folder / "nil.fr.txt").write_text("Le Nil coule.\n")
    return folder


def test_jsonl_with_documents_beside_it_or_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps(GOLD))
    with pytest.raises(GoldError, match="documents: no such folder"):
        open_set(str(path))
    elsewhere = open_set(str(path), documents(tmp_path / "texts"))
    documents(tmp_path / "documents")
    assert open_set(str(path)) == elsewhere
    assert [document.id for document in elsewhere.documents] == ["nil"]


def test_squad_by_its_ending(tmp_path: Path) -> None:
    path = tmp_path / "tiny.json"
    answers = [{"text": "Nil", "answer_start": 3}]
    paragraph = {"context": "Le Nil coule.", "qas": [{"id": "a", "question": "?", "answers": answers}]}
    path.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}))
    assert open_set(str(path)).name == "tiny"


def test_the_questions_of_one_file_on_the_passages_of_another(tmp_path: Path) -> None:
    names = {"x_en.json": ("Which river?", "The Nile flows."), "x@2_fr.json": ("Quel fleuve ?", "Le Nil coule.")}
    for name, (question, context) in names.items():
        answers = [{"text": "Nil", "answer_start": context.index("Nil")}]
        paragraph = {"context": context, "qas": [{"id": "a", "question": question, "answers": answers}]}
        (tmp_path / name).write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}))
    assert open_set(str(tmp_path / "x@2_fr.json")).name == "x@2_fr"
    (tmp_path / "x@2_fr.json").rename(tmp_path / "x_fr.json")
    found = open_set(f"{tmp_path / 'x_en.json'}@{tmp_path / 'x_fr.json'}")
    assert (found.name, found.questions[0].question, found.documents[0].text) == (
        "x_en@x_fr",
        "Which river?",
        "Le Nil coule.",
    )


def test_a_folder_by_what_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"no gold in this folder; it has none of questions\.jsonl"):
        open_set(str(tmp_path))
    (tmp_path / "nil.md").write_text("Le Nil coule.")
    references = [{"content": "Nil", "start_index": 3, "end_index": 6}]
    (tmp_path / "questions.jsonl").write_text(json.dumps({"question": "?", "corpus": "nil", "references": references}))
    assert open_set(str(tmp_path)).questions[0].kind == "highlight"


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"nonsense: no such set, file or folder; the sets that ship are"):
        open_set("nonsense")
    (tmp_path / "gold.csv").write_text("a,b")
    with pytest.raises(GoldError, match=r"should end in \.jsonl"):
        open_set(str(tmp_path / "gold.csv"))
