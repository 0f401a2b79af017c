"""Settings: from `EXTRAIT_*` environment variables, then a TOML file, then defaults that work on a laptop.

The file is named by `EXTRAIT_CONFIG`; its keys are the fields below. `docs/settings.md` lists them all.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from index.compiled import AUTO, OPENVINO, TORCH
from index.embedder import DEFAULT
from index.errors import InvalidRequest

PREFIX = "EXTRAIT_"
MIN_KEY = 16  # characters: shorter keys can be guessed from one token


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`upload_limit` is in bytes, for one request.

    `cache` "" is a folder in `data`.

    `min_confidence` None follows from `target_precision`; when that is None too, it is the calibration's own threshold.

    `allowed_origins` and `allowed_hosts` are lists divided by commas or spaces; `anonymous_quota` is questions an hour.
    """

    data: str = "./var"
    host: str = "127.0.0.1"
    port: int = 8000
    embedder: str = DEFAULT
    reader: str = DEFAULT
    backend: str = AUTO
    cache: str = ""
    calibration: str = ""
    min_confidence: float | None = None
    target_precision: float | None = None
    upload_limit: int = 100_000_000
    log_level: str = "info"
    allowed_origins: str = ""
    allowed_hosts: str = ""
    widget_key: str = ""
    anonymous_quota: int = 0

    def cache_folder(self) -> Path:
        """Where models are kept that OpenVINO converted."""
        return Path(self.cache) if self.cache else Path(self.data) / "compiled"

    def origins(self) -> tuple[str, ...]:
        """The origins whose pages may embed the widget, as browsers write them."""
        return tuple(one.rstrip("/").lower() for one in listed(self.allowed_origins))

    def hosts(self) -> tuple[str, ...]:
        """The names that the server goes by."""
        return tuple(one.lower() for one in listed(self.allowed_hosts))


def listed(text: str) -> list[str]:
    """The parts of a list divided by commas or spaces."""
    return [part for part in re.split(r"[,\s]+", text) if part]


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
    if settings.target_precision is not None and not 0 < settings.target_precision < 1:
        raise InvalidRequest(
            f"EXTRAIT_TARGET_PRECISION is {settings.target_precision}: give a share of right answers between 0 and 1."
        )
    if settings.upload_limit < 1:
        raise InvalidRequest(f"EXTRAIT_UPLOAD_LIMIT is {settings.upload_limit}: give a number of bytes.")
    if settings.backend not in {AUTO, TORCH, OPENVINO}:
        raise InvalidRequest(f"EXTRAIT_BACKEND is {settings.backend!r}: give {OPENVINO} or {TORCH}.")
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        raise InvalidRequest(f"EXTRAIT_LOG_LEVEL is {settings.log_level!r}: give debug, info, warning or error.")
    check_widget(settings)


def check_widget(settings: Settings) -> None:
    """Raises InvalidRequest for a setting of the widget that would leave it open, or shut without a word."""
    for origin in settings.origins():
        if not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/?#\s*'\";]+", origin):
            raise InvalidRequest(
                f"EXTRAIT_ALLOWED_ORIGINS holds {origin!r}: give origins such as https://www.example.org, without a "
                "path and without *."
            )
    for host in settings.hosts():
        if not re.fullmatch(r"[\w.-]+|\[[0-9a-f:.]+\]", host):
            raise InvalidRequest(
                f"EXTRAIT_ALLOWED_HOSTS holds {host!r}: give names such as www.example.org, without a port."
            )
    if settings.widget_key and len(settings.widget_key) < MIN_KEY:
        raise InvalidRequest(
            f"EXTRAIT_WIDGET_KEY has {len(settings.widget_key)} characters: give a random one of at least {MIN_KEY}."
        )
    if settings.anonymous_quota < 0:
        raise InvalidRequest(
            f"EXTRAIT_ANONYMOUS_QUOTA is {settings.anonymous_quota}: give a number of questions, or 0."
        )
    if settings.allowed_origins and not settings.widget_key and not settings.anonymous_quota:
        raise InvalidRequest(
            "EXTRAIT_ALLOWED_ORIGINS lets pages embed the widget, but nobody could ask there: set EXTRAIT_WIDGET_KEY, "
            "so that their server can make tokens, or EXTRAIT_ANONYMOUS_QUOTA."
        )
