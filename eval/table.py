"""Prints figures and comparisons as tables. Computes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from eval.failures import Cause
from eval.measures import Comparison, Measure, Unit

EXAMPLES = 4
LEAST_SHOWN = 10  # questions; the JSON line has the smaller groups too


def shown(value: float, unit: Unit) -> str:
    """Three decimals for shares, one for milliseconds."""
    return f"{value:.1f} ms" if unit == "ms" else f"{value:.3f}"


def figures(name: str, measures: Sequence[Measure]) -> Table:
    """The whole set: metric, value, interval, n."""
    table = started(name, ["metric"], ["value", "95 % interval", "n"])
    for item in measures:
        if not item.group:
            estimate = item.estimate
            interval = f"{shown(estimate.low, item.unit)} to {shown(estimate.high, item.unit)}"
            table.add_row(item.metric, shown(estimate.value, item.unit), interval, str(estimate.n))
    return table


def groups(name: str, measures: Sequence[Measure]) -> Table:
    """A row for each group of LEAST_SHOWN questions or more, a column for each metric given by group.

    n is the largest of the row: recall and sentence@1 leave out questions without an answer.
    """
    metrics = list(dict.fromkeys(item.metric for item in measures if item.group))
    cells: dict[str, dict[str, Measure]] = {}
    for item in measures:
        if item.group:
            cells.setdefault(item.group, {})[item.metric] = item
    table = started(f"{name}, by group: value (95 % interval)", ["group"], ["n", *metrics])
    for group, row in cells.items():
        n = max(item.estimate.n for item in row.values())
        if n >= LEAST_SHOWN:
            table.add_row(group, str(n), *(ranged(row.get(metric)) for metric in metrics))
    return table


def failures(name: str, ids: Mapping[Cause, Sequence[str]]) -> Table:
    """How many questions failed at each step, and the first of them."""
    table = started(f"{name}: what went wrong", ["cause"], ["n"])
    table.add_column("such as", no_wrap=True, overflow="ellipsis")
    for cause, failed in ids.items():
        table.add_row(cause, str(len(failed)), " ".join(failed[:EXAMPLES]))
    return table


def ranged(item: Measure | None) -> str:
    """A value with its interval, in two decimals; "" where the metric does not apply."""
    if item is None:
        return ""
    estimate = item.estimate
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"


def started(title: str, left: Sequence[str], right: Sequence[str]) -> Table:
    """An empty table with these columns, words to the left and numbers to the right."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in left:
        table.add_column(heading, no_wrap=True)
    for heading in right:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def changes(name: str, comparisons: Sequence[Comparison]) -> Table:
    """Metric, group, difference, interval, verdict; groups without a change are left out."""
    headings = ["change", "95 % interval", "n", "verdict"]
    table = started(f"{name}: change against the earlier run", ["metric", "group"], headings)
    for item in comparisons:
        change = item.difference
        if item.group and change.verdict == "none":
            continue
        sign = "+" if change.value > 0 else ""
        interval = f"{shown(change.low, item.unit)} to {shown(change.high, item.unit)}"
        table.add_row(
            item.metric, item.group, sign + shown(change.value, item.unit), interval, str(change.n), change.verdict
        )
    return table


def print_tables(console: Console, tables: Sequence[Table]) -> None:
    """Each, with a blank line between."""
    for table in tables:
        console.print(table)
        console.print()
