"""The gold questions about the seed documents: every span is where it says, and the mix is the one promised.

Spans are checked against the documents as the loaders give them, so that a change in a loader that moves offsets shows.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from index.loaders import load
from index.text import canonical, words

ROOT = Path(__file__).parents[2]
FILES = {path.name.split(".")[0]: path for path in sorted((ROOT / "seeds/documents").iterdir())}
GOLD = [json.loads(line) for line in (ROOT / "eval/gold/seeds.jsonl").read_text(encoding="utf-8").splitlines()]
ANSWERABLE = [row for row in GOLD if row["answerable"]]
UNANSWERABLE = [row for row in GOLD if not row["answerable"]]

PRESS = "usine-btr-tanger"
PRESS_SHA256 = "ef26a7f7cd6d80ef94541976fcbe0751a8035f61f0345c90c7a7dd3420ae6296"
KINDS = {"amount", "date", "place", "count", "person", "list", "fact", "reason"}
TAGS = {"single_fact", "list", "cross_lingual", "paraphrase", "near_miss", "off_topic", "wrong_entity", "wrong_year"}
DOCUMENT_LANGUAGE = {PRESS: "fr", "guide-extrait": "fr", "operator-guide": "en", "dalil-extrait": "ar"}
SENTENCE_END = re.compile(r"(?<=[.!?؟])\s+|\n+")

# Words that carry no content: two wordings may share them and still have nothing in common.
STOPWORDS = set(
    words(
        "a à au aux avec ce ces cette combien d dans de des du elle en est et il l la le les n ne on ou où par partir "
        "pas pour qu quand que quel quelle quelles quels qui quoi s sa se sera ses son sur t un une y "
        "an and are as at be by does for from has how i in is it its me must my no not of on or that the this to what "
        "when where which who why with "
        "في من على إلى عن أن ما هل كيف إذا ولا لا قد أي"
    )
)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {stem: load(path.read_bytes(), path.name).text for stem, path in FILES.items()}


def document_ids(row: dict) -> set[str]:
    return {answer["document"] for answer in row["answers"]}


def content_words(text: str) -> set[str]:
    return set(words(text)) - STOPWORDS


def sentence_around(text: str, start: int) -> str:
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    first = max((end for end in ends if end <= start), default=0)
    return text[first : min((end for end in ends if end > start), default=len(text))]


def test_press_text_is_the_one_supplied() -> None:
    assert sha256(FILES[PRESS].read_bytes()).hexdigest() == PRESS_SHA256


def test_press_text_says_five_paragraphs_twice(texts: dict[str, str]) -> None:
    paragraphs = Counter(texts[PRESS].splitlines())
    assert sorted(paragraphs.values()) == [1, 1, 2, 2, 2, 2, 2]


def test_documents_are_the_four_promised(texts: dict[str, str]) -> None:
    assert set(texts) == set(DOCUMENT_LANGUAGE)
    assert all(text == canonical(text) for text in texts.values())


def test_ids_and_questions_are_unique() -> None:
    assert len({row["id"] for row in GOLD}) == len(GOLD)
    assert len({row["question"] for row in GOLD}) == len(GOLD)


@pytest.mark.parametrize("row", GOLD, ids=lambda row: row["id"])
def test_rows_are_well_formed(row: dict) -> None:
    assert set(row) == {"id", "question", "language", "kind", "tags", "answers", "answerable"}
    assert row["question"] == canonical(row["question"]).strip()
    assert row["question"].endswith(("?", "؟"))
    assert row["language"] in {"fr", "en", "ar"}
    assert row["kind"] in KINDS
    assert row["tags"]
    assert set(row["tags"]) <= TAGS
    assert row["answerable"] == bool(row["answers"])


@pytest.mark.parametrize("row", ANSWERABLE, ids=lambda row: row["id"])
def test_spans_slice_to_their_text(row: dict, texts: dict[str, str]) -> None:
    for answer in row["answers"]:
        assert set(answer) == {"document", "start", "end", "text"}
        text = texts[answer["document"]]
        assert 0 <= answer["start"] < answer["end"] <= len(text)
        assert text[answer["start"] : answer["end"]] == answer["text"]
        assert answer["text"] == answer["text"].strip()
        assert "\n" not in answer["text"]


@pytest.mark.parametrize("row", ANSWERABLE, ids=lambda row: row["id"])
def test_repeated_paragraphs_count_in_both_places(row: dict, texts: dict[str, str]) -> None:
    """A right span inside a repeated paragraph is right in the repetition too."""
    spans = {(answer["document"], answer["start"]) for answer in row["answers"]}
    for document, start in spans:
        text = texts[document]
        before, after = text.rfind("\n", 0, start) + 1, text.find("\n", start) % (len(text) + 1)
        paragraph = text[before:after]
        places = [match.start() for match in re.finditer(re.escape(paragraph), text)]
        assert {(document, place + start - before) for place in places} <= spans


def test_unanswerable_are_exactly_24_in_three_languages() -> None:
    assert len(UNANSWERABLE) == 24
    assert all(row["answers"] == [] for row in UNANSWERABLE)
    assert all({"near_miss", "off_topic"} & set(row["tags"]) for row in UNANSWERABLE)
    languages = Counter(row["language"] for row in UNANSWERABLE)
    assert min(languages[language] for language in ("fr", "en", "ar")) >= 5
    assert sum("off_topic" in row["tags"] for row in UNANSWERABLE) >= 5


def test_answerable_are_enough() -> None:
    assert len(ANSWERABLE) >= 60


def test_languages_are_mixed() -> None:
    share = {language: n / len(GOLD) for language, n in Counter(row["language"] for row in GOLD).items()}
    assert 0.45 <= share["fr"] <= 0.55
    assert 0.30 <= share["en"] <= 0.37
    assert sum(row["language"] == "ar" for row in GOLD) >= 8


def test_every_kind_and_document_is_asked_for() -> None:
    kinds = Counter(row["kind"] for row in ANSWERABLE)
    assert min(kinds[kind] for kind in ("amount", "date", "place", "count", "list", "fact", "reason")) >= 5
    asked = Counter(document for row in ANSWERABLE for document in document_ids(row))
    assert min(asked[document] for document in DOCUMENT_LANGUAGE) >= 8


def test_french_single_facts_of_the_press_text() -> None:
    french = [row for row in ANSWERABLE if row["language"] == "fr" and PRESS in document_ids(row)]
    assert sum("single_fact" in row["tags"] for row in french) >= 20


def test_cross_lingual_questions_are_in_another_language_than_every_answer() -> None:
    for row in ANSWERABLE:
        own = any(DOCUMENT_LANGUAGE[document] == row["language"] for document in document_ids(row))
        assert ("cross_lingual" in row["tags"]) == (not own), row["id"]
    assert sum("cross_lingual" in row["tags"] for row in GOLD) >= 10


def test_paraphrases_are_enough() -> None:
    assert sum("paraphrase" in row["tags"] for row in GOLD) >= 8


@pytest.mark.parametrize("row", [row for row in GOLD if "paraphrase" in row["tags"]], ids=lambda row: row["id"])
def test_paraphrases_share_no_content_word_with_the_answering_sentence(row: dict, texts: dict[str, str]) -> None:
    asked = content_words(row["question"])
    assert asked
    for answer in row["answers"]:
        assert not asked & content_words(sentence_around(texts[answer["document"]], answer["start"]))
