"""Extends the English WordPiece vocabulary by pieces of five more languages, and gives each a start.

A new piece starts from the English pieces that it is translated by: the lexicon is induced from the parallel texts (IBM
model 1, both ways), so that the encoder reads a French sentence, from the first step, as an English one word for word.
A piece that is too rare for that starts from the mean of the pieces it was cut into before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.trainers import WordPieceTrainer

from index.training.corpora import Pair

SIZES = {"fr": 14_000, "es": 5_000, "it": 4_500, "de": 4_000, "ar": 6_000}
LONGEST = 48  # pieces of a sentence that the lexicon is induced from; longer ones tell little
ROUNDS = 6
SEEN = 3  # times a piece must stand in the parallel texts
BEST = 5  # translations of a piece that its start is made of

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Rows = np.ndarray[Any, np.dtype[np.float32]]
Chances = np.ndarray[Any, np.dtype[np.float64]]


def words(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    """How often each word stands in the texts, cut and normalised as the tokenizer does."""
    count: Counter[str] = Counter()
    for text in texts:
        normal = tokenizer.normalizer.normalize_str(text)
        count.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal))
    return count


def pieces_of(count: Counter[str], size: int) -> set[str]:
    """The WordPiece pieces that these words would be cut into best."""
    fresh = Tokenizer(WordPiece(unk_token="[UNK]"))  # noqa: S106 - a piece, no password
    fresh.pre_tokenizer = WhitespaceSplit()
    trainer = WordPieceTrainer(vocab_size=size, show_progress=False, special_tokens=["[UNK]"], min_frequency=3)
    fresh.train_from_iterator((f"{word} " * times for word, times in sorted(count.items())), trainer)
    return set(fresh.get_vocab())


def extend(tokenizer: Tokenizer, texts: dict[str, list[str]], english: list[str]) -> list[str]:
    """The pieces to add, in a fixed order: those that help a foreign language more than they disturb English."""
    known = set(tokenizer.get_vocab())
    counts = {language: words(tokenizer, found) for language, found in texts.items()}
    fresh = sorted(set().union(*(pieces_of(counts[code], SIZES[code]) for code in texts)) - known)
    extended = with_pieces(tokenizer, fresh)

    def uses(count: Counter[str]) -> Counter[str]:
        found: Counter[str] = Counter()
        for word, times in count.items():
            for piece in extended.encode(word, add_special_tokens=False).tokens:
                found[piece] += times
        return found

    foreign = sum((uses(count) for count in counts.values()), Counter())
    native = uses(words(tokenizer, english))
    return [piece for piece in fresh if foreign[piece] > 2 * native[piece]]


def with_pieces(tokenizer: Tokenizer, fresh: Sequence[str]) -> Tokenizer:
    """The same tokenizer with more pieces at the end of its vocabulary."""
    extended = Tokenizer.from_str(tokenizer.to_str())
    vocabulary = tokenizer.get_vocab() | {p: tokenizer.get_vocab_size() + n for n, p in enumerate(fresh)}
    extended.model = WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100)  # noqa: S106
    return extended


def lexicon(pairs: Sequence[tuple[Numbers, Numbers]], width: int) -> tuple[Numbers, Numbers, Chances]:
    """IBM model 1 in both directions, multiplied: (foreign pieces, English pieces, weights), one row for each link.

    Pieces are numbers below `width`. Brown et al., "The mathematics of statistical machine translation", 1993.
    """
    foreign = np.concatenate([np.repeat(f, len(e)) for f, e in pairs]).astype(np.int64)
    english = np.concatenate([np.tile(e, len(f)) for f, e in pairs]).astype(np.int64)
    # One row of a sum for each word of a sentence: the foreign words compete for an English one, and the reverse.
    heads = {
        "english": _place(pairs, repeat=False),
        "foreign": _place(pairs, repeat=True),
    }
    keys, link = np.unique(foreign * width + english, return_inverse=True)
    f_of, e_of = keys // width, keys % width
    both = np.ones(len(keys))
    for given, of in (("english", f_of), ("foreign", e_of)):
        chance = np.ones(len(keys))
        place = heads[given]
        for _ in range(ROUNDS):
            score = chance[link]
            total = np.bincount(place, score)
            counts = np.bincount(link, score / np.maximum(total[place], 1e-12))
            chance = counts / np.maximum(np.bincount(of, counts)[of], 1e-12)
        both *= chance
    return f_of, e_of, both


def _place(pairs: Sequence[tuple[Numbers, Numbers]], *, repeat: bool) -> Numbers:
    """For each link, the number of the word whose links compete with it."""
    places, start = [], 0
    for f, e in pairs:
        own = np.arange(start, start + (len(f) if repeat else len(e)))
        places.append(np.repeat(own, len(e)) if repeat else np.tile(own, len(f)))
        start += len(own)
    return np.concatenate(places)


def start_rows(
    old: Tokenizer, new: Tokenizer, fresh: Sequence[str], pairs: dict[str, list[Pair]], table: Rows
) -> tuple[Rows, int]:
    """A row for each fresh piece, shape (len(fresh), dimension), and how many of them came from the lexicon."""
    first, width = len(table), new.get_vocab_size()
    rows = np.stack([_mean_of_old(old, piece, table) for piece in fresh])
    size = float(np.linalg.norm(table, axis=1).mean())
    weights = np.zeros(len(fresh))
    sums = np.zeros_like(rows)
    for found in pairs.values():
        cut = _cut(old, new, found)
        if not cut:
            continue
        seen = np.bincount(np.concatenate([f for f, _ in cut]), minlength=width)
        foreign, english, both = lexicon(cut, width)
        order = np.lexsort((-both, foreign))
        foreign, english, both = foreign[order], english[order], both[order]
        _, begin = np.unique(foreign, return_index=True)
        rank = np.arange(len(foreign)) - np.repeat(begin, np.diff([*begin, len(foreign)]))
        keep = (rank < BEST) & (foreign >= first) & (seen[foreign] >= SEEN)
        for f, e, chance in zip(foreign[keep] - first, english[keep], both[keep], strict=True):
            times = chance * seen[f + first]
            sums[f] += times * table[e]
            weights[f] += times
    learned = weights > 0
    rows[learned] = sums[learned] / weights[learned, None]
    # A mean of rows is shorter than a row; layer normalisation sees the direction, the position's share the length.
    rows *= size / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return rows.astype(np.float32), int(learned.sum())


def _mean_of_old(old: Tokenizer, piece: str, table: Rows) -> Rows:
    ids = old.encode(piece.removeprefix("##"), add_special_tokens=False).ids
    if piece.startswith("##") and ids:  # cut as the inside of a word: "a" first, and then taken off
        ids = old.encode("a" + piece.removeprefix("##"), add_special_tokens=False).ids[1:] or ids
    mean: Rows = table[ids or [0]].mean(axis=0)
    return mean


def _cut(old: Tokenizer, new: Tokenizer, pairs: list[Pair]) -> list[tuple[Numbers, Numbers]]:
    foreign = new.encode_batch([p.text for p in pairs], add_special_tokens=False)
    english = old.encode_batch([p.english for p in pairs], add_special_tokens=False)
    return [
        (np.array(f.ids), np.array(e.ids))
        for f, e in zip(foreign, english, strict=True)
        if 0 < len(f.ids) <= LONGEST and 0 < len(e.ids) <= LONGEST
    ]
