"""Whether the server lives, and whether it is ready to answer."""

from __future__ import annotations

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.exceptions import ServiceUnavailableException
from msgspec import Struct

from api.problems import problems
from api.runner import JobRunner
from qa.engine import Engine


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


@get("/ready", sync_to_thread=True, summary="Questions can be asked", responses=problems(503))
def ready(engine: NamedDependency[Engine], runner: NamedDependency[JobRunner]) -> Health:
    """The models are loaded, the index is open, and jobs are being run."""
    if not runner.is_alive():
        raise ServiceUnavailableException("Jobs are no longer run; the log says why. Start the server again.")
    manifest = engine.library.generation.manifest
    return Health("ready", manifest.number, manifest.documents, manifest.chunks)


router = Router("/health", route_handlers=[live, ready], tags=["administer"])
