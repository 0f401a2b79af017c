"""Errors as RFC 9457 `application/problem+json`: a status, its name, and a sentence that says what to do."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import ResponseSpec
from msgspec import Struct

from index import errors

logger = logging.getLogger("extrait")

STATUS_OF: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.InvalidRequest, HTTPStatus.BAD_REQUEST),
    (errors.TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (errors.DocumentError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.IndexFault, HTTPStatus.SERVICE_UNAVAILABLE),
)


class Problem(Struct, frozen=True):
    """What went wrong. `detail` is a sentence for the person who asked."""

    type: str
    title: str
    status: int
    detail: str


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response[Problem]:
    """The response for a status."""
    body = Problem("about:blank", HTTPStatus(status).phrase, status, detail)
    return Response(body, status_code=status, media_type="application/problem+json", headers=headers)


def on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """What the framework found wrong with a request."""
    detail = error.detail
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        parts = [f"{item.get('key') or item.get('source') or 'body'}: {item['message']}" for item in error.extra]
        detail = f"The request does not fit {request.url.path}: {'; '.join(parts)}. See /docs."
    elif error.status_code == HTTPStatus.NOT_FOUND:
        detail = f"There is nothing at {request.url.path}. The calls are listed at /docs."
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.method} is not possible at {request.url.path}. The calls are listed at /docs."
    elif error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        detail = f"The body is larger than {request.url.path} takes. Send less at a time."
    elif error.status_code == HTTPStatus.BAD_REQUEST and not isinstance(error, ValidationException):
        detail = f"The body could not be read: {detail}. Send JSON (or multipart for files), as /docs shows."
    return problem(error.status_code, detail, error.headers)


def on_extrait_error(_: Request[Any, Any, Any], error: errors.ExtraitError) -> Response[Problem]:
    """What the service found wrong. A fault of the index is an outage, never an empty answer."""
    status = next(status for kind, status in STATUS_OF if isinstance(error, kind))
    return problem(status, str(error))


def on_outage(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """The disk or the database: logged whole, and never an empty answer."""
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(503, f"The library cannot be reached ({error}). Look at the server's log and disk, then try again.")


def on_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A defect of ours: logged whole, told in brief."""
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "Something went wrong on the server; its log says what. Try again, and report it if it stays.")


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    HTTPException: on_http_exception,
    errors.ExtraitError: on_extrait_error,
    **dict.fromkeys(errors.OUTAGES, on_outage),
    Exception: on_unexpected,
}


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """For the OpenAPI document: the problems that a call can reply with."""
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            description=HTTPStatus(status).phrase,
            media_type="application/problem+json",
        )
        for status in statuses
    }
