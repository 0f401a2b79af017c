"""The Litestar application: wires the routes, the engine and the jobs. Importing it loads no model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.datastructures import ResponseHeader
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController

from api import answers, documents, health, jobs, pages, tokens
from api.gate import Gate
from api.opening import Opening
from api.parts import Parts, open_parts
from api.problems import EXCEPTION_HANDLERS
from index.jobs import Jobs
from index.library import Library
from qa.engine import Engine, open_engine
from qa.settings import Settings


class Metrics(PrometheusController):
    """Counts and durations of requests, for Prometheus."""

    path = "/metrics"
    openmetrics_format = True


def create_app(
    settings: Settings, opener: Callable[[Settings], Engine] = open_engine, seed: Sequence[Path] = ()
) -> Litestar:
    """The application. `opener` makes the engine when the server starts; tests give one with fakes.

    The port is open at once; a call that needs the models waits until they are loaded, and a library that the disk or
    the database does not let be opened is tried again. The files at `seed` are taken in
    when the library is new, so that what was deleted does not come back.
    """

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        opening = Opening(partial(open_parts, settings, opener, seed))
        app.state["opening"], app.state["loading"] = opening, opening.task
        try:
            yield
        finally:
            await opening.close()

    async def parts() -> Parts:
        opening: Opening = app.state["opening"]
        return await opening.parts()

    async def engine() -> Engine:
        return (await parts()).engine

    async def library() -> Library:
        return (await parts()).engine.library

    async def job_queue() -> Jobs:
        return (await parts()).jobs

    async def given_settings() -> Settings:
        return settings

    named = {"engine": engine, "library": library, "jobs": job_queue, "settings": given_settings}
    metrics = PrometheusConfig(app_name="extrait", prefix="extrait", group_path=True)
    app = Litestar(
        route_handlers=[
            answers.router,
            documents.router,
            jobs.router,
            health.router,
            tokens.router,
            *pages.routers,
            Metrics,
        ],
        dependencies={name: Provide(part) for name, part in named.items()},
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[lifespan],
        middleware=[metrics.middleware, Gate(settings)],
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
