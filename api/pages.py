"""The pages that a person sees: the demo, the document viewer, the reference of the calls.

No request that they make leaves the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from litestar import HttpMethod, MediaType, Response, Router, route
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.static_files import create_static_files_router

from index.library import Library
from qa.settings import Settings

# A browser asks whether a file changed (there is an ETag), so that an update never mixes old and new modules.
FRESH = CacheControlHeader(no_cache=True)
FOLDER = Path(__file__).parent / "static"
OURS = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"
# No script can make HTML out of a string: Lit alone may, of the constants of its templates.
POLICY = OURS + "; style-src 'self'; img-src 'self'; require-trusted-types-for 'script'; trusted-types lit-html"
# Swagger UI sets styles from its script and holds its pictures in it.
DOCS_POLICY = OURS + "; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
READ = (HttpMethod.GET, HttpMethod.HEAD)


def page(name: str, frames: Sequence[str] = (), policy: str = POLICY, status: int = 200) -> Response[bytes]:
    """One of our HTML files, with the headers that keep foreign content out; only pages of `frames` may frame it."""
    allowed = " ".join(frames) or "'none'"
    return Response(
        (FOLDER / name).read_bytes(),
        status_code=status,
        media_type=MediaType.HTML,
        headers={
            "Content-Security-Policy": f"{policy}; frame-ancestors {allowed}",
            "Cache-Control": "no-cache",
            "Referrer-Policy": "no-referrer",
        },
    )


def swagger_folder() -> Path:
    """Where the package that carries Swagger UI put its files; found without importing it, since it wants Django."""
    spec = find_spec("drf_spectacular_sidecar")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("drf-spectacular-sidecar is not installed: run `make setup`.")
    return Path(spec.origin).parent / "static" / "drf_spectacular_sidecar" / "swagger-ui-dist"


@route("/", http_method=READ, sync_to_thread=True, include_in_schema=False)
def demo(settings: NamedDependency[Settings]) -> Response[bytes]:
    """The demo page."""
    return page("demo.html", settings.origins())


@route("/documents/{document_id:str}", http_method=READ, sync_to_thread=True, include_in_schema=False)
def viewer(
    document_id: FromPath[str], library: NamedDependency[Library], settings: NamedDependency[Settings]
) -> Response[bytes]:
    """The document viewer; its script fetches the text, and says so when the document is gone."""
    return page("viewer.html", settings.origins(), status=200 if library.store.revision(document_id) else 404)


@route("/docs", http_method=READ, sync_to_thread=True, include_in_schema=False)
def reference() -> Response[bytes]:
    """The reference of the HTTP calls."""
    return page("docs.html", policy=DOCS_POLICY)


routers = [
    Router("/", route_handlers=[demo, viewer, reference]),
    create_static_files_router("/static", [FOLDER], name="static", cache_control=FRESH),
    create_static_files_router("/widget", [FOLDER / "widget"], name="widget", cache_control=FRESH),
    create_static_files_router("/static/swagger", [swagger_folder()], name="swagger", cache_control=FRESH),
]
