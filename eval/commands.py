"""`extrait eval`: how good are the answers, and are they better than before? Wires the suite; computes nothing.

Exit status: 0; 1 when `--check` finds a metric worse beyond its interval; 2 for input that cannot be used.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
import msgspec
from rich.console import Console

from eval.combined import drawn, joined
from eval.duplicates import aims_of
from eval.failures import Cause, by_cause
from eval.gold import GoldError, GoldSet
from eval.judgements import judge
from eval.measures import Comparison, Measure, collect, compare, measures
from eval.origin import ROOT
from eval.outcomes import Outcome, Run, corpus_digest, load_run
from eval.progress import tracked
from eval.report import Findings, write_report
from eval.run import measure
from eval.server import Server
from eval.sets import open_set
from eval.table import changes, failures, figures, groups, print_tables
from eval.workers import processes_for
from index.errors import ExtraitError

BASELINE = ROOT / "eval" / "baseline.json"


class Report(msgspec.Struct, frozen=True):
    """A set's figures, and ids of failed questions by cause. The last line of the output is a list of these.

    `run` and `html` are the paths of its JSON and of its page. `changes` is empty without an earlier run.
    """

    set: str
    run: str
    html: str
    corpus: str
    measures: list[Measure]
    failures: dict[Cause, list[str]] = {}
    changes: list[Comparison] = []

    def worse(self) -> list[str]:
        """The metrics that `--check` fails for."""
        return [item.metric for item in self.changes if item.gated and item.difference.verdict == "worse"]


class BadInput(click.ClickException):
    """Shown as one sentence, exit status 2."""

    exit_code = 2


@click.command(name="eval")
@click.argument("sets", nargs=-1, metavar="[SET]...")
@click.option(
    "--against", type=click.Path(path_type=Path), help="An earlier run, or a folder of runs, to compare with."
)
@click.option(
    "--check", is_flag=True, help="Exit 1 if a metric is worse beyond its interval; against the baseline by default."
)
@click.option(
    "--with", "others", multiple=True, metavar="SET", help="Search the documents of this set as well; repeatable."
)
@click.option(
    "--questions", type=click.IntRange(min=0), default=0, help="Ask so many of each, drawn with a fixed seed [all]."
)
@click.option("--url", help="Evaluate the server at this address, which must hold the documents of the set.")
@click.option("--documents", type=click.Path(path_type=Path), help="The folder of documents that a JSONL set is about.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("eval/runs"), show_default=True, help="Where runs go."
)
@click.option("--json", "as_json", is_flag=True, help="Print the JSON document alone.")
def evaluate(
    *,
    sets: Sequence[str],
    against: Path | None,
    check: bool,
    others: Sequence[str],
    questions: int,
    url: str | None,
    documents: Path | None,
    out: Path,
    as_json: bool,
) -> None:
    """Measure SETs (default: seeds): search, answers, abstention, citations, confidence, latency, with 95 % intervals.

    A SET is the name of one that ships, or a path: our JSONL, SQuAD JSON (.xz too), a BEIR folder, chunk highlights.
    A@B is the questions of A on the documents of B, its translation.
    """
    printer, console = Console(width=None if sys.stdout.isatty() else 120), Console(stderr=True)
    reports = []
    try:
        earlier = earlier_runs(against or (BASELINE if check else None))
        beside = [open_set(name, documents) for name in others]
        opened = [drawn(joined(open_set(name, documents), beside), questions) for name in sets or ("seeds",)]
        for gold_set in opened:
            require_comparable(gold_set, earlier)
        for gold_set in opened:
            run, path = run_set(gold_set, url, out, console)
            report = report_on(gold_set, run, path, earlier)
            reports.append(report)
            if not as_json:
                print_report(printer, report)
    except ExtraitError as error:
        raise BadInput(str(error)) from error
    click.echo(msgspec.json.encode(reports).decode())
    worse = [f"{report.set}: {metric}" for report in reports for metric in report.worse()]
    if check and worse:
        console.print(f"Worse beyond its interval: {', '.join(worse)}.", style="red", highlight=False)
        raise click.exceptions.Exit(1)


def run_set(gold_set: GoldSet, url: str | None, out: Path, console: Console) -> tuple[Run, Path]:
    """Puts the questions to the server, or to an engine of this checkout."""
    track = partial(tracked, label=f"{gold_set.name}: questions", console=console)
    if url is not None:
        server = Server(url, gold_set.documents)
        return measure(gold_set, server, Run("", "", settings={"url": server.url}), out, track)
    from eval.in_process import measure_here  # noqa: PLC0415 (a server needs no models here)

    return measure_here(gold_set, out, console, track, processes_for(len(gold_set.questions)))


def earlier_runs(path: Path | None) -> dict[str, Run]:
    """Runs by the name of their set; of several in a folder, the latest. Raises GoldError when there is none."""
    if path is None:
        return {}
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    runs = sorted((load_run(file) for file in files), key=lambda run: run.started)
    if not runs:
        raise GoldError(f"{path}: no runs in this folder; give one that `extrait eval` wrote to.")
    return {run.name: run for run in runs}


def require_comparable(gold_set: GoldSet, earlier: dict[str, Run]) -> None:
    """Raises GoldError when there are earlier runs and none is of this set, or it had other documents."""
    if not earlier:
        return
    run = earlier.get(gold_set.name)
    if run is None:
        raise GoldError(f"{gold_set.name}: the earlier runs are of {', '.join(earlier)}; compare like with like.")
    corpus = corpus_digest(gold_set.documents)
    if run.corpus != corpus:
        raise GoldError(
            f"{gold_set.name}: its documents (digest {corpus[:12]}) are not those of the earlier run "
            f"({run.corpus[:12]}), so the figures cannot be compared; run the earlier version again on these."
        )


def report_on(gold_set: GoldSet, run: Run, path: Path, earlier: dict[str, Run]) -> Report:
    """The figures, and the changes from the earlier run on the questions that are the same in both; writes the page."""
    aims = aims_of(gold_set)
    judgements = judge(gold_set, run.outcomes, aims)
    samples = collect(judgements)
    findings = Findings(gold_set, run, aims, judgements, measures(samples), by_cause(judgements))
    if gold_set.name in earlier:
        past = earlier[gold_set.name]
        compared = compare(collect(judge(gold_set, same_questions(gold_set, past), aims)), samples)
        findings = msgspec.structs.replace(findings, changes=compared, against=past)
    page = write_report(findings, path.with_suffix(".html"))
    return Report(
        gold_set.name,
        str(path),
        str(page),
        run.corpus,
        findings.measures,
        findings.failures,
        findings.changes,
    )


def same_questions(gold_set: GoldSet, run: Run) -> list[Outcome]:
    """The run's outcomes of questions that still read as they did."""
    asked = {gold.id: gold.question for gold in gold_set.questions}
    return [outcome for outcome in run.outcomes if asked.get(outcome.id) == outcome.question]


def print_report(printer: Console, report: Report) -> None:
    """The tables of one set."""
    tables = [figures(report.set, report.measures)]
    if any(item.group for item in report.measures):
        tables.append(groups(report.set, report.measures))
    if report.failures:
        tables.append(failures(report.set, report.failures))
    if report.changes:
        tables.append(changes(report.set, report.changes))
    print_tables(printer, tables)
    printer.print(f"Report: {report.html}", soft_wrap=True, markup=False, highlight=False)
