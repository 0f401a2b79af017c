"""Opening the library while the server already listens: tried until the disk and the database let it. No HTTP.

A fault of the disk or the database passes: a backup ends, a disk is mounted, room is made. Until then each call says
what is wrong, at once. What does not pass, a library of other models say, is raised, and ends the server.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from litestar.concurrency import sync_to_thread

from api.parts import Parts
from index.errors import OUTAGES

logger = logging.getLogger("extrait")
REST = 10.0  # seconds between two tries; each loads the models again


class Opening:
    """`fault` is what kept the last try from it; "" while the first one runs, and once the library is open."""

    def __init__(self, make: Callable[[], Parts]) -> None:
        """Begins, in the running event loop."""
        self.fault = ""
        self._make = make
        self._stopped = asyncio.Event()
        self.task = asyncio.ensure_future(self._open())

    async def parts(self) -> Parts:
        """The parts, once they are there. Raises what prevents them for good, and OSError between two tries."""
        if self.fault and not self.task.done():
            raise OSError(self.fault)
        return await asyncio.shield(self.task)

    async def close(self) -> None:
        """Waits for the try in hand, and stops what came of it."""
        self._stopped.set()
        await asyncio.wait([self.task])
        if self.task.exception() is None:
            await sync_to_thread(self.task.result().stop)

    async def _open(self) -> Parts:
        while True:
            try:
                parts = await sync_to_thread(self._make)
            except OUTAGES as fault:
                logger.error("the library cannot be opened; it is tried again in %g s", REST, exc_info=fault)
                self.fault = str(fault)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), REST)
                if self._stopped.is_set():
                    raise
            else:
                self.fault = ""
                return parts
