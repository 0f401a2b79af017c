"""From raw scores to a probability. A calibration belongs to one reader, and is refused for another.

A logistic model, fitted on held-out questions by `qa/training/calibrate.py`, gives the probability that the cited
sentence holds the answer. Knows nothing of texts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from index.errors import InvalidRequest, ManifestMismatch

FEATURES = (
    "strength",
    "lead",
    "agreement",
    "margin",
    "retrieval",
    "overlap",
    "passage_overlap",
    "crossed",
    "french",
    "english",
    # Of a question to few passages, fewer than are read: all that could be found was read, and a score of the search
    # says less. Most people ask so about a document of their own.
    "few",
    "few_french",
    "few_retrieval",
)


class Calibration(Struct, frozen=True):
    """The fitted model. `threshold` is the least confidence with which a reply is an answer, unless the asker says.

    `ranking` holds the weights of the strength of a span (`qa.ranking.FEATURES`): the confidence belongs to them too.
    `reached` holds, for each precision that was reached on held-back questions, the least confidence that reaches it.
    """

    reader: str
    reader_digest: str
    ranking: dict[str, float]
    weights: dict[str, float]
    bias: float
    threshold: float
    reached: tuple[tuple[float, float], ...] = ()  # (precision, confidence), both rising

    def confidence(self, features: Sequence[float]) -> float:
        """The probability, 0..1, for features in the order of FEATURES."""
        total = self.bias + sum(self.weights[name] * value for name, value in zip(FEATURES, features, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def least(self, precision: float) -> float:
        """The confidence from which that share of the answers is right. Raises InvalidRequest when none is."""
        for known, confidence in self.reached:
            if known >= precision:
                return confidence
        most = max((known for known, _ in self.reached), default=0.0)
        raise InvalidRequest(
            f"EXTRAIT_TARGET_PRECISION is {precision}, and this calibration reaches {most} at most: give less, or set "
            "EXTRAIT_MIN_CONFIDENCE."
        )


def load_calibration(path: Path, reader: str, digest: str) -> Calibration:
    """Raises ManifestMismatch when it was fitted for another reader, InvalidRequest when it cannot be read."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Calibration)
    except (OSError, msgspec.DecodeError) as error:
        raise InvalidRequest(
            f"The calibration {path} cannot be read ({error}): make it with `make calibrate`."
        ) from error
    if (found.reader, found.reader_digest) != (reader, digest):
        raise ManifestMismatch(
            f"{path.name} calibrates {found.reader} {found.reader_digest[:12]}, and {reader} {digest[:12]} is running: "
            "its confidences would mean nothing. Set EXTRAIT_EMBEDDER and EXTRAIT_READER back, or run `make calibrate` "
            "with them and with EXTRAIT_CALIBRATION, the file that it is to write."
        )
    return found
