"""A server as a system: the contract's routes over a system without models, and the service itself with fakes."""

from __future__ import annotations

import socket
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from eval.gold import GoldSet
from eval.in_process import measure_here
from eval.outcomes import Outcome, Run
from eval.run import measure
from eval.server import Server, ServerError
from index.documents import Document


def test_a_server_is_measured_like_its_engine(tmp_path: Any, served: Any, gold_set: GoldSet, system: Any) -> None:
    near, _ = measure(gold_set, system, Run("", ""), tmp_path / "near")
    far, _ = measure(gold_set, Server(served(system), gold_set.documents), Run("", ""), tmp_path / "far")
    for ours, theirs in zip(near.outcomes, far.outcomes, strict=True):
        assert (ours.passages, ours.text, ours.start, ours.citations) == (
            theirs.passages,
            theirs.text,
            theirs.start,
            theirs.citations,
        )


def test_the_service_is_measured_like_its_engine(
    tmp_path: Path, real_server: str, open_fakes: Any, gold_set: GoldSet
) -> None:
    near, _ = measure_here(gold_set, tmp_path / "near", Console(file=StringIO()), open_engine=open_fakes)
    far, _ = measure(gold_set, Server(real_server, gold_set.documents), Run("", ""), tmp_path / "far")
    assert [timeless(outcome) for outcome in near.outcomes] == [timeless(outcome) for outcome in far.outcomes]
    assert {outcome.answered for outcome in far.outcomes} == {True, False}
    assert all(outcome.latency.keys() == {"answer"} for outcome in far.outcomes)


def timeless(outcome: Outcome) -> Outcome:
    return msgspec.structs.replace(outcome, latency={})


def test_documents_are_matched_by_text_and_not_by_id(served: Any, gold_set: GoldSet, system: Any) -> None:
    server = Server(served(system, prefix="there-"), gold_set.documents)
    assert server.answer(gold_set.questions[0].question).citations[0].document_id == "btr"
    assert server.search(gold_set.questions[0].question, 1)[0].document.id == "btr"


def test_a_server_without_the_documents_is_refused(served: Any, system: Any, gold_set: GoldSet) -> None:
    other = Document("other", "", "Un autre texte.")
    with pytest.raises(ServerError, match="does not hold 'other' and 0 others"):
        Server(served(system), [*gold_set.documents, other])


def test_a_server_that_fails_says_what_it_said(served: Any, system: Any, gold_set: GoldSet) -> None:
    server = Server(served(system), gold_set.documents)
    with pytest.raises(ServerError, match=r"/v1/answers: 400, .*empty.*server's log"):
        server.answer("")
    with pytest.raises(ServerError, match="a reply that the contract does not know"):
        server.search("nonsense", 1)


def test_no_server_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ServerError, match=r"no reply .* is the server running"):
            Server(f"http://127.0.0.1:{taken.getsockname()[1]}", [])


def test_an_address_must_be_one() -> None:
    with pytest.raises(ServerError, match="write http://host:port"):
        Server("file:///etc/passwd", [])
