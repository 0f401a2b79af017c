"""Shows how far a run has come: a bar on a terminal, a line each tenth elsewhere. Knows nothing of what is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")


def tracked(items: Iterable[T], n: int, label: str, console: Console) -> Iterator[T]:
    """The n items, as they are taken."""
    if console.is_terminal:
        yield from track(items, total=n, description=label, console=console)
        return
    start, tenth = monotonic(), max(1, n // 10)
    for number, item in enumerate(items, start=1):
        yield item
        if number % tenth == 0 or number == n:
            console.print(f"{label}: {number} of {n}, {monotonic() - start:.0f} s", highlight=False)
