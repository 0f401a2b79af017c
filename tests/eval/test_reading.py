"""eval.reading: each question with its own context; no answer is right where there is none."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eval.reading import best_margin, main, measure, read, said
from qa.span_model import Found, Reading

TEXT = "Le pont ouvre en mars. Le port emploie 2 500 personnes."


def question(text: str, *answers: str) -> dict[str, Any]:
    places = [{"text": answer, "answer_start": TEXT.index(answer)} for answer in answers]
    return {"id": text, "question": text, "answers": places, "is_impossible": not answers}


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    asked = [question("Quand ?", "mars", "en mars"), question("Combien ?", "2 500"), question("Où ?")]
    path = tmp_path / "small_fr.json"
    path.write_text(json.dumps({"data": [{"title": "T", "paragraphs": [{"context": TEXT, "qas": asked}]}]}))
    return path


class FakeModel:
    """Finds "en mars" whatever is asked; is sure of it but for "Où"."""

    def read_all(self, questions: Sequence[str], texts: Sequence[str], count: int) -> list[Reading]:
        start = TEXT.index("en mars")
        assert (set(texts), count) == ({TEXT}, 1)
        return [Reading([Found(start, start + 7, 2.0)], 5.0 if asked == "Où ?" else 1.0) for asked in questions]


def test_by_hand(squad: Path) -> None:
    found = measure(squad, FakeModel(), 10, 0.0)  # type: ignore[arg-type]
    # "en mars" is a reference; "2 500" is missed; "Où ?" rightly gets nothing.
    assert (found.set, found.exact_match.value, found.f1.value, found.f1.n) == ("small_fr", 2 / 3, 2 / 3, 3)
    assert (found.answerable_exact_match.value, found.answerable_f1.value, found.answerable_f1.n) == (0.5, 0.5, 2)


def test_nothing_is_said_below_none() -> None:
    assert said(Reading([Found(0, 2, 1.0)], 1.0), TEXT, 0.0) == ""
    assert said(Reading([Found(0, 2, 1.1)], 1.0), TEXT, 0.0) == "Le"
    assert said(Reading([Found(0, 2, 1.1)], 1.0), TEXT, 0.2) == ""
    assert said(Reading([], 0.0), TEXT, 0.0) == ""


def test_the_margin_is_the_best_on_held_back_articles(squad: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.reading.held_back", lambda title: title == "T")
    # Margins: 1 for "Quand" (right) and "Combien" (wrong), -3 for "Où" (rightly none): at -3 none of "Où" is said.
    assert best_margin(squad, FakeModel(), 10) == -3.0  # type: ignore[arg-type]
    monkeypatch.setattr("eval.reading.held_back", lambda _: False)
    assert read(squad, 10, held=True) == []


def test_the_same_questions_are_drawn_every_time(squad: Path) -> None:
    assert len(read(squad, 2)) == 2
    assert read(squad, 2) == read(squad, 2)


@pytest.mark.models
def test_the_command(squad: Path) -> None:
    result = CliRunner().invoke(main, [str(squad)])
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout.splitlines()[-1])
    assert found["answerable_f1"]["n"] == 2
    assert found["answerable_f1"]["value"] > 0
    assert CliRunner().invoke(main, [str(squad.with_name("none.json"))]).exit_code == 2
