"""Why each question that went wrong did: the step to mend. Knows judgements, and prints nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from eval.judgements import Judgement

Cause = Literal["not_retrieved", "not_read", "wrong_span", "should_have_abstained", "should_have_answered"]
CAUSES: tuple[Cause, ...] = (
    "not_retrieved",  # no passage holds an answer, so that nothing after the search could help
    "not_read",  # a passage holds it, and the first citation is another sentence
    "wrong_span",  # the right sentence was cited, and the wrong words of it given
    "should_have_abstained",  # answered, and the documents do not say
    "should_have_answered",  # a passage holds it, and the reply was no answer
)
# Half of the tokens: a longer or shorter cut of the right words ("2 500 emplois" for "2 500") is no failure.
SAME_SPAN_FROM_F1 = 0.5


def cause(judgement: Judgement) -> Cause | None:
    """The first step that failed, or None for a question that went well."""
    values = judgement.values
    if not judgement.answerable:
        return "should_have_abstained" if judgement.answered else None
    if judgement.right:
        return "wrong_span" if values["token_f1"] < SAME_SPAN_FROM_F1 else None
    if values["success@10"] == 0:
        return "not_retrieved"
    if judgement.answered is None:
        return None
    return "not_read" if judgement.answered else "should_have_answered"


def by_cause(judgements: Sequence[Judgement]) -> dict[Cause, list[str]]:
    """The ids of the questions that failed, under each cause that occurs, in the order of CAUSES."""
    causes = {item.id: cause(item) for item in judgements}
    found: dict[Cause, list[str]] = {name: [id_ for id_, why in causes.items() if why == name] for name in CAUSES}
    return {name: ids for name, ids in found.items() if ids}
