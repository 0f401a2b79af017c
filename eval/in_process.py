"""The engine of this checkout as a system to measure, on a library of its own that is thrown away. Knows no figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import msgspec
from rich.console import Console

from eval.gold import GoldError
from eval.origin import code_digest, commit
from eval.outcomes import Run
from eval.progress import tracked
from index.documents import Document
from index.ingest import ingest
from qa.engine import Engine, open_engine
from qa.settings import load_settings

# The settings that change replies; the others are about serving.
TELLING = ("embedder", "min_confidence")


@contextmanager
def fresh_engine(documents: Sequence[Document], console: Console, label: str) -> Iterator[Engine]:
    """An engine that holds these documents and no others. Raises GoldError for one that it does not take."""
    with TemporaryDirectory(prefix="extrait-eval-") as folder:
        engine = open_engine(msgspec.structs.replace(load_settings(), data=folder))
        try:
            outcomes = ingest(engine.library, documents)
            for _, outcome in tracked(outcomes, len(documents), f"{label}: documents", console):
                if outcome.state == "failed":
                    raise GoldError(f"{outcome.document_id or outcome.name}: not taken in ({outcome.reason})")
            yield engine
        finally:
            engine.library.close()


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
