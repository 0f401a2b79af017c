"""The thread that runs jobs beside the server."""

from __future__ import annotations

import threading

from index.jobs import Jobs
from index.library import Library


class JobRunner:
    """Starts with the server and ends with it; a job in hand is taken up again at the next start."""

    def __init__(self, jobs: Jobs, library: Library) -> None:
        self._jobs = jobs
        self._thread = threading.Thread(target=jobs.run_forever, args=(library,), name="jobs", daemon=True)

    def start(self) -> None:
        """Begins to run jobs."""
        self._thread.start()

    def stop(self) -> None:
        """Lets the file in hand end, and waits for that."""
        self._jobs.stop()
        self._thread.join(timeout=30)

    def is_alive(self) -> bool:
        """Whether jobs are being run."""
        return self._thread.is_alive()
