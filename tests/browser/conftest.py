"""Debian's Chromium, headless; without it the tests of this folder are left out, and say so."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from tests.browser.visitor import CASES, HOSTILE, KEY, PAGE, SEEDS, is_local, serving

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield running
        running.close()


@pytest.fixture(scope="module")
def filled(shared_client: TestClient, finished: Callable[..., dict[str, Any]]) -> TestClient:
    files = [("files", (path.name, path.read_bytes())) for path in SEEDS]
    finished(shared_client, shared_client.post("/v1/documents", files=files))
    texts = [{"id": case["id"], "text": case["text"], "collection": "cases"} for case in CASES]
    texts.append({"id": "hostile", "text": HOSTILE, "collection": "hostile", "title": "<b>Rapport</b> \u202efdp"})
    finished(shared_client, shared_client.post("/v1/documents", json={"documents": texts}))
    return shared_client


@pytest.fixture(scope="module")
def site(browser: Any, filled: TestClient) -> Iterator[str]:
    with serving(filled) as address:
        yield address


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Puts a page that embeds the widget on a site of another origin, and gives its address."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        origin = f"http://localhost:{server.server_port}"

        def put(server: str = "", attributes: str = "", language: str = "fr", around: str = "{}") -> str:
            widget = around.format(f"<extrait-chat {attributes}></extrait-chat>")
            text = PAGE.format(server=server, language=language, around=widget)
            (folder / "index.html").write_text(text, encoding="utf-8")
            return origin

        yield put
        server.shutdown()
        thread.join()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of, and requests to other hosts; a test that expects some clears it."""
    return []


@pytest.fixture
def make_page(browser: Any, complaints: list[str]) -> Iterator[Callable[..., Any]]:
    contexts = []

    def make(width: int = 1100, height: int = 760, **options: Any) -> Any:
        options = {"locale": "fr-FR", "viewport": {"width": width, "height": height}, **options}
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda one: None if is_local(one.url) else complaints.append(one.url))
        return page

    yield make
    kept = [context.cookies() for context in contexts]
    for context in contexts:
        context.close()
    assert complaints == []
    assert [cookies for cookies in kept if cookies] == []


@pytest.fixture
def page(make_page: Callable[..., Any]) -> Any:
    return make_page()


@pytest.fixture
def embedding(
    make_client: Callable[..., TestClient], finished: Callable[..., Any], elsewhere: Callable[..., str]
) -> Iterator[tuple[str, TestClient]]:
    """A server that lets the other site embed the widget, with tokens."""
    client = make_client(allowed_origins=elsewhere(), widget_key=KEY)
    finished(client, client.post("/v1/documents", files=[("files", (SEEDS[0].name, SEEDS[0].read_bytes()))]))
    with serving(client) as address:
        yield address, client
