"""Nearest vectors, by FAISS. The only home of faiss; knows nothing of text.

Vectors are float32 of unit length, so that the inner product is the cosine.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.errors import DamagedIndex

Vectors = np.ndarray[Any, np.dtype[np.float32]]


class DenseIndex:
    """An exact (flat) index over chunk ids."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, ids: Sequence[int], vectors: Vectors, dimension: int) -> DenseIndex:
        """From ids, shape (n,), and vectors, shape (n, dimension)."""
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        if len(ids):
            index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.asarray(ids, np.int64))
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> DenseIndex:
        """Raises DamagedIndex when the file is not one that `save` wrote."""
        try:
            return cls(faiss.read_index(str(path)))
        except RuntimeError as error:
            raise DamagedIndex(
                f"{path} is not a FAISS index: delete var/current and start again, which rebuilds it from the database."
            ) from error

    def save(self, path: Path) -> None:
        """Writes one file."""
        faiss.write_index(self._index, str(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, vector: Vectors, n: int, allowed: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """(id, cosine) of the n nearest, best first; only among `allowed` ids when they are given."""
        if not len(self) or (allowed is not None and not len(allowed)):
            return []
        n = min(n, len(self))
        if allowed is None:
            scores, ids = self._index.search(vector.reshape(1, -1), n)
        else:
            selector = faiss.IDSelectorBatch(np.asarray(allowed, np.int64))
            parameters: Any = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # its stub is incomplete
            scores, ids = self._index.search(vector.reshape(1, -1), n, params=parameters)
        return [(int(key), float(score)) for key, score in zip(ids[0], scores[0], strict=True) if key >= 0]
