"""index.packed: what is lost by packing, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index.embedder import DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256
from index.errors import DamagedIndex
from index.packed import ROWS, WEIGHTS, pack, save_packed, sha256_of, unpack, unpacked

MEGABYTES = 50


@given(arrays(np.float32, (3, 8), elements=st.floats(-4, 4, width=32)))
def test_a_row_loses_less_than_one_step(rows: np.ndarray) -> None:
    back = unpack(pack({ROWS: rows, "bias": rows[0]}))
    assert (np.abs(back[ROWS] - rows) <= np.abs(rows).max(axis=1, keepdims=True) / 127 * 0.6 + 1e-4).all()
    assert np.allclose(back["bias"], rows[0], atol=2e-3)
    assert {tensor.dtype for tensor in back.values()} == {np.dtype(np.float32)}


def test_a_row_by_hand() -> None:
    packed = pack({ROWS: np.array([[1.27, -0.635, 0.0]], np.float32)})
    assert packed[ROWS].tolist() == [[127, -64, 0]] or packed[ROWS].tolist() == [[127, -63, 0]]


def test_other_weights_are_refused(tmp_path: Path) -> None:
    digest = save_packed({ROWS: np.eye(3, dtype=np.float32)}, tmp_path / WEIGHTS)
    with unpacked(tmp_path, digest) as folder:
        assert (folder / WEIGHTS).exists()
    assert not folder.exists()
    with pytest.raises(DamagedIndex, match="has SHA-256"), unpacked(tmp_path, "0" * 64):
        pass
    (tmp_path / WEIGHTS).write_bytes(b"torn")
    with pytest.raises(DamagedIndex, match="cannot be read"), unpacked(tmp_path, sha256_of(tmp_path / WEIGHTS)):
        pass


def test_the_model_that_ships_is_the_pinned_one_and_small() -> None:
    assert sha256_of(DEFAULT_MODEL / WEIGHTS) == DEFAULT_WEIGHTS_SHA256
    assert sum(file.stat().st_size for file in DEFAULT_MODEL.rglob("*")) < MEGABYTES * 1_000_000
