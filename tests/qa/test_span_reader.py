"""qa.span_reader: spans in document coordinates, what is read and what is left; the shipped model on real words."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.documents import Chunk, Document, Passage, revision_of
from index.errors import InvalidRequest
from qa.ranking import FEATURES
from qa.span_model import Found, Reading, SpanModel
from qa.span_reader import FIRST, SpanReader, open_model

WEIGHTS = dict(zip(FEATURES, (0.06, 0.25, 1.1, 0.9, 2.0), strict=True))
TEXT = (
    "Le projet, d'un montant de 3 milliards de dirhams, permettra la création de 2 500 emplois directs. "
    "La première phase devrait être opérationnelle dès septembre 2026 à Tanger Tech. 😀"
)


def passage(text: str, start: int = 0, end: int | None = None, name: str = "d", language: str = "fr") -> Passage:
    end = len(text) if end is None else end
    document = Document(name, name, text, language=language)
    return Passage(document, Chunk(name, revision_of(text), start, end), start, end, 1.0)


class FakeModel:
    """Finds the first word of a text, with a score that is told by the text's number."""

    name, digest = "fake", "fake-1"

    def __init__(self, scores: dict[str, float]) -> None:
        self.scores, self.texts = scores, list[str]()

    def read(self, question: str, texts: Sequence[str], count: int) -> list[Reading]:  # noqa: ARG002 - a reader reads
        self.texts += texts
        return [Reading([Found(0, len(text.split()[0]), self.scores[text])], 0.0) for text in texts]


def many(*scores: float) -> tuple[FakeModel, list[Passage]]:
    texts = {f"t{n} rien.": score for n, score in enumerate(scores)}
    return FakeModel(texts), [passage(text, name=f"d{n}") for n, text in enumerate(texts)]


def test_the_strongest_comes_first_in_the_coordinates_of_its_document() -> None:
    text = "Avant. Après tout."
    model = FakeModel({"Après tout.": 5.0, "Avant.": 1.0})
    spans = SpanReader(model, WEIGHTS).read("q", [passage(text, 0, 6), passage(text, 7)])
    assert [text[s.start : s.end] for s in spans] == ["Après", "Avant."]
    assert spans[0].strength > spans[1].strength
    assert (spans[0].score, spans[0].no_answer_score) == (5.0, 0.0)


def test_the_rest_is_not_read_when_it_could_hardly_win() -> None:
    model, passages = many(20.0, *[0.0] * 7)
    assert len(SpanReader(model, WEIGHTS).read("q", passages)) == FIRST
    assert len(model.texts) == FIRST


def test_the_rest_is_read_when_it_might_win() -> None:
    model, passages = many(*[0.0] * 7, 9.0)
    assert SpanReader(model, WEIGHTS).read("q", passages)[0].document.id == "d7"
    assert sorted(model.texts) == sorted(p.document.text for p in passages)


def test_the_words_of_the_question_decide_what_is_read_first() -> None:
    model, passages = many(*[0.0] * 8)
    told = passage("Le pont de Tanger.", name="told")
    model.scores[told.document.text] = 20.0
    SpanReader(model, WEIGHTS).read("Où est le pont de Tanger ?", [*passages, told])
    assert told.document.text in model.texts[:FIRST]


def test_nothing_to_read() -> None:
    assert SpanReader(FakeModel({}), WEIGHTS).read("q", []) == []


def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="EXTRAIT_READER"):
        open_model(str(tmp_path))


@pytest.fixture(scope="module")
def model() -> SpanModel:
    return open_model()


@pytest.mark.models
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Combien d'emplois directs seront créés ?", "2 500"),
        ("Quand la première phase sera-t-elle opérationnelle ?", "septembre 2026"),
        ("Quel est le montant du projet ?", "3 milliards de dirhams"),
    ],
)
def test_the_answer_is_the_fact(model: SpanModel, question: str, answer: str) -> None:
    best = SpanReader(model, WEIGHTS).read(question, [passage(TEXT)])[0]
    assert TEXT[best.start : best.end] == answer


@pytest.mark.models
def test_passages_of_one_batch_do_not_mix(model: SpanModel) -> None:
    texts = ["Il pleut à Rabat en mars.", TEXT, "القاهرة عاصمة مصر.", TEXT * 12]
    together = model.read("Combien d'emplois ?", texts, 3)
    for text, reading in zip(texts, together, strict=True):
        (alone,) = model.read("Combien d'emplois ?", [text], 3)
        assert [s[:2] for s in reading.spans] == [s[:2] for s in alone.spans]
        assert reading.none == pytest.approx(alone.none, abs=1e-3)


HARD = st.text(
    alphabet=st.sampled_from("aé\u0301ß ﷺ\u200f\u0640م😀👩\u200d👩.\n-'«»ﬁ1٣\t\u00ad\u00a0"), min_size=1, max_size=80
)


@pytest.mark.models
@settings(deadline=None, max_examples=60)
@given(HARD, HARD, st.integers(0, 5))
def test_every_span_slices_its_document(model: SpanModel, question: str, text: str, start: int) -> None:
    start = min(start, len(text) - 1)
    for span in SpanReader(model, WEIGHTS).read(question, [passage(text, start, language="ar")]):
        assert start <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip()
