"""`extrait serve`: the server from the command line."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from index.errors import ExtraitError, InvalidRequest
from qa.engine import Engine, open_engine
from qa.settings import Settings, load_settings


@click.command()
@click.option("--host", help="Address to listen on (EXTRAIT_HOST, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (EXTRAIT_PORT, 8000).")
@click.option(
    "--seed",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Files or folders to take in when the library is new.",
)
def serve(host: str | None, port: int | None, seed: tuple[Path, ...]) -> None:
    """Serve the HTTP API and the demo page."""
    import msgspec  # noqa: PLC0415 - the other commands start faster without the server
    import uvicorn  # noqa: PLC0415

    from api.app import create_app  # noqa: PLC0415

    try:
        settings = load_settings()
    except InvalidRequest as error:
        raise click.ClickException(str(error)) from error
    settings = msgspec.structs.replace(
        settings, host=host or settings.host, port=settings.port if port is None else port
    )
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s:     %(message)s")
    for name in ("httpx", "sentence_transformers"):
        logging.getLogger(name).setLevel(logging.WARNING)
    faults: list[ExtraitError] = []

    def opener(settings: Settings) -> Engine:
        try:
            return open_engine(settings)
        except ExtraitError as fault:
            faults.append(fault)
            server.should_exit = True
            raise

    config = uvicorn.Config(
        create_app(settings, opener, seed),
        settings.host,
        settings.port,
        log_level=settings.log_level,
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    server.run()
    if faults:
        raise click.ClickException(str(faults[0]))
