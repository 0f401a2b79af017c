"""What the commands share: options, errors as sentences, JSON, a progress bar, models, the library without them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import click
import msgspec

from index.errors import OUTAGES, ExtraitError

if TYPE_CHECKING:
    from rich.progress import Progress

P = ParamSpec("P")

as_json = click.option("--json", "json_wanted", is_flag=True, help="Print one JSON document last.")
in_collection = click.option("--collection", help="Only documents of this collection.")


def reported(command: Callable[P, None]) -> Callable[P, None]:
    """Prints an error as a sentence and exits with 2, instead of a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (ExtraitError, *OUTAGES) as error:
            click.echo(f"extrait: {error}", err=True)
            sys.exit(2)

    return run


def data_folder() -> Path:
    """The data directory that the settings name."""
    from qa.settings import load_settings  # noqa: PLC0415 - `extrait --help` reads no settings

    return Path(load_settings().data)


def engine() -> Any:
    """The engine that the settings describe."""
    from qa.engine import open_engine  # noqa: PLC0415 - `extrait --help` loads no model
    from qa.settings import load_settings  # noqa: PLC0415

    return open_engine(load_settings())


def filled_engine() -> Any:
    """The engine, for a command that asks: of a library that is missing or empty it would say that nothing is known."""
    store = open_store()
    try:
        if not store.count_documents():
            raise click.UsageError(f"The library at {store.path} is empty: run `extrait ingest PATH` first.")
    finally:
        store.close()
    return engine()


def embedder() -> Any:
    """The embedder that the settings name."""
    from qa.engine import open_embedder  # noqa: PLC0415 - `extrait --help` starts fast
    from qa.settings import load_settings  # noqa: PLC0415

    return open_embedder(load_settings())


def progress_bar() -> Progress:
    """A bar on standard error, where that is a terminal; it goes when it is done."""
    from rich.console import Console  # noqa: PLC0415 - `extrait --help` starts fast
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


def open_store() -> Any:
    """The database alone, for commands that need no model."""
    from index.store import Store  # noqa: PLC0415

    path = data_folder() / "library.sqlite"
    if not path.exists():
        raise click.UsageError(f"There is no library at {path}: run `extrait ingest PATH` first, or set EXTRAIT_DATA.")
    return Store(path)


def print_json(value: Any) -> None:
    """One JSON document, on a line."""
    click.echo(msgspec.json.encode(value).decode())
