"""A sentence-transformers folder kept small: word rows in 8 bits with a scale each, other weights in half precision.

Most of a small multilingual model is its table of word rows. Eight bits a row lose less than half a percent of a
weight, and the file is a third of the size of one in single precision. Knows nothing of what the model is for.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from index.errors import DamagedIndex

WEIGHTS = "model.safetensors"
ROWS = "embeddings.word_embeddings.weight"  # how the name of the table ends; a head puts a prefix before it
SCALES = "embeddings.word_embeddings.scale"
STEPS = 127  # of an 8-bit number, to each side of 0
SMALLEST = 0.01  # of a row, below which half precision could not hold its scale

Tensors = dict[str, np.ndarray[Any, Any]]


def pack(tensors: Tensors) -> Tensors:
    """The same weights, rounded. Word rows have the shape (pieces, dimension)."""
    name = rows_name(tensors)
    rows = tensors[name].astype(np.float32)
    scales = np.maximum(np.abs(rows).max(axis=1, keepdims=True), SMALLEST).astype(np.float16) / np.float16(STEPS)
    packed = {key: np.ascontiguousarray(tensor.astype(np.float16)) for key, tensor in tensors.items() if key != name}
    rounded = np.clip(np.round(rows / scales.astype(np.float32)), -STEPS, STEPS)
    return packed | {name: rounded.astype(np.int8), scales_name(name): scales}


def unpack(packed: Tensors) -> Tensors:
    """Weights in single precision, from what `pack` made."""
    name = rows_name(packed)
    rows = packed[name].astype(np.float32) * packed[scales_name(name)].astype(np.float32)
    both = {name, scales_name(name)}
    others = {key: tensor.astype(np.float32) for key, tensor in packed.items() if key not in both}
    return others | {name: rows}


def rows_name(tensors: Tensors) -> str:
    """The name of the table of word rows."""
    return next(name for name in tensors if name.endswith(ROWS))


def scales_name(rows: str) -> str:
    """The name of its scales."""
    return rows.removesuffix(ROWS) + SCALES


def save_packed(tensors: Tensors, path: Path) -> str:
    """Writes packed weights; their SHA-256."""
    save_file(dict(sorted(pack(tensors).items())), path, metadata={"format": "pt"})
    return sha256_of(path)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@contextmanager
def unpacked(folder: Path, expected: str) -> Iterator[Path]:
    """A temporary folder with the same model in single precision, as any library reads it.

    Raises DamagedIndex when the weights have not the expected SHA-256, or cannot be read.
    """
    path = folder / WEIGHTS
    try:
        found = sha256_of(path)
        if found != expected:
            raise DamagedIndex(f"{path} has SHA-256 {found}, not {expected}: check out the file again.")
        with TemporaryDirectory(prefix="extrait-model-") as temporary:
            target = Path(temporary)
            shutil.copytree(folder, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(WEIGHTS))
            save_file(unpack(load_file(path)), target / WEIGHTS, metadata={"format": "pt"})
            yield target
    except (OSError, SafetensorError) as error:
        raise DamagedIndex(f"{path} cannot be read ({error}): check out the file again.") from error
