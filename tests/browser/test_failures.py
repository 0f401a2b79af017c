"""What goes wrong is said in the visitor's language, with a way on: in the widget, and behind a citation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from litestar.testing import TestClient

from tests.browser.visitor import JOBS, KEY, ask, marked, serving

LANGUAGES = ("fr", "en", "ar")
EXPIRED = "w1.1700000000.00"
SAID = {
    "no service": ("Aucun service de réponses", "There is no answering service", "لا توجد خدمة أجوبة"),
    "nobody": ("Le serveur ne répond pas.", "The server does not reply.", "الخادم لا يستجيب."),
    "no collection": ("Les documents de ce site", "The documents of this site", "لم تُضف وثائق هذا الموقع"),
    "too long": ("2\u202f000 caractères au plus", "2,000 characters at most", "الحد الأقصى 2,000 حرف"),
    "expired": ("Votre accès a expiré.", "Your access has expired.", "انتهت صلاحية وصولك."),
    "no token": ("Ce site n’est pas autorisé", "This site is not allowed", "لا يُسمح لهذا الموقع"),
    "quota": ("Réessayez dans 60\u202fmin.", "Try again in 60 min.", "أعد المحاولة بعد 60 د."),
}  # fmt: skip
GONE = ("Ce document n’est plus ici", "This document is not here any more", "لم تعد هذه الوثيقة هنا")
BACK = ("Poser une question", "Ask a question", "اطرح سؤالًا")
EDIT = ("Modifier la question", "Edit the question", "عدّل السؤال")
RETRY = ("Réessayer", "Try again", "أعد المحاولة")


def give(page: Any, **attributes: str) -> None:
    """Sets attributes of the widget; one without a value is taken away."""
    page.locator("extrait-chat").evaluate(
        "(chat, given) => { for (const [name, value] of Object.entries(given))"
        " value ? chat.setAttribute(name, value) : chat.removeAttribute(name); }",
        attributes,
    )


def send(page: Any, question: str = JOBS) -> None:
    page.locator("extrait-chat input").fill(question)
    page.keyboard.press("Enter")
    page.locator(".exchange").last.locator(".failure, .actions").first.wait_for()


def assert_said(page: Any, case: str, retry: bool = True) -> None:
    """The last reply says it in each language, and offers a way on."""
    last = page.locator(".exchange").last
    for language, said, edit, again in zip(LANGUAGES, SAID[case], EDIT, RETRY, strict=True):
        give(page, language=language)
        last.locator(".failure", has_text=said).wait_for()
        assert last.get_by_role("button", name=edit).is_visible()
        assert last.get_by_role("button", name=again).count() == int(retry)


@pytest.mark.parametrize(
    ("case", "attributes", "question"),
    [
        ("no service", {"server": "javascript:alert(1)"}, JOBS),
        ("no service", {"server": "{elsewhere}"}, JOBS),
        ("no service", {"server": "http://["}, JOBS),
        ("nobody", {"server": "http://127.0.0.1:9"}, JOBS),
        ("no collection", {"collection": "nowhere"}, JOBS),
        ("too long", {}, "🚀" * 2_001),
    ],
    ids=["no address", "another page", "half an address", "nobody", "no collection", "too long"],
)
def test_what_goes_wrong_is_said_in_three_languages(
    page: Any, elsewhere: Callable[..., str], make_client: Callable[..., TestClient], complaints: list[str],
    case: str, attributes: dict[str, str], question: str,
) -> None:  # fmt: skip
    with serving(make_client(allowed_origins=elsewhere(), anonymous_quota=9)) as address:
        page.goto(elsewhere(address, f'server="{address}" open'))
        page.locator("extrait-chat input").wait_for()
        give(page, **{name: value.format(elsewhere=elsewhere()) for name, value in attributes.items()})
        send(page, question)
        assert_said(page, case, retry=case != "too long")
        page.locator(".failure button").last.click()
        assert page.locator("extrait-chat input").input_value() == question
        complaints.clear()  # the browser reports each failed request


def test_a_quota_an_expired_token_and_none_at_all(
    page: Any, make_client: Callable[..., TestClient], elsewhere: Callable[..., str], complaints: list[str]
) -> None:
    client = make_client(allowed_origins=elsewhere(), widget_key=KEY, anonymous_quota=1)
    with serving(client) as address:
        page.goto(elsewhere(address, f'server="{address}" open'))
        page.locator("extrait-chat input").wait_for()
        send(page)
        assert page.locator(".exchange .failure").count() == 0  # there are no documents, which is a reply
        send(page)
        assert_said(page, "quota")
        give(page, token=EXPIRED)
        send(page)
        assert_said(page, "expired")
        give(page, token=client.post("/v1/widget-tokens", headers={"Authorization": f"Bearer {KEY}"}).json()["token"])
        page.get_by_role("button", name=RETRY[2]).last.click()
        page.locator(".exchange").last.locator(".no-answer").wait_for()
        complaints.clear()  # the browser reports the 429 and the 401


def test_without_the_token_that_is_asked_for_only_the_owner_can_help(
    page: Any, embedding: tuple[str, TestClient], elsewhere: Callable[..., str], complaints: list[str]
) -> None:
    page.goto(elsewhere(embedding[0], f'server="{embedding[0]}" open'))
    page.locator("extrait-chat input").wait_for()
    send(page)
    assert_said(page, "no token")
    complaints.clear()


def test_a_deleted_document_behind_a_citation_is_said_in_the_language_of_the_widget(
    page: Any, embedding: tuple[str, TestClient], elsewhere: Callable[..., str], complaints: list[str]
) -> None:
    address, client = embedding
    made = client.post("/v1/widget-tokens", headers={"Authorization": f"Bearer {KEY}"}).json()["token"]
    page.goto(elsewhere(address, f'server="{address}" token="{made}" open'))
    citation = ask(page)["citations"][0]
    for language, heading in (("ar", "المقطع المقتبس"), ("en", "Cited passage")):
        give(page, language=language)
        with page.context.expect_page() as opened:
            page.locator(".source .title a").first.click()
        opened.value.get_by_text(heading).wait_for()  # the browser itself is French
        assert marked(opened.value) == citation["quote"]
        opened.value.close()
    assert client.delete(f"/v1/documents/{citation['document_id']}").status_code == 200
    for language, gone, back in zip(LANGUAGES, GONE, BACK, strict=True):
        give(page, language=language)
        with page.context.expect_page() as opened:
            page.locator(".source .title a").first.click()
        opened.value.get_by_text(gone).wait_for()
        assert opened.value.locator("#notice").get_by_role("link", name=back).get_attribute("href") == "/"
        opened.value.close()
    complaints.clear()
