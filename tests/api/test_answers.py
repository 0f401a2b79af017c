"""Asking over HTTP: every quote of every reply is cut again from the text that the server gives."""

import unicodedata
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import pytest
from litestar.testing import TestClient

JOBS = "Le projet, d'un montant de 3 milliards de dirhams, permettra la création de 2 500 emplois directs."
BRIDGE = "Le nouveau pont suspendu relie les deux rives du fleuve et accueille chaque jour des cyclistes."
QUESTION = "Combien d'emplois directs seront créés par le projet ?"


def citations_of(reply: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from reply.get("citations", ())
    yield from reply.get("closest", ())
    for other in reply.get("alternatives", ()):
        yield from other["citations"]


def assert_cut_from_the_text(client: TestClient, reply: dict[str, Any]) -> int:
    count = 0
    for citation in citations_of(reply):
        response = client.get(
            f"/v1/documents/{citation['document_id']}/text", params={"revision": citation["revision"]}
        )
        assert response.status_code == 200
        text = response.text
        assert sha256(text.encode()).hexdigest() == citation["revision"]
        start, end = citation["start"], citation["end"]
        assert text[start:end] == citation["quote"] != ""
        assert text[:start].endswith(citation["prefix"])
        assert text[end:].startswith(citation["suffix"])
        assert sha256(citation["quote"].encode()).hexdigest() == citation["sha256"]
        assert citation["link"].startswith(("/documents/", "http"))
        for place in citation["also_in"]:
            other = client.get(f"/v1/documents/{place['document_id']}/text").text
            assert 0 <= place["start"] < place["end"] <= len(other)
            assert 0.8 <= place["similarity"] <= 1.0
        count += 1
    verdicts = client.post("/v1/verify", json={"citations": list(citations_of(reply))}).json()["results"]
    assert [(one["valid"], one["differences"]) for one in verdicts] == [(True, [])] * count
    return count


def ask(client: TestClient, question: str, **fields: Any) -> dict[str, Any]:
    response = client.post("/v1/answers", json={"question": question, **fields})
    assert response.status_code == 200, response.text
    reply: dict[str, Any] = response.json()
    assert_cut_from_the_text(client, reply)
    return reply


def test_the_question_of_the_issue(client: TestClient, upload: Callable, seed_text: str) -> None:
    upload(("usine-btr-tanger.txt", seed_text.encode()))
    reply = ask(client, "Combien d'emplois directs seront créés ?")
    assert (reply["type"], reply["text"]) == ("answer", "2 500")
    (citation,) = reply["citations"]
    assert "2 500" in citation["quote"]
    assert seed_text[reply["start"] : reply["end"]] == reply["text"]
    assert citation["start"] <= reply["start"] < reply["end"] <= citation["end"]
    (place,) = citation["also_in"]
    places = {citation["start"], place["start"]}
    assert places == {seed_text.index(citation["quote"]), seed_text.rindex(citation["quote"])}


def test_something_else_has_no_answer_and_offers_the_closest(
    client: TestClient, upload: Callable, seed_text: str
) -> None:
    upload(("usine.txt", seed_text.encode()))
    reply = ask(client, "Quelle est la recette de la tarte aux pommes ?")
    assert (reply["type"], reply["reason"]) == ("no_answer", "low_confidence")
    assert set(reply) == {"type", "question", "reason", "confidence", "closest", "generation"}
    assert 1 <= len(reply["closest"]) <= 3


def test_an_empty_library_has_nothing(client: TestClient) -> None:
    reply = ask(client, "Combien d'emplois ?")
    assert (reply["type"], reply["reason"], reply["closest"], reply["confidence"]) == (
        "no_answer",
        "nothing_found",
        [],
        0.0,
    )


def test_a_reply_has_the_fields_of_the_contract(client: TestClient, put: Callable) -> None:
    put({"id": "a", "title": "Le projet", "text": JOBS, "uri": "https://example.org/p", "metadata": {"year": 2024}})
    reply = ask(client, QUESTION)
    assert set(reply) == {
        "type",
        "question",
        "text",
        "start",
        "end",
        "confidence",
        "citations",
        "alternatives",
        "generation",
    }
    assert reply["question"] == QUESTION
    assert 0 <= reply["confidence"] <= 1
    assert reply["generation"] >= 1
    citation = reply["citations"][0]
    assert (citation["document_id"], citation["title"], citation["uri"], citation["page"]) == (
        "a",
        "Le projet",
        "https://example.org/p",
        0,
    )
    assert unquote(citation["link"]) == f"/documents/a#{citation['start']}-{citation['end']}"


def test_the_same_fact_in_two_documents_is_one_answer(client: TestClient, put: Callable) -> None:
    put(
        {"id": "a", "text": JOBS},
        {"id": "b", "text": f"{BRIDGE}\n{JOBS}"},
        {"id": "c", "text": "Le projet créera 2500 emplois directs."},
    )
    reply = ask(client, QUESTION)
    assert reply["text"] in {"2 500", "2500"}
    named = {c["document_id"] for c in reply["citations"]} | {
        p["document_id"] for c in reply["citations"] for p in c["also_in"]
    }
    assert named == {"a", "b", "c"}
    assert all(other["text"] not in {"2 500", "2500"} for other in reply["alternatives"])


def test_what_the_asker_cannot_see_is_in_no_reply(client: TestClient, put: Callable) -> None:
    put({"id": "mine", "text": JOBS, "collection": "mine"}, {"id": "theirs", "text": JOBS, "collection": "theirs"})
    for fields in ({"collection": "mine"}, {"collection": "mine", "min_confidence": 1.0}):
        response = client.post("/v1/answers", json={"question": QUESTION, **fields})
        assert "mine" in response.text
        assert "theirs" not in response.text
    assert "theirs" in client.post("/v1/answers", json={"question": QUESTION}).text


def test_filters_narrow_what_is_read(client: TestClient, put: Callable) -> None:
    put(
        *(
            {"id": f"d{y}", "text": f"{JOBS} C'était {y}.", "metadata": {"year": y, "ratio": y / 1000}}
            for y in (2024, 2025)
        )
    )
    for filters in ({"year": 2025}, {"ratio": 2.025}):
        reply = ask(client, QUESTION, filters=filters)
        assert {c["document_id"] for c in citations_of(reply)} == {"d2025"}
    assert ask(client, QUESTION, filters={"year": 1999})["reason"] == "nothing_found"


def test_a_filter_is_a_string_or_a_number_as_it_was_put_in(client: TestClient, put: Callable) -> None:
    put({"id": "s", "text": JOBS, "metadata": {"v": "2"}}, {"id": "i", "text": JOBS, "metadata": {"v": 2}})
    for value, expected in (("2", "s"), (2, "i")):
        reply = ask(client, QUESTION, filters={"v": value})
        assert {c["document_id"] for c in citations_of(reply)} == {expected}


def test_min_confidence_decides_between_the_two_replies(client: TestClient, put: Callable) -> None:
    put({"id": "a", "text": JOBS})
    sure = ask(client, QUESTION, min_confidence=0)
    assert sure["type"] == "answer"
    unsure = ask(client, QUESTION, min_confidence=1)
    assert (unsure["type"], unsure["confidence"]) == ("no_answer", sure["confidence"])
    assert unsure["closest"][0]["quote"] == sure["citations"][0]["quote"]


@pytest.mark.parametrize(
    "question",
    [
        "😀",
        "كم عدد الوظائف؟",
        "x" * 2_000,
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        'AND ( " *',
        "\u202eemplois",
        "é" * 500,
        "?",
    ],
    ids=["emoji", "arabic", "longest", "sql", "html", "operators", "direction", "accents", "mark"],
)
def test_any_question_of_some_length_gets_a_reply(client: TestClient, put: Callable, question: str) -> None:
    put({"id": "a", "text": f"😀 {JOBS} e\u0301 شجرة"})
    ask(client, question)


def test_a_question_in_decomposed_form_is_the_same_question(client: TestClient, put: Callable) -> None:
    put(
        {"id": "a", "text": "Les médailles dorées récompensent les élèves zélés de l'été."}, {"id": "b", "text": BRIDGE}
    )
    question = "médailles dorées élèves zélés"
    composed = ask(client, question)
    decomposed = ask(client, unicodedata.normalize("NFD", question))
    assert [decomposed.get(key) for key in ("type", "confidence", "text")] == [
        composed.get(key) for key in ("type", "confidence", "text")
    ]


def test_text_with_wide_characters_is_cut_by_code_points(client: TestClient, put: Callable) -> None:
    put({"id": "a", "text": f"😀😀😀 Prologue.\r\n\r\ncafe\u0301 {JOBS} 👩\u200d👧 Fin."})
    reply = ask(client, QUESTION)
    assert reply["text"] == "2 500"


def test_search_gives_passages_cut_from_the_text(client: TestClient, put: Callable, seed_text: str) -> None:
    put({"id": "seed", "text": seed_text}, {"id": "b", "text": BRIDGE})
    found = client.post("/v1/search", json={"question": "emplois directs", "k": 3}).json()
    assert set(found) == {"passages"}
    assert 1 <= len(found["passages"]) <= 3
    for passage in found["passages"]:
        assert set(passage) == {"document_id", "revision", "title", "page", "start", "end", "text", "score"}
        text = client.get(f"/v1/documents/{passage['document_id']}/text").text
        assert text[passage["start"] : passage["end"]] == passage["text"]
    assert [p["score"] for p in found["passages"]] == sorted((p["score"] for p in found["passages"]), reverse=True)


def test_a_citation_of_an_older_revision_still_holds(client: TestClient, put: Callable) -> None:
    put({"id": "a", "text": JOBS})
    reply = ask(client, QUESTION)
    put({"id": "a", "text": BRIDGE})
    assert_cut_from_the_text(client, reply)
    assert ask(client, QUESTION)["type"] == "no_answer"


def test_feedback_is_received(client: TestClient, put: Callable) -> None:
    put({"id": "a", "text": JOBS})
    for fields in ({}, {"min_confidence": 1}):
        reply = ask(client, QUESTION, **fields)
        response = client.post(
            "/v1/feedback", json={"question": QUESTION, "reply": reply, "helpful": True, "comment": "Merci"}
        )
        assert response.status_code == 201
        assert response.json()["feedback_id"]
