"""index.embedder: the model gives unit vectors, alike by torch and by OpenVINO; what is no model is refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index.compiled import OPENVINO, TORCH
from index.embedder import DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256, SentenceTransformerEmbedder, on_threads
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
    "mot " * 600,
]


@pytest.fixture(scope="module")
def embedder(cache: Path) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(backend=OPENVINO, cache=cache)


@pytest.fixture(scope="module")
def by_torch() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(backend=TORCH)


def test_vectors_have_unit_length(embedder: SentenceTransformerEmbedder) -> None:
    vectors = embedder.encode(TEXTS, "passage")
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-6)
    assert embedder.encode([], "passage").shape == (0, embedder.dimension)


def test_both_backends_give_the_vectors_of_the_library(
    embedder: SentenceTransformerEmbedder, by_torch: SentenceTransformerEmbedder
) -> None:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - brings torch

    with unpacked(DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256) as folder:
        whole = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    wanted = {"question": whole.encode_query(TEXTS), "passage": whole.encode_document(TEXTS)}
    assert (wanted["question"] != wanted["passage"]).any()  # each has its prompt
    for role, vectors in wanted.items():
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        for one in (embedder, by_torch):
            assert (unit * one.encode(TEXTS, role)).sum(1).min() > 0.999
    assert (embedder.digest, embedder.window, embedder.name) == (by_torch.digest, by_torch.window, by_torch.name)
    assert embedder.count_pieces(TEXTS) == by_torch.count_pieces(TEXTS) == [16, 13, 6, 1, 0, 401, 601]


def test_a_converted_model_needs_no_torch(embedder: SentenceTransformerEmbedder, cache: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from index.embedder import SentenceTransformerEmbedder as E\n"
        "vector = E(backend='openvino', cache=Path(sys.argv[1])).encode(['Une question ?'], 'question')[0]\n"
        "print(*vector); assert not {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(cache)], capture_output=True, text=True, check=True)
    vector = np.array(done.stdout.split(), np.float32)
    assert vector @ embedder.encode(["Une question ?"], "question")[0] == pytest.approx(1.0, abs=1e-3)


def test_each_call_has_its_threads_and_gives_them_back(by_torch: SentenceTransformerEmbedder) -> None:
    import torch  # noqa: PLC0415

    with on_threads(2):
        by_torch.encode(TEXTS[:1], "passage")
        assert torch.get_num_threads() == 2


def test_a_translation_is_nearer_than_anything_else(embedder: SentenceTransformerEmbedder) -> None:
    vectors = embedder.encode(TEXTS[:3], "passage")
    french, english, other = vectors
    assert french @ english > french @ other
    assert np.array_equal(embedder.encode(TEXTS[:1], "question"), embedder.encode(TEXTS[:1], "question"))


@pytest.mark.parametrize("backend", [TORCH, OPENVINO])
def test_a_folder_without_a_model_is_refused_in_words(tmp_path: Path, backend: str) -> None:
    with pytest.raises(InvalidRequest, match="EXTRAIT_EMBEDDER"):
        SentenceTransformerEmbedder(str(tmp_path / "nowhere"), backend)
