"""Transformers models computed by OpenVINO instead of torch. The only home of openvino, which is an optional extra.

Knows nothing of what a model is for.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from index.errors import InvalidRequest

TORCH, OPENVINO = "torch", "openvino"
MISSING = (
    "EXTRAIT_BACKEND is openvino, which is not installed: run `.venv/bin/pip install -e '.[openvino]'`, or leave the "
    "setting out to compute with torch."
)
UNABLE = "OpenVINO cannot compute the model {name!r} ({reason}): leave EXTRAIT_BACKEND out to compute it with torch."


def compute_by_openvino(
    model: Any, inputs: Sequence[str], result: Callable[..., Any], outputs: Sequence[str], *, half: bool
) -> None:
    """Makes a transformers model compute its `outputs` by OpenVINO from now on, and give them as a `result`.

    `inputs` are the names of what its tokenizer gives; numbers have half the bits where that is asked for. One thread
    may use it at a time. Raises InvalidRequest when OpenVINO is not installed, or cannot convert the model.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # it would call home when imported
    try:
        import openvino  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise InvalidRequest(MISSING) from error

    import torch  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    class Traced(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: Any) -> Any:
            found = self.model(**dict(zip(inputs, tensors, strict=True)), return_dict=True)
            return tuple(found[name] for name in outputs)

    verbosity = logging.get_verbosity()
    ones = torch.ones((2, 8), dtype=torch.long)
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what tracing says of branches that depend on a value
        try:
            converted = openvino.convert_model(Traced(), example_input=tuple(ones for _ in inputs))
        except (RuntimeError, TypeError, ValueError, LookupError) as error:
            reason = str(error).split("\n")[0][:200]  # the rest may be all the numbers of the model
            raise InvalidRequest(UNABLE.format(name=type(model).__name__, reason=reason)) from None
        finally:
            logging.set_verbosity(verbosity)
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if half else "f32",
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),  # one, in a process that shares the cores with others
    }
    request = openvino.compile_model(converted, "CPU", settings).create_infer_request()

    def computed(**given: Any) -> Any:
        found = request.infer([given[name].numpy() for name in inputs], share_inputs=True)
        return result(**{name: torch.from_numpy(found[row].copy()) for row, name in enumerate(outputs)})

    model.forward = computed
