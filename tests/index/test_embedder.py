"""index.embedder: the shipped model gives unit vectors, the same with half the bits, and refuses what is no model."""

import sys
from pathlib import Path

import numpy as np
import pytest

from index.compiled import OPENVINO, compute_by_openvino
from index.embedder import DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256, SentenceTransformerEmbedder
from index.errors import InvalidRequest
from index.packed import unpacked

pytestmark = pytest.mark.models
TEXTS = [
    "L'usine de Tanger crée 2 500 emplois directs.",
    "The factory in Tangier creates 2,500 jobs.",
    "تقع الرباط على المحيط.",
    "😀",
    "",
    "mot " * 400,
]


@pytest.fixture(scope="module")
def embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder()


def test_vectors_have_unit_length(embedder: SentenceTransformerEmbedder) -> None:
    vectors = embedder.encode(TEXTS, "passage")
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-6)
    assert embedder.encode([], "passage").shape == (0, embedder.dimension)


def test_the_numbers_of_this_cpu_give_the_vectors_of_whole_ones(embedder: SentenceTransformerEmbedder) -> None:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - brings torch

    with unpacked(DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256) as folder:
        whole = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    cosines = (whole.encode(TEXTS, normalize_embeddings=True) * embedder.encode(TEXTS, "passage")).sum(1)
    assert cosines.min() > 0.999


def test_openvino_gives_the_vectors_of_torch(embedder: SentenceTransformerEmbedder) -> None:
    other = SentenceTransformerEmbedder(backend=OPENVINO)
    assert (other.digest, other.window, other.name) == (embedder.digest, embedder.window, embedder.name)
    for role in ("passage", "question"):
        assert (other.encode(TEXTS, role) * embedder.encode(TEXTS, role)).sum(1).min() > 0.999
    assert sys.modules["openvino_telemetry"] is None


def test_without_openvino_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(InvalidRequest, match=r"pip install -e '\.\[openvino\]'"):
        SentenceTransformerEmbedder(backend=OPENVINO)


def test_a_model_that_openvino_cannot_convert_is_said_in_a_sentence() -> None:
    import torch  # noqa: PLC0415

    class Odd(torch.nn.Module):
        def forward(self, **_: object) -> object:
            raise RuntimeError("no such operation\n0.1 0.2 0.3")

    with pytest.raises(InvalidRequest, match=r"'Odd' .*leave EXTRAIT_BACKEND out") as error:
        compute_by_openvino(Odd(), ["input_ids"], dict, ["x"], half=False)
    assert "0.3" not in str(error.value)


def test_a_translation_is_nearer_than_anything_else(embedder: SentenceTransformerEmbedder) -> None:
    vectors = embedder.encode(TEXTS[:3], "passage")
    french, english, other = vectors
    assert french @ english > french @ other
    assert np.array_equal(embedder.encode(TEXTS[:1], "question"), embedder.encode(TEXTS[:1], "question"))


def test_a_folder_without_a_model_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="EXTRAIT_EMBEDDER"):
        SentenceTransformerEmbedder(str(tmp_path / "nowhere"))
