"""Jobs over HTTP: where one stands, and as a stream of events."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from litestar.testing import TestClient

from index.jobs import Jobs, Upload

TEXT = "L'usine de Tanger créera deux mille emplois directs dans la région."


def broken(*_: object) -> None:
    raise OSError("No space left")


def test_a_job_is_told_with_every_file(put: Callable) -> None:
    job = put({"id": "a", "text": TEXT}, {"id": "b", "text": " "})
    assert set(job) == {"job_id", "state", "done", "total", "chunks", "duplicates", "files", "error"}
    assert (job["state"], job["done"], job["total"], job["error"]) == ("done", 2, 2, "")
    assert [set(file) for file in job["files"]] == [
        {"name", "document_id", "state", "reason", "chunks", "duplicates"}
    ] * 2
    assert job["files"][1]["reason"]


def read_events(text: str) -> list[dict]:
    found = []
    for block in text.replace("\r\n", "\n").strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if fields:
            assert fields["event"] == "job"
            found.append(json.loads(fields["data"]))
    return found


def test_events_of_a_finished_job_are_one(client: TestClient, put: Callable) -> None:
    job = put({"id": "a", "text": TEXT})
    response = client.get(f"/v1/jobs/{job['job_id']}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in response.headers
    assert read_events(response.text) == [job]


def test_events_end_with_the_job(client: TestClient) -> None:
    submitted = client.post(
        "/v1/documents", json={"documents": [{"id": f"d{n}", "text": f"{TEXT} {n}."} for n in range(20)]}
    )
    events = read_events(client.get(f"{submitted.json()['url']}/events").text)
    assert events[-1]["state"] == "done"
    assert [event["done"] for event in events] == sorted(event["done"] for event in events)
    assert all(event["state"] in {"queued", "running"} for event in events[:-1])
    assert all(events[i] != events[i + 1] for i in range(len(events) - 1))
    assert events[-1] == client.get(submitted.json()["url"]).json()


def test_events_between_have_what_is_new(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every outcome in every event made 6 GB of 10,000 files."""
    monkeypatch.setattr("api.jobs.PERIOD", 0.002)
    submitted = client.post(
        "/v1/documents",
        json={"documents": [{"id": f"d{n}", "text": f"{TEXT} {n}." if n % 3 else " "} for n in range(60)]},
    )
    events = read_events(client.get(f"{submitted.json()['url']}/events").text)
    assert len(events) > 1
    shown: list[dict] = []  # as documented, and as our page does
    for event in events:
        shown = event["files"] if len(event["files"]) == event["done"] else shown + event["files"]
        assert len(shown) == event["done"]
        assert sum(file["chunks"] for file in shown) == event["chunks"]
        assert event["total"] == 60
    assert len(events[-1]["files"]) == 60
    assert sum(len(event["files"]) for event in events) <= 60 * 2 + len(events[0]["files"])


def test_a_job_waits_for_the_next_start(make_client: Callable, tmp_path: Path) -> None:
    job_id = Jobs(tmp_path).submit([Upload("a.txt", TEXT.encode())])  # as by a server that was killed at once
    client = make_client()
    end = time.monotonic() + 20
    while client.get(f"/v1/jobs/{job_id}").json()["state"] != "done":
        assert time.monotonic() < end
        time.sleep(0.02)
    assert client.post("/v1/search", json={"question": "emplois"}).json()["passages"][0]["text"] == TEXT


def test_a_fault_is_told_and_tried_again_at_the_next_start(
    make_client: Callable, monkeypatch: pytest.MonkeyPatch, finished: Callable, make_embedder: type
) -> None:
    client = make_client()
    monkeypatch.setattr(make_embedder, "encode", broken)
    submitted = client.post("/v1/documents", json={"documents": [{"id": "a", "text": TEXT}]})
    job = finished(client, submitted)
    assert job["state"] == "failed"
    assert "No space left" in job["error"]
    monkeypatch.undo()
    assert client.get("/health/ready").status_code == 200
    again = make_client()  # a second server on the same data waits its turn
    assert again.get(submitted.json()["url"]).json()["state"] == "failed"
    client.__exit__(None, None, None)
    end = time.monotonic() + 20
    while again.get(submitted.json()["url"]).json()["state"] != "done":
        assert time.monotonic() < end
        time.sleep(0.02)
    client.__enter__()  # so that the fixture can close it


def test_two_servers_on_one_library_agree(make_client: Callable, finished: Callable) -> None:
    one, two = make_client(), make_client()
    finished(two, two.post("/v1/documents", json={"documents": [{"id": "a", "text": TEXT}]}))
    for client in (one, two):
        assert client.post("/v1/search", json={"question": "emplois"}).json()["passages"][0]["document_id"] == "a"
    one.delete("/v1/documents/a")
    assert two.post("/v1/search", json={"question": "emplois"}).json()["passages"] == []
    assert two.get("/v1/documents/a").status_code == 404


def test_health_says_live_and_ready(client: TestClient, put: Callable) -> None:
    assert client.get("/health/live").json()["status"] == "live"
    put({"id": "a", "text": TEXT}, {"id": "b", "text": TEXT})
    ready = client.get("/health/ready").json()
    assert (ready["status"], ready["documents"]) == ("ready", 2)


def test_metrics_count_requests(client: TestClient) -> None:
    client.get("/health/live")
    response = client.get("/metrics")
    assert response.status_code == 200
    assert "extrait_requests_total" in response.text
