"""Reads what the embedder is trained on: parallel texts, and questions with the passages that answer them.

Only `train/`, `parallel/` and `mono/` are read. A part of the articles is held back from all training; checkpoints,
the fusion of the two legs and the calibrations are chosen on it. Knows nothing of models.
"""

from __future__ import annotations

import json
import lzma
import tarfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from random import Random
from typing import TypeVar

import xxhash
from msgspec import Struct
from msgspec.structs import replace

from index.text import folded

HELD_BACK = 8  # one article in so many
NOVEL_CHARACTERS = 60_000  # of each novel, from its middle, where no licence or preface stands
SENTENCE = 12  # characters; a shorter pair ("Va !") teaches little
PARAGRAPH = 600  # characters that consecutive pairs are joined up to
STRANGERS = 20_000  # sentences of Tatoeba that are joined although they do not belong together
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
NEWS = {"fra": "fr", "spa": "es", "deu": "de", "ita": "it", "arb": "ar"}


class Pair(Struct, frozen=True):
    """A text and its English translation."""

    language: str
    text: str
    english: str


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


def translated(passages: list[Passage]) -> list[Pair]:
    """Questions and passages of translated sets beside their English originals, found by the questions' ids."""
    english = {key: (p, q) for p in passages if p.language == "en" for key, q in zip(p.ids, p.questions, strict=True)}
    pairs = []
    for passage in passages:
        if passage.language == "en" or held_back(passage.article):
            continue
        originals = [
            (q, *english[key]) for key, q in zip(passage.ids, passage.questions, strict=True) if key in english
        ]
        pairs += [Pair(passage.language, question, original) for question, _, original in originals]
        if originals:
            pairs.append(Pair(passage.language, passage.text, originals[0][1].text))
    return list(dict.fromkeys(pairs))


def tested_sentences(data: Path) -> set[str]:
    """The sentences of tatoeba_laser, on which alignment is measured and which other Tatoeba files hold as well."""
    files = (data / "parallel" / "tatoeba_laser_v1").glob("tatoeba.*-eng.*")
    return {folded(line) for file in files for line in file.read_text("utf-8").splitlines()}


def short_pairs(data: Path) -> list[Pair]:
    """French and English sentences of Tatoeba, without those that alignment is measured on."""
    tested = tested_sentences(data)
    with lzma.open(data / "parallel/manythings_fra_eng/fra.txt.xz", "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t")[:2] for line in file]
    return [
        Pair("fr", french, english)
        for english, french in rows
        if len(french) >= SENTENCE and folded(english) not in tested and folded(french) not in tested
    ]


def documentation(data: Path) -> list[tuple[str, Pair]]:
    """French and English paragraphs of Python's documentation, each with its file."""
    with lzma.open(data / "parallel/python_docs_fr/python-docs-en-fr.jsonl.xz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [(row["file"], Pair("fr", row["fr"], row["en"])) for row in rows if len(row["fr"]) >= SENTENCE]


def news(data: Path) -> list[tuple[str, Pair]]:
    """Sentences of newstest2019 in five languages, each with its document."""
    folder = data / "parallel/ntrex128"
    documents = (folder / "DOCUMENT_IDS.tsv").read_text("utf-8").splitlines()
    english = (folder / "newstest2019-src.eng.txt").read_text("utf-8").splitlines()
    pairs = []
    for code, language in NEWS.items():
        lines = (folder / f"newstest2019-ref.{code}.txt").read_text("utf-8").splitlines()
        for document, original, line in zip(documents, english, lines, strict=True):
            pairs.append((f"{language} {document}", Pair(language, line, original)))
    return pairs


def joined(rows: list[tuple[str, Pair]]) -> list[Pair]:
    """Paragraphs made by joining consecutive pairs of one document, up to PARAGRAPH characters.

    Sentence pairs alone teach only sentences, and passages are what is searched.
    """
    paragraphs = []
    for _, group in groupby(rows, key=lambda row: row[0]):
        held: list[Pair] = []
        for _, pair in group:
            held.append(pair)
            if sum(len(p.text) for p in held) >= PARAGRAPH:
                paragraphs.append(_join(held))
                held = []
        if len(held) > 1:
            paragraphs.append(_join(held))
    return paragraphs


def _join(pairs: list[Pair]) -> Pair:
    return Pair(pairs[0].language, " ".join(p.text for p in pairs), " ".join(p.english for p in pairs))


def novels(data: Path) -> Iterator[str]:
    """A sample of each French novel."""
    with tarfile.open(data / "mono/eltec_fra/plain1.tar.xz") as archive:
        for member in sorted((m for m in archive if m.isfile()), key=lambda m: m.name):
            file = archive.extractfile(member)
            text = file.read().decode("utf-8") if file else ""
            yield text[len(text) // 2 :][:NOVEL_CHARACTERS]


T = TypeVar("T", Pair, Passage)


class Corpora(Struct, frozen=True):
    """Everything that training reads, with what is held back taken out."""

    sentences: dict[str, list[Pair]]
    paragraphs: dict[str, list[Pair]]
    passages: dict[str, list[Passage]]
    french: list[str]


def read_corpora(data: Path, seed: int = 0) -> Corpora:
    """Reads all of it; some seconds. Raises OSError for a file that is not there."""
    random = Random(seed)
    everything = all_passages(data)
    kept = [p for p in everything if not held_back(p.article)]
    rows = [*documentation(data), *news(data)]
    tatoeba = short_pairs(data)
    pairs = [pair for _, pair in rows] + tatoeba + translated(everything)
    short = [p for p in pairs if len(p.text) < PARAGRAPH // 2]
    long = joined(rows) + [p for p in pairs if len(p.text) >= PARAGRAPH // 2]
    long += joined([("", pair) for pair in random.sample(tatoeba, min(STRANGERS, len(tatoeba)))])
    return Corpora(_by_language(short), _by_language(long), _by_language(kept), [t for t in novels(data) if t])


def _by_language(items: Sequence[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for item in items:
        found.setdefault(item.language, []).append(item)
    return found
