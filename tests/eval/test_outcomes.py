"""Runs: their key, their digest, and the way through a file."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from eval.gold import GoldError
from eval.outcomes import Cited, Found, Outcome, Run, corpus_digest, load_run, save_run
from eval.ranges import Range
from index.documents import Document

OUTCOME = Outcome(
    "q",
    "Quand ?",
    (Found("d", 0, 5, 0.5),),
    answered=True,
    text="2026",
    citations=(Cited("d", "r", 0, 5, "quote", "hash", (Range("e", 1, 2),)),),
    latency={"search": 0.1},
)
RUN = Run("set", "corpus", models={"b": "2", "a": "1"}, settings={"k": None}, started="now", outcomes=(OUTCOME,))


def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new" / "run.json"
    save_run(RUN, path)
    assert load_run(path) == RUN
    assert [file.name for file in path.parent.iterdir()] == ["run.json"]


def test_the_key_names_what_is_measured_and_not_what_came_of_it() -> None:
    assert RUN.key() == msgspec.structs.replace(RUN, started="later", outcomes=()).key()
    assert RUN.key() == msgspec.structs.replace(RUN, models={"a": "1", "b": "2"}).key()
    changed = [{"code": "x"}, {"corpus": "x"}, {"settings": {"k": 1}}, {"models": {}}, {"commit": "x"}]
    assert RUN.key() not in {msgspec.structs.replace(RUN, **change).key() for change in changed}


def test_the_digest_sees_ids_and_texts_and_not_their_order() -> None:
    one, two = Document("a", "", "x"), Document("b", "", "y")
    assert corpus_digest([one, two]) == corpus_digest([two, one])
    assert corpus_digest([one, two]) != corpus_digest([one, Document("b", "", "z")])
    assert corpus_digest([one, two]) != corpus_digest([one, Document("c", "", "y")])


@pytest.mark.parametrize("content", [None, b"{", b"[]"])
def test_what_is_no_run_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "run.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GoldError, match=r"run\.json: no run can be read"):
        load_run(path)
