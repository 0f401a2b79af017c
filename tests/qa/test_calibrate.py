"""qa.training.calibrate: a small run with the shipped models; what is left out, and what counts as right."""

import json
import lzma
from pathlib import Path
from random import Random

import msgspec
import numpy as np
import pytest
import xxhash
from click.testing import CliRunner

from index.text import folded
from qa.confidence import FEATURES, Calibration
from qa.ranking import FEATURES as RANKING
from qa.training.calibrate import LEFT_OUT, SETS, asked_of, contexts_of, fit_ranking, holds, main, reached
from qa.training.corpora import held_back
from qa.training.examples import Example, all_examples

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
def data(tmp_path: Path) -> Path:
    (tmp_path / "train").mkdir()
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


def test_a_part_of_the_contexts_is_left_out(data: Path) -> None:
    examples = all_examples(data)
    documents = contexts_of("piaf_fr", examples)
    contexts = {one.context for one in examples if one.set == "piaf_fr"}
    assert {document.text for document in documents} == {
        text for text in contexts if xxhash.xxh64_intdigest(folded(text).encode()) % LEFT_OUT
    }
    assert 0 < len(documents) < len(contexts)
    present = {document.text for document in documents}
    asked = asked_of("piaf_fr", examples, present, Random(1), 1000)
    assert len(asked) == 2 * len(contexts)
    assert sum(not one.answers for one in asked) == 2 * (len(contexts) - len(documents))


def test_what_a_translation_answers_is_an_answer() -> None:
    title = HELD[0]
    english = Example("1", "squad_en_v1", "en", title, "When?", "It was in May.", 10, 13)
    spanish = Example("1", "squad_es_v1", "es", title, "¿Cuándo?", "Fue en mayo.", 7, 11)
    for present, answers in (
        ({"It was in May.", "Fue en mayo."}, ("may", "mayo")),
        ({"Fue en mayo."}, ("mayo",)),
        (set[str](), ()),
    ):
        (one,) = asked_of("squad_es_v1", [english, spanish], present, Random(1), 9)
        assert one.answers == answers
        assert one.question in {"When?", "¿Cuándo?"}


def test_the_least_confidence_of_a_precision() -> None:
    # Of 100 answers the surest 60 are right, and none of the others: 3/4 of the first 80, 60 % of all.
    confidences, right = np.linspace(1, 0.01, 100), [True] * 60 + [False] * 40
    found = dict(reached(confidences, right))
    assert found[0.5] == found[0.6] == 0.01
    assert found[0.75] == pytest.approx(0.21)
    assert found[0.95] == pytest.approx(0.38)  # 60 of 63
    assert reached(confidences[:20], right[:20]) == ()


def test_what_counts_as_right() -> None:
    assert holds("La gare a ouvert en 1912.", ("1912",))
    assert not holds("La gare a ouvert en 1912.", ("1913",))
    assert not holds("La gare a ouvert en 1912.", ())


def test_the_ranking_learns_what_tells_right_from_wrong() -> None:
    pairs = [([1.0, 0.0, 0.5, 0.5, 0.1, 0.0], [0.0, 0.0, 0.5, 0.5, 0.2, 0.0])] * 20
    weights = fit_ranking(pairs)
    assert weights["margin"] > 0.5
    assert weights["overlap"] < 0 == weights["score"]


@pytest.mark.models
def test_a_small_run(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "made.json"
    monkeypatch.setenv("EXTRAIT_CALIBRATION", str(made))
    result = CliRunner().invoke(main, ["--data", str(data), "--questions", "24"])
    assert result.exit_code == 0, result.output
    found = msgspec.json.decode(made.read_bytes(), type=Calibration)
    assert (set(found.weights), set(found.ranking)) == (set(FEATURES), set(RANKING))
    assert found.reader == "extrait-reader"
    refused = CliRunner().invoke(main, ["--data", str(tmp_path / "nowhere")])
    assert refused.exit_code == 2
    assert "--data" in refused.output
