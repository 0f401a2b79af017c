"""index.compiled: what is kept of a conversion, when it is made again, batches, and what is refused in words."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from index import compiled
from index.compiled import AUTO, OPENVINO, TORCH, About, Loaded, chosen, in_batches, open_compiled, padded
from index.errors import InvalidRequest


@given(st.lists(st.integers(1, 600), max_size=60), st.integers(64, 4096))
def test_batches_hold_every_row_once_and_few_pieces(lengths: list[int], most: int) -> None:
    batches = list(in_batches(lengths, most))
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= most for batch in batches)


def tokenizer() -> Tokenizer:
    found = Tokenizer(WordLevel({"?": 0, "[PAD]": 1, "a": 2, "b": 3}, unk_token="?"))  # noqa: S106 - a piece
    found.pre_tokenizer = Whitespace()
    return found


def test_short_rows_are_filled_with_the_piece_of_the_model() -> None:
    rows = tokenizer().encode_batch(["a b a", "b"])
    ids, mask = padded(rows, About(("input_ids", "attention_mask"), 1, 8))
    assert ids.tolist() == [[2, 3, 2, 1, 1, 1, 1, 1], [3, 1, 1, 1, 1, 1, 1, 1]]
    assert mask.tolist() == [[1, 1, 1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]]
    assert padded(rows, About(("input_ids",), 1, 4))[0].shape == (2, 4)  # no more than the model reads


def test_openvino_computes_where_it_is_made_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [chosen(TORCH), chosen(OPENVINO)] == [TORCH, OPENVINO]
    for machine, backend in {"x86_64": OPENVINO, "AMD64": OPENVINO, "aarch64": TORCH, "arm64": TORCH}.items():
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        assert chosen(AUTO) == backend


@pytest.fixture
def load() -> Callable[[], Loaded]:
    """Loads a model that doubles its pieces; `loaded` on it counts how often."""
    import torch  # noqa: PLC0415

    class Double(torch.nn.Module):
        def forward(self, pieces: Any) -> Any:
            return (pieces * 2.0,)

    def one() -> Loaded:
        one.loaded += 1  # type: ignore[attr-defined]
        return Loaded(Double(), tokenizer(), About(("input_ids",), 1, 8, digest="d"))

    one.loaded = 0  # type: ignore[attr-defined]
    return one


@pytest.mark.models
def test_a_conversion_is_kept_and_made_again_for_other_weights(load: Any, tmp_path: Path) -> None:
    for digest, times in (("one", 1), ("one", 1), ("other", 2), ("", 3), ("", 4)):
        model = open_compiled(load, digest, tmp_path / "cache")
        (found,) = model(model.tokenizer.encode_batch(["a b", "b"]))
        assert found[:, :2].tolist() == [[4.0, 6.0], [6.0, 2.0]]
        assert found.dtype == np.float32
        assert (load.loaded, model.about.digest) == (times, "d")
    assert len(list((tmp_path / "cache").iterdir())) == 2
    assert sys.modules["openvino_telemetry"] is None


@pytest.mark.models
@pytest.mark.parametrize("name", ["model.xml", "model.bin", "about.json", "tokenizer.json"])
def test_what_is_torn_is_made_again(load: Any, tmp_path: Path, name: str) -> None:
    open_compiled(load, "one", tmp_path)
    (folder,) = tmp_path.iterdir()
    (folder / name).write_bytes(b"")
    model = open_compiled(load, "one", tmp_path)
    assert model(model.tokenizer.encode_batch(["a b"]))[0][0, :2].tolist() == [4.0, 6.0]
    assert load.loaded == 2


@pytest.mark.models
def test_weights_that_were_changed_are_made_again(load: Any, tmp_path: Path) -> None:
    open_compiled(load, "one", tmp_path)
    (folder,) = tmp_path.iterdir()
    weights = bytearray((folder / "model.bin").read_bytes() or b"0")
    weights[0] ^= 1
    (folder / "model.bin").write_bytes(weights)
    open_compiled(load, "one", tmp_path)
    assert load.loaded == 2


@pytest.mark.models
def test_what_a_crash_left_half_written_is_not_read(load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(compiled, "sync", lambda _: {}["the power is cut"])
        with pytest.raises(KeyError):
            open_compiled(load, "one", tmp_path)
    assert list(tmp_path.iterdir()) == []
    open_compiled(load, "one", tmp_path)
    assert load.loaded == 2


@pytest.mark.models
def test_without_openvino_it_says_what_to_do(load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(InvalidRequest, match="EXTRAIT_BACKEND=torch"):
        open_compiled(load, "one", tmp_path)


@pytest.mark.models
def test_a_model_that_openvino_cannot_convert_is_said_in_a_sentence(tmp_path: Path) -> None:
    import torch  # noqa: PLC0415

    class Odd(torch.nn.Module):
        def forward(self, _: object) -> object:
            raise RuntimeError("no such operation\n0.1 0.2 0.3")

    with pytest.raises(InvalidRequest, match=r"'Odd' .*EXTRAIT_BACKEND=torch") as error:
        open_compiled(lambda: Loaded(Odd(), tokenizer(), About(("input_ids",), 1, 8)), "odd", tmp_path)
    assert "0.3" not in str(error.value)
    assert list(tmp_path.iterdir()) == []
