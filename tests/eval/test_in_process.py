"""The engine as a system to measure: with fakes, in one process and in several; and with the real models."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from eval.gold import GoldError, GoldSet
from eval.in_process import measure_here
from eval.judgements import judge
from index.documents import Document

Opener = Callable[[Any], Any]


@pytest.fixture
def console() -> Console:
    return Console(file=StringIO())


@pytest.fixture
def numbered(gold_set: GoldSet) -> GoldSet:
    """Enough questions for two processes to take turns."""
    questions = [
        msgspec.structs.replace(gold, id=f"{number}-{gold.id}", question=f"{gold.question} {number}")
        for number in range(40)
        for gold in gold_set.questions
    ]
    return msgspec.structs.replace(gold_set, questions=tuple(questions))


def timeless(path: Path) -> Any:
    """The JSON of a run without its times."""
    run = msgspec.json.decode(path.read_bytes())
    del run["started"]
    for outcome in run["outcomes"]:
        assert outcome.pop("latency").keys() == {"answer", "retrieve", "read", "compose"}
    return run


def test_two_runs_are_the_same_json_but_for_times(
    tmp_path: Path, gold_set: GoldSet, open_fakes: Opener, console: Console
) -> None:
    first, second = (measure_here(gold_set, tmp_path / name, console, open_engine=open_fakes)[1] for name in "ab")
    assert first.name == second.name
    assert timeless(first) == timeless(second)


def test_several_processes_give_what_one_gives(
    tmp_path: Path, numbered: GoldSet, open_fakes: Opener, console: Console
) -> None:
    paths = []
    for processes in (1, 2):
        out = tmp_path / str(processes)
        paths.append(measure_here(numbered, out, console, processes=processes, open_engine=open_fakes)[1])
    assert timeless(paths[0]) == timeless(paths[1])


def test_a_document_that_is_not_taken_in_is_refused(
    tmp_path: Path, gold_set: GoldSet, open_fakes: Opener, console: Console
) -> None:
    empty = msgspec.structs.replace(gold_set, documents=(*gold_set.documents, Document("none", "", " ")))
    with pytest.raises(GoldError, match="none: not taken in"):
        measure_here(empty, tmp_path, console, open_engine=open_fakes)


@pytest.mark.models
def test_the_engine_is_measured(tmp_path: Path, gold_set: GoldSet, console: Console) -> None:
    run, _ = measure_here(gold_set, tmp_path, console)
    assert run.models.keys() == {"embedder", "reader"}
    assert 0 < run.settings["threshold"] < 1
    assert run.outcomes[0].latency.keys() == {"retrieve", "read", "compose", "answer"}
    judgements = judge(gold_set, run.outcomes)
    assert all(item.values["quote_validity"] == 1 for item in judgements if "quote_validity" in item.values)
    assert judgements[0].values["recall@10"] == 1
