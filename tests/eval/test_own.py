"""eval.own: each question goes to its own document, and what is right, asserted and silent is counted by hand."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eval.own import Put, figures, main, read
from index.library import Library
from qa.confidence import Calibration
from qa.engine import Engine
from qa.reader import Reader
from qa.settings import Settings

FACTS = {"Pont": ("Le pont de pierre ouvre en mars.", "mars"), "Port": ("Le port de pêche ouvre en mai.", "mai")}


def article(title: str, text: str, answer: str) -> dict[str, Any]:
    asked = [
        {
            "id": f"{title}1",
            "question": f"Quand le {title} de pierre ou de pêche ouvre-t-il ?",
            "answers": [{"text": answer, "answer_start": text.index(answer)}],
        },
        {"id": f"{title}2", "question": "Quel est le prix du homard ?", "answers": []},
    ]
    return {"title": title, "paragraphs": [{"context": text, "qas": asked}]}


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    path = tmp_path / "own_fr.json"
    path.write_text(json.dumps({"data": [article(title, *fact) for title, fact in FACTS.items()]}))
    return path


def test_each_document_is_a_collection_of_its_own(squad: Path) -> None:
    documents, asked = read(squad)
    assert [(d.title, d.collection, d.language) for d in documents] == [
        ("Pont", "own_fr-0001", "fr"),
        ("Port", "own_fr-0002", "fr"),
    ]
    assert [(one.document, one.answers) for one in asked] == [
        ("own_fr-0001", ("mars",)),
        ("own_fr-0001", ()),
        ("own_fr-0002", ("mai",)),
        ("own_fr-0002", ()),
    ]


def test_figures_by_hand() -> None:
    found = figures(
        "set",
        [
            Put(True, True, 0.9, 1.0, 0.1),  # right
            Put(True, True, 0.9, 0.2, 0.1),  # asserted and wrong
            Put(True, False, 0.1, 0.0, 0.1),  # silent, and the document says it
            Put(False, True, 0.5, 0.0, 0.3),  # asserted, and the document does not say it
            Put(False, False, 0.1, 0.0, 0.3),  # rightly silent
        ],
    )
    assert found.f1.value == pytest.approx(1.2 / 3)
    assert (found.right.value, found.right.n) == (pytest.approx(1 / 3), 3)
    assert (found.wrong.value, found.wrong.n) == (2 / 5, 5)
    assert (found.wrong_answers.value, found.wrong_answers.n) == (pytest.approx(1 / 3), 3)
    assert found.silent is not None
    assert (found.silent.value, found.silent.n) == (0.5, 2)
    # The two of .9 are right once, .4 away; the one of .5 never: (2 x .4 + .5) / 3.
    assert found.calibration_error.value == pytest.approx(1.3 / 3)
    assert found.median_ms == pytest.approx(100)


@pytest.fixture
def fakes(
    monkeypatch: pytest.MonkeyPatch, make_embedder: Callable[[], Any], reader: Reader, calibration: Calibration
) -> Iterator[None]:
    def open_fakes(settings: Settings) -> Engine:
        return Engine(Library(Path(settings.data), make_embedder()), reader, calibration, None)

    monkeypatch.setattr("eval.own.open_engine", open_fakes)
    return


@pytest.mark.usefixtures("fakes")
def test_the_command(squad: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, [str(squad)])
    assert done.exit_code == 0, done.output
    (found,) = json.loads(done.stdout.splitlines()[-1])
    assert (found["set"], found["wrong"]["n"], found["silent"]["n"]) == ("own_fr", 4, 2)
    assert (found["silent"]["value"], found["calibration_error"]["n"]) == (1.0, 2)
    assert "own_fr" in done.stdout
    (tmp_path / "torn.json").write_text("{")
    for path, words in ((tmp_path / "torn.json", "no SQuAD file"), (tmp_path / "nowhere.json", "cannot be read")):
        done = CliRunner().invoke(main, [str(path)])
        assert (done.exit_code, words in done.output) == (2, True)
