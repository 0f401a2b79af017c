"""qa.span_reader: spans in document coordinates, what is read and what is left; the shipped model on real words."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.compiled import TORCH
from index.documents import Chunk, Document, Passage, revision_of
from index.embedder import DEFAULT
from index.errors import IndexFault, InvalidRequest
from qa.ranking import FEATURES
from qa.span_model import ByTorch, Found, Logits, Reading, SpanModel, Window
from qa.span_reader import FIRST, SpanReader, load, open_model

WEIGHTS = dict(zip(FEATURES, (0.06, 0.25, 1.1, 0.0, 0.9, 2.0), strict=True))
SEED = Path(__file__).parents[2] / "seeds" / "documents" / "usine-btr-tanger.txt"
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
def model(cache: Path) -> SpanModel:
    return open_model(cache=cache)


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
    text = SEED.read_text(encoding="utf-8")[:1_200]
    best = SpanReader(model, WEIGHTS).read(question, [passage(text)])[0]
    assert text[best.start : best.end] == answer


MIXED = ["Il pleut à Rabat en mars.", TEXT, "القاهرة عاصمة مصر.", TEXT * 12]


def same(one: Reading, other: Reading) -> bool:
    """Up to the noise of a batch of another shape, which is larger where the CPU computes with half the bits."""
    return one.spans[0][:2] == other.spans[0][:2] and one.none == pytest.approx(other.none, abs=0.2)


@pytest.mark.models
def test_passages_of_one_batch_do_not_mix(model: SpanModel) -> None:
    together = model.read("Combien d'emplois ?", MIXED, 3)
    assert all(same(r, model.read("Combien d'emplois ?", [t], 3)[0]) for t, r in zip(MIXED, together, strict=True))


@pytest.mark.models
def test_questions_that_come_together_share_batches_and_do_not_mix(
    model: SpanModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = [f"Combien {thing} ?" for thing in ("d'emplois", "de dirhams", "de phases", "d'habitants")] * 3
    alone = [model.read(question, MIXED, 3) for question in questions]
    batches: list[int] = []

    def counted(cut: Sequence[Window], logits: Callable[..., list[Logits]] = model.logits) -> list[Logits]:
        batches.append(len(cut))
        return logits(cut)

    monkeypatch.setattr(model, "logits", counted)
    with ThreadPoolExecutor(len(questions)) as pool:
        together = list(pool.map(lambda question: model.read(question, MIXED, 3), questions))
    assert len(batches) < len(questions)
    for one, other in zip(alone, together, strict=True):
        assert all(same(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.models
def test_a_reading_that_fails_fails_for_all_that_waited_and_no_other(
    model: SpanModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(model, "logits", lambda _: {}["broken"])
        with ThreadPoolExecutor(4) as pool:
            waiting = [pool.submit(model.read, "Combien ?", MIXED, 1) for _ in range(4)]
        assert all(isinstance(one.exception(timeout=60), KeyError) for one in waiting)
    assert model.read("Combien d'emplois ?", [TEXT], 1)[0].spans


@pytest.mark.models
def test_torch_finds_the_same_with_whole_numbers_and_with_half_the_bits(
    model: SpanModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch  # noqa: PLC0415

    readers = [model]
    for half in (False, True):
        monkeypatch.setattr("qa.span_model.has_bf16", lambda half=half: half)
        loaded = load(DEFAULT, model.digest)
        readers.append(SpanModel(ByTorch(loaded), "torch"))
        layer, head = next(loaded.module.parameters()), loaded.module.model.classifier.weight
        assert (layer.dtype, head.dtype) == (torch.bfloat16 if half else torch.float32, torch.float32)
    assert {reader.digest for reader in readers} == {model.digest} == {open_model(backend=TORCH).digest}
    readings = [reader.read("Combien d'emplois directs seront créés ?", MIXED, 1) for reader in readers]
    assert all(same(first, other) for first, *others in zip(*readings, strict=True) for other in others)


@pytest.mark.models
def test_evidence_is_told_of_every_piece(model: SpanModel) -> None:
    reading = model.read("Combien d'emplois directs seront créés ?", [TEXT], 1)[0]
    first = TEXT.index(" La ")
    assert reading.helps(0, first) > 0 > reading.helps(first, len(TEXT))
    covered = {place for one in reading.evidence for place in range(one.start, one.end)}
    assert {n for n, sign in enumerate(TEXT) if not sign.isspace()} <= covered


@pytest.mark.models
def test_any_question_answering_model_reads_and_says_nothing_of_evidence(tmp_path: Path) -> None:
    from transformers import BertConfig, BertForQuestionAnswering, PreTrainedTokenizerFast  # noqa: PLC0415

    from index.packed import WORDS  # noqa: PLC0415

    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    BertForQuestionAnswering(BertConfig(vocab_size=69_119, **sizes)).save_pretrained(tmp_path)
    PreTrainedTokenizerFast.from_pretrained(WORDS).save_pretrained(tmp_path)
    for backend in ("torch", "openvino"):
        one = open_model(str(tmp_path), backend)
        reading = one.read("Combien d'emplois ?", [TEXT], 2)[0]
        assert (len(reading.spans), reading.evidence, reading.helps(0, 9)) == (2, [], 0.0)


@pytest.mark.models
def test_scores_that_are_not_finite_are_an_outage(model: SpanModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_computed", lambda rows: [np.full((len(rows), 400), np.nan, np.float32)] * 3)
    with pytest.raises(IndexFault, match="not finite"):
        model.read("Combien ?", [TEXT], 1)


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
