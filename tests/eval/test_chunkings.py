"""eval.chunkings: more and smaller chunks of the same documents; the command prints a row for each way."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.chunkings import BUDGETS, main, measured
from eval.gold import Gold, GoldSet, GoldSpan
from index.documents import Document, Heading
from index.embedder import Embedder

TEXT = "Chapitre\n\n" + "\n\n".join(
    f"Le pont numéro {n} franchit la rivière. Il pèse {n + 3} tonnes." * 3 for n in range(30)
)
ANSWER = "Il pèse 20 tonnes."


@pytest.fixture
def gold_set() -> GoldSet:
    start = TEXT.index(ANSWER)
    span = GoldSpan("d", start, start + len(ANSWER), ANSWER)
    document = Document("d", "Ponts", TEXT, language="fr", headings=(Heading(1, 0, 8),))
    question = "Combien pèse le pont numéro 17 ?"
    return GoldSet(
        "ponts", (document,), (Gold("q", question, "fr", (span,)), Gold("h", question, "fr", (span,), kind="highlight"))
    )


def test_smaller_chunks_are_more_and_hold_less(gold_set: GoldSet, embedder: Embedder) -> None:
    small, large = (measured(gold_set, embedder, tokens, context=True) for tokens in (40, 160))
    assert small.chunks > large.chunks
    assert small.figures["chunk_precision"].value > large.figures["chunk_precision"].value
    assert (small.figures["success@1"].n, small.figures["chunk_recall"].n) == (2, 1)
    bare = measured(gold_set, embedder, 160, context=False)
    assert (bare.context, bare.tokens) == (False, 160)


@pytest.mark.models
def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "d.txt").write_text(TEXT, encoding="utf-8")
    line = {"id": "q", "question": "Combien pèse le pont numéro 17 ?", "language": "fr"}
    answer = {"document": "d", "start": TEXT.index(ANSWER), "end": TEXT.index(ANSWER) + len(ANSWER), "text": ANSWER}
    (tmp_path / "mine.jsonl").write_text(json.dumps(line | {"answers": [answer]}), encoding="utf-8")
    result = CliRunner().invoke(main, [str(tmp_path / "mine.jsonl")])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout.splitlines()[-1])
    assert [(row["tokens"], row["context"]) for row in rows] == [*((b, True) for b in BUDGETS), (BUDGETS[2], False)]
    assert CliRunner().invoke(main, [str(tmp_path / "none.jsonl")]).exit_code == 2
