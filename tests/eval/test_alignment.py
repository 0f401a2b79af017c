"""Alignment of two languages, on sentences whose vectors are words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.alignment import LANGUAGES, alignments, main, nearest
from eval.gold import GoldError
from index.embedder import Embedder


def write(folder: Path, theirs: list[str], english: list[str]) -> None:
    for code in LANGUAGES.values():
        for side, lines in ((code, theirs), ("eng", english)):
            (folder / f"tatoeba.{code}-eng.{side}").write_text("".join(f"{line}\n" for line in lines))


def test_the_nearest_is_judged_in_both_directions(embedder: Embedder) -> None:
    # From the left, the third is nearest to "un deux"; back, each finds its own but the third.
    there, back = nearest(embedder, ["un deux", "trois", "deux un"], ["un deux", "trois quatre", "cinq"])
    assert there.tolist() == [[1.0], [1.0], [0.0]]
    assert back.tolist()[:2] == [[1.0], [1.0]]


def test_every_language_and_direction_has_a_figure(tmp_path: Path, embedder: Embedder) -> None:
    write(tmp_path, ["Bonjour Paris", "Adieu"], ["Hello Paris", "Adieu"])
    found = alignments(tmp_path, embedder)
    assert [item.direction for item in found] == [
        *("fr-en", "en-fr", "de-en", "en-de", "es-en", "en-es", "ar-en", "en-ar"),
    ]
    assert {(item.nearest.value, item.nearest.n) for item in found} == {(1.0, 2)}


def test_lines_must_match(tmp_path: Path, embedder: Embedder) -> None:
    write(tmp_path, ["Un"], ["One", "Two"])
    with pytest.raises(GoldError, match=r"fra: 1 sentences, and 2 in English"):
        alignments(tmp_path, embedder)


def test_no_folder_is_a_sentence_and_status_2(
    tmp_path: Path, make_embedder: Callable[[], Embedder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eval.alignment.open_embedder", lambda _: make_embedder())
    done = CliRunner().invoke(main, [str(tmp_path)])
    assert done.exit_code == 2
    assert "tatoeba.fra-eng.fra: cannot be read" in done.output
    write(tmp_path, ["Bonjour", "Adieu"], ["Bonjour", "Adieu"])
    done = CliRunner().invoke(main, [str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "en-ar" in done.output
