"""Where gold stands as well, and what was shown twice. Knows nothing of how the index finds duplicates, on purpose.

A paragraph that a document repeats holds the answer in every place. Gold names one; `twins` finds the others by the
sentence around the span, so that a system is not blamed for citing the copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from eval.gold import Gold, GoldSet, GoldSpan
from eval.ranges import Range
from index.text import folded

SENTENCE_END = re.compile(r"[.!?؟…]+[\s\"'»”)\]]+|\n+")
Aims = Mapping[str, list[list[Range]]]  # by question
# Shorter ones ("Oui.", "Article 3.") repeat without saying the same.
LEAST_CHARACTERS = 25


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Offsets of the sentences that hold `[start, end)`, by punctuation: for comparing, not for showing."""
    left, right = 0, len(text)
    for mark in SENTENCE_END.finditer(text):
        if mark.end() <= start:
            left = mark.end()
        elif mark.end() >= end:
            right = max(mark.start(), end)
            break
    return left, right


def twins(span: GoldSpan, texts: Mapping[str, str]) -> list[Range]:
    """Every place where the span stands inside the same sentence, its own first."""
    own = Range(span.document, span.start, span.end)
    text = texts[span.document]
    left, right = sentence_around(text, span.start, span.end)
    sentence = text[left:right]
    places = [own]
    if len(sentence) < LEAST_CHARACTERS:
        return places
    for document, other in texts.items():
        at = other.find(sentence)
        while at >= 0:
            place = Range(document, at + span.start - left, at + span.end - left)
            if place != own:
                places.append(place)
            at = other.find(sentence, at + 1)
    return places


def targets(gold: Gold, texts: Mapping[str, str]) -> list[list[Range]]:
    """What there is to find: groups of places, where any place of a group will do.

    Answers that overlap are spellings of one ("2 500", "2 500 emplois"), as are answers of the same folded text: one
    group. Others ("Rabat", "le Nil" for a list) are groups of their own.
    """
    groups: list[tuple[set[str], list[Range]]] = []
    for span in gold.answers:
        names, places = {folded(span.text)}, twins(span, texts)
        apart = []
        for group_names, group_places in groups:
            if names & group_names or any(a.overlaps(b) for a in places for b in group_places):
                names, places = names | group_names, group_places + places
            else:
                apart.append((group_names, group_places))
        groups = [*apart, (names, places)]
    return [places for _, places in groups]


def aims_of(gold_set: GoldSet) -> Aims:
    """The targets of every question. Slow, a search of all texts for each span: keep it."""
    texts = gold_set.texts()
    return {gold.id: targets(gold, texts) for gold in gold_set.questions}


def shown_twice(passages: Iterable[str]) -> float:
    """The share of the passages whose folded text was already shown above them; 0.0 for no passages."""
    seen: set[str] = set()
    repeated = n = 0
    for text in map(folded, passages):
        repeated += text in seen
        n += 1
        seen.add(text)
    return repeated / n if n else 0.0
