"""The Litestar application: wires the routes, the engine and the jobs. Importing it loads no model."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from litestar import Litestar
from litestar.concurrency import sync_to_thread
from litestar.config.compression import CompressionConfig
from litestar.datastructures import ResponseHeader
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController

from api import answers, documents, health, jobs, pages
from api.problems import EXCEPTION_HANDLERS
from api.runner import JobRunner
from index.ingest import ingest, sources
from index.jobs import Jobs
from index.library import Library
from qa.engine import Engine, open_engine
from qa.settings import Settings

logger = logging.getLogger("extrait")


def take_in(library: Library, paths: Sequence[Path]) -> None:
    """Ingests files and folders, and says so in the log."""
    for _, outcome in ingest(library, sources(paths)):
        logger.info("%s: %s %s", outcome.state, outcome.name, outcome.reason)


class Metrics(PrometheusController):
    """Counts and durations of requests, for Prometheus."""

    path = "/metrics"
    openmetrics_format = True


def create_app(
    settings: Settings, opener: Callable[[Settings], Engine] = open_engine, seed: Sequence[Path] = ()
) -> Litestar:
    """The application. `opener` makes the engine when the server starts; tests give one with fakes.

    The files at `seed` are taken in when the library is new, so that what was deleted does not come back.
    """

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        engine = await sync_to_thread(opener, settings)
        if seed and not engine.library.store.changes:
            await sync_to_thread(take_in, engine.library, seed)
        queue = Jobs(Path(settings.data))
        runner = JobRunner(queue, engine.library)
        app.state.update({"engine": engine, "jobs": queue, "runner": runner})
        runner.start()
        try:
            yield
        finally:
            await sync_to_thread(runner.stop)
            engine.library.close()

    def engine() -> Engine:
        return app.state["engine"]  # type: ignore[no-any-return]

    def library() -> Library:
        return engine().library

    def job_queue() -> Jobs:
        return app.state["jobs"]  # type: ignore[no-any-return]

    def runner() -> JobRunner:
        return app.state["runner"]  # type: ignore[no-any-return]

    parts = {"engine": engine, "library": library, "jobs": job_queue, "runner": runner}
    metrics = PrometheusConfig(app_name="extrait", prefix="extrait", group_path=True)
    app = Litestar(
        route_handlers=[answers.router, documents.router, jobs.router, health.router, *pages.routers, Metrics],
        dependencies={name: Provide(part, sync_to_thread=False) for name, part in parts.items()},
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[lifespan],
        middleware=[metrics.middleware],
        compression_config=CompressionConfig(backend="gzip", exclude=["/events$"]),
        response_headers=[ResponseHeader(name="X-Content-Type-Options", value="nosniff")],
        request_max_body_size=settings.upload_limit,
        openapi_config=OpenAPIConfig(
            title="Extrait",
            version="1",
            path="/openapi.json",
            render_plugins=[JsonRenderPlugin(path="/")],
            description="Questions to your documents, answered with exact quotes or an honest “no answer”.",
            use_handler_docstrings=True,
        ),
    )
    return app
