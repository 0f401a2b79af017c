"""`extrait serve`: the server from the command line."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from index.errors import InvalidRequest
from qa.settings import load_settings


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
    logging.getLogger("httpx").setLevel(logging.WARNING)
    click.echo("Loading the models: some seconds.", err=True)
    uvicorn.run(
        create_app(settings, seed=seed),
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        timeout_graceful_shutdown=10,
    )
