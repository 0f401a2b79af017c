"""eval.ablations: each part is left out once, and the reader is worth something."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.ablations import WITHOUT, main
from qa.ranking import FEATURES

TEXT = "Le pont de Tanger pèse 20 tonnes. Il fut construit par Anne Morel en 1987.\n\nLe port accueille des navires."


def test_what_is_left_out_are_features() -> None:
    assert set().union(*map(set, WITHOUT.values())) == set(FEATURES)


@pytest.mark.models
def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "d.txt").write_text(TEXT, encoding="utf-8")
    start = TEXT.index("20 tonnes")
    answer = {"document": "d", "start": start, "end": start + 9, "text": "20 tonnes"}
    line = {"id": "q", "question": "Combien pèse le pont de Tanger ?", "language": "fr", "answers": [answer]}
    (tmp_path / "mine.jsonl").write_text(json.dumps(line), encoding="utf-8")
    result = CliRunner().invoke(main, [str(tmp_path / "mine.jsonl")])
    assert result.exit_code == 0, result.output
    rows = {row["without"]: row["figures"] for row in json.loads(result.stdout.splitlines()[-1])}
    assert set(rows) == {*WITHOUT, "stopping early", "all passages but the first"}
    assert rows[""]["token_f1"]["value"] == 1.0
