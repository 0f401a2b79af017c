"""The widget in a real browser, on a server with fakes: asked, embedded, refused, by keyboard, in each language."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from index.documents import Document, Heading, Page
from tests.browser.visitor import CASES, JOBS, KEY, ROOT, ask, focused, marked

IMAGES = ROOT / "docs" / "images"


def test_an_answer_shows_its_quote_its_places_and_its_source(page: Any, site: str) -> None:
    page.goto(site)
    reply = ask(page)
    citation = reply["citations"][0]
    assert page.locator("blockquote").first.text_content() == citation["quote"]
    assert page.locator("blockquote strong").text_content() == reply["text"] == "2 500"
    assert page.locator(".source").first.inner_text().startswith(f"[1] {citation['title']}")
    assert page.locator(".also li").count() == len(citation["also_in"]) == 1
    page.get_by_text("Bonne confiance").wait_for()
    page.locator(".also a").click()
    place = citation["also_in"][0]
    text = httpx.get(f"{site}/v1/documents/{place['document_id']}/text").text
    assert marked(page) == text[place["start"] : place["end"]]
    page.go_back()
    page.locator(".source .title a").first.click()  # the conversation is still there
    assert marked(page) == citation["quote"]
    assert page.locator("#text mark").first.is_visible()


def test_alternatives_are_shown_on_demand_and_a_citation_is_copied(page: Any, site: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(site)
    reply = ask(page, "Quel projet de Tanger Tech et quelle usine BTR ?")
    assert reply["alternatives"]
    other = page.locator("details blockquote").first
    assert not other.is_visible()
    page.locator("summary").click()
    assert other.text_content() == reply["alternatives"][0]["citations"][0]["quote"]
    page.get_by_role("button", name="Copier avec la source").click()
    page.get_by_role("button", name="Copié").wait_for()
    citation = reply["citations"][0]
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"«\u202f{citation['quote']}\u202f»\n— {citation['title']}\n{site}/documents/")
    assert copied.endswith(f"#{citation['start']}-{citation['end']}")


def test_no_answer_offers_the_closest_passages_and_takes_feedback(page: Any, site: str) -> None:
    page.goto(site)
    reply = ask(page, "Quelle est la recette du couscous de Tanger ?")
    assert reply["type"] == "no_answer"
    page.get_by_text("Les documents ne le disent pas.").wait_for()
    page.get_by_text("ce ne sont pas des réponses").wait_for()
    assert page.locator("blockquote").all_text_contents() == [one["quote"] for one in reply["closest"]]
    with page.expect_response("**/v1/feedback") as response:
        page.get_by_role("button", name="Pas utile").click()
    assert response.value.status == 201
    assert json.loads(response.value.request.post_data)["helpful"] is False
    page.get_by_text("Merci, c’est noté.").wait_for()
    assert focused(page) == "Merci, c’est noté."


def test_a_lost_server_is_said_and_asked_again(page: Any, site: str, complaints: list[str]) -> None:
    page.goto(site)
    page.context.set_offline(True)
    page.locator("input[name=question]").fill(JOBS)
    page.keyboard.press("Enter")
    page.get_by_text("Le serveur ne répond pas.").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="Réessayer").click()
    page.locator(".exchange .actions").wait_for()
    assert focused(page) == "question"
    complaints.clear()  # the browser says itself that it was offline


def test_the_conversation_is_kept_for_the_tab_alone(page: Any, make_page: Callable[..., Any], site: str) -> None:
    page.goto(site)
    ask(page)
    page.reload()
    page.locator(".exchange strong").wait_for()
    second = make_page()
    second.goto(site)
    second.get_by_text("Par exemple").wait_for()
    assert second.locator(".exchange").count() == 0
    page.get_by_role("button", name="Effacer la conversation").click()
    assert page.locator(".exchange").count() == 0
    assert focused(page) == "question"
    page.reload()
    page.get_by_text("Par exemple").wait_for()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('extrait:'))") == []


def test_hostile_words_stay_words(page: Any, site: str) -> None:
    page.goto(site)
    page.evaluate("document.querySelector('extrait-chat').collection = 'hostile'")
    reply = ask(page, "Que cite le rapport sur la facture du fournisseur ?")
    assert page.locator("blockquote").first.text_content() == reply["citations"][0]["quote"]
    assert page.locator(".source .title a bdi").first.text_content() == "<b>Rapport</b> \u202efdp"
    assert page.locator("extrait-chat img, extrait-chat script, extrait-chat b").count() == 0
    assert page.locator(".override").count() > 0
    assert page.title() == "Extrait"


def test_arabic_runs_from_the_right(page: Any, site: str) -> None:
    page.goto(f"{site}/?lang=ar")
    page.get_by_placeholder("ماذا تريد أن تعرف؟").wait_for()
    assert page.locator("extrait-chat .root").get_attribute("dir") == "rtl"
    reply = ask(page, "هل يلزم الخدمةَ اتصالٌ بالإنترنت؟")
    assert page.locator("blockquote").first.text_content() == reply["citations"][0]["quote"]
    assert page.locator("blockquote").first.evaluate("node => getComputedStyle(node).direction") == "rtl"
    page.get_by_text("ثقة").wait_for()
    page.locator(".source .title a").first.click()
    assert marked(page) == reply["citations"][0]["quote"]


def test_french_spaces_do_not_break(page: Any, site: str) -> None:
    page.goto(site)
    assert page.locator("extrait-chat input").get_attribute("placeholder") == "Que voulez-vous savoir\u202f?"
    first = page.locator(".suggestions button").first
    assert first.text_content() == JOBS.replace(" ?", "\u202f?")
    first.click()
    page.locator(".exchange .actions").wait_for()
    assert focused(page) == "question"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_viewer_highlights_the_very_characters(site: str, viewer: Any, case: dict[str, Any]) -> None:
    viewer.goto(f"{site}/documents/{case['id']}#{case['start']}-{case['end']}")
    assert marked(viewer) == case["words"]
    assert viewer.locator("#text").text_content() == httpx.get(f"{site}/v1/documents/{case['id']}/text").text


@pytest.fixture(scope="module")
def viewer(browser: Any) -> Iterator[Any]:
    context = browser.new_context(locale="fr-FR")
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def test_an_older_revision_is_marked_and_a_deleted_document_said(
    page: Any, site: str, filled: TestClient, finished: Callable[..., Any], complaints: list[str]
) -> None:
    def put(text: str) -> str:
        finished(filled, filled.post("/v1/documents", json={"documents": [{"id": "bail", "text": text}]}))
        revision: str = filled.get("/v1/documents/bail").json()["revision"]
        return revision

    old, _ = put("Le loyer du bureau est de 900 euros."), put("Désormais, le loyer du bureau est de 950 euros.")
    page.goto(f"{site}/documents/bail?revision={old}#26-29")
    page.get_by_text("le document a changé depuis").wait_for()
    assert marked(page) == "900"
    page.mouse.wheel(0, 9_999)
    assert page.get_by_text("le document a changé depuis").is_visible()
    page.emulate_media(media="print")
    assert not page.locator(".top").is_visible()
    assert page.get_by_text("le document a changé depuis").is_visible()
    assert page.locator("#text mark").is_visible()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Lire la version actuelle").click()
    page.get_by_text("Désormais").first.wait_for()
    assert page.locator("#text mark").count() == 0
    filled.delete("/v1/documents/bail")
    page.goto(f"{site}/documents/bail?revision={old}#26-29")
    page.get_by_text("Ce document n’est plus ici").wait_for()
    complaints.clear()  # the browser reports the 404


def test_the_viewer_leads_to_the_place_in_the_original(page: Any, site: str, filled: TestClient) -> None:
    library = filled.app.state["loading"].result().engine.library
    web, pdf = "https://www.example.org/bail", "https://www.example.org/plan.pdf"
    text = "Le plan 🚀\n\nPremière page.\n\nSeconde page."
    pages, headings = (Page(1, 0, 26), Page(2, 26, len(text))), (Heading(1, 0, 9),)
    list(
        library.add(
            [
                Document("web", "Bail", "Le loyer est à l’avance, peut-être.", f"{web}#haut", "text/html"),
                Document("plan", "Plan", text, pdf, "application/pdf", "fr", pages, headings),
            ]
        )
    )
    page.goto(f"{site}/documents/web#3-34")
    link = page.get_by_role("link", name="Document d’origine")
    marked(page)
    assert link.get_attribute("href") == f"{web}#:~:text=loyer%20est%20%C3%A0%20l%E2%80%99avance%2C%20peut%2D%C3%AAtre"
    page.goto(f"{site}/documents/plan#27-34")
    assert marked(page) == "Seconde"
    assert link.get_attribute("href") == f"{pdf}#page=2"
    assert page.locator("#text h2").text_content() == "Le plan 🚀"
    page.get_by_role("separator", name="page 2").wait_for()
    assert page.locator("#text").text_content() == text


def test_another_origin_embeds_it_with_a_token_until_that_expires(
    page: Any, embedding: tuple[str, TestClient], elsewhere: Callable[..., str], complaints: list[str]
) -> None:
    address, client = embedding
    made = client.post("/v1/widget-tokens", headers={"Authorization": f"Bearer {KEY}"}).json()["token"]
    page.goto(elsewhere(address, f'server="{address}" token="{made}" title="Questions"'))
    page.get_by_role("button", name="Questions").wait_for()
    assert page.evaluate("window.shift") == 0
    page.get_by_role("button", name="Questions").click()
    reply = ask(page)
    assert page.locator("blockquote strong").text_content() == reply["text"]
    page.get_by_role("button", name="Utile", exact=True).click()
    page.get_by_text("Merci, c’est noté.").wait_for()
    assert page.evaluate("told") == [["question", JOBS], ["reply", JOBS], ["feedback", JOBS]]
    with page.context.expect_page() as opened:
        page.locator(".source .title a").first.click()
    assert marked(opened.value) == reply["citations"][0]["quote"]

    page.evaluate("document.querySelector('extrait-chat').token = 'w1.1700000000.00'")
    page.locator("extrait-chat input").fill(JOBS)
    page.keyboard.press("Enter")
    page.get_by_text("Votre accès a expiré.").wait_for()
    page.evaluate("token => document.querySelector('extrait-chat').setAttribute('token', token)", made)
    page.get_by_role("button", name="Réessayer").click()
    page.locator(".exchange").last.locator(".actions").wait_for()
    complaints.clear()  # the browser reports the 401


def test_an_origin_that_is_not_listed_gets_nothing(
    page: Any, site: str, elsewhere: Callable[..., str], complaints: list[str]
) -> None:
    page.goto(elsewhere(site, f'server="{site}"'))
    page.wait_for_load_state("networkidle")
    assert page.evaluate("customElements.get('extrait-chat') === undefined")
    assert any("CORS" in one for one in complaints)
    script = httpx.get(f"{site}/widget/extrait.js").text  # a copy of the script changes nothing
    page.evaluate(script.replace("import.meta.url", "location.href"))
    page.locator(".bubble").click()
    page.locator("extrait-chat input").fill(JOBS)
    page.keyboard.press("Enter")
    page.get_by_text("Le serveur ne répond pas.").wait_for()
    complaints.clear()


def test_it_is_used_by_keyboard_alone(
    page: Any, embedding: tuple[str, TestClient], elsewhere: Callable[..., str]
) -> None:
    address, client = embedding
    made = client.post("/v1/widget-tokens", headers={"Authorization": f"Bearer {KEY}"}).json()["token"]
    page.goto(elsewhere(address, f'server="{address}" token="{made}"', "en"))
    page.get_by_role("button", name="Ask a question").wait_for()
    for _ in range(2):
        page.keyboard.press("Tab")
    assert focused(page) == "Ask a question"
    page.keyboard.press("Enter")
    page.locator("extrait-chat input").wait_for()
    assert focused(page) == "question"
    page.keyboard.type(JOBS)
    page.keyboard.press("Enter")
    page.locator(".exchange .actions").wait_for()
    assert focused(page) == "question"
    for _ in range(10):
        page.keyboard.press("Shift+Tab")
        if focused(page) == "Helpful":
            break
    page.keyboard.press("Enter")
    page.get_by_text("Thank you, noted.").wait_for()
    assert focused(page) == "Thank you, noted."
    page.keyboard.press("Escape")
    page.locator(".panel").wait_for(state="detached")
    assert focused(page) == "Ask a question"


@pytest.mark.parametrize(("theme", "size"), [("light", (1100, 700)), ("dark", (360, 640))], ids=["light", "dark"])
def test_it_looks_as_the_documentation_shows_it(
    make_page: Callable[..., Any], embedding: tuple[str, TestClient], elsewhere: Callable[..., str],
    theme: str, size: tuple[int, int],
) -> None:  # fmt: skip
    """With UPDATE_GOLDENS=1 the screenshots of docs/widget.md are made anew."""
    address, client = embedding
    made = client.post("/v1/widget-tokens", headers={"Authorization": f"Bearer {KEY}"}).json()["token"]
    page = make_page(*size, color_scheme=theme)
    page.goto(elsewhere(address, f'server="{address}" token="{made}" open'))
    ask(page)
    box = page.locator(".panel").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size[0]
    image = IMAGES / f"widget-{theme}.png"
    if os.environ.get("UPDATE_GOLDENS"):
        IMAGES.mkdir(exist_ok=True)
        page.screenshot(path=image)
    assert image.read_bytes().startswith(b"\x89PNG")
