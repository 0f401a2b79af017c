"""How well retrieved chunks cover what was highlighted: token recall, precision and IoU, as in Chroma's evaluation.

"Token" is Chroma's word; what is counted is characters, so that no tokenizer takes part. A chunk retrieved beside
another pays for the overlap: characters retrieved twice count twice in precision and IoU, as they would be read twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from eval.ranges import Range, common, length


class Coverage(Struct, frozen=True):
    """Each from 0 to 1; all 0 when nothing was retrieved."""

    recall: float
    precision: float
    iou: float


def coverage(retrieved: Sequence[Range], highlights: Sequence[Range]) -> Coverage:
    """recall = both / highlighted; precision = both / retrieved; IoU = both / (retrieved + highlighted - both)."""
    both, highlighted = common(retrieved, highlights), length(highlights)
    read = sum(item.end - item.start for item in retrieved)
    return Coverage(
        recall=both / highlighted if highlighted else 0.0,
        precision=both / read if read else 0.0,
        iou=both / (read + highlighted - both) if read + highlighted - both else 0.0,
    )
