"""Reads what the models are trained on: questions with the passages that answer them, and texts of other kinds.

Only `train/`, `parallel/` and `mono/` are read here; `qa/training/written.py` reads `written/`. A part of the articles
is held back from all training; checkpoints, the fusion of the two legs and the calibrations are chosen on it. Knows
nothing of models.
"""

from __future__ import annotations

import json
import lzma
import tarfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import xxhash
from msgspec import Struct
from msgspec.structs import replace

from index.text import folded

HELD_BACK = 8  # one article in so many
# Sets of questions by language. Where a set is a translation, its questions keep the ids of the English ones.
QUESTIONS = {
    "piaf_fr": "fr",
    "squad_train_subset": "en",
    "squad_en_v1": "en",
    "squad_en_v2": "en",
    "squadshifts_reddit": "en",
    "squadshifts_amazon_reviews": "en",
    "policyqa": "en",
    "squad_es_v1": "es",
    "squad_es_v2": "es",
    "squad_it": "it",
    "arcd_ar": "ar",
    "xquad_de": "de",
    "xquad_es": "es",
    "xquad_ar": "ar",
}
SENTENCE, PARAGRAPH = 20, (40, 1_500)  # characters; a shorter sentence ("Va !") says little
TATOEBA = 60_000  # pairs of short sentences
NEWS_JOINED = 4  # sentences of the news that are joined to a text
NOVEL, EXCERPTS, EXCERPT = 120_000, 700, (200, 900)  # characters of each novel, one excerpt in so many, and its length
SHORTEST_EXCERPT = 150


class Passage(Struct, frozen=True):
    """A passage, the questions that it answers, and their ids. `article` names what its neighbours are taken from."""

    set: str
    language: str
    article: str
    text: str
    questions: tuple[str, ...]
    ids: tuple[str, ...]


def held_back(article: str) -> bool:
    """Whether an article is kept out of training. The same answer everywhere and always."""
    return xxhash.xxh64_intdigest(folded(article).encode()) % HELD_BACK == 0


def read_passages(data: Path, name: str) -> list[Passage]:
    """The passages of one SQuAD file that answer a question, each with its questions.

    A file of one single article is cut by passage instead, so that a part of it can be held back. Raises OSError when
    the file is not there.
    """
    articles = json.loads(lzma.decompress((data / "train" / f"{name}.json.xz").read_bytes()))["data"]
    passages = []
    for article in articles:
        for number, paragraph in enumerate(article["paragraphs"]):
            answered = [item for item in paragraph["qas"] if item["answers"]]
            title = article["title"] if len(articles) > 1 else f"{name} {number}"
            if answered:
                passages.append(
                    Passage(
                        name,
                        QUESTIONS[name],
                        title,
                        paragraph["context"],
                        tuple(item["question"] for item in answered),
                        tuple(str(item["id"]) for item in answered),
                    )
                )
    return passages


def all_passages(data: Path) -> list[Passage]:
    """The passages of every set at hand."""
    names = [name for name in QUESTIONS if (data / "train" / f"{name}.json.xz").exists()]
    passages = [passage for name in names for passage in read_passages(data, name)]
    # A translation has a title of its own: an article must be held back in every language or in none.
    original = {key: p.article for p in passages if p.language == "en" for key in p.ids}
    return [replace(p, article=original.get(p.ids[0], p.article)) for p in passages]


def other_texts(data: Path, seed: int, most: int) -> list[str]:
    """Texts without questions, in random order: short sentences, documentation, news, excerpts of novels.

    Raises OSError for a file that is not there.
    """
    random = Random(seed)
    found = [*short_sentences(data, random), *documentation(data), *news(data), *excerpts(data, random)]
    texts = list(dict.fromkeys(found))
    random.shuffle(texts)
    return texts[:most]


def short_sentences(data: Path, random: Random) -> Iterator[str]:
    """French and English sentences of Tatoeba, without those that alignment is measured on (tatoeba_laser)."""
    files = (data / "parallel/tatoeba_laser_v1").glob("tatoeba.*-eng.*")
    measured = {folded(line) for file in files for line in file.read_text("utf-8").splitlines()}
    with lzma.open(data / "parallel/manythings_fra_eng/fra.txt.xz", "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t")[:2] for line in file]
    random.shuffle(rows)
    for pair in rows[:TATOEBA]:
        if len(pair[0]) > SENTENCE and not {folded(text) for text in pair} & measured:
            yield from pair


def documentation(data: Path) -> Iterator[str]:
    """French and English paragraphs of Python's documentation."""
    with lzma.open(data / "parallel/python_docs_fr/python-docs-en-fr.jsonl.xz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield from (row[code] for code in ("fr", "en") if PARAGRAPH[0] < len(row[code]) < PARAGRAPH[1])


def news(data: Path) -> Iterator[str]:
    """Sentences of newstest2019 in all languages at hand, and the same joined to paragraphs."""
    for path in sorted((data / "parallel/ntrex128").glob("newstest*.txt")):
        lines = path.read_text("utf-8").splitlines()
        yield from lines
        yield from (" ".join(lines[n : n + NEWS_JOINED]) for n in range(0, len(lines), NEWS_JOINED))


def excerpts(data: Path, random: Random) -> Iterator[str]:
    """Excerpts of French novels, from their middle, where no licence or preface stands."""
    with tarfile.open(data / "mono/eltec_fra/plain1.tar.xz") as archive:
        for member in sorted((m for m in archive if m.isfile()), key=lambda m: m.name):
            file = archive.extractfile(member)
            text = file.read().decode("utf-8") if file else ""
            for start in range(len(text) // 4, min(len(text), len(text) // 4 + NOVEL), EXCERPTS):
                excerpt = " ".join(text[start : start + random.randint(*EXCERPT)].split())
                if len(excerpt) > SHORTEST_EXCERPT:
                    yield excerpt
