"""What the tables show."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from eval.measures import Comparison, Measure
from eval.statistics import Difference, Estimate
from eval.table import changes, failures, figures, groups, print_tables

MEASURES = [
    Measure("token_f1", "", Estimate(0.51234, 0.4, 0.6, 120)),
    Measure("answer_median", "", Estimate(12.345, 11, 13, 120), "ms"),
    Measure("token_f1", "fr", Estimate(0.5, 0.25, 0.75, 12)),
    Measure("recall@10", "fr", Estimate(1.0, 1.0, 1.0, 9)),
    Measure("token_f1", "ar", Estimate(0.5, 0.25, 0.75, 12)),
    Measure("token_f1", "de", Estimate(0.5, 0.25, 0.75, 3)),
]


def printed(*tables: object) -> list[list[str]]:
    out = StringIO()
    print_tables(Console(file=out, width=120), tables)  # type: ignore[arg-type]
    return [line.split() for line in out.getvalue().splitlines() if line.strip()]


def test_figures_show_the_whole_set() -> None:
    _, _, *rows = printed(figures("seeds", MEASURES))
    assert rows == [
        ["token_f1", "0.512", "0.400", "to", "0.600", "120"],
        ["answer_median", "12.3", "ms", "11.0", "ms", "to", "13.0", "ms", "120"],
    ]


def test_groups_have_a_row_each_and_small_ones_none() -> None:
    _, heading, *rows = printed(groups("seeds", MEASURES))
    assert heading == ["group", "n", "token_f1", "recall@10"]
    assert rows == [
        ["fr", "12", "0.50", "(0.25", "to", "0.75)", "1.00", "(1.00", "to", "1.00)"],
        ["ar", "12", "0.50", "(0.25", "to", "0.75)"],
    ]


def test_failures_have_examples() -> None:
    _, _, *rows = printed(failures("seeds", {"not_read": ["a", "b", "c", "d", "e"], "wrong_span": ["f"]}))
    assert rows == [["not_read", "5", "a", "b", "c", "d"], ["wrong_span", "1", "f"]]


def test_changes_leave_out_groups_that_stayed() -> None:
    none, worse = Difference(0.0, -0.1, 0.1, 9, "none"), Difference(-0.2, -0.3, -0.1, 9, "worse")
    better = Difference(0.2, 0.1, 0.3, 9, "better")
    rows = printed(
        changes(
            "seeds",
            [
                Comparison("token_f1", "", none, True),
                Comparison("token_f1", "fr", none, False),
                Comparison("token_f1", "ar", worse, False),
                Comparison("exact_match", "", better, True),
            ],
        )
    )[2:]
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        ("token_f1", "0.000", "none"),
        ("token_f1", "ar", "worse"),
        ("exact_match", "+0.200", "better"),
    ]
