"""The recipe of the embedder on a handful of texts: it reads its data, learns, resumes exactly, and writes a model."""

import io
import json
import lzma
import tarfile
from pathlib import Path

import numpy as np
import pytest

from index.packed import WEIGHTS
from index.training import corpora as corpora_module
from index.training.batches import Sampler, Sizes
from index.training.corpora import Pair, held_back, joined, read_corpora, short_pairs

TOPICS = {
    "port": "harbour",
    "ville": "city",
    "usine": "factory",
    "musée": "museum",
    "gare": "station",
    "école": "school",
}


def squad(rows: list[tuple[str, str, str, str]]) -> bytes:
    data = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": context,
                    "qas": [
                        {"id": key, "question": question, "answers": [{"text": context.split()[0], "answer_start": 0}]}
                    ],
                }
            ],
        }
        for title, context, question, key in rows
    ]
    return lzma.compress(json.dumps({"data": data}).encode())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for folder in (
        "train",
        "parallel/manythings_fra_eng",
        "parallel/python_docs_fr",
        "parallel/ntrex128",
        "parallel/tatoeba_laser_v1",
        "mono/eltec_fra",
    ):
        (tmp_path / folder).mkdir(parents=True)
    train, parallel = tmp_path / "train", tmp_path / "parallel"
    (train / "piaf_fr.json.xz").write_bytes(
        squad(
            [
                (
                    f"Titre {n} {fr}",
                    f"Le {fr} numéro {n} se trouve au bord de la mer.",
                    f"Où se trouve le {fr} {n} ?",
                    f"p{n}{fr}",
                )
                for n in range(6)
                for fr in TOPICS
            ]
        )
    )
    (train / "squad_en_v1.json.xz").write_bytes(
        squad(
            [
                (f"Title {n} {en}", f"The {en} number {n} lies by the sea.", f"Where is the {en} {n}?", f"e{n}{en}")
                for n in range(6)
                for en in TOPICS.values()
            ]
        )
    )
    (train / "squad_es_v1.json.xz").write_bytes(
        squad(
            [
                (f"Título {n} {en}", f"El {en} número {n} está junto al mar.", f"¿Dónde está el {en} {n}?", f"e{n}{en}")
                for n in range(6)
                for en in TOPICS.values()
            ]
        )
    )
    pairs = [(f"I see the {en} over there.", f"Je vois le {fr} là-bas.") for fr, en in TOPICS.items()]
    pairs.append(("This sentence is for measuring.", "Cette phrase sert à mesurer."))
    (parallel / "manythings_fra_eng/fra.txt.xz").write_bytes(
        lzma.compress("".join(f"{en}\t{fr}\n" for en, fr in pairs).encode())
    )
    (parallel / "tatoeba_laser_v1/tatoeba.fra-eng.eng").write_text("This sentence is for measuring.\n", "utf-8")
    (parallel / "python_docs_fr/python-docs-en-fr.jsonl.xz").write_bytes(
        lzma.compress(
            "\n".join(
                json.dumps({"file": "a", "fr": f"Le module {n} lit un fichier.", "en": f"The module {n} reads a file."})
                for n in range(9)
            ).encode()
        )
    )
    (parallel / "ntrex128/DOCUMENT_IDS.tsv").write_text("one\none\n", "utf-8")
    for name in ("src.eng", "ref.fra", "ref.spa", "ref.deu", "ref.ita", "ref.arb"):
        (parallel / f"ntrex128/newstest2019-{name}.txt").write_text(f"The news of {name}.\nMore of {name}.\n", "utf-8")
    with tarfile.open(tmp_path / "mono/eltec_fra/plain1.tar.xz", "w:xz") as archive:
        text = "Il était une fois une ville au bord de la mer. ".encode() * 20
        member = tarfile.TarInfo("novel.txt")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return tmp_path


def test_what_is_measured_on_is_not_read(data: Path) -> None:
    assert "Cette phrase sert à mesurer." not in [pair.text for pair in short_pairs(data)]
    found = read_corpora(data)
    everything = [p for passages in found.passages.values() for p in passages]
    assert everything
    assert not [p for p in everything if held_back(p.article)]


def test_a_translation_is_held_back_with_its_original(data: Path) -> None:
    passages = corpora_module.all_passages(data)
    english = {p.ids: p.article for p in passages if p.language == "en"}
    spanish = [p for p in passages if p.language == "es"]
    assert spanish
    assert all(english[p.ids] == p.article for p in spanish)


def test_paragraphs_are_joined_within_a_document() -> None:
    rows = [(name, Pair("fr", f"{name} {n}", f"{name}-{n}")) for name in ("a", "b") for n in range(2)]
    assert [p.text for p in joined(rows)] == ["a 0 a 1", "b 0 b 1"]


def test_a_draw_depends_on_the_step_alone(data: Path) -> None:
    sizes = Sizes(sentences=6, paragraphs=2, passages=5)
    one, other = (Sampler(read_corpora(data), sizes, seed=7, mined_from=5) for _ in range(2))
    assert one.draw(3) == other.draw(3) != one.draw(4)
    batch = one.draw(3)
    assert len(batch.translations) == 8
    assert len(set(batch.passages)) == len(batch.passages) == 5
    assert set(batch.answer) == set(range(5))


@pytest.mark.models
def test_a_small_run_learns_resumes_and_writes_a_model(data: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - brings torch

    from index.packed import unpacked  # noqa: PLC0415
    from index.training.train import Recipe, Run  # noqa: PLC0415

    corpora, passages = read_corpora(data), corpora_module.read_passages(data, "piaf_fr")
    recipe = Recipe(pace=((0, 1.0), (4, 0.5)), sizes=Sizes(sentences=4, paragraphs=2, passages=4))
    whole = Run(tmp_path / "whole", recipe, corpora, passages)
    losses = [whole.advance() for _ in range(4)]
    assert losses[-1]["near"] < losses[0]["near"]

    half = Run(tmp_path / "half", recipe, corpora, passages)
    half.advance(), half.advance()
    half.save()
    resumed = Run(tmp_path / "half", recipe, corpora, passages)
    resumed.advance(), resumed.advance()
    for name, tensor in whole.student.model.state_dict().items():
        assert np.allclose(tensor, resumed.student.model.state_dict()[name], atol=1e-5), name

    folder = tmp_path / "model"
    digest = whole.finish(folder)
    assert (folder / WEIGHTS).stat().st_size > 0
    with unpacked(folder, digest) as ready:
        model = SentenceTransformer(str(ready), device="cpu", local_files_only=True)
    text = ["Où se trouve la gare ?"]
    ours = whole.student(text).detach().numpy()
    assert float((model.encode(text) * ours).sum()) > 0.999
