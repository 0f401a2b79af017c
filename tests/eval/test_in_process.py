"""The engine as a system to measure, with the real models."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from eval.gold import GoldSet
from eval.in_process import fresh_engine, header_of
from eval.judgements import judge
from eval.run import measure


@pytest.mark.models
def test_the_engine_is_measured(tmp_path: Path, gold_set: GoldSet) -> None:
    with fresh_engine(gold_set.documents, Console(file=StringIO()), "tiny") as engine:
        header = header_of(engine)
        run, _ = measure(gold_set, engine, header, tmp_path)
        folder = engine.library.data
    assert not folder.exists()
    assert header.models.keys() == {"embedder", "reader"}
    assert header.settings["threshold"] == engine.min_confidence
    assert {"retrieve", "read", "compose", "search", "answer"} <= run.outcomes[0].latency.keys()
    judgements = judge(gold_set, run.outcomes)
    assert all(item.values["quote_validity"] == 1 for item in judgements if "quote_validity" in item.values)
    assert judgements[0].values["recall@10"] == 1
