"""What a visitor's browser is shown and does: the page of a site that embeds the widget, and the steps of a visit."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from litestar.testing import TestClient

ROOT = Path(__file__).parents[2]
AXE = ROOT / "api" / "widget" / "node_modules" / "axe-core" / "axe.min.js"
CASES = json.loads(Path(__file__).with_name("offsets.json").read_text(encoding="utf-8"))
SEEDS = [ROOT / "seeds" / "documents" / name for name in ("usine-btr-tanger.txt", "dalil-extrait.md")]
HOSTILE = (
    "Le rapport <img src=x onerror=\"document.title='taken'\"> cite la facture \u202efdp.exe\u202c du fournisseur. "
    "<script>document.title='taken'</script> [lien](javascript:alert(1))"
)
KEY = "a-random-key-of-the-owner"
JOBS = "Combien d’emplois directs le projet va-t-il créer ?"
PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Commune</title>
<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width, initial-scale=1">
<main><h1>Bienvenue</h1><p>Une page.</p><a href="#">Un lien</a></main>
<script>
window.shift = 0;
new PerformanceObserver((list) => {{ for (const one of list.getEntries()) window.shift += one.value; }}).observe(
  {{ type: "layout-shift", buffered: true }});
window.told = [];
for (const name of ["question", "reply", "feedback"])
  addEventListener(`extrait:${{name}}`, (event) => told.push([name, event.detail.question]));
</script>
<script type="module" src="{server}/widget/extrait.js"></script>{around}</html>"""


@contextlib.contextmanager
def serving(client: TestClient) -> Iterator[str]:
    """The address at which the application of a test client can be reached by a browser."""
    while client.get("/health/ready").status_code != 200:
        time.sleep(0.02)  # the fakes are loaded in a moment
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(client.app, lifespan="off", ws="none", log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


def is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "http://localhost:", "data:"))


def ask(page: Any, question: str = JOBS) -> dict[str, Any]:
    """Asks in the widget; gives the reply that the server sent, once it is shown."""
    with page.expect_response("**/v1/answers") as response:
        page.locator("extrait-chat input").fill(question)
        page.keyboard.press("Enter")
    page.locator(".exchange").last.locator(".actions").wait_for()
    reply: dict[str, Any] = response.value.json()
    return reply


def focused(page: Any) -> str:
    """The text or the name of what has the focus, inside the widget too."""
    found: str = page.evaluate(
        "() => { let one = document.activeElement;"
        " while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;"
        " return one.name || one.textContent.trim(); }"
    )
    return found


def marked(page: Any) -> str:
    """The characters that the viewer highlights."""
    page.locator("#text mark").first.wait_for()
    return "".join(page.locator("#text mark").all_text_contents())


def violations(page: Any) -> list[str]:
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then((done) => done.violations)")
    return [
        f"{one['id']}: {node['html'][:120]} {node['failureSummary'][:300]}" for one in found for node in one["nodes"]
    ]
