"""Token recall, precision and IoU, by hand."""

from __future__ import annotations

import pytest

from eval.chunking import coverage
from eval.ranges import Range


def ranges(*bounds: tuple[int, int]) -> list[Range]:
    return [Range("a", start, end) for start, end in bounds]


@pytest.mark.parametrize(
    ("retrieved", "highlights", "recall", "precision", "iou"),
    [
        pytest.param(ranges((0, 10)), ranges((0, 10)), 1, 1, 1, id="the very range"),
        # both 5 (10..15) of 10 highlighted; 5 of 15 read; 5 / (15 + 10 - 5)
        pytest.param(ranges((0, 15)), ranges((10, 20)), 5 / 10, 5 / 15, 5 / 20, id="half of it"),
        # chunks 0..20 and 15..30 share 5: 35 read; both 10; 10 / (35 + 10 - 10)
        pytest.param(ranges((0, 20), (15, 30)), ranges((5, 15)), 1, 10 / 35, 10 / 35, id="an overlap is paid for"),
        # highlights 0..4 and 8..12, chunk 2..10: both 2 + 2, read 8; 4 / (8 + 8 - 4)
        pytest.param(ranges((2, 10)), ranges((0, 4), (8, 12)), 4 / 8, 4 / 8, 4 / 12, id="two highlights"),
        pytest.param([Range("b", 0, 10)], ranges((0, 10)), 0, 0, 0, id="another document"),
        pytest.param([], ranges((0, 10)), 0, 0, 0, id="nothing retrieved"),
    ],
)
def test_coverage(retrieved: list[Range], highlights: list[Range], recall: float, precision: float, iou: float) -> None:
    found = coverage(retrieved, highlights)
    assert (found.recall, found.precision, found.iou) == pytest.approx((recall, precision, iou))
