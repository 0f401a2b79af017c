"""Who may ask: by the name that a request calls us, the page it comes from, its token, and its address's quota.

Laws: pages of other origins may ask and say what they think, when their origin is listed, and nothing else; without a
listed origin there is no CORS header at all. Requests without an `Origin` (servers, `curl`) and our own pages need no
token, unless a quota is set, which they then share.
Knows nothing of questions and answers.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from ipaddress import ip_address

import msgspec
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem
from api.quota import Quota
from api.tokens import CHALLENGE, bearer, flaw
from qa.settings import Settings

ASKED = ("/v1/answers", "/v1/feedback")  # what the widget calls
WIDGET = "/widget/"
LOCAL = ("localhost", "127.0.0.1", "[::1]")


class Gate(ASGIMiddleware):
    """Stands before every route."""

    scopes = (ScopeType.HTTP, ScopeType.ASGI)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.origins = frozenset(settings.origins())
        self.hosts = frozenset(settings.hosts())
        self.quotas = {path: Quota(settings.anonymous_quota) for path in ASKED}

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Lets a request through, or replies with a problem."""
        headers = Headers.from_scope(scope)
        path, method = scope["path"], str(scope.get("method", "GET"))
        origin = headers.get("origin", "").lower()
        foreign = bool(origin) and not self.is_own(origin, headers)
        if path in ASKED or path.startswith(WIDGET):
            send = with_cors(send, origin if foreign and origin in self.origins else "")
        refusal = self.refusal_of_host(headers.get("host", ""))
        if not refusal and foreign and method not in {"GET", "HEAD"}:
            refusal = self.refusal_of_origin(origin, path)
            if not refusal and method == "OPTIONS":
                await ASGIResponse(status_code=204, headers=PREFLIGHT)(scope, receive, send)
                return
        if not refusal and path in ASKED and method == "POST":
            refusal = self.refusal_of_asker(path, foreign, headers, scope)
        await (refusal or next_app)(scope, receive, send)

    def is_own(self, origin: str, headers: Headers) -> bool:
        """Whether a page of ours sent it: by the host, or as the browser says, where a proxy changed the host."""
        named = origin.partition("://")[2] or "nothing"
        return named == headers.get("host", "").lower() or headers.get("sec-fetch-site") == "same-origin"

    def refusal_of_host(self, host: str) -> ASGIResponse | None:
        """A page may give its own name our address (DNS rebinding), and then passes for one of ours: its name tells."""
        name = re.sub(r":\d*$", "", host.lower()).rstrip(".")
        if not name or name in LOCAL or name in self.hosts:
            return None
        local = self.settings.host in {*LOCAL, "::1"}
        if not self.hosts and (not local or is_private_name(name)):
            return None
        return refuse(421, f"This server does not go by the name {name!r}: list it in EXTRAIT_ALLOWED_HOSTS.")

    def refusal_of_origin(self, origin: str, path: str) -> ASGIResponse | None:
        """For requests that a page of another origin sends."""
        if path not in ASKED:
            return refuse(403, "A page of another site may ask questions and give feedback here, and nothing else.")
        if origin not in self.origins:
            return refuse(403, f"Pages of {origin} may not ask here: list that origin in EXTRAIT_ALLOWED_ORIGINS.")
        return None

    def refusal_of_asker(self, path: str, foreign: bool, headers: Headers, scope: Scope) -> ASGIResponse | None:
        """By its token if it has one; else by what the owner lets everybody do."""
        key, most = self.settings.widget_key, self.settings.anonymous_quota
        credential = bearer(headers.get("authorization", ""))
        if key and credential:
            wrong = flaw(key, credential)
            return refuse(401, wrong, CHALLENGE) if wrong else None
        if foreign and not most:
            detail = "A page of another site needs a token here: its server gets one from POST /v1/widget-tokens."
            return refuse(401, detail, CHALLENGE)
        client = scope.get("client")
        wait = self.quotas[path].wait(client[0] if client else "") if most else 0
        if not wait:
            return None
        detail = f"Your address has used up its {most} questions an hour. Try again in {-(-wait // 60)} minutes."
        return refuse(429, detail, {"Retry-After": str(wait)})


PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


def is_private_name(name: str) -> bool:
    """Whether no public name server can give the name: an address, a single word, or of this machine or network."""
    if "." not in name or name.endswith((".localhost", ".local")):
        return True
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def with_cors(send: Send, origin: str) -> Send:
    """Adds what lets a page of `origin` read the reply; none for "". A cache keeps the replies apart."""

    async def send_with_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            headers.extend_header_value("vary", "Origin")
            if origin:
                headers["access-control-allow-origin"] = origin
                headers["access-control-expose-headers"] = "Retry-After"
        await send(message)

    return send_with_cors


def refuse(status: int, detail: str, headers: dict[str, str] | None = None) -> ASGIResponse:
    """A problem, as every other error here is one."""
    body = msgspec.json.encode(Problem("about:blank", HTTPStatus(status).phrase, status, detail))
    return ASGIResponse(body=body, status_code=status, media_type="application/problem+json", headers=headers or {})
