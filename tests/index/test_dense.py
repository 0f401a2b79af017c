"""index.dense against `argsort(matrix @ query)`."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
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


def rows(ids: list[int], matrix: np.ndarray) -> list[tuple[int, np.ndarray]]:
    return list(zip(ids, matrix, strict=True))


def test_written_and_loaded_it_finds_the_same(tmp_path: Path) -> None:
    matrix, query = unit(20, 8, 1), unit(1, 8, 2)[0]
    DenseIndex.write(tmp_path / "dense", rows(list(range(20)), matrix))
    again = DenseIndex.load(tmp_path / "dense")
    assert len(again) == 20
    assert again.search(query, 5) == DenseIndex.build(range(20), matrix, 8).search(query, 5)


@given(
    st.lists(st.tuples(st.sets(st.integers(0, 40), max_size=12), st.sets(st.integers(0, 40), max_size=12)), max_size=5)
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_added_and_removed_it_is_the_index_of_what_is_left(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[set[int], set[int]]]
) -> None:
    monkeypatch.setattr("index.dense.PART", 5)
    matrix, query, folder = unit(41, 8, 1), unit(1, 8, 2)[0], tmp_path_factory.mktemp("dense")
    held: set[int] = set()
    base = None
    for number, (wanted, unwanted) in enumerate(steps):
        gone = unwanted & held
        added = wanted - (held - gone)
        held = held - gone | added
        new = folder / str(number)
        DenseIndex.write(new, rows(sorted(added), matrix[sorted(added)]), base, sorted(gone))
        base, index, ids = new, DenseIndex.load(new), sorted(held)
        assert len(index) == len(ids)
        expected = best(matrix[ids], ids, query, 9)
        assert {key for key, _ in index.search(query, 41)} == held
        assert [score for _, score in index.search(query, 9)] == pytest.approx([s for _, s in expected], abs=2e-3)


def test_a_full_part_stays_as_it_is_and_one_that_changes_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.dense.PART", 10)
    matrix = unit(30, 8, 1)
    one, two, three = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    DenseIndex.write(one, rows(list(range(25)), matrix[:25]))
    DenseIndex.write(two, rows([25], matrix[25:26]), one)
    DenseIndex.write(three, rows([26], matrix[26:27]), two, [3])
    first = one / "000001.faiss"
    assert (two / first.name).samefile(first)
    assert not (three / first.name).exists()
    assert (three / "000002.faiss").samefile(one / "000002.faiss")
    assert len(DenseIndex.load(one)) == 25  # the older folders are as they were
    assert matrix[3].tobytes() not in b"".join(path.read_bytes() for path in three.iterdir())
    assert all(3 not in {key for key, _ in DenseIndex.load(three).search(row, 30)} for row in matrix)


def test_a_full_part_finds_nearly_all_of_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.dense.PART", 2_000)
    matrix, queries = unit(2_000, 384, 1), unit(50, 384, 2)
    DenseIndex.write(tmp_path / "dense", rows(list(range(2_000)), matrix))
    index, exact = DenseIndex.load(tmp_path / "dense"), DenseIndex.build(range(2_000), matrix, 384)
    found = [len({k for k, _ in index.search(q, 10)} & {k for k, _ in exact.search(q, 10)}) for q in queries]
    assert sum(found) / 500 >= 0.97


@pytest.mark.parametrize("content", [b"", b"no index", b"IxMp" + b"\x00" * 40], ids=["empty", "text", "torn"])
def test_a_foreign_file_is_damage_with_a_remedy(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "000001.faiss").write_bytes(content)
    with pytest.raises(DamagedIndex, match="extrait rebuild"):
        DenseIndex.load(tmp_path)
