"""Tokens with which a visitor's page may ask: short-lived, signed, made for the site's own server, which has the key.

Nothing is kept of them: the signature says that we made one, the time in it when it ends. So several processes with the
same key know each other's tokens.
"""

from __future__ import annotations

import hmac
import re
import time
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from msgspec import Struct

from api.problems import problems
from qa.settings import Settings

LIFETIME = 3_600  # seconds: a visit, and little more for whoever copies the token out of a page
CHALLENGE = {"WWW-Authenticate": "Bearer"}


class WidgetToken(Struct, frozen=True):
    """What a page gives to the widget as `token`, until `expires_at`."""

    token: str
    expires_at: datetime


def make_token(key: str, expires: int) -> str:
    """A token that ends at `expires`, in seconds since 1970."""
    return f"w1.{expires}.{signature(key, expires)}"


def signature(key: str, expires: int) -> str:
    """What only who has the key can write."""
    return hmac.new(key.encode(), f"extrait widget token {expires}".encode(), sha256).hexdigest()


def flaw(key: str, token: str) -> str:
    """What is wrong with a token, in a sentence; "" when it is good. The key itself is good too, for servers."""
    if same(token, key):
        return ""
    parsed = re.fullmatch(r"w1\.([0-9]{1,12})\.([0-9a-f]{64})", token)
    expires = int(parsed[1]) if parsed else 0
    if not parsed or not same(parsed[2], signature(key, expires)):
        return "The token is none of ours: take a new one from POST /v1/widget-tokens, on your own server."
    if expires <= time.time():
        return "The token has expired. Reload the page; your server gets a new one from POST /v1/widget-tokens."
    return ""


def same(one: str, other: str) -> bool:
    """Compares in a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())


def bearer(authorization: str) -> str:
    """The credential of an Authorization header, if it is of this kind."""
    scheme, _, credential = authorization.partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""


@post(
    "/widget-tokens",
    status_code=201,
    sync_to_thread=False,
    summary="Make a token for the widget",
    responses=problems(401, 403),
)
def make_widget_token(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> WidgetToken:
    """For the site's own server, which sends `Authorization: Bearer` and the key; a page never has the key."""
    if not settings.widget_key:
        raise PermissionDeniedException("No tokens are made here: the server has no EXTRAIT_WIDGET_KEY.")
    if not same(bearer(request.headers.get("authorization", "")), settings.widget_key):
        raise NotAuthorizedException(
            "Send the key of this server as Authorization: Bearer KEY (EXTRAIT_WIDGET_KEY).", headers=CHALLENGE
        )
    expires = int(time.time()) + LIFETIME
    return WidgetToken(make_token(settings.widget_key, expires), datetime.fromtimestamp(expires, UTC))


router = Router("/v1", route_handlers=[make_widget_token], tags=["administer"])
