"""What a run says of where it comes from."""

from __future__ import annotations

import re
from pathlib import Path

from eval.origin import code_digest, commit


def test_the_digest_follows_the_sources(tmp_path: Path) -> None:
    for package in ("index", "qa", "eval"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "a.py").write_text("x = 1\n")
    before = code_digest(tmp_path)
    assert before == code_digest(tmp_path)
    (tmp_path / "eval" / "a.py").write_text("x = 2\n")  # how we measure is no part of what is measured
    (tmp_path / "qa" / "a.pyc").write_text("")
    assert before == code_digest(tmp_path)
    (tmp_path / "qa" / "a.py").rename(tmp_path / "qa" / "b.py")
    renamed = code_digest(tmp_path)
    (tmp_path / "index" / "a.py").write_text("x = 2\n")
    assert len({before, renamed, code_digest(tmp_path)}) == 3


def test_the_commit_is_a_hash_or_nothing() -> None:
    assert re.fullmatch(r"([0-9a-f]{40,64})?", commit())
