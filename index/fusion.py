"""One ranking out of two. Knows nothing of where the rankings come from.

The scores of each leg are brought to 0..1 (min-max over what the leg returned) and added with weights. Against
reciprocal rank fusion this keeps what a leg knows about distances, and does not let a weak leg drag a good one down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

# Of the dense leg, chosen on held-back questions by `make tune-fusion`; the table is in docs/evaluation.md. It weighs
# more where question and passage are of two languages and have few words in common.
WITHIN, ACROSS = 0.5, 0.8


def dense_weight(asked: str, held: str | None) -> float:
    """The weight of the dense leg for a passage in the language `held`; "" or None is a language that is not known."""
    return ACROSS if asked and held and asked != held else WITHIN


def weights(asked: str, held: Mapping[int, str | None]) -> Callable[[int], float]:
    """The weight for each id, from the languages of the question and of the ids' documents."""
    return lambda key: dense_weight(asked, held.get(key))


def scaled(ranking: Sequence[tuple[int, float]]) -> dict[int, float]:
    """A ranking's scores, mapped so that its best is 1.0 and its worst 0.0; all 1.0 when they are equal."""
    if not ranking:
        return {}
    scores = [score for _, score in ranking]
    low, high = min(scores), max(scores)
    return {key: (score - low) / (high - low) if high > low else 1.0 for key, score in ranking}


def fuse(
    dense: Sequence[tuple[int, float]], lexical: Sequence[tuple[int, float]], weight: Callable[[int], float]
) -> list[tuple[int, float]]:
    """(id, score in 0..1), best first; an id that a leg did not return counts as that leg's worst.

    `weight` gives the weight of the dense leg, 0..1, for an id.
    """
    one, other = scaled(dense), scaled(lexical)
    scores = {key: weight(key) * one.get(key, 0.0) + (1 - weight(key)) * other.get(key, 0.0) for key in one | other}
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
