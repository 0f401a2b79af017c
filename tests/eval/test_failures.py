"""The cause of each failure."""

from __future__ import annotations

import pytest

from eval.failures import Cause, by_cause, cause
from eval.judgements import Judgement


def judgement(
    id_: str = "q", *, answerable: bool = True, answered: bool | None = True, right: bool = False, **values: float
) -> Judgement:
    return Judgement(id_, "fr", (), values, answerable, answered, right, 0.5, {})


FOUND, MISSED = {"success@10": 1.0}, {"success@10": 0.0}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (judgement(right=True, **FOUND, token_f1=0.5), None),
        (judgement(right=True, **FOUND, token_f1=0.4), "wrong_span"),
        (judgement(**FOUND), "not_read"),
        (judgement(**MISSED), "not_retrieved"),
        (judgement(answered=False, **MISSED), "not_retrieved"),
        (judgement(answered=False, **FOUND), "should_have_answered"),
        (judgement(answerable=False), "should_have_abstained"),
        (judgement(answerable=False, answered=False), None),
        (judgement(answered=None, **FOUND), None),
        (judgement(answered=None, **MISSED), "not_retrieved"),
    ],
)
def test_the_first_step_that_failed(item: Judgement, expected: Cause | None) -> None:
    assert cause(item) == expected


def test_failures_are_grouped_in_order() -> None:
    items = [
        judgement("a", **FOUND),
        judgement("b", **MISSED),
        judgement("c", **FOUND),
        judgement("d", answerable=False),
    ]
    assert by_cause(items) == {"not_retrieved": ["b"], "not_read": ["a", "c"], "should_have_abstained": ["d"]}
    assert list(by_cause(items)) == ["not_retrieved", "not_read", "should_have_abstained"]
