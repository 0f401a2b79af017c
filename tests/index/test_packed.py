"""index.packed: what is lost by packing, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import load_file, save_file

from index.embedder import DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256
from index.errors import DamagedIndex
from index.packed import (
    BESIDE,
    ROWS,
    ROWS_FILE,
    ROWS_SHA256,
    WEIGHTS,
    WORDS,
    folder_digest,
    pack_rows,
    save_packed,
    sha256_of,
    unpack_rows,
    unpacked,
)

MEGABYTES = 80


@given(arrays(np.float32, (3, 8), elements=st.floats(-4, 4, width=32)))
def test_a_row_loses_less_than_one_step(rows: np.ndarray) -> None:
    back = unpack_rows(pack_rows(rows))
    assert (np.abs(back - rows) <= np.abs(rows).max(axis=1, keepdims=True) / 127 * 0.6 + 1e-4).all()
    assert back.dtype == np.float32


def test_a_row_by_hand() -> None:
    packed = pack_rows(np.array([[1.27, -0.635, 0.0]], np.float32))
    assert packed[ROWS].tolist() in ([[127, -64, 0]], [[127, -63, 0]])


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, str, Path, str]:
    """A model, its digest, the words that it shares, and theirs."""
    model, words = tmp_path / "model", tmp_path / "words"
    for folder in (model, words):
        folder.mkdir()
    (words / "tokenizer.json").write_text("{}")
    tensors = {"bert." + BESIDE: np.full((2, 3), 0.5, np.float32), "bert." + ROWS: np.eye(3, dtype=np.float32)}
    save_file(pack_rows(tensors["bert." + ROWS]), words / ROWS_FILE)
    return model, save_packed(tensors, model / WEIGHTS), words, sha256_of(words / ROWS_FILE)


def test_a_model_is_put_together_under_its_own_names(folders: tuple[Path, str, Path, str]) -> None:
    assert set(load_file(folders[0] / WEIGHTS)) == {"bert." + BESIDE}
    with unpacked(*folders) as folder:
        found = load_file(folder / WEIGHTS)
        assert (folder / "tokenizer.json").exists()
        assert not (folder / ROWS_FILE).exists()
    assert not folder.exists()
    assert np.allclose(found["bert." + ROWS], np.eye(3), atol=1e-3)
    assert found["bert." + BESIDE].tolist() == [[0.5] * 3] * 2
    assert {tensor.dtype for tensor in found.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("torn", [0, 2])
def test_other_weights_are_refused(folders: tuple[Path, str, Path, str], torn: int) -> None:
    given_: list = list(folders)
    given_[torn + 1] = "0" * 64
    with pytest.raises(DamagedIndex, match="has SHA-256"), unpacked(*given_):
        pass
    path = folders[torn] / (WEIGHTS if torn == 0 else ROWS_FILE)
    path.write_bytes(b"torn")
    given_[torn + 1] = sha256_of(path)
    with pytest.raises(DamagedIndex, match="cannot be read"), unpacked(*given_):
        pass
    path.unlink()
    with pytest.raises(DamagedIndex, match="cannot be read"), unpacked(*given_):
        pass


def test_a_digest_names_every_file_that_counts(folders: tuple[Path, str, Path, str]) -> None:
    model, _, words, _ = folders
    before = folder_digest(words, model)
    assert before == folder_digest(words, model) != folder_digest(model)
    (words / "notes.md").write_text("no part of the model")
    assert folder_digest(words, model) == before
    (words / "tokenizer.json").write_text("{ }")
    assert folder_digest(words, model) != before


def test_the_model_that_ships_is_the_pinned_one_and_small() -> None:
    assert sha256_of(DEFAULT_MODEL / WEIGHTS) == DEFAULT_WEIGHTS_SHA256
    assert sha256_of(WORDS / ROWS_FILE) == ROWS_SHA256
    files = [*DEFAULT_MODEL.rglob("*"), *WORDS.rglob("*")]
    assert sum(file.stat().st_size for file in files) < MEGABYTES * 1_000_000
