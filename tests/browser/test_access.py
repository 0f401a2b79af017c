"""For everyone: axe-core on every state in both themes, small screens, keyboard, reduced motion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from litestar.testing import TestClient

from tests.browser.test_failures import EXPIRED, GONE, give, send
from tests.browser.visitor import AXE, JOBS, KEY, ask, focused, marked, violations

TWO = "Quel projet de Tanger Tech et quelle usine BTR ?"
NONE = "Quelle est la recette du couscous de Tanger ?"
pytestmark = pytest.mark.usefixtures("browser")


@pytest.fixture
def token(embedding: tuple[str, TestClient]) -> str:
    made: str = embedding[1].post("/v1/widget-tokens", headers={"Authorization": f"Bearer {KEY}"}).json()["token"]
    return made


@pytest.fixture
def looking(make_page: Callable[..., Any], complaints: list[str]) -> Any:
    """A page with axe in it, and what it found there, by state."""
    if not AXE.exists():
        pytest.skip("axe-core is not there: make widget")
    states: dict[str, list[str]] = {}

    def begin(theme: str, **options: Any) -> tuple[Any, Callable[[str], None]]:
        page = make_page(color_scheme=theme, reduced_motion="reduce", bypass_csp=True, **options)
        page.add_init_script(path=str(AXE))
        return page, lambda name: states.update({name: violations(page)})

    yield begin
    assert states
    assert {name: found for name, found in states.items() if found} == {}
    complaints.clear()  # the browser reports the calls that were meant to fail


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state_of_the_widget(
    looking: Any, embedding: tuple[str, TestClient], elsewhere: Callable[..., str], token: str, theme: str
) -> None:
    page, look = looking(theme)
    page.goto(elsewhere(embedding[0], f'token="{token}" suggestions="{JOBS}|Autre ?"'))
    page.locator(".bubble").wait_for()
    look("bubble")
    page.locator(".bubble").click()
    page.locator(".suggestions").wait_for()
    look("open")
    ask(page, TWO)
    page.locator("summary").click()
    look("answer")
    ask(page, NONE)
    page.get_by_role("button", name="Pas utile").last.click()
    page.locator(".thanks").wait_for()
    look("no answer")
    give(page, token=EXPIRED)
    send(page)
    look("expired token")
    page.get_by_role("button", name="Utile", exact=True).first.click()
    page.locator(".exchange").first.locator(".failure").wait_for()
    look("vote that failed")
    page.context.set_offline(True)
    send(page)
    look("lost server")
    page.context.set_offline(False)
    page.get_by_role("button", name="Effacer la conversation").click()
    give(page, token=token, position="inline", title="Aide")
    ask(page)
    look("inline")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_a_phone_in_arabic(
    looking: Any, embedding: tuple[str, TestClient], elsewhere: Callable[..., str], token: str, theme: str
) -> None:
    page, look = looking(theme, width=320, height=640)
    page.goto(elsewhere(embedding[0], f'token="{token}" language="ar"', "ar"))
    page.locator(".bubble").wait_for()
    look("bubble")
    page.locator(".bubble").click()
    ask(page)
    look("answer")
    page.goto(f"{embedding[0]}/?lang=ar")
    page.locator("#documents li a").first.wait_for()
    look("demo")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state_of_the_pages(
    looking: Any, embedding: tuple[str, TestClient], finished: Callable[..., Any], theme: str
) -> None:
    address, client = embedding
    page, look = looking(theme)
    page.goto(address)
    page.locator("#documents li a").first.wait_for()
    look("demo")
    page.locator("#files").set_input_files(
        [
            {"name": "bail.txt", "mimeType": "text/plain", "buffer": b"Le loyer du bureau est de 900 euros."},
            {"name": "vide.txt", "mimeType": "text/plain", "buffer": b""},
        ]
    )
    page.locator(".upload .failed").wait_for()
    look("upload")
    page.locator("#documents").get_by_role("button").first.click()
    page.locator("#confirm").wait_for()
    look("deletion")
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    page.locator("#files").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"})
    page.locator("#uploads .failure").wait_for()
    look("upload that failed")
    page.context.set_offline(False)
    ask(page)
    look("answer")
    page.locator(".source .title a").first.click()
    marked(page)
    look("viewer")
    old = client.get("/v1/documents/bail").json()["revision"]
    finished(client, client.post("/v1/documents", json={"documents": [{"id": "bail", "text": "Le loyer monte."}]}))
    page.goto(f"{address}/documents/bail?revision={old}#3-8")
    marked(page)
    look("older revision")
    page.goto(f"{address}/documents/bail#900-901")
    page.get_by_text("qui n’existent pas").wait_for()
    look("no such range")
    page.goto(f"{address}/documents/ghost")
    page.get_by_text(GONE[0]).wait_for()
    look("deleted document")


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_a_screen_of_320_pixels_never_scrolls_sideways(
    make_page: Callable[..., Any], embedding: tuple[str, TestClient], elsewhere: Callable[..., str], token: str,
    language: str,
) -> None:  # fmt: skip
    page = make_page(320, 640)

    def assert_it_fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") == 320

    page.goto(elsewhere(embedding[0], f'token="{token}"', language))
    box = page.locator(".bubble").bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 320
    page.locator(".bubble").click()
    assert page.locator(".panel").bounding_box() == {"x": 0, "y": 0, "width": 320, "height": 640}
    ask(page)
    scroll = page.locator(".scroll")
    assert scroll.evaluate("node => node.scrollWidth - node.clientWidth") == 0
    assert_it_fits()
    page.goto(f"{embedding[0]}/?lang={language}")
    page.locator("#documents li a").first.wait_for()
    ask(page)
    assert_it_fits()
    page.locator(".source .title a").first.click()
    marked(page)
    assert page.evaluate("document.documentElement.lang") == language
    assert_it_fits()


def test_a_panel_that_covers_the_page_closes_when_the_focus_goes_on(
    make_page: Callable[..., Any], embedding: tuple[str, TestClient], elsewhere: Callable[..., str]
) -> None:
    page = make_page(320, 640)
    page.goto(elsewhere(embedding[0], "open"))
    page.locator("extrait-chat input").focus()
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "Fermer"
    page.keyboard.press("Shift+Tab")
    page.locator(".panel").wait_for(state="detached")
    assert focused(page) == "Un lien"
    page.set_viewport_size({"width": 1100, "height": 700})  # beside the page it stays
    page.locator(".bubble").click()
    page.get_by_role("link", name="Un lien").focus()
    assert page.locator(".panel").is_visible()


@pytest.mark.parametrize(("motion", "behaviour"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_nothing_glides_for_who_wants_no_motion(
    make_page: Callable[..., Any], embedding: tuple[str, TestClient], elsewhere: Callable[..., str],
    motion: str, behaviour: str,
) -> None:  # fmt: skip
    page = make_page(reduced_motion=motion)
    page.goto(elsewhere(embedding[0], "open"))
    page.locator(".panel").wait_for()
    style = "node => getComputedStyle(node).scrollBehavior"
    assert page.locator(".scroll").evaluate(style) == behaviour
    moving = "() => document.querySelector('extrait-chat').shadowRoot.getAnimations().length"
    assert page.evaluate(moving) == 0
    page.goto(embedding[0])
    assert page.locator("html").evaluate(style) == behaviour


@pytest.mark.parametrize("size", [(1280, 860), (360, 640)], ids=["desktop", "phone"])
def test_the_demo_page_does_not_jump_while_it_loads(
    make_page: Callable[..., Any], embedding: tuple[str, TestClient], size: tuple[int, int]
) -> None:
    page = make_page(*size)
    page.add_init_script(
        "window.moved = []; new PerformanceObserver((list) => moved.push(...list.getEntries().map("
        "({ value }) => value))).observe({ type: 'layout-shift', buffered: true })"
    )
    page.goto(embedding[0])
    page.locator("#documents li a").first.wait_for()
    page.locator(".suggestions").wait_for()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("moved") == []
