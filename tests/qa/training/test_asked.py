"""qa.training.asked: what is left out of the library, what counts as an answer, and whose document is asked."""

from pathlib import Path
from random import Random

import pytest
import xxhash

from index.text import folded
from qa.training.asked import LEFT_OUT, SETS, asked_of, contexts_of, documents_and_questions
from qa.training.corpora import held_back
from qa.training.examples import Example, all_examples

HELD = next(name for name in (f"Article {n}" for n in range(400)) if held_back(name))


def test_a_part_of_the_contexts_is_left_out(held_data: Path) -> None:
    examples = all_examples(held_data)
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
    title = HELD
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


def test_written_questions_are_put_to_their_own_document(held_data: Path) -> None:
    documents, asked = documents_and_questions(held_data, 100, Random(1))
    collections = {document.collection: document for document in documents}
    own = [one for one in asked if one.set == "written"]
    assert len(own) == 6
    for one in own:
        text = folded(collections[one.collection or ""].text)
        assert all(answer in text for answer in one.answers)
        assert bool(one.answers) == (one.question != "Qui l'a bâtie ?")
    assert {one.collection for one in asked if one.set in SETS} == {None}


def test_other_written_documents_are_left_alone(held_data: Path) -> None:
    path = held_data / "written" / "fr-gares-01.txt"
    trained = next(name for name in (f"Titre {n}" for n in range(99)) if not held_back(name))
    path.write_text(f"# {trained}\nUne gare.\n\n? Quoi ? | gare\n")
    documents, asked = documents_and_questions(held_data, 100, Random(1))
    assert "written" not in {one.set for one in asked}
    assert all(not document.collection.startswith("written") for document in documents)


@pytest.mark.parametrize("count", [0, 7])
def test_no_more_is_asked_than_wanted(held_data: Path, count: int) -> None:
    assert len(documents_and_questions(held_data, count, Random(1))[1]) <= count + len(SETS)
