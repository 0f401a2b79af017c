"""qa.engine with fakes: search, read, compose; what cannot be asked is refused in words."""

import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest
from msgspec.structs import replace

from index.documents import Document, Passage
from index.duplicates import MAX_PLACES
from index.errors import InvalidRequest, NotFound
from index.library import Library
from qa.answers import Answer, NoAnswer
from qa.confidence import FEATURES, Calibration
from qa.engine import MAX_QUESTION, Engine, least_confidence
from qa.reader import Reader, Span
from qa.settings import Settings

JOBS = "Le projet, d'un montant de 3 milliards de dirhams, permettra la création de 2 500 emplois directs."
QUESTION = "Combien d'emplois directs seront créés par le projet ?"


def test_an_answer_with_its_quote(engine: Engine, add: Callable) -> None:
    add(("a", f"Prologue.\n{JOBS}"))
    reply = engine.answer(QUESTION)
    assert isinstance(reply, Answer)
    assert (reply.text, reply.citations[0].quote) == ("2 500", JOBS)
    assert reply.generation == engine.library.generation.manifest.number


class Overtaken:
    """A reader that is slow: before it reads, another document comes in and a newer generation is published."""

    name, digest = "overtaken", "1"

    def __init__(self, reader: Reader, meanwhile: Callable[[], object]) -> None:
        self.reader, self.meanwhile = reader, meanwhile

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        self.meanwhile()
        return self.reader.read(question, passages)


def test_a_reply_names_the_generation_that_was_searched(engine: Engine, add: Callable, reader, calibration) -> None:
    add(("a", f"Prologue.\n{JOBS}"))
    for question in (QUESTION, "Quelle recette de tarte aux pommes ?"):
        asked = engine.library.generation.manifest.number
        slow = Overtaken(reader, lambda n=asked: add((f"later-{n}", f"Autre chose, au numéro {n}.")))
        assert Engine(engine.library, slow, calibration, None).answer(question).generation == asked
        assert engine.library.generation.manifest.number == asked + 1


def test_no_answer_is_a_value(engine: Engine, add: Callable) -> None:
    assert engine.answer(QUESTION) == NoAnswer(QUESTION, "nothing_found", 0.0, (), 1)
    add(("a", JOBS))
    reply = engine.answer("Quelle recette de tarte aux pommes ?")
    assert isinstance(reply, NoAnswer)
    assert reply.reason == "low_confidence"


@pytest.mark.parametrize("question", ["", " ", "\n\t", "\0", "\u00a0\u2003"], ids=repr)
def test_an_empty_question_is_refused(engine: Engine, question: str) -> None:
    for ask in (engine.answer, engine.search):
        with pytest.raises(InvalidRequest, match="empty"):
            ask(question)


def test_a_long_question_is_refused_with_both_numbers(engine: Engine) -> None:
    with pytest.raises(InvalidRequest, match=r"2,001.*2,000"):
        engine.answer("x" * (MAX_QUESTION + 1))
    engine.answer("x" * MAX_QUESTION)


@pytest.mark.parametrize("k", [0, -1, 51])
def test_a_number_of_passages_out_of_range_is_refused(engine: Engine, k: int) -> None:
    with pytest.raises(InvalidRequest, match="top_k"):
        engine.answer("x", top_k=k)
    with pytest.raises(InvalidRequest, match="k is"):
        engine.search("x", k)


@pytest.mark.parametrize("least", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_confidence_out_of_range_is_refused(engine: Engine, least: float) -> None:
    with pytest.raises(InvalidRequest, match="min_confidence"):
        engine.answer("x", min_confidence=least)


def test_an_unknown_collection_is_refused(engine: Engine) -> None:
    for ask in (engine.answer, engine.search):
        with pytest.raises(NotFound, match="'c'"):
            ask("x", collection="c")


def test_places_that_the_asker_cannot_see_are_in_no_reply(engine: Engine, add: Callable) -> None:
    add(Document("a", "A", JOBS, collection="one"), Document("b", "B", JOBS, collection="two"))
    for least in (0.0, 1.0):
        reply = engine.answer(QUESTION, collection="one", min_confidence=least)
        cited = reply.citations if isinstance(reply, Answer) else reply.closest
        assert [(c.document_id, c.also_in) for c in cited] == [("a", ())]
    assert [p.document_id for p in engine.answer(QUESTION).citations[0].also_in] == ["b"]


def test_a_citation_lists_the_first_of_many_copies_and_counts_them(engine: Engine, add: Callable) -> None:
    add(Document("a", "A", JOBS), *(Document(f"copy-{n}", "C", JOBS) for n in range(2 * MAX_PLACES)))
    add(Document("b", "B", JOBS, collection="two"))
    for collection, total in (("default", 2 * MAX_PLACES), (None, 2 * MAX_PLACES + 1), ("two", 0)):
        for least in (0.0, 1.0):
            reply = engine.answer(QUESTION, collection, min_confidence=least)
            (cited,) = reply.citations if isinstance(reply, Answer) else reply.closest
            assert (len(cited.also_in), cited.also_in_total) == (min(total, MAX_PLACES), total)


def test_the_threshold_is_the_askers_or_the_settings_or_the_calibrations(
    engine: Engine, add: Callable, reader, calibration
) -> None:
    add(("a", JOBS))
    assert isinstance(engine.answer(QUESTION), Answer)
    strict = Engine(engine.library, reader, calibration, 1.0)
    assert isinstance(strict.answer(QUESTION), NoAnswer)
    assert isinstance(strict.answer(QUESTION, min_confidence=0.0), Answer)
    assert isinstance(Engine(engine.library, reader, calibration, 0.0).answer("projet ?"), Answer)


def test_a_target_precision_gives_way_to_a_least_confidence(calibration) -> None:
    reaching = replace(calibration, reached=((0.8, 0.61),))
    assert least_confidence(Settings(), reaching) is None
    assert least_confidence(Settings(target_precision=0.75), reaching) == 0.61
    assert least_confidence(Settings(target_precision=0.75, min_confidence=0.0), reaching) == 0.0
    with pytest.raises(InvalidRequest, match="EXTRAIT_TARGET_PRECISION"):
        least_confidence(Settings(target_precision=0.9), reaching)


def test_timings_are_of_each_step(engine: Engine, add: Callable) -> None:
    add(("a", JOBS))
    timings: dict[str, float] = {}
    engine.answer(QUESTION, timings=timings)
    assert set(timings) == {"retrieve", "read", "compose"}
    assert all(seconds >= 0 for seconds in timings.values())


def test_a_decomposed_question_is_the_same_question(engine: Engine, add: Callable) -> None:
    add(("a", "Les élèves zélés récoltent des médailles dorées."), ("b", JOBS))
    question = "élèves zélés médailles dorées"
    scores = [
        [(p.document.id, p.score) for p in engine.search(form)]
        for form in (question, unicodedata.normalize("NFD", question))
    ]
    assert scores[0] == scores[1]


def test_bytes_that_are_no_text_are_refused_or_answered(engine: Engine, add: Callable) -> None:
    """A terminal in another encoding hands over lone surrogates: `extrait ask $'caf\\xe9'`."""
    add(("a", JOBS))
    with suppress(InvalidRequest):
        engine.answer("caf\udce9 emplois")


def test_a_confidence_knows_when_all_was_read(library: Library, reader: Any, add: Any) -> None:
    add(("Pont", "Le pont de pierre ouvre en mars."), ("Port", "Le port de pêche ouvre en mai."))
    few = Calibration("overlap", "overlap-1", {}, dict.fromkeys(FEATURES, 0.0) | {"few": 1.0}, 0.0, 0.0)
    engine = Engine(library, reader, few, None)
    question = "Quand le pont de pierre ouvre-t-il ?"
    assert engine.answer(question, top_k=2).confidence == 0.5
    assert engine.answer(question, top_k=3).confidence > 0.5
