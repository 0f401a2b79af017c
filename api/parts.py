"""What the server is made of: the engine, the jobs, and the thread that runs them. Knows nothing of HTTP."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from index.ingest import ingest, sources
from index.jobs import Jobs
from index.library import Library
from qa.engine import Engine
from qa.settings import Settings

logger = logging.getLogger("extrait")


class Parts:
    """Made when the server starts; a job in hand when it stops is taken up again at the next start."""

    def __init__(self, engine: Engine, jobs: Jobs) -> None:
        self.engine = engine
        self.jobs = jobs
        self._thread = threading.Thread(target=jobs.run_forever, args=(engine.library,), name="jobs", daemon=True)
        self._thread.start()

    def runs_jobs(self) -> bool:
        """Whether jobs are being run."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Lets the batch in hand end, and waits for that."""
        self.jobs.stop()
        self._thread.join(timeout=30)
        self.engine.library.close()


def open_parts(settings: Settings, opener: Callable[[Settings], Engine], seed: Sequence[Path]) -> Parts:
    """Loads the models and opens the library: some seconds. A new library takes in the files at `seed` first."""
    engine = opener(settings)
    try:
        take_in_when_new(engine.library, seed)
        return Parts(engine, Jobs(Path(settings.data)))
    except BaseException:
        engine.library.close()
        raise


def take_in_when_new(library: Library, seed: Sequence[Path]) -> None:
    """Ingests the files at `seed` unless something was ever written."""
    store = library.store
    if seed and not store.changes:
        with store.transaction():
            store.set_value("seeding", "begun")
    if seed and store.value("seeding") == "begun":  # also when it was cut short last time
        take_in(library, seed)
        with store.transaction():
            store.set_value("seeding", "done")


def take_in(library: Library, paths: Sequence[Path]) -> None:
    """Ingests files and folders, and says so in the log."""
    for _, outcome in ingest(library, sources(paths)):
        logger.info("%s: %s %s", outcome.state, outcome.name, outcome.reason)
