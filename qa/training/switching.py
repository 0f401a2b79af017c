"""English examples with words put into French: what they teach of reading helps a language that is short of questions.

The lexicon is induced from the parallel texts (IBM model 1, both ways). Qin et al., "CoSDA-ML: multi-lingual
code-switching data augmentation", 2020. Knows nothing of models.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np
from msgspec.structs import replace

from index.training.corpora import Pair, documentation, news, short_pairs
from index.training.vocabulary import LONGEST, lexicon
from qa.training.examples import Example

WORD = re.compile(r"[^\W\d_]{2,}")
SEEN = 3  # times an English word must stand in the parallel texts
BEST = 3  # translations that one is drawn from
SURE = 0.02  # the product of both chances below which a translation is none
SHARES = (0.3, 0.9)  # of the words of a question, and apart from it of a passage, that are put into French
Lexicon = Mapping[str, tuple[list[str], list[float]]]


def french_pairs(data: Path) -> list[Pair]:
    """French texts and their English translation."""
    rows = short_pairs(data) + [pair for _, pair in documentation(data) + news(data)]
    return [pair for pair in rows if pair.language == "fr"]


def induced(pairs: Sequence[Pair]) -> Lexicon:
    """For each English word, in lower case, the French words that may stand for it, with their weights."""
    ids: dict[str, int] = {}
    cut = []
    for pair in pairs:
        french, english = (
            [ids.setdefault(f"{code} {word.lower()}", len(ids)) for word in WORD.findall(text)]
            for code, text in (("fr", pair.text), ("en", pair.english))
        )
        if 0 < len(french) <= LONGEST and 0 < len(english) <= LONGEST:
            cut.append((np.array(french), np.array(english)))
    names = [name.split(" ")[1] for name in ids]
    seen = np.bincount(np.concatenate([english for _, english in cut]), minlength=len(ids))
    ours, theirs, both = lexicon(cut, len(ids))
    keep = (both >= SURE) & (seen[theirs] >= SEEN)
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for f, e, chance in zip(ours[keep], theirs[keep], both[keep], strict=True):
        found[names[e]].append((float(chance), names[f]))
    best = {word: sorted(rows, reverse=True)[:BEST] for word, rows in found.items()}
    return {word: ([name for _, name in rows], [chance for chance, _ in rows]) for word, rows in best.items()}


def switched(one: Example, known: Lexicon, random: Random) -> Example:
    """The same example with a share of its words in French; its answer is the same words, as they are put."""
    share = random.uniform(*SHARES)
    before, answer, after = (
        put(part, known, share, random) for part in (one.context[: one.start], one.answer, one.context[one.end :])
    )
    return replace(
        one,
        question=put(one.question, known, random.uniform(*SHARES), random),
        context=before + answer + after,
        start=len(before),
        end=len(before) + len(answer),
    )


def put(text: str, known: Lexicon, share: float, random: Random) -> str:
    """The text with that share of its words, of those that the lexicon knows, in French."""

    def french(match: re.Match[str]) -> str:
        word = match[0]
        if word.lower() not in known or random.random() >= share:
            return word
        names, chances = known[word.lower()]
        name = random.choices(names, chances)[0]
        return name.capitalize() if word[0].isupper() else name

    return WORD.sub(french, text)
