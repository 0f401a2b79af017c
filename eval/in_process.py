"""The engine of this checkout as a system to measure, on a library of its own that is thrown away. Knows no figures."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from rich.console import Console

from eval.gold import GoldError, GoldSet
from eval.origin import code_digest, commit
from eval.outcomes import Run
from eval.progress import tracked
from eval.run import Track, measure, record
from eval.workers import ask_apart, call_apart
from index.ingest import ingest
from qa.engine import Engine, open_engine
from qa.settings import Settings, load_settings

# The settings that change replies; the others are about serving.
TELLING = ("embedder", "backend", "min_confidence")


def measure_here(
    gold_set: GoldSet,
    out: Path,
    console: Console,
    track: Track | None = None,
    processes: int = 1,
    open_engine: Callable[[Settings], Engine] = open_engine,
) -> tuple[Run, Path]:
    """The run and its file, from an engine that holds the documents of the set and no others.

    Raises GoldError for a document that is not taken in, Stopped.
    """
    with TemporaryDirectory(prefix="extrait-eval-") as folder:
        settings = load_settings()
        settings = msgspec.structs.replace(settings, data=folder, cache=str(settings.cache_folder()))
        if processes > 1:
            # Apart too, so that its memory is given back: this process loads no model.
            header = call_apart(prepare, open_engine, settings, gold_set)
            return record(gold_set, partial(ask_apart, open_engine, settings, processes), header, out, track)
        engine = open_engine(settings)
        with closing(engine.library):
            take_in(engine, gold_set, console)
            return measure(gold_set, engine, header_of(engine), out, track)


def prepare(open_engine: Callable[[Settings], Engine], settings: Settings, gold_set: GoldSet) -> Run:
    """Makes the library, in the process that this is called in, and tells what will be measured."""
    engine = open_engine(settings)
    with closing(engine.library):
        take_in(engine, gold_set, Console(stderr=True))
        return header_of(engine)


def take_in(engine: Engine, gold_set: GoldSet, console: Console) -> None:
    """Puts the documents into the library. Raises GoldError for one that it does not take."""
    outcomes = ingest(engine.library, gold_set.documents)
    for _, outcome in tracked(outcomes, len(gold_set.documents), f"{gold_set.name}: documents", console):
        if outcome.state == "failed":
            raise GoldError(f"{outcome.document_id or outcome.name}: not taken in ({outcome.reason})")


def header_of(engine: Engine) -> Run:
    """What is being measured: sources, models, settings. `eval.run` adds the set."""
    models = engine.library.models
    settings = msgspec.to_builtins(load_settings())
    return Run(
        name="",
        corpus="",
        commit=commit(),
        code=code_digest(),
        models={
            "embedder": f"{models.embedder} {models.embedder_digest}",
            "reader": f"{engine.calibration.reader} {engine.calibration.reader_digest}",
        },
        settings={name: settings[name] for name in TELLING} | {"threshold": engine.min_confidence},
    )
