"""A document dropped on the demo page: its progress as it goes on, a question about it, and its citation followed."""

from __future__ import annotations

from typing import Any

from tests.browser.visitor import ask, marked

FILES = 30
LEASE = "Le loyer annuel du bureau de Casablanca est fixé à 48 000 dirhams."
WATCH = """window.seen = []; new MutationObserver(() => {
  const said = document.querySelector(".upload > p")?.textContent;
  if (said && said !== seen.at(-1)) seen.push(said);
}).observe(document.querySelector("#uploads"), { childList: true, subtree: true })"""
DRAG = """([kind, texts]) => {
  const carried = new DataTransfer();
  texts.forEach((text, index) => carried.items.add(new File([text], index ? `note-${index}.txt` : "bail.txt")));
  const event = new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true });
  document.querySelector("h1").dispatchEvent(event);
}"""


def test_files_dropped_on_the_page_are_followed_until_they_can_be_asked_about(page: Any, site: str) -> None:
    page.goto(site)
    page.locator("#documents li a").first.wait_for()
    page.evaluate(WATCH)
    texts = [LEASE, *(f"Une note du {n} mars sur la cantine et ses horaires." for n in range(1, FILES))]
    page.evaluate(DRAG, ["dragover", texts])
    assert "over" in page.locator("#drop").get_attribute("class")
    with page.expect_response("**/v1/jobs/*/events") as stream:
        page.evaluate(DRAG, ["drop", texts])
    assert stream.value.headers["content-type"].startswith("text/event-stream")
    page.get_by_text(f"Terminé\u202f: {FILES} sur {FILES}").wait_for()
    assert "over" not in (page.locator("#drop").get_attribute("class") or "")
    assert page.locator(".upload .added").count() == FILES
    seen = page.evaluate("seen")
    assert seen[0] == "Envoi…"
    assert any(said.startswith("Traitement\u202f: ") for said in seen[1:-1])
    page.locator("#documents a", has_text=LEASE[:30]).wait_for()

    reply = ask(page, "À combien est fixé le loyer annuel du bureau de Casablanca ?")
    assert reply["type"] == "answer"
    assert reply["citations"][0]["quote"] == LEASE
    page.locator(".source .title a").first.click()
    assert marked(page) == LEASE


def test_what_is_dragged_that_is_no_file_is_left_to_the_browser(page: Any, site: str) -> None:
    page.goto(site)
    page.locator("#documents li a").first.wait_for()
    page.evaluate(DRAG, ["dragover", []])
    assert "over" not in (page.locator("#drop").get_attribute("class") or "")
    assert page.locator(".upload").count() == 0
