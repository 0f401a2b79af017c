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

from index.errors import ManifestMismatch

FEATURES = ("score", "margin", "agreement")


class Calibration(Struct, frozen=True):
    """The fitted model. `threshold` is the least confidence with which a reply is an answer, unless the asker says."""

    reader: str
    reader_digest: str
    weights: dict[str, float]
    bias: float
    threshold: float

    def confidence(self, features: Sequence[float]) -> float:
        """The probability, 0..1, for features in the order of FEATURES."""
        total = self.bias + sum(self.weights[name] * value for name, value in zip(FEATURES, features, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def load_calibration(path: Path, reader: str, digest: str) -> Calibration:
    """Raises ManifestMismatch when it was fitted for another reader."""
    found = msgspec.json.decode(path.read_bytes(), type=Calibration)
    if (found.reader, found.reader_digest) != (reader, digest):
        raise ManifestMismatch(
            f"{path.name} calibrates {found.reader} {found.reader_digest[:12]}, and {reader} {digest[:12]} is running: "
            "its confidences would mean nothing. Set EXTRAIT_EMBEDDER back; for new weights, run `make calibrate`."
        )
    return found
