"""Whether the server lives, and whether it is ready to answer."""

from __future__ import annotations

from typing import Any

from litestar import Request, Router, get
from litestar.concurrency import sync_to_thread
from litestar.exceptions import ServiceUnavailableException
from msgspec import Struct

from api.opening import Opening
from api.problems import problems


class Health(Struct, frozen=True):
    """`generation` is the index in use."""

    status: str
    generation: int = 0
    documents: int = 0
    chunks: int = 0


@get("/live", sync_to_thread=False, summary="The process runs")
def live() -> Health:
    """Says so."""
    return Health("live")


@get("/ready", summary="Questions can be asked", responses=problems(503))
async def ready(request: Request[Any, Any, Any]) -> Health:
    """The models are loaded, the index is open, and jobs are being run."""
    opening: Opening = request.app.state["opening"]
    if not opening.task.done() and not opening.fault:
        raise ServiceUnavailableException("The models are being loaded: some seconds.")
    parts = await opening.parts()
    if not parts.runs_jobs():
        raise ServiceUnavailableException("Jobs are no longer run; the log says why. Start the server again.")
    manifest = (await sync_to_thread(lambda: parts.engine.library.generation)).manifest
    return Health("ready", manifest.number, manifest.documents, manifest.chunks)


router = Router("/health", route_handlers=[live, ready], tags=["administer"])
