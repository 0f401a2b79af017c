"""Texts to vectors, by a sentence-transformers model. The only home of sentence_transformers; loads torch on first use.

The default model ships in `index/models/`, and is refused unless its weights have the expected SHA-256. OpenVINO
computes it where it can (`index.compiled`); then torch is loaded for the conversion alone. Vectors are float32 of unit
length, shape (n, dimension).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from index.compiled import AUTO, OPENVINO, About, Loaded, chosen, in_batches, open_compiled
from index.errors import IndexFault, InvalidRequest
from index.packed import WORDS, folder_digest, unpacked

DEFAULT = "default"
DEFAULT_NAME = "extrait-e5"
DEFAULT_MODEL = Path(__file__).parent / "models" / "embedder"
DEFAULT_WEIGHTS_SHA256 = "282df1435cf0f00bad2e32a23dc884611a5ecf0af9b955a0e3e878842950d27f"
BATCH = 32
CACHED_QUESTIONS = 1_000
# Threads wait for one another at every layer: beside another busy process one text took 439 ms on two, 85 ms on one.
MANY = 4  # texts that are worth more than one thread of torch

Vectors = np.ndarray[Any, np.dtype[np.float32]]
Role = Literal["question", "passage"]
PROMPTS = {"question": ("query",), "passage": ("document", "passage", "corpus")}  # their names in a model, first first


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
    """Whether torch is faster with numbers of half the bits there; a CPU without instructions only emulates them."""
    import torch  # noqa: PLC0415

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    found = torch.cpu.get_capabilities()
    return bool(found.get("amx_bf16") or found.get("avx512_bf16"))


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Torch computes with so many threads meanwhile, and with as many as before afterwards."""
    import torch  # noqa: PLC0415

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def state_digest(model: Any) -> str:
    """The SHA-256 of a loaded model's weights, for one that came from a hub and has no folder of its own."""
    total = sha256()
    for key, value in sorted(model.state_dict().items()):
        total.update(f"{key}\0".encode())
        total.update(np.ascontiguousarray(value.float().numpy()).tobytes())
    return total.hexdigest()


def load_model(name: str) -> Any:
    """The sentence-transformers model of that name. Raises InvalidRequest when there is none, DamagedIndex."""
    folder = DEFAULT_MODEL if name == DEFAULT else Path(name)
    local = folder.is_dir()
    if local:  # otherwise a second is lost on looking for newer files of a model that is here
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # before the library that reads it
    import sentence_transformers  # noqa: PLC0415 - brings torch, some seconds and 300 MB
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    source = unpacked(folder, DEFAULT_WEIGHTS_SHA256) if name == DEFAULT else nullcontext(folder if local else name)
    try:
        with source as place:
            model = sentence_transformers.SentenceTransformer(str(place), device="cpu", local_files_only=local)
        if not hasattr(model.tokenizer, "backend_tokenizer"):
            raise ValueError("its tokenizer is no fast one")
        return model
    except (OSError, ValueError) as error:
        raise InvalidRequest(
            f"EXTRAIT_EMBEDDER is {name!r}, which is no sentence-transformers model that can be "
            f"loaded here ({error}). Give a folder or a hub name."
        ) from error


def known_digest(name: str) -> str:
    """The digest of a model's files; "" for one without a folder, of which only the loaded weights can tell."""
    if name == DEFAULT:
        return folder_digest(WORDS, DEFAULT_MODEL)
    return folder_digest(Path(name)) if Path(name).is_dir() else ""


def about(model: Any, name: str) -> About:
    """What computing a sentence-transformers model needs to know."""
    inputs = tuple(one for one in model.tokenizer.model_input_names if one != "token_type_ids")  # all 0 for one text
    return About(
        inputs,
        int(model.tokenizer.pad_token_id or 0),
        int(model.max_seq_length or 0),
        {role: next((model.prompts[n] for n in names if n in model.prompts), "") for role, names in PROMPTS.items()},
        known_digest(name) or state_digest(model),
    )


def traceable(name: str) -> Loaded:
    """A sentence-transformers model as one function from pieces to the vector of the text."""
    model = load_model(name)
    import torch  # noqa: PLC0415 - is there by now

    known = about(model, name)

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: Any) -> Any:
            return (self.model(dict(zip(known.inputs, tensors, strict=True)))["sentence_embedding"],)

    return Loaded(Whole(), model.tokenizer.backend_tokenizer, known)


class ByTorch:
    """A sentence-transformers model as it is."""

    def __init__(self, name: str) -> None:
        import torch  # noqa: PLC0415

        self._model = load_model(name)
        self._threads = torch.get_num_threads()
        self.tokenizer = self._model.tokenizer.backend_tokenizer
        self.about = about(self._model, name)
        if has_bf16():  # twice as fast, with a cosine to the whole numbers' vector of 0.9999 and better
            self._model.bfloat16()

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Vectors of any length, shape (len(texts), dimension)."""
        encode = self._model.encode_query if role == "question" else self._model.encode_document
        with on_threads(self._threads if len(texts) >= MANY else 1):
            vectors: Vectors = encode(list(texts), batch_size=BATCH, show_progress_bar=False).astype(np.float32)
        return vectors


class ByOpenVINO:
    """A sentence-transformers model that was converted."""

    def __init__(self, name: str, cache: Path | None) -> None:
        self._compiled = open_compiled(lambda: traceable(name), known_digest(name), cache)
        self.tokenizer, self.about = self._compiled.tokenizer, self._compiled.about

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Vectors of any length, shape (len(texts), dimension)."""
        self.tokenizer.enable_truncation(self.about.longest)
        rows = self.tokenizer.encode_batch([self.about.prompts[role] + text for text in texts])
        found: dict[int, Vectors] = {}
        for places in in_batches([len(row.ids) for row in rows]):
            (vectors,) = self._compiled([rows[place] for place in places])
            found |= zip(places, vectors, strict=True)
        return np.stack([found[place] for place in range(len(rows))])


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, by folder or hub name; prompts that it declares for its roles are applied."""

    def __init__(self, name: str = DEFAULT, backend: str = AUTO, cache: Path | None = None) -> None:
        """Loads the model. Raises InvalidRequest when there is none of that name, DamagedIndex on wrong weights.

        `backend` is what computes, torch or openvino, or auto; `cache` the folder that keeps what OpenVINO converted.
        """
        self.name = DEFAULT_NAME if name == DEFAULT else name
        computing = ByOpenVINO(name, cache) if chosen(backend) == OPENVINO else ByTorch(name)
        self._computing = computing
        self._lock = threading.Lock()  # fast tokenizers cannot be borrowed by two threads, nor can a request
        # A question is needed twice, by the search and by the reader, and is often asked again.
        self._question = lru_cache(CACHED_QUESTIONS)(lambda text: self._encode([text], "question")[0])
        self.digest = computing.about.digest
        self.dimension = self.encode(["?"], "passage").shape[1]
        prompts = [
            len(computing.tokenizer.encode(p, add_special_tokens=False)) for p in computing.about.prompts.values()
        ]
        specials = computing.tokenizer.num_special_tokens_to_add(is_pair=False)
        self.window = computing.about.longest - specials - max(prompts, default=0)

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Unit vectors, shape (len(texts), dimension)."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        if role == "question":
            return np.stack([self._question(text) for text in texts])
        return self._encode(texts, role)

    def _encode(self, texts: Sequence[str], role: Role) -> Vectors:
        with self._lock:
            vectors = self._computing.encode(texts, role)
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
            tokenizer = self._computing.tokenizer
            tokenizer.no_truncation()
            tokenizer.no_padding()
            return [len(row.ids) for row in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
