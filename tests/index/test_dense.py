"""index.dense against `argsort(matrix @ query)`."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.dense import DenseIndex
from index.errors import DamagedIndex


def unit(rows: int, dimension: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def best(matrix: np.ndarray, ids: list[int], query: np.ndarray, n: int) -> list[tuple[int, float]]:
    scores = matrix @ query
    return [(ids[row], float(scores[row])) for row in np.argsort(-scores, kind="stable")[:n]]


@given(st.integers(0, 40), st.integers(1, 60), st.integers(0, 10_000), st.integers(1, 24))
def test_the_nearest_are_those_of_argsort(rows: int, n: int, seed: int, dimension: int) -> None:
    matrix, query = unit(rows, dimension, seed), unit(1, dimension, seed + 1)[0]
    ids = [int(key) for key in np.random.default_rng(seed).permutation(1000)[:rows]]
    found = DenseIndex.build(ids, matrix, dimension).search(query, n)
    expected = best(matrix, ids, query, n)
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-5)
    if dimension > 2:
        assert [key for key, _ in found] == [key for key, _ in expected]


@given(st.sets(st.integers(0, 60)), st.integers(1, 40), st.integers(0, 10_000))
def test_only_allowed_ids_are_found_and_all_of_them(allowed: set[int], n: int, seed: int) -> None:
    matrix, query = unit(30, 8, seed), unit(1, 8, seed + 1)[0]
    ids = list(range(0, 60, 2))
    found = DenseIndex.build(ids, matrix, 8).search(query, n, sorted(allowed))
    kept = [row for row, key in enumerate(ids) if key in allowed]
    expected = best(matrix[kept], [ids[row] for row in kept], query, n) if kept else []
    assert [key for key, _ in found] == [key for key, _ in expected]


def test_an_empty_index_finds_nothing() -> None:
    index = DenseIndex.build([], np.zeros((0, 4), np.float32), 4)
    assert len(index) == 0
    assert index.search(np.ones(4, np.float32), 5) == []


def test_saved_and_loaded_it_finds_the_same(tmp_path: Path) -> None:
    matrix, query = unit(20, 8, 1), unit(1, 8, 2)[0]
    index = DenseIndex.build(list(range(20)), matrix, 8)
    index.save(tmp_path / "dense.faiss")
    again = DenseIndex.load(tmp_path / "dense.faiss")
    assert len(again) == 20
    assert again.search(query, 5) == index.search(query, 5)


@pytest.mark.parametrize("content", [b"", b"no index", b"IxMp" + b"\x00" * 40], ids=["empty", "text", "torn"])
def test_a_foreign_file_is_damage_with_a_remedy(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "dense.faiss").write_bytes(content)
    with pytest.raises(DamagedIndex, match="start again"):
        DenseIndex.load(tmp_path / "dense.faiss")


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    with pytest.raises(DamagedIndex):
        DenseIndex.load(tmp_path / "nothing.faiss")
