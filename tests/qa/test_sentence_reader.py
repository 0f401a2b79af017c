"""qa.sentence_reader with the fake embedder: the best sentence, and the fact in it."""

import json
from pathlib import Path

import numpy as np
import pytest

from index.documents import Chunk, Document, Passage, revision_of
from qa.sentence_reader import FEATURES, MODEL, SentenceReader

TEXT = (
    "Le projet, d'un montant de 3 milliards de dirhams, permettra la création de 2 500 emplois directs. "
    "La première phase devrait être opérationnelle dès septembre 2026 à Tanger Tech. "
    "Le pont suspendu relie les deux rives du fleuve."
)


def passages(*texts: str) -> list[Passage]:
    found = []
    for n, text in enumerate(texts):
        document = Document(f"d{n}", f"D{n}", text, language="fr")
        found.append(Passage(document, Chunk(document.id, revision_of(text), 0, len(text)), 0, len(text), 1.0))
    return found


@pytest.fixture
def reader(embedder) -> SentenceReader:
    return SentenceReader(embedder)


def first(reader: SentenceReader, question: str, *texts: str) -> str:
    best = reader.read(question, passages(*texts or [TEXT]))[0]
    return best.document.text[best.start : best.end]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Combien d'emplois directs seront créés ?", "2 500"),
        ("Quel est le montant du projet ?", "3 milliards de dirhams"),
        ("Quand la première phase sera-t-elle opérationnelle ?", "septembre 2026"),
        ("Que relie le pont suspendu ?", "Le pont suspendu relie les deux rives du fleuve."),
    ],
)
def test_the_fact_that_is_asked_for(reader: SentenceReader, question: str, answer: str) -> None:
    assert first(reader, question) == answer


def test_what_the_question_says_is_no_answer(reader: SentenceReader) -> None:
    text = "En 2024, l'usine comptait 300 salariés ; en 2026, elle en comptera 900."
    assert first(reader, "Combien de salariés en 2024 ?", text) == "300"


def test_spans_lie_in_their_passage_best_first(reader: SentenceReader, seed_text: str) -> None:
    document = Document("s", "S", seed_text, language="fr")
    middle = seed_text.index("La première")
    read = [Passage(document, Chunk("s", "r", middle, len(seed_text)), middle, len(seed_text), 1.0)]
    spans = reader.read("Quelle est la capacité de la première phase ?", read)
    assert spans
    assert all(middle <= span.start < span.end <= len(seed_text) for span in spans)
    assert [span.score for span in spans] == sorted((span.score for span in spans), reverse=True)
    assert seed_text[spans[0].start : spans[0].end] == "25 000 tonnes par an"


@pytest.mark.parametrize("question", ["", "?", "le la les", "😀", "x" * 2_000, "كم؟"])
def test_any_question_can_be_read(reader: SentenceReader, question: str) -> None:
    reader.read(question, passages(TEXT, "😀", "1"))
    assert reader.read(question, []) == []


def test_sentences_are_embedded_once(reader: SentenceReader, embedder) -> None:
    reader.read("Combien d'emplois ?", passages(TEXT))
    embedder.encoded.clear()
    reader.read("Combien d'autres emplois ?", passages(TEXT))
    assert embedder.encoded == ["Combien d'autres emplois ?"]


def test_the_same_sentence_twice_is_embedded_once(reader: SentenceReader, embedder) -> None:
    reader.read("Combien d'emplois ?", passages(TEXT, TEXT))
    assert len(embedder.encoded) == len(set(embedder.encoded))


def test_the_cache_forgets_the_oldest(reader: SentenceReader, monkeypatch: pytest.MonkeyPatch, embedder) -> None:
    monkeypatch.setattr("qa.sentence_reader.CACHED", 2)
    before = [span.score for span in reader.read("Combien d'emplois ?", passages(TEXT))]
    assert [span.score for span in reader.read("Combien d'emplois ?", passages(TEXT))] == before


def test_features_are_finite_and_as_many_as_named(reader: SentenceReader) -> None:
    for _, values in reader.features("Combien d'emplois ?", passages(TEXT, "Rien à voir.")):
        assert len(values) == len(FEATURES)
        assert np.isfinite(values).all()


def test_the_digest_depends_on_the_weights_and_the_embedder(tmp_path: Path, embedder, make_embedder) -> None:
    model = tmp_path / "model.json"
    changed = json.loads(MODEL.read_bytes())
    changed["weights"]["cosine"] += 1
    model.write_text(json.dumps(changed))
    digests = {
        SentenceReader(embedder).digest,
        SentenceReader(embedder, model).digest,
        SentenceReader(make_embedder(digest="x")).digest,
    }
    assert len(digests) == 3
    assert SentenceReader(embedder).digest == SentenceReader(make_embedder()).digest


def test_the_shipped_weights_have_every_feature() -> None:
    assert set(json.loads(MODEL.read_bytes())["weights"]) == set(FEATURES)
