"""Embeds a library anew by another model, and kills itself at a moment; says each document that is done.

Run as a program by `test_renewal.py`: `renewer.py DATA POINT TIMES`. It dies as by `kill -9` when the function POINT,
such as `index.drafts:add`, was called for the TIMES-th time: before it when TIMES is negative, otherwise after it.
"""

from __future__ import annotations

import importlib
import os
import runpy
import signal
import sys
from functools import reduce
from pathlib import Path
from typing import Any

import index.renewal
from index.cutter import Cutter
from index.publishing import Publisher

Words: Any = runpy.run_path(str(Path(__file__).with_name("writer.py")), run_name="writer")["Words"]


class OtherWords(Words):
    """Another model: its vectors are shorter, and it reads shorter texts."""

    name, digest, dimension, window = "other-words", "fake-2", 48, 80


def die_at(point: str, times: int) -> None:
    module, _, path = point.partition(":")
    *owners, name = path.split(".")
    owner = reduce(getattr, owners, importlib.import_module(module))
    function, left = getattr(owner, name), [abs(times)]

    def counted(*args: object, **more: object) -> object:
        left[0] -= 1
        if times < 0 and not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **more)
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, counted)


def main() -> None:
    data, point, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    index.renewal.BATCH_CHARACTERS = 1  # a document each
    die_at(point, times)
    for one in index.renewal.renew(Publisher(data), Cutter(OtherWords())):
        print(one.name, flush=True)


if __name__ == "__main__":
    main()
