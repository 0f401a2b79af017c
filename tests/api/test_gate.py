"""Who may ask: origins, tokens, quotas, host names. By default nothing is asked of servers and of our own pages."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar.testing import TestClient

from api.gate import Gate
from index.errors import InvalidRequest
from qa.settings import Settings, load_settings

SITE = "https://www.example.org"
KEY = "a-random-key-of-the-owner"
ASK = {"question": "Combien d'emplois directs ?"}
OWN = "http://testserver.local"


@pytest.fixture
def embedding(make_client: Callable[..., TestClient]) -> TestClient:
    return make_client(allowed_origins=f"{SITE}, https://other.example", widget_key=KEY)


def ask(client: TestClient, origin: str = "", token: str = "", **headers: Any) -> Any:
    named = {"Origin": origin, "Authorization": token and f"Bearer {token}", **headers}
    return client.post("/v1/answers", json=ASK, headers={name: value for name, value in named.items() if value})


def token(client: TestClient, key: str = KEY) -> Any:
    return client.post("/v1/widget-tokens", headers={"Authorization": f"Bearer {key}"})


def assert_refused(response: Any, status: int, said: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    assert said in response.json()["detail"]


@pytest.mark.parametrize("origin", ["", OWN], ids=["a server", "our page"])
def test_by_default_servers_and_our_pages_ask_freely(client: TestClient, origin: str) -> None:
    for _ in range(3):
        response = ask(client, origin, Authorization="Basic eDp5")
        assert response.status_code == 200
        assert "access-control-allow-origin" not in response.headers


def test_our_page_behind_a_proxy_that_renames_the_host_asks_too(client: TestClient) -> None:
    assert ask(client, SITE, **{"Sec-Fetch-Site": "same-origin"}).status_code == 200


@pytest.mark.parametrize(
    "origin", [SITE, "null", "http://[", "http://testserver.local:81", "http://testserver.local.evil.example"]
)
def test_by_default_no_other_origin_may_ask(client: TestClient, origin: str) -> None:
    response = ask(client, origin)
    assert_refused(response, 403, "EXTRAIT_ALLOWED_ORIGINS")
    assert "access-control-allow-origin" not in response.headers
    assert "access-control-allow-origin" not in client.get("/widget/extrait.js", headers={"Origin": origin}).headers


def test_a_listed_origin_loads_the_widget_and_asks_with_a_token(embedding: TestClient) -> None:
    script = embedding.get("/widget/extrait.js", headers={"Origin": SITE})
    assert script.status_code == 200
    assert "javascript" in script.headers["content-type"]
    preflight = embedding.options("/v1/answers", headers={"Origin": SITE, "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 204
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    reply = ask(embedding, SITE, token(embedding).json()["token"])
    assert reply.status_code == 200
    for response in (script, preflight, reply):
        assert response.headers["access-control-allow-origin"] == SITE
        assert "Origin" in response.headers["vary"]


def test_an_origin_that_is_not_listed_is_refused_with_or_without_a_token(embedding: TestClient) -> None:
    assert_refused(ask(embedding, "https://evil.example", token(embedding).json()["token"]), 403, "evil.example")
    preflight = embedding.options("/v1/answers", headers={"Origin": "https://evil.example"})
    assert_refused(preflight, 403, "evil.example")


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/v1/documents/x"), ("POST", "/v1/documents"), ("POST", "/v1/search"), ("POST", "/v1/widget-tokens")],
)
def test_a_listed_origin_may_do_nothing_else(embedding: TestClient, method: str, path: str) -> None:
    headers = {"Origin": SITE, "Authorization": f"Bearer {KEY}"}
    assert_refused(embedding.request(method, path, headers=headers, json={}), 403, "nothing else")
    assert "access-control-allow-origin" not in embedding.get("/v1/documents", headers=headers).headers


def test_a_token_is_needed_has_an_end_and_cannot_be_made_up(
    embedding: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_refused(ask(embedding, SITE), 401, "needs a token")
    made = token(embedding)
    assert made.status_code == 201
    good = made.json()["token"]
    version, expires, signed = good.split(".")
    for forged in (
        "x",
        "w1..",
        f"{version}.{int(expires) + 9}.{signed}",
        f"{version}.{expires}.{signed[:-1]}é",
        "w1.².",
    ):
        response = ask(embedding, SITE, Authorization=f"Bearer {forged}".encode())
        assert_refused(response, 401, "none of ours")
        assert response.headers["access-control-allow-origin"] == SITE
        assert response.headers["www-authenticate"] == "Bearer"
    monkeypatch.setattr("api.tokens.time.time", lambda: float(expires) + 1)
    assert_refused(ask(embedding, SITE, good), 401, "expired")
    assert_refused(ask(embedding, "", good), 401, "expired")


def test_tokens_are_made_for_who_has_the_key(embedding: TestClient, make_client: Callable, tmp_path: Any) -> None:
    assert_refused(token(embedding, "another-random-key-of-nobody"), 401, "EXTRAIT_WIDGET_KEY")
    assert_refused(embedding.post("/v1/widget-tokens"), 401, "EXTRAIT_WIDGET_KEY")
    assert_refused(token(make_client(tmp_path / "plain")), 403, "EXTRAIT_WIDGET_KEY")
    assert ask(embedding, "", KEY).status_code == 200  # the site's own server


def test_a_quota_counts_each_address_that_has_no_token(make_client: Callable[..., TestClient]) -> None:
    client = make_client(allowed_origins=SITE, widget_key=KEY, anonymous_quota=2)
    assert [ask(client, origin).status_code for origin in (SITE, "")] == [200, 200]
    refused = ask(client, SITE)
    assert_refused(refused, 429, "2 questions an hour")
    assert 3_500 < int(refused.headers["retry-after"]) <= 3_600
    assert refused.headers["access-control-expose-headers"] == "Retry-After"
    assert ask(client, SITE, token(client).json()["token"]).status_code == 200
    said = {"question": "?", "reply": ask(client, "", KEY).json(), "helpful": True}
    assert client.post("/v1/feedback", json=said, headers={"Origin": SITE}).status_code == 201


@pytest.mark.parametrize(
    ("settings", "host", "status"),
    [
        ({}, "127.0.0.1:8000", 200),
        ({}, "localhost", 200),
        ({}, "[::1]:8000", 200),
        ({}, "192.168.1.7:8000", 200),
        ({}, "evil.example:8000", 421),
        ({}, "evil.example.:8000", 421),
        ({}, "evil.example]", 421),
        ({}, "[evil.example", 421),
        ({"host": "0.0.0.0"}, "www.example.org", 200),  # noqa: S104 - listens nowhere
        ({"allowed_hosts": "www.example.org"}, "WWW.example.org:443", 200),
        ({"allowed_hosts": "www.example.org"}, "localhost:8000", 200),
        ({"allowed_hosts": "www.example.org"}, "evil.example", 421),
        ({"allowed_hosts": "www.example.org", "host": "0.0.0.0"}, "evil.example", 421),  # noqa: S104
    ],
    ids=str,
)
def test_a_name_that_is_not_ours_is_refused(settings: dict[str, str], host: str, status: int) -> None:
    refusal = Gate(Settings(**settings)).refusal_of_host(host)
    assert (refusal.status_code if refusal else 200) == status


def test_a_page_that_gave_us_its_own_name_reads_nothing(client: TestClient) -> None:
    headers = {"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}
    assert_refused(client.get("/v1/documents", headers=headers), 421, "EXTRAIT_ALLOWED_HOSTS")
    assert_refused(client.post("/v1/answers", json=ASK, headers=headers), 421, "EXTRAIT_ALLOWED_HOSTS")


def test_only_listed_origins_may_frame_our_pages(client: TestClient, embedding: TestClient) -> None:
    assert "frame-ancestors 'none'" in client.get("/").headers["content-security-policy"]
    policy = embedding.get("/").headers["content-security-policy"]
    assert f"frame-ancestors {SITE} https://other.example" in policy


@pytest.mark.parametrize("path", ["/", "/docs", "/documents/ghost"])
def test_a_page_can_be_asked_for_by_its_head(client: TestClient, path: str) -> None:
    head, whole = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ALLOWED_ORIGINS": "*", "ANONYMOUS_QUOTA": "1"}, "'*'"),
        ({"ALLOWED_ORIGINS": "www.example.org", "ANONYMOUS_QUOTA": "1"}, "'www.example.org'"),
        ({"ALLOWED_ORIGINS": f"{SITE}/page", "ANONYMOUS_QUOTA": "1"}, "without a path"),
        ({"ALLOWED_ORIGINS": f"{SITE};script-src", "ANONYMOUS_QUOTA": "1"}, "EXTRAIT_ALLOWED_ORIGINS"),
        ({"ALLOWED_ORIGINS": SITE}, "EXTRAIT_WIDGET_KEY"),
        ({"ALLOWED_HOSTS": "www.example.org:80"}, "without a port"),
        ({"WIDGET_KEY": "short"}, "5 characters"),
        ({"ANONYMOUS_QUOTA": "-1"}, "-1"),
    ],
    ids=str,
)
def test_a_setting_that_would_leave_it_open_or_shut_is_refused(environment: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        load_settings({f"EXTRAIT_{name}": value for name, value in environment.items()})
    assert said in str(caught.value)


def test_lists_are_divided_by_commas_or_spaces() -> None:
    settings = load_settings({"EXTRAIT_ALLOWED_ORIGINS": f"{SITE}/, HTTP://B.example:8080", "EXTRAIT_WIDGET_KEY": KEY})
    assert settings.origins() == (SITE, "http://b.example:8080")
