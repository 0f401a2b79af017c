"""Progress, on a terminal and elsewhere."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from eval.progress import tracked


@pytest.mark.parametrize("terminal", [True, False])
def test_the_items_come_through(terminal: bool) -> None:
    out = StringIO()
    console = Console(file=out, force_terminal=terminal, width=80)
    assert list(tracked(iter(range(25)), 25, "tiny", console)) == list(range(25))
    assert "tiny" in out.getvalue()


def test_elsewhere_a_line_for_each_tenth() -> None:
    out = StringIO()
    list(tracked(range(25), 25, "tiny", Console(file=out)))
    lines = out.getvalue().splitlines()
    assert len(lines) == 13  # each 2 of 25, and the last
    assert lines[0].startswith("tiny: 2 of 25")
    assert lines[-1].startswith("tiny: 25 of 25")


def test_nothing_to_do_shows_nothing() -> None:
    out = StringIO()
    assert list(tracked([], 0, "tiny", Console(file=out))) == []
    assert out.getvalue() == ""
