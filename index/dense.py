"""Nearest vectors, by FAISS. The only home of faiss; knows nothing of text.

Vectors are float32 of unit length, so that the inner product is the cosine. They lie in parts, a file each, which are
mapped into memory and searched in full. A full part holds 16-bit numbers: half the bytes to go through, and the same
nearest neighbours (`make bench-ingest` measures both). Nothing is trained, so that the order of additions does not
matter. An index is changed by writing a new folder: parts that stay as they are only get a second name there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.disk import link
from index.errors import DamagedIndex

PART = 16_384  # vectors in a full part

Vectors = np.ndarray[Any, np.dtype[np.float32]]
Ids = Sequence[int] | np.ndarray[Any, np.dtype[np.int64]]


class DenseIndex:
    """The vectors of chunk ids; a search looks at all of them."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self._parts = parts

    @classmethod
    def build(cls, ids: Sequence[int], vectors: Vectors, dimension: int) -> DenseIndex:
        """In memory, exact: from ids, shape (n,), and vectors, shape (n, dimension)."""
        return cls([_part(ids, vectors, faiss.IndexFlatIP(dimension))] if len(ids) else [])

    @classmethod
    def write(
        cls, folder: Path, rows: Iterable[tuple[int, Vectors]], base: Path | None = None, gone: Sequence[int] = ()
    ) -> None:
        """Writes a new folder: what `base` holds, without the ids in `gone`, and `rows` of (id, vector)."""
        folder.mkdir()
        loose: list[Iterable[tuple[int, Vectors]]] = []
        number = 0
        for path in sorted(base.iterdir()) if base else ():
            number, part = int(path.stem), _read(path)
            ids = faiss.vector_to_array(part.id_map)
            kept = ~np.isin(ids, gone)
            if kept.all() and len(ids) == PART:
                link(path, folder / path.name)
            else:
                loose.append(zip(ids[kept], part.index.reconstruct_n(0, part.ntotal)[kept], strict=True))
        left = chain(*loose, rows)
        while lot := list(islice(left, PART)):
            number += 1
            _write(folder / f"{number:06d}.faiss", lot)

    @classmethod
    def load(cls, folder: Path) -> DenseIndex:
        """Raises DamagedIndex when a file is not one that `write` wrote."""
        return cls([_read(path) for path in sorted(folder.iterdir())])

    def __len__(self) -> int:
        return sum(int(part.ntotal) for part in self._parts)

    def search(self, vector: Vectors, n: int, allowed: Ids | None = None) -> list[tuple[int, float]]:
        """(id, cosine) of the n nearest, best first; only among `allowed` ids when they are given."""
        if allowed is not None and not len(allowed):
            return []
        chosen: Any = None
        if allowed is not None:
            ids = np.asarray(allowed)
            bits = np.zeros(int(ids.max()) + 1, np.bool_)
            bits[ids] = True
            # Its stubs do not know the forms for Python.
            selector = faiss.IDSelectorBitmap(np.packbits(bits, bitorder="little"))  # type: ignore[call-arg,arg-type]
            chosen = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        # For one vector threads wait for one another: beside another busy process 8 ms on two, under 1 ms on one.
        faiss.omp_set_num_threads(1)
        found: list[tuple[float, int]] = []
        for part in self._parts:
            scores, ids = part.search(vector.reshape(1, -1), min(n, part.ntotal), params=chosen)
            found += [(-float(score), int(key)) for score, key in zip(scores[0], ids[0], strict=True) if key >= 0]
        return [(key, -score) for score, key in sorted(found)[:n]]


def _write(path: Path, lot: Sequence[tuple[int, Vectors]]) -> None:
    vectors = np.stack([vector for _, vector in lot])
    dimension = vectors.shape[1]
    inner: Any = faiss.IndexFlatIP(dimension)
    if len(lot) == PART:
        inner = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    faiss.write_index(_part([key for key, _ in lot], vectors, inner), str(path))


def _part(ids: Sequence[int], vectors: Vectors, inner: Any) -> Any:
    part = faiss.IndexIDMap2(inner)
    part.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.asarray(ids, np.int64))
    return part


def _read(path: Path) -> Any:
    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise DamagedIndex(f"{path} is not a FAISS index: run `extrait rebuild`, which makes it again.") from error
