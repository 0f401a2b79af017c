"""The runner: what it keeps, that it takes up where it stopped, that two runs are the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eval.gold import Gold, GoldSet
from eval.outcomes import Outcome, Run, corpus_digest, load_run
from eval.ranges import Range
from eval.run import DEPTH, DEPTH_FOR_DOCUMENTS, Stopped, measure, read_partial
from index.documents import Passage

HEADER = Run("", "", commit="c")


class Stops:
    """Fails on its nth answer, like a server that is shut down."""

    def __init__(self, system: Any, after: int) -> None:
        self.system = system
        self.left = after

    def search(self, question: str, k: int) -> Sequence[Passage]:
        return self.system.search(question, k)

    def answer(self, question: str, *, timings: dict[str, float] | None = None) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ConnectionError("stopped")
        return self.system.answer(question, timings=timings)


def timeless(run: Run) -> Run:
    outcomes = tuple(msgspec.structs.replace(outcome, latency={}) for outcome in run.outcomes)
    return msgspec.structs.replace(run, started="", outcomes=outcomes)


def test_a_run_holds_an_outcome_for_each_question(tmp_path: Path, gold_set: GoldSet, system: Any) -> None:
    run, path = measure(gold_set, system, HEADER, tmp_path)
    assert load_run(path) == run
    assert (run.name, run.commit, run.corpus) == ("tiny", "c", corpus_digest(gold_set.documents))
    assert [outcome.id for outcome in run.outcomes] == [gold.id for gold in gold_set.questions]
    first, absent = run.outcomes[0], run.outcomes[-1]
    assert (first.answered, first.text, first.passages[0].document) == (True, "2 500", "btr")
    assert gold_set.documents[0].text[first.start : first.end] == "2 500"
    assert first.citations[0].places() == (Range("btr", 0, 47), Range("copy", 0, 1))
    assert (absent.answered, absent.reason, absent.text) == (False, "low_confidence", "")
    assert first.latency.keys() == {"answer", "read"}
    assert list(tmp_path.iterdir()) == [path]


def test_two_runs_are_equal_but_for_times(tmp_path: Path, gold_set: GoldSet, system: Any) -> None:
    first, path = measure(gold_set, system, HEADER, tmp_path)
    second, again = measure(gold_set, system, HEADER, tmp_path)
    assert path == again
    assert timeless(first) == timeless(second)


def test_a_run_cut_off_is_taken_up(tmp_path: Path, gold_set: GoldSet, system: Any) -> None:
    with pytest.raises(Stopped, match=r"tiny: question 'cost': stopped .* is kept in .*partial\.jsonl"):
        measure(gold_set, Stops(system, after=4), HEADER, tmp_path)
    (partial,) = tmp_path.iterdir()
    assert len(read_partial(partial)) == 3  # the first answer was the uncounted one
    system.asked.clear()
    run, _ = measure(gold_set, system, HEADER, tmp_path)
    expected = [gold.question for gold in gold_set.questions[3:]]
    assert system.asked == [expected[0], *expected]
    assert timeless(run) == timeless(measure(gold_set, system, HEADER, tmp_path / "whole")[0])


def test_other_code_starts_afresh(tmp_path: Path, gold_set: GoldSet, system: Any) -> None:
    with pytest.raises(Stopped):
        measure(gold_set, Stops(system, after=4), HEADER, tmp_path)
    system.asked.clear()
    measure(gold_set, system, msgspec.structs.replace(HEADER, code="other"), tmp_path)
    assert len(system.asked) == len(gold_set.questions) + 1


def test_a_question_that_was_reworded_is_asked_again(tmp_path: Path, gold_set: GoldSet, system: Any) -> None:
    with pytest.raises(Stopped):
        measure(gold_set, Stops(system, after=2), HEADER, tmp_path)
    first = msgspec.structs.replace(gold_set.questions[0], question="Combien de tonnes par an ?")
    reworded = msgspec.structs.replace(gold_set, questions=(first, *gold_set.questions[1:]))
    run, _ = measure(reworded, system, HEADER, tmp_path)
    assert run.outcomes[0].question == "Combien de tonnes par an ?"


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "partial.jsonl"
    whole = msgspec.json.encode(Outcome("a", "?")) + b"\n"
    path.write_bytes(whole + b'{"id": "b", "ques')
    assert [outcome.id for outcome in read_partial(path)] == ["a"]
    assert path.read_bytes() == whole
    assert read_partial(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize(
    ("change", "depth"),
    [
        ({"relevant": {"jobs": {"btr": 1}}, "questions": (Gold("jobs", "Combien ?"),)}, DEPTH_FOR_DOCUMENTS),
        ({"questions": (Gold("jobs", "Combien ?", kind="highlight"),)}, DEPTH),
    ],
)
def test_a_set_that_judges_the_search_asks_for_no_answers(
    tmp_path: Path, gold_set: GoldSet, system: Any, change: dict[str, Any], depth: int
) -> None:
    depths = []
    searched = system.search
    system.search = lambda question, k: depths.append(k) or searched(question, k)
    run, _ = measure(msgspec.structs.replace(gold_set, **change), system, HEADER, tmp_path)
    assert system.asked == []
    assert run.outcomes[0].answered is None
    assert run.outcomes[0].latency.keys() == {"search"}
    assert set(depths) == {depth}
