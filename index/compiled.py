"""Models computed by OpenVINO instead of torch, and kept converted. The only home of openvino.

Converting takes seconds and needs torch; what it gives is kept in a folder of the cache, with the tokenizer and what
else is needed to compute, so that the next start reads that and never loads torch. The cache can be deleted at any
time. Knows nothing of what a model is for.
"""

from __future__ import annotations

import logging
import os
import platform
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct

from index.disk import sync
from index.errors import InvalidRequest
from index.packed import sha256_of

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

logger = logging.getLogger("extrait")

TORCH, OPENVINO, AUTO = "torch", "openvino", "auto"
PIECES = 4_096  # of a batch, padding among them: enough to keep the cores busy, and little memory
FORMAT = 2  # of what is kept
UNABLE = "OpenVINO cannot compute the model {name!r} ({reason}): set EXTRAIT_BACKEND=torch to compute it with torch."

Floats = np.ndarray[Any, np.dtype[np.float32]]
Inputs = list[np.ndarray[Any, np.dtype[np.int64]]]


class About(Struct, frozen=True):
    """What computing needs to know beside the weights: the names of the inputs, and the piece that fills short rows.

    `longest` is how many pieces the model reads at once; `prompts` and `digest` are for who asked to keep them.
    `weights` is the SHA-256 of the converted ones.
    """

    inputs: tuple[str, ...]
    pad: int
    longest: int
    prompts: dict[str, str] = {}
    digest: str = ""
    weights: str = ""


class Loaded(NamedTuple):
    """A model in torch: `module` takes one tensor for each of `about.inputs` and gives a tuple of tensors."""

    module: Any
    tokenizer: Tokenizer
    about: About


def chosen(backend: str) -> str:
    """The backend that computes: for "auto", OpenVINO on the processors it is made for, where it is installed."""
    if backend != AUTO:
        return backend
    try:
        version("openvino")
    except PackageNotFoundError:
        return TORCH
    return OPENVINO if platform.machine().lower() in {"x86_64", "amd64"} else TORCH


def in_batches(lengths: Sequence[int], most: int = PIECES) -> Iterator[list[int]]:
    """Places of rows of like length, so that little is padded; at most so many pieces a batch, or one row."""
    taken: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        if taken and (len(taken) + 1) * lengths[place] > most:
            yield taken
            taken = []
        taken.append(place)
    if taken:
        yield taken


def padded(rows: Sequence[Encoding], about: About) -> Inputs:
    """The inputs of a batch, each of shape (rows, longest of them), in the order of `about.inputs`."""
    longest = max(len(row.ids) for row in rows)
    wide = max(longest, min(longest + -longest % 8, about.longest))  # fewer shapes to prepare for
    found = []
    for name in about.inputs:
        filled = np.full((len(rows), wide), about.pad if name == "input_ids" else 0, np.int64)
        for place, row in enumerate(rows):
            given = {"input_ids": row.ids, "attention_mask": row.attention_mask, "token_type_ids": row.type_ids}[name]
            filled[place, : len(given)] = given
        found.append(filled)
    return found


class Compiled:
    """A model that was converted, with its tokenizer. One thread at a time may use it."""

    def __init__(self, folder: Path) -> None:
        """Opens what `convert` wrote. Raises OSError when its weights are not those that were written."""
        from tokenizers import Tokenizer  # noqa: PLC0415 - `extrait --help` starts fast

        self.about = msgspec.json.decode((folder / "about.json").read_bytes(), type=About)
        if sha256_of(folder / "model.bin") != self.about.weights:
            raise OSError("its weights were changed")
        words = (folder / "tokenizer.json").read_bytes()
        msgspec.json.decode(words, type=msgspec.Raw)  # a torn one is told by its error; the library's has no name
        self.tokenizer = Tokenizer.from_buffer(words)
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "bf16" if computes_halves() else "f32",
            "PERFORMANCE_HINT": "LATENCY",
        }
        if threads := os.environ.get("OMP_NUM_THREADS"):  # one, in a process that shares the cores with others
            settings["INFERENCE_NUM_THREADS"] = int(threads)
        self._request = core().compile_model(folder / "model.xml", "CPU", settings).create_infer_request()

    def __call__(self, rows: Sequence[Encoding]) -> list[Floats]:
        """The model's outputs for a batch, in order."""
        found = self._request.infer(padded(rows, self.about), share_inputs=True)
        return [np.array(value, np.float32) for value in found.values()]


def open_compiled(load: Callable[[], Loaded], digest: str, cache_folder: Path | None) -> Compiled:
    """The model that `load` gives, from the cache when it was converted before; without a cache it is converted anew.

    `digest` names its weights; "" when only loading can tell, and then nothing is kept. Raises InvalidRequest when
    OpenVINO is not installed, or cannot convert it.
    """
    openvino()
    key = sha256(f"{FORMAT} {digest} {version('openvino')}".encode()).hexdigest()[:32]
    kept = cache_folder / key if cache_folder and digest else None
    if kept and (kept / "about.json").is_file():
        try:
            return Compiled(kept)
        except (OSError, RuntimeError, msgspec.DecodeError) as error:  # OpenVINO's own are RuntimeErrors
            logger.warning("%s cannot be read (%s): it is made again.", kept, str(error).split("\n")[0][:200])
            shutil.rmtree(kept)
    if kept is None:
        with TemporaryDirectory(prefix="extrait-compiled-") as temporary:
            convert(load(), Path(temporary))
            return Compiled(Path(temporary))
    logger.info("A model is converted for this processor: some ten seconds, once.")
    kept.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix="draft-", dir=kept.parent))
    try:
        convert(load(), draft)
        for path in [*draft.iterdir(), draft]:
            sync(path)
        draft.replace(kept)
    except OSError:
        if not (kept / "about.json").is_file():  # otherwise another process was faster
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Compiled(kept)


def convert(loaded: Loaded, folder: Path) -> None:
    """Writes a model as OpenVINO reads it. Raises InvalidRequest when it cannot be converted."""
    import torch  # noqa: PLC0415
    from transformers.utils import logging as others  # noqa: PLC0415

    verbosity = others.get_verbosity()
    ones = tuple(torch.ones((2, 8), dtype=torch.long) for _ in loaded.about.inputs)
    others.set_verbosity_error()  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what tracing says of branches that depend on a value
        try:
            model = openvino().convert_model(loaded.module, example_input=ones)
        except (RuntimeError, TypeError, ValueError, LookupError) as error:
            reason = str(error).split("\n")[0][:200]  # the rest may be all the numbers of the model
            raise InvalidRequest(UNABLE.format(name=type(loaded.module).__name__, reason=reason)) from None
        finally:
            others.set_verbosity(verbosity)
    openvino().save_model(model, folder / "model.xml", compress_to_fp16=True)
    loaded.tokenizer.save(str(folder / "tokenizer.json"))
    about = msgspec.structs.replace(loaded.about, weights=sha256_of(folder / "model.bin"))
    (folder / "about.json").write_bytes(msgspec.json.encode(about))


def openvino() -> Any:
    """The library. Raises InvalidRequest when it is not installed."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # it would call home when imported
    try:
        import openvino as found  # noqa: PLC0415
    except ImportError as error:
        raise InvalidRequest(
            "EXTRAIT_BACKEND is openvino, which is not installed: run `pip install openvino`, or set "
            "EXTRAIT_BACKEND=torch."
        ) from error
    return found


@cache
def core() -> Any:
    """OpenVINO's own state, one for each process."""
    return openvino().Core()


def computes_halves() -> bool:
    """Whether OpenVINO computes faster with numbers of half the bits on this processor."""
    return "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
