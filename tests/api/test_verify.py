"""POST /v1/verify: a citation is valid, or it is said what differs."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from litestar.testing import TestClient

TEXT = "Prologue inutile. Le projet permettra la création de 2 500 emplois directs. Une fin sans importance."


@pytest.fixture(scope="module")
def client(shared_client: TestClient) -> TestClient:
    return shared_client


@pytest.fixture(scope="module")
def citation(client: TestClient, finished: Callable) -> dict[str, Any]:
    texts = {"a": TEXT, "b": "Le projet permettra tout autre chose que cela, à vrai dire."}
    finished(client, client.post("/v1/documents", json={"documents": [{"id": i, "text": t} for i, t in texts.items()]}))
    reply = client.post("/v1/answers", json={"question": "Combien d'emplois directs ?", "min_confidence": 0}).json()
    found: dict[str, Any] = reply["citations"][0]
    return found


def check(client: TestClient, *citations: dict[str, Any]) -> list[dict[str, Any]]:
    response = client.post("/v1/verify", json={"citations": list(citations)})
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def test_what_we_cited_is_valid(client: TestClient, citation: dict[str, Any]) -> None:
    assert check(client, citation) == [{"valid": True, "differences": [], "not_checked": []}]


def test_what_nobody_can_vouch_for_is_said_to_be_unchecked(client: TestClient, citation: dict[str, Any]) -> None:
    place = {"document_id": "b", "title": "Rapport", "start": 0, "end": 9, "similarity": 1.0}
    (verdict,) = check(client, citation | {"also_in": [place], "also_in_total": 99})
    assert verdict == {"valid": True, "differences": [], "not_checked": ["also_in", "also_in_total"]}


def test_a_citation_of_before_there_were_links_is_valid(client: TestClient, citation: dict[str, Any]) -> None:
    older = {key: value for key, value in citation.items() if key not in {"language", "link", "also_in_total"}}
    assert check(client, older)[0]["valid"]


def test_a_title_that_was_changed_since_is_told(client: TestClient, put: Callable) -> None:
    text = "La piscine municipale rouvre le premier mardi du mois de mai."
    put({"id": "renamed", "text": text, "title": "Avant", "uri": "https://ville.example/piscine"})
    question = {"question": "piscine municipale premier mardi ?", "min_confidence": 0}
    (citation,) = client.post("/v1/answers", json=question).json()["citations"]
    assert check(client, citation)[0]["valid"]
    put({"id": "renamed", "text": text, "title": "Après", "uri": "https://ville.example/piscine"})
    (verdict,) = check(client, citation)
    assert not verdict["valid"]
    (difference,) = verdict["differences"]
    assert "'Après'" in difference
    assert "'Avant'" in difference


TAMPERED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "quote": lambda c: {"quote": c["quote"].replace("2 500", "9 500")},
    "quote and its hash": lambda c: {
        "quote": c["quote"].replace("2 500", "9 500"),
        "sha256": sha256(c["quote"].replace("2 500", "9 500").encode()).hexdigest(),
    },
    "quote by a space": lambda c: {"quote": c["quote"] + " "},
    "hash": lambda _: {"sha256": "0" * 64},
    "start": lambda c: {"start": c["start"] + 1},
    "end": lambda c: {"end": c["end"] - 1},
    "both ends": lambda c: {"start": c["start"] + 1, "end": c["end"] + 1},
    "range beyond the text": lambda _: {"start": 10_000, "end": 10_001},
    "negative range": lambda c: {"start": c["start"] - len(TEXT), "end": c["end"] - len(TEXT)},
    "empty range": lambda c: {"end": c["start"], "quote": "", "sha256": sha256(b"").hexdigest()},
    "document": lambda _: {"document_id": "b"},
    "unknown document": lambda _: {"document_id": "ghost"},
    "revision": lambda _: {"revision": "0" * 64},
    "no revision": lambda _: {"revision": ""},
    "prefix": lambda _: {"prefix": "Il est faux que "},
    "suffix": lambda _: {"suffix": " selon l'opposition."},
    "page": lambda _: {"page": 7},
    "title": lambda _: {"title": "Rapport officiel"},
    "no title": lambda _: {"title": ""},
    "uri": lambda _: {"uri": "https://ailleurs.example/"},
    "link": lambda _: {"link": "https://ailleurs.example/#page=2"},
    "link to another place": lambda c: {"link": c["link"] + "0"},
    "language": lambda _: {"language": "xx"},
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampering_is_told(client: TestClient, citation: dict[str, Any], kind: str) -> None:
    (verdict,) = check(client, citation | TAMPERED[kind](citation))
    assert not verdict["valid"]
    assert verdict["differences"]
    assert all(len(difference) > 15 for difference in verdict["differences"])


def test_a_range_that_is_no_number_of_ours_is_told(client: TestClient, citation: dict[str, Any]) -> None:
    (verdict,) = check(client, citation | {"start": 0, "end": 10**18})
    assert not verdict["valid"]


def test_each_citation_has_its_verdict_in_order(client: TestClient, citation: dict[str, Any]) -> None:
    results = check(client, citation, citation | {"sha256": "0"}, citation)
    assert [result["valid"] for result in results] == [True, False, True]


def test_no_citation_no_verdict(client: TestClient) -> None:
    assert check(client) == []


def test_an_old_revision_is_verified_against_itself(
    client: TestClient, put: Callable, citation: dict[str, Any]
) -> None:
    put({"id": "a", "text": "Tout autre chose."})
    assert check(client, citation)[0]["valid"]
