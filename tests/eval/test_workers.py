"""Several processes: order, refusals, deaths, one thread each. The systems are made here, and need no models."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from eval.gold import Gold, GoldSet
from eval.outcomes import Run
from eval.run import Errand, Stopped, read_partial, record
from eval.workers import ONE_THREAD, WorkerDied, ask_apart, call_apart, environment, processes_for
from index.documents import Document, Passage
from index.errors import InvalidRequest
from qa.answers import NoAnswer
from qa.settings import Settings

QUESTIONS = [Gold(str(number), f"Question {number} ?") for number in range(6)]


class Echo:
    """Abstains, and says in its reason what it was asked and with how many threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def search(self, question: str, k: int) -> Sequence[Passage]:  # noqa: ARG002
        return []

    def answer(self, question: str, *, timings: dict[str, float] | None = None) -> Any:  # noqa: ARG002
        if question == "Question 4 ?" and self.settings.data == "refuses":
            raise InvalidRequest("too hard")
        if question == "Question 4 ?" and self.settings.data == "dies":
            os._exit(9)
        return NoAnswer(question, f"{question} {os.environ['OMP_NUM_THREADS']}", 0.5, (), 1)


def ask_all(data: str) -> list[str]:
    outcomes = ask_apart(Echo, Settings(data=data), 2, QUESTIONS, Errand(10, answering=True))
    return [outcome.reason for outcome in outcomes]


def test_outcomes_come_in_order_from_processes_of_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert ask_all("well") == [f"{gold.question} 1" for gold in QUESTIONS]
    assert "OMP_NUM_THREADS" not in os.environ


def test_a_refusal_comes_through_with_the_question() -> None:
    with pytest.raises(Stopped, match="question '4': too hard"):
        ask_all("refuses")


def test_a_dead_process_is_said_in_words() -> None:
    with pytest.raises(WorkerDied, match="one of the 2 processes that put the questions died"):
        ask_all("dies")


def test_what_was_measured_before_a_death_is_kept(tmp_path: Path) -> None:
    gold_set = GoldSet("six", (Document("d", "", "Texte."),), tuple(QUESTIONS))
    with pytest.raises(Stopped, match=r"six: .* died; .* is kept in .*six-"):
        record(gold_set, partial(ask_apart, Echo, Settings(data="dies"), 1), Run("", ""), tmp_path)
    (kept,) = tmp_path.iterdir()
    assert [outcome.id for outcome in read_partial(kept)] == ["0", "1", "2", "3"]
    run, path = record(gold_set, partial(ask_apart, Echo, Settings(data="well"), 2), Run("", ""), tmp_path)
    assert [outcome.id for outcome in run.outcomes] == [gold.id for gold in QUESTIONS]
    assert list(tmp_path.iterdir()) == [path]


def test_a_call_apart_gives_its_result_or_says_that_it_died() -> None:
    assert call_apart(os.getpid) != os.getpid()
    with pytest.raises(WorkerDied, match="takes in the documents died"):
        call_apart(os._exit, 9)


@pytest.mark.parametrize(("n", "least", "most"), [(0, 1, 1), (199, 1, 1), (200, 1, 2), (10_000, 1, 100)])
def test_few_questions_are_worth_one_process(n: int, least: int, most: int) -> None:
    assert least <= processes_for(n) <= most


def test_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with environment(ONE_THREAD):
        assert os.environ["OMP_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"
