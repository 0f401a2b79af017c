"""`extrait eval` from the outside: what it prints and keeps, its exit status. The system is a server without models."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from eval.commands import evaluate
from eval.gold import GoldSet
from eval.outcomes import load_run, save_run
from index.documents import Document

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the resamples: nothing here depends on the last digit of an interval."""
    monkeypatch.setattr("eval.statistics.RESAMPLES", 200)


@pytest.fixture
def gold_path(tmp_path: Path, gold_set: GoldSet) -> Path:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "btr.txt").write_text(gold_set.documents[0].text)
    path = tmp_path / "tiny.jsonl"
    path.write_bytes(b"\n".join(msgspec.json.encode(gold) for gold in gold_set.questions))
    return path


@pytest.fixture
def run(tmp_path: Path, gold_path: Path) -> Run:
    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(evaluate, [str(gold_path), "--out", str(tmp_path / "runs"), *map(str, arguments)])

    return invoke


def last_line(result: Result) -> Any:
    return json.loads(result.stdout.splitlines()[-1])


def test_a_run_is_printed_and_kept(run: Run, served: Any, system: Any) -> None:
    result = run("--url", served(system))
    assert result.exit_code == 0, result.output
    assert "exact_match" in result.stdout
    (report,) = last_line(result)
    found = {(item["metric"], item["group"]): item["estimate"] for item in report["measures"]}
    assert found["exact_match", ""] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 6}
    assert found["abstention_recall", ""]["value"] == 1
    assert len(load_run(Path(report["run"])).outcomes) == 6
    assert f"Report: {report['html']}" in result.stdout
    assert Path(report["html"]) == Path(report["run"]).with_suffix(".html")
    assert "<h1>tiny</h1>" in Path(report["html"]).read_text()
    assert "tiny: questions: 6 of 6" in result.stderr


def test_json_is_printed_alone(run: Run, served: Any, system: Any) -> None:
    result = run("--url", served(system), "--json")
    assert len(result.stdout.splitlines()) == 1
    assert last_line(result)[0]["set"] == "tiny"


def test_the_same_system_passes_the_gate(run: Run, served: Any, system: Any) -> None:
    first = last_line(run("--url", served(system), "--json"))[0]["run"]
    result = run("--url", served(system), "--check", "--against", first)
    assert result.exit_code == 0, result.output
    assert {item["difference"]["verdict"] for item in last_line(result)[0]["changes"] if item["gated"]} == {"none"}


def test_a_planted_regression_fails_the_gate(run: Run, served: Any, system: Any, worse_system: Any) -> None:
    """Retrieval cut to one passage, and no abstention: exit 1, and the metrics are named."""
    first = last_line(run("--url", served(system), "--json"))[0]["run"]
    result = run("--url", served(worse_system), "--check", "--against", first)
    assert result.exit_code == 1
    assert "Worse beyond its interval:" in result.stderr
    assert "tiny: abstention_recall" in result.stderr
    without_gate = run("--url", served(worse_system), "--against", first)
    assert without_gate.exit_code == 0


def test_a_folder_of_runs_gives_the_latest(run: Run, served: Any, system: Any, tmp_path: Path) -> None:
    run("--url", served(system))
    assert last_line(run("--url", served(system), "--against", tmp_path / "runs"))[0]["changes"]


def test_another_corpus_is_refused(run: Run, served: Any, system: Any) -> None:
    path = Path(last_line(run("--url", served(system), "--json"))[0]["run"])
    save_run(msgspec.structs.replace(load_run(path), corpus="0" * 64), path)
    result = run("--url", served(system), "--against", path)
    assert result.exit_code == 2
    assert "are not those of the earlier run (000000000000)" in result.stderr
    save_run(msgspec.structs.replace(load_run(path), name="other"), path)
    result = run("--url", served(system), "--against", path)
    assert (result.exit_code, "the earlier runs are of other" in result.stderr) == (2, True)


def test_bad_gold_is_a_sentence_with_file_and_line(run: Run, gold_path: Path) -> None:
    gold_path.write_text(gold_path.read_text().replace('"2 500"', '"2 501"'))
    result = run()
    assert result.exit_code == 2
    assert "tiny.jsonl:1: question 'jobs': 'btr' has '2 500'" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("path", ["none.json", "."])
def test_no_earlier_run_is_refused(run: Run, path: str, tmp_path: Path) -> None:
    result = run("--against", tmp_path / path)
    assert result.exit_code == 2
    assert "that `extrait eval` wrote" in result.stderr


def test_a_server_that_stops_half_way_loses_nothing(run: Run, served: Any, system: Any, tmp_path: Path) -> None:
    address = served(system)
    asked = system.answer
    count = iter(range(4))
    # The uncounted first answer and three more, then the connection is closed without a reply.
    system.answer = lambda question: asked(question) if next(count, None) is not None else 1 / 0
    result = run("--url", address)
    assert result.exit_code == 2
    assert "/v1/answers: no reply" in result.stderr
    (partial,) = (tmp_path / "runs").iterdir()
    assert len(partial.read_bytes().splitlines()) == 3
    system.answer = asked
    system.asked.clear()
    assert run("--url", address).exit_code == 0
    assert len(system.asked) == 4


def test_a_refused_question_is_named(run: Run, served: Any, system: Any, gold_path: Path) -> None:
    gold_path.write_text(gold_path.read_text().replace("Combien coûte le projet ?", "nonsense"))
    result = run("--url", served(system))
    assert result.exit_code == 2
    assert "tiny: question 'cost': " in result.stderr
    assert "What was measured is kept in" in result.stderr


def test_documents_of_another_set_are_searched_as_well(run: Run, served: Any, system: Any, tmp_path: Path) -> None:
    alone = last_line(run("--url", served(system), "--json"))[0]["corpus"]
    context = "Un autre texte."
    answers = [{"text": "texte", "answer_start": 9}]
    paragraph = {"context": context, "qas": [{"id": "other", "question": "?", "answers": answers}]}
    other = tmp_path / "other_fr.json"
    other.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}))
    result = run("--url", served(system), "--with", other)
    assert result.exit_code == 2
    assert "does not hold '1+other_fr-0001' and 0 others" in result.stderr
    system.documents = [*system.documents, Document("there", "", context)]
    result = run("--url", served(system), "--with", other, "--json")
    assert result.exit_code == 0, result.output
    (report,) = last_line(result)
    assert report["corpus"] != alone
    assert [outcome.id for outcome in load_run(Path(report["run"])).outcomes][:2] == ["jobs", "opening"]
    assert len(load_run(Path(report["run"])).outcomes) == 6


def test_the_command_loads_no_torch() -> None:
    program = "import sys, eval.commands; sys.exit('torch' in sys.modules or 'sentence_transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
