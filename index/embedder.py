"""Texts to vectors, by a sentence-transformers model. The only home of sentence_transformers; loads torch on first use.

The default model ships in `index/models/embedder/` (its README is the model card), and is refused unless its weights
have the expected SHA-256. Vectors are float32 of unit length, shape (n, dimension).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from index.compiled import OPENVINO, TORCH, compute_by_openvino
from index.errors import IndexFault, InvalidRequest
from index.packed import sha256_of, unpacked

DEFAULT = "default"
DEFAULT_NAME = "extrait-minilm"
DEFAULT_MODEL = Path(__file__).parent / "models" / "embedder"
DEFAULT_WEIGHTS_SHA256 = "a262c4ac41acef1f41e38901c323cad4132696c533ffc06b3b8f92533db0478c"
BATCH = 32
CACHED_QUESTIONS = 1_000
# Threads wait for one another at every layer: beside another busy process one text took 439 ms on two, 85 ms on one.
MANY = 4  # texts that are worth more than one thread

Vectors = np.ndarray[Any, np.dtype[np.float32]]
Role = Literal["question", "passage"]


class Embedder(Protocol):
    """What the index needs of an embedding model.

    `digest` names the weights, so that two models never mix; `window` is the longest text, in the model's own pieces
    without its special tokens, that it reads whole.
    """

    name: str
    digest: str
    dimension: int
    window: int

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Unit vectors, shape (len(texts), dimension)."""
        ...

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        """How many pieces the model makes of each text, special tokens not counted."""
        ...


def has_bf16(device: str = "cpu") -> bool:
    """Whether numbers of half the bits are faster there; a CPU without instructions for them only emulates them."""
    import torch  # noqa: PLC0415

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    found = torch.cpu.get_capabilities()
    return bool(found.get("amx_bf16") or found.get("avx512_bf16"))


def folder_digest(folder: Path) -> str:
    """The SHA-256, in hex, of a model's weights, configuration and vocabulary."""
    total = sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".safetensors", ".bin", ".json", ".txt", ".model"} and path.is_file():
            total.update(f"{path.relative_to(folder)}\0{sha256_of(path)}\n".encode())
    return total.hexdigest()


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, by folder or hub name; prompts that it declares for its roles are applied."""

    def __init__(self, name: str = DEFAULT, backend: str = TORCH) -> None:
        """Loads the model. Raises InvalidRequest when there is none of that name, DamagedIndex on wrong weights.

        `backend` is what computes, torch or openvino (`index.compiled`).
        """
        import sentence_transformers  # noqa: PLC0415 - brings torch, some seconds and 300 MB

        folder = DEFAULT_MODEL if name == DEFAULT else Path(name)
        local = folder.is_dir()
        if local:  # otherwise a second is lost on looking for newer files of a model that is here
            os.environ.setdefault("HF_HUB_OFFLINE", "1")

        import torch  # noqa: PLC0415
        from transformers.utils import logging  # noqa: PLC0415

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]

        source = unpacked(folder, DEFAULT_WEIGHTS_SHA256) if name == DEFAULT else nullcontext(folder if local else name)
        try:
            with source as place:
                self._model = sentence_transformers.SentenceTransformer(
                    str(place), device="cpu", local_files_only=local
                )
        except (OSError, ValueError) as error:
            raise InvalidRequest(
                f"EXTRAIT_EMBEDDER is {name!r}, which is no sentence-transformers model that can be "
                f"loaded here ({error}). Give a folder or a hub name."
            ) from error
        # A question is needed twice, by the search and by the reader, and is often asked again.
        self._question = lru_cache(CACHED_QUESTIONS)(lambda text: self._encode([text], "question")[0])
        self._threads, self._set_threads = torch.get_num_threads(), torch.set_num_threads
        self._lock = threading.Lock()  # fast tokenizers cannot be borrowed by two threads
        tokenizer = self._model.tokenizer
        state = "" if local else state_digest(self._model)
        # Half the bits are twice as fast, with a cosine to the whole numbers' vector of 0.9999 and better.
        if backend == OPENVINO:
            from transformers.modeling_outputs import BaseModelOutput  # noqa: PLC0415

            names, outputs = tokenizer.model_input_names, ["last_hidden_state"]
            compute_by_openvino(self._model[0].model, names, BaseModelOutput, outputs, half=has_bf16())
        elif has_bf16():
            self._model.bfloat16()
        self.name = DEFAULT_NAME if name == DEFAULT else name
        self.digest = folder_digest(folder) if local else state
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        prompts = [len(tokenizer.tokenize(prompt)) for prompt in self._model.prompts.values()]
        self.window = (
            int(self._model.max_seq_length or 0) - tokenizer.num_special_tokens_to_add() - max(prompts, default=0)
        )

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Unit vectors, shape (len(texts), dimension)."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        if role == "question":
            return np.stack([self._question(text) for text in texts])
        return self._encode(texts, role)

    def _encode(self, texts: Sequence[str], role: Role) -> Vectors:
        encode = self._model.encode_query if role == "question" else self._model.encode_document
        with self._lock:
            self._set_threads(self._threads if len(texts) >= MANY else 1)
            vectors = encode(list(texts), batch_size=BATCH, show_progress_bar=False).astype(np.float32)
        if not np.isfinite(vectors).all():  # it would find nothing, and look like "the documents do not say"
            raise IndexFault(f"The model {self.name} gave a vector that is not finite; its weights may be damaged.")
        # Here, and not by the model, whose numbers may have half the bits.
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        """How many pieces the model makes of each text, special tokens not counted."""
        if not texts:
            return []
        with self._lock:
            pieces = self._model.tokenizer(
                list(texts),
                add_special_tokens=False,
                truncation=False,
                padding=False,
                verbose=False,
                return_attention_mask=False,
                return_token_type_ids=False,
            )["input_ids"]
        return [len(ids) for ids in pieces]


def state_digest(model: Any) -> str:
    """The SHA-256 of a loaded model's weights, for one that came from a hub and has no folder of its own."""
    total = sha256()
    for key, value in sorted(model.state_dict().items()):
        total.update(f"{key}\0".encode())
        total.update(np.ascontiguousarray(value.float().numpy()).tobytes())
    return total.hexdigest()
