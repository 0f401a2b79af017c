"""Settings: from `EXTRAIT_*` environment variables, then a TOML file, then defaults that work on a laptop.

The file is named by `EXTRAIT_CONFIG`; its keys are the fields below. `docs/settings.md` lists them all.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from index.embedder import DEFAULT
from index.errors import InvalidRequest

PREFIX = "EXTRAIT_"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`upload_limit` is in bytes, for one request; `min_confidence` None takes the calibration's own threshold."""

    data: str = "./var"
    host: str = "127.0.0.1"
    port: int = 8000
    embedder: str = DEFAULT
    min_confidence: float | None = None
    upload_limit: int = 100_000_000
    log_level: str = "info"


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises InvalidRequest, naming the setting, its value and what is expected."""
    values: dict[str, Any] = {}
    if config := environment.get(f"{PREFIX}CONFIG"):
        try:
            values = tomllib.loads(Path(config).read_text())
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidRequest(f"EXTRAIT_CONFIG names {config!r}, which cannot be read as TOML: {error}.") from error
    known = {f"{PREFIX}{name.upper()}": name for name in Settings.__struct_fields__}
    for variable, value in environment.items():
        if variable in known:
            values[known[variable]] = value
        elif variable.startswith(PREFIX) and variable != f"{PREFIX}CONFIG":
            raise InvalidRequest(
                f"There is no setting {variable}. The settings are: {', '.join(known)}, EXTRAIT_CONFIG."
            )
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"A setting has a wrong value: {error}.") from error
    check(settings)
    return settings


def check(settings: Settings) -> None:
    """Raises InvalidRequest for a value out of range."""
    if not 0 <= settings.port <= 65535:
        raise InvalidRequest(f"EXTRAIT_PORT is {settings.port}: give a port from 0 to 65535.")
    if settings.min_confidence is not None and not 0 <= settings.min_confidence <= 1:
        raise InvalidRequest(f"EXTRAIT_MIN_CONFIDENCE is {settings.min_confidence}: give a probability from 0 to 1.")
    if settings.upload_limit < 1:
        raise InvalidRequest(f"EXTRAIT_UPLOAD_LIMIT is {settings.upload_limit}: give a number of bytes.")
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        raise InvalidRequest(f"EXTRAIT_LOG_LEVEL is {settings.log_level!r}: give debug, info, warning or error.")
