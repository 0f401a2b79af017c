"""The pages in a real browser: what they highlight is the quote, whatever the documents hold."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.models

ROOT = Path(__file__).parents[2]
EXTRAIT = Path(sys.executable).with_name("extrait")
HOSTILE = (
    "Rapport <img src=x onerror=\"document.title='taken'\">\n\n"
    "[lien](javascript:document.title='taken') <script>document.title='taken'</script>\n\n"
    "Facture \u202efdp.exe est le nom du fichier."
)
LEFT_OF_NEXT = """(node, at = 0) => {
  const range = document.createRange();
  range.setStart(node.nextSibling, at);
  range.setEnd(node.nextSibling, at + 1);
  return range.getBoundingClientRect().left;
}"""
EMOJI = "🎉🎊 Fête 👩\u200d👩\u200d👧\u200d👦 du village.\n\nLa fusée 🚀 part le 14 mars 2031 🛰️ de Kourou.\n\nFin 🎈."


@pytest.fixture(scope="module")
def site(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that holds the seed documents; not started where there is no browser."""
    folder = tmp_path_factory.mktemp("pages")
    environment = os.environ | {"EXTRAIT_DATA": str(folder / "var")}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [EXTRAIT, "serve", "--port", str(port)], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, server, log)
        seeds = [("files", (path.name, path.read_bytes())) for path in sorted((ROOT / "seeds/documents").iterdir())]
        finish(address, httpx.post(f"{address}/v1/documents", files=seeds))
        yield address
    finally:
        server.terminate()
        server.wait(30)


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Returns when the server answers; fails with its log when it ends or takes a minute."""
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            if httpx.get(f"{address}/health/ready").is_success:
                return
        except httpx.TransportError:
            pass  # nothing listens yet
        time.sleep(0.1)
    pytest.fail(f"The server did not start:\n{log.read_text()}")


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of, and requests to other hosts; a test that expects some clears it."""
    return []


@pytest.fixture
def page(browser: Any, site: str, complaints: list[str]) -> Iterator[Any]:
    context = browser.new_context(base_url=site, locale="fr-FR", viewport={"width": 1200, "height": 800})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda request: None if request.url.startswith(site) else complaints.append(request.url))
    yield page
    context.close()
    assert complaints == []


def ask(page: Any, question: str) -> dict[str, Any]:
    """Asks in the page; gives the reply that the server sent, once it is shown."""
    with page.expect_response("**/v1/answers") as response:
        page.get_by_label("Votre question").fill(question)
        page.keyboard.press("Enter")
    page.locator(".exchange").last.locator(".actions").wait_for()
    return response.value.json()


def marked(page: Any) -> str:
    """The characters that the viewer highlights."""
    page.locator("#text mark").first.wait_for()
    return "".join(page.locator("#text mark").all_text_contents())


def put_in(site: str, document_id: str, text: str) -> None:
    finish(site, httpx.post(f"{site}/v1/documents", json={"documents": [{"id": document_id, "text": text}]}))


def finish(site: str, accepted: httpx.Response) -> None:
    """Returns when the job of an upload is done."""
    for _ in range(300):
        if httpx.get(site + accepted.json()["url"]).json()["state"] == "done":
            return
        time.sleep(0.1)
    pytest.fail(f"{accepted.json()} was not done within 30 s")


def test_an_answer_leads_to_its_quote_in_the_document(page: Any, site: str) -> None:
    page.goto("/")
    reply = ask(page, "Quel est le montant du projet BTR ?")
    assert reply["type"] == "answer"
    quote = page.locator("blockquote").first
    assert quote.text_content() == reply["citations"][0]["quote"]
    assert quote.locator("strong").text_content() == reply["text"]
    page.locator(".source a").first.click()
    assert marked(page) == reply["citations"][0]["quote"]
    assert page.locator("#text mark").first.is_visible()
    text = httpx.get(f"{site}/v1/documents/{reply['citations'][0]['document_id']}/text").text
    assert page.locator("#text").text_content() == text


def test_no_answer_is_said_as_such(page: Any) -> None:
    page.goto("/")
    assert ask(page, "Quelle est la recette du couscous ?")["type"] == "no_answer"
    page.get_by_text("Les documents ne le disent pas.").wait_for()
    page.get_by_role("button", name="Pas utile").click()
    page.get_by_text("Merci, c’est noté.").wait_for()


def test_a_hostile_upload_is_shown_as_text(page: Any) -> None:
    page.goto("/")
    page.locator("#files").set_input_files(
        [
            {"name": "rapport.txt", "mimeType": "text/plain", "buffer": HOSTILE.encode()},
            {"name": "vide.txt", "mimeType": "text/plain", "buffer": b""},
        ]
    )
    assert page.locator(".upload .failed p").text_content().startswith("vide.txt is empty")
    page.locator(".upload .added a").click()
    page.locator("#text div").first.wait_for()
    assert page.locator("#text").text_content() == HOSTILE
    assert page.locator("#text").locator("img, script, a").count() == 0
    assert page.title().startswith("Rapport <img")
    # What follows the override keeps its own direction: its first letter stands left of its last.
    assert page.locator(".override").evaluate(LEFT_OF_NEXT) < page.locator(".override").evaluate(LEFT_OF_NEXT, 6)


def test_offsets_count_code_points(page: Any, site: str) -> None:
    put_in(site, "emoji", EMOJI)
    for words in ("14 mars 2031 🛰️", "🚀", "🎈."):
        start = EMOJI.index(words)
        page.goto(f"/documents/emoji#{start}-{start + len(words)}")  # the later ones only change the hash
        page.get_by_text(f"caractères {start} à {start + len(words)}").wait_for()
        assert marked(page) == words


def test_a_range_outside_the_document_is_explained(page: Any) -> None:
    page.goto("/documents/usine-btr-tanger#90000-90010")
    page.get_by_text("qui n’existent pas").wait_for()
    assert page.locator("#text mark").count() == 0
    assert "BTR" in page.locator("#text").text_content()


def test_a_document_is_deleted_by_keyboard_once_confirmed(page: Any, site: str) -> None:
    put_in(site, "jetable", "Un document à jeter.")
    page.goto("/")
    control = page.locator("#documents li", has_text="Un document à jeter").get_by_role("button")
    control.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert control.evaluate("node => node === document.activeElement")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Document supprimé.").wait_for()
    assert control.count() == 0


def test_a_lost_server_is_said_and_asked_again(page: Any, complaints: list[str]) -> None:
    page.goto("/")
    page.context.set_offline(True)
    page.get_by_label("Votre question").fill("Où l'usine BTR est-elle implantée ?")
    page.keyboard.press("Enter")
    page.get_by_text("Le serveur ne répond pas.").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="Réessayer").click()
    page.locator(".exchange .actions").wait_for()
    complaints.clear()  # the browser says itself that it was offline


def test_the_interface_speaks_the_language_that_is_chosen(page: Any) -> None:
    page.goto("/")
    page.get_by_text("Posez une question\u202f: la réponse").wait_for()
    page.get_by_role("button", name="English").click()
    page.get_by_text("Your documents answer").wait_for()
    page.goto("/?lang=ar")
    page.get_by_text("وثائقك تجيب").wait_for()
    assert page.locator("html").get_attribute("dir") == "rtl"


def test_a_narrow_screen_does_not_scroll_sideways(page: Any) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/")
    ask(page, "Quel est le montant du projet BTR ?")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.goto("/documents/guide-extrait")
    page.locator("#text div").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_reference_is_drawn_from_local_files(page: Any) -> None:
    page.goto("/docs")
    page.get_by_text("Answer a question with a quote").click()
    page.get_by_role("button", name="Try it out").first.wait_for()
