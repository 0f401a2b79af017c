"""From judgements to figures, and to changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from eval.judgements import Judgement
from eval.measures import Measure, Sample, collect, compare, measures

ITEM = Judgement("a", "fr", ("amount",), {"token_f1": 1.0}, True, True, True, 0.9, {"answer": 0.1})


def item(id_: str, **fields: Any) -> Judgement:
    return msgspec.structs.replace(ITEM, id=id_, **fields)


# Answered and right, answered and wrong, abstained wrongly, abstained rightly, answered what has no answer.
FIVE = [
    item("a"),
    item("b", right=False, confidence=0.7, values={"token_f1": 0.0}, groups=("date",), latency={"answer": 0.3}),
    item("c", answered=False, right=False, values={"token_f1": 0.0}, language="ar"),
    item("d", answered=False, answerable=False, right=False, groups=("absent",)),
    item("e", answerable=False, right=False, confidence=0.8, values={"token_f1": 0.0}, groups=("absent",)),
]


def figures(samples: list[Sample]) -> dict[tuple[str, str], Measure]:
    return {(found.metric, found.group): found for found in measures(samples)}


@pytest.fixture(scope="module", autouse=True)
def few_resamples() -> Iterator[None]:
    """A tenth of the resamples: nothing here depends on the last digit of an interval."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eval.statistics.RESAMPLES", 200)
        yield


@pytest.fixture(scope="module")
def of_five() -> dict[tuple[str, str], Measure]:
    return figures(collect(FIVE))


@pytest.mark.parametrize(
    ("metric", "group", "value", "n"),
    [
        ("token_f1", "", 2 / 5, 5),
        ("token_f1", "absent", 1 / 2, 2),
        ("token_f1", "answerable", 1 / 3, 3),
        ("token_f1", "ar", 0, 1),
        ("answerability_precision", "", 2 / 3, 5),  # a, b of a, b, e
        ("answerability_recall", "", 2 / 3, 5),  # a, b of a, b, c
        ("abstention_precision", "", 1 / 2, 5),  # d of c, d
        ("abstention_recall", "", 1 / 2, 5),  # d of d, e
        ("abstention_f1", "", 1 / 2, 5),
        # a 0.9 right, e 0.8 wrong, b 0.7 wrong: (0.1 + 0.8 + 0.7) / 3
        ("calibration_error", "", 1.6 / 3, 3),
        ("brier", "", (0.01 + 0.64 + 0.49) / 3, 3),
        ("coverage@80%", "", 1 / 5, 5),  # a alone
        ("answer_median", "", 100, 5),
    ],
)
def test_figures(of_five: dict[tuple[str, str], Measure], metric: str, group: str, value: float, n: int) -> None:
    found = of_five[metric, group].estimate
    assert (found.value, found.n) == (pytest.approx(value), n)
    assert found.low <= found.value + 1e-9
    assert found.high >= found.value - 1e-9


def test_a_group_of_all_is_the_whole_set() -> None:
    assert {key for key in figures(collect([item("a"), item("b")])) if key[1]} == set()


def test_a_set_that_only_searches_has_no_answers_to_judge() -> None:
    found = figures(collect([item("a", answered=None, values={"mrr@10": 1.0}, latency={})]))
    assert found.keys() == {("mrr@10", "")}


def test_a_set_where_nothing_was_answered_has_no_calibration() -> None:
    found = figures(collect([item("a", answered=False, right=False)]))
    assert ("brier", "") not in found
    assert found["answerability_recall", ""].estimate.value == 0


def many(value: float, **fields: Any) -> list[Judgement]:
    return [item(f"q{number}", values={"token_f1": value, "shown_twice": value}, **fields) for number in range(20)]


def test_changes_know_their_direction() -> None:
    found = {change.metric: change for change in compare(collect(many(0.2)), collect(many(0.9)))}
    assert found["token_f1"].difference.verdict == "better"
    assert found["shown_twice"].difference.verdict == "worse"
    assert found["brier"].difference.verdict == "none"


def test_times_and_groups_do_not_fail_a_gate() -> None:
    found = compare(collect([*many(0.2), *FIVE]), collect([*many(0.2, latency={"answer": 9.0}), *FIVE]))
    slower = next(change for change in found if change.metric == "answer_median")
    assert (slower.difference.verdict, slower.gated) == ("worse", False)
    assert not any(change.gated for change in found if change.group)


def test_runs_are_compared_on_the_questions_of_both() -> None:
    (change,) = [c for c in compare(collect(many(0.2)), collect(many(0.9)[:5])) if c.metric == "token_f1"]
    assert change.difference.n == 5
    assert compare(collect(many(0.2)), collect(FIVE[:1])) == []


def test_a_metric_about_none_of_the_questions_of_both_is_left_out() -> None:
    found = compare(collect(FIVE[:4]), collect([*FIVE[:3], FIVE[4]]))
    assert "abstention_recall" not in {change.metric for change in found}
    assert "answerability_recall" in {change.metric for change in found}
