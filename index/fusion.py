"""One ranking out of two. Knows nothing of where the rankings come from.

The scores of each leg are brought to 0..1 (min-max over what the leg returned) and added with weights. Against
reciprocal rank fusion this keeps what a leg knows about distances, and does not let a weak leg drag a good one down.
"""

from __future__ import annotations

from collections.abc import Sequence

# Half and half did best in the trials that docs/evaluation.md names; to be tuned on training sets.
DENSE_WEIGHT = 0.5


def scaled(ranking: Sequence[tuple[int, float]]) -> dict[int, float]:
    """A ranking's scores, mapped so that its best is 1.0 and its worst 0.0; all 1.0 when they are equal."""
    if not ranking:
        return {}
    scores = [score for _, score in ranking]
    low, high = min(scores), max(scores)
    return {key: (score - low) / (high - low) if high > low else 1.0 for key, score in ranking}


def fuse(
    dense: Sequence[tuple[int, float]], lexical: Sequence[tuple[int, float]], dense_weight: float = DENSE_WEIGHT
) -> list[tuple[int, float]]:
    """(id, score in 0..1), best first; an id that a leg did not return counts as that leg's worst."""
    one, other = scaled(dense), scaled(lexical)
    scores = {key: dense_weight * one.get(key, 0.0) + (1 - dense_weight) * other.get(key, 0.0) for key in one | other}
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
