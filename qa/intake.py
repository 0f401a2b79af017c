"""`extrait ingest`: files and folders into the library, as a job that outlives this process.

The job is kept on disk (`index.jobs`). Where a server runs on the same library, that one takes the files in and this
command only watches; otherwise this process does it, and whatever it leaves is taken up by the next one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

import click

from qa.console import as_json, data_folder, engine, print_json, progress_bar, reported

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from index.ingest import Source
    from index.jobs import Jobs
    from index.library import Library, Outcome
    from index.progress import Job

PERIOD = 1.0  # seconds between looks at files that are followed
UNFINISHED = {"queued", "running"}
POLL = 0.2  # seconds between looks at a job that another process runs


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--collection", default="default", show_default=True, help="The collection to put them into.")
@click.option("--watch", is_flag=True, help="Then follow them: take in what changes, delete what goes. Ends by Ctrl-C.")
@as_json
@reported
def ingest(paths: tuple[Path, ...], collection: str, watch: bool, json_wanted: bool) -> None:
    """Take in files, and folders with all below them. Exits with 1 when a file failed.

    Where a server runs on the same library, it takes them in. What a crash interrupts goes on at the next start.
    """
    from index.ingest import sources  # noqa: PLC0415 - `extrait --help` starts fast
    from index.jobs import Jobs  # noqa: PLC0415

    items = sources(paths, collection)
    if not items and not watch:
        raise click.UsageError(f"There is no file in {', '.join(map(str, paths))}.")
    library = cache(lambda: engine().library)
    with progress_bar() as progress:
        job = carried_out(Jobs(data_folder()), items, library, progress)
    counts = {state: sum(o.state == state for o in job.files) for state in ("added", "replaced", "unchanged", "failed")}
    if json_wanted:
        print_json({**counts, "chunks": job.chunks, "duplicates": job.duplicates, "files": job.files})
    else:
        click.echo(
            ", ".join(f"{count} {state}" for state, count in counts.items())
            + f"; {job.chunks} chunks, {job.duplicates} of them duplicates"
        )
    if job.error:
        click.echo(f"extrait: {job.error}", err=True)
        sys.exit(2)
    if watch:
        follow(library(), paths, collection)
    sys.exit(1 if counts["failed"] else 0)


def carried_out(jobs: Jobs, items: Sequence[Source], library: Callable[[], Library], progress: Progress) -> Job:
    """Submits the items and sees them through, whoever does the work; tells of each outcome."""
    task = progress.add_task("ingesting", total=len(items))
    job_id = ""

    def told(of: str, outcome: Outcome) -> None:
        if of == job_id:
            progress.update(task, advance=1, description="ingesting")
            say(progress.console, outcome)
        else:
            progress.update(task, description="finishing an interrupted job")

    while True:
        with jobs.runner() as alone:
            if alone:
                opened = library()  # before anything is submitted: what cannot be opened should leave no job
                job_id = job_id or jobs.submit(items)
                try:
                    while jobs.progress(job_id).state in UNFINISHED and jobs.run_next(opened, told):
                        pass
                except KeyboardInterrupt:
                    jobs.give_up(job_id)
                    click.echo("interrupted: what was taken in stays, the rest is left out", err=True)
                    raise
                return jobs.job(job_id)
        if not job_id:
            job_id = jobs.submit(items)
            click.echo("another process, a server say, works on this library and takes them in", err=True)
        now = jobs.progress(job_id)
        progress.update(task, completed=now.done)
        if now.state not in UNFINISHED:
            job = jobs.job(job_id)
            for outcome in job.files:
                say(progress.console, outcome)
            return job
        sleep(POLL)


def say(console: Console, outcome: Outcome) -> None:
    """A line for a file: where nobody watches, for each; on a terminal, beside the bar, for what failed."""
    if outcome.state == "failed":
        console.print(f"failed: {outcome.reason}", markup=False, highlight=False, soft_wrap=True)
    elif not console.is_terminal:
        click.echo(f"{outcome.state}: {outcome.name}", err=True)


def follow(library: Library, paths: tuple[Path, ...], collection: str) -> None:
    """Takes in what changes at these paths, and deletes the documents of files that go, until it is interrupted."""
    from index.ingest import ingest as run  # noqa: PLC0415
    from index.watch import Watch  # noqa: PLC0415

    watched = Watch(paths, collection)
    click.echo("following; Ctrl-C ends it", err=True)
    with suppress(KeyboardInterrupt):
        while True:
            changed, gone = watched.look()
            for _, outcome in run(library, changed):
                if outcome.state != "unchanged":
                    click.echo(f"{outcome.state}: {outcome.reason or outcome.name}", err=True)
            for source in gone:
                if document_id := library.store.id_at(collection, source.uri):
                    library.delete(document_id)
                    click.echo(f"deleted: {source.name}", err=True)
            sleep(PERIOD)
