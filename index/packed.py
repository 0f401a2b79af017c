"""Models kept small: word rows in 8 bits with a scale each, other weights in half precision.

Most of a small multilingual model is its table of word rows, and training leaves it as it was: the models that ship
share one, with the tokenizer that belongs to it, in `index/models/words/`. A model's own folder holds all the others.
Knows nothing of what a model is for.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from index.errors import DamagedIndex

WORDS = Path(__file__).parent / "models" / "words"
ROWS_SHA256 = "d9d4ae11b0551470676a017378bcb4ac76d72797a84910dd3d166537ff34371e"
WEIGHTS, ROWS_FILE = "model.safetensors", "rows.safetensors"
ROWS = "embeddings.word_embeddings.weight"  # how the name of the table ends; a head puts a prefix before it
SCALES = "embeddings.word_embeddings.scale"
BESIDE = "embeddings.position_embeddings.weight"  # a table that every model has under the same prefix
STEPS = 127  # of an 8-bit number, to each side of 0
SMALLEST = 0.01  # of a row, below which half precision could not hold its scale

Tensors = dict[str, np.ndarray[Any, Any]]


def pack_rows(rows: np.ndarray[Any, Any]) -> Tensors:
    """Word rows, rounded to 8 bits; shape (pieces, dimension)."""
    rows = rows.astype(np.float32)
    scales = np.maximum(np.abs(rows).max(axis=1, keepdims=True), SMALLEST).astype(np.float16) / np.float16(STEPS)
    rounded = np.clip(np.round(rows / scales.astype(np.float32)), -STEPS, STEPS)
    return {ROWS: rounded.astype(np.int8), SCALES: scales}


def unpack_rows(packed: Tensors) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The rows in single precision, from what `pack_rows` made."""
    rows: np.ndarray[Any, np.dtype[np.float32]] = packed[ROWS].astype(np.float32) * packed[SCALES].astype(np.float32)
    return rows


def save_packed(tensors: Tensors, path: Path) -> str:
    """Writes a model's weights but for its word rows, in half precision; the SHA-256 of the file."""
    own = {
        key: np.ascontiguousarray(t.astype(np.float16)) for key, t in sorted(tensors.items()) if not key.endswith(ROWS)
    }
    save_file(own, path, metadata={"format": "pt"})
    return sha256_of(path)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def folder_digest(*folders: Path) -> str:
    """The SHA-256, in hex, of the weights, configuration and vocabulary in these folders."""
    total = sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".safetensors", ".bin", ".json", ".txt", ".model"} and path.is_file():
                total.update(f"{path.relative_to(folder)}\0{sha256_of(path)}\n".encode())
    return total.hexdigest()


def check_weights(path: Path, expected: str) -> None:
    """Raises DamagedIndex unless the file has that SHA-256."""
    try:
        found = sha256_of(path)
    except OSError as error:
        raise DamagedIndex(f"{path} cannot be read ({error}): check out the file again.") from error
    if found != expected:
        raise DamagedIndex(f"{path} has SHA-256 {found}, not {expected}: check out the file again.")


@contextmanager
def unpacked(folder: Path, expected: str, words: Path = WORDS, rows_expected: str = ROWS_SHA256) -> Iterator[Path]:
    """A temporary folder with the same model in single precision and its tokenizer, as any library reads it.

    Raises DamagedIndex when the weights or the word rows have not the expected SHA-256, or cannot be read.
    """
    check_weights(folder / WEIGHTS, expected)
    check_weights(words / ROWS_FILE, rows_expected)
    try:
        with TemporaryDirectory(prefix="extrait-model-") as temporary:
            target = Path(temporary)
            for source in (words, folder):
                shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(WEIGHTS, ROWS_FILE))
            own = {key: tensor.astype(np.float32) for key, tensor in load_file(folder / WEIGHTS).items()}
            prefix = next(key for key in own if key.endswith(BESIDE)).removesuffix(BESIDE)
            rows = unpack_rows(load_file(words / ROWS_FILE))
            save_file(own | {prefix + ROWS: rows}, target / WEIGHTS, metadata={"format": "pt"})
            yield target
    except (OSError, SafetensorError) as error:
        raise DamagedIndex(f"{folder / WEIGHTS} cannot be read ({error}): check out the file again.") from error
