"""Exact match and token F1 as SQuAD defines them. Knows strings and a language code, and nothing of spans.

English is SQuAD 2.0's own `normalize_answer`, step by step: lower case, ASCII punctuation deleted, articles deleted,
white space collapsed. It differs from 1.1 only when a side is empty. The other languages are its counterparts: all
Unicode punctuation is deleted (as in MLQA's script), and what stands for an article there goes too: elisions (l', d',
qu'), clitic articles (dell'), and in Arabic the prefix al-, with diacritics and tatweel dropped and the shapes of
alef, yeh and teh marbuta unified.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence

ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)
APOSTROPHES = str.maketrans("’‘ʼ`´", "'''''")
# Spanish and German are MLQA's lists; French and Italian follow the same idea, with their contracted articles.
ARTICLES = {
    "en": re.compile(r"\b(a|an|the)\b"),
    "fr": re.compile(r"\b(le|la|les|un|une|des|du|au|aux)\b"),
    "es": re.compile(r"\b(un|una|unos|unas|el|la|los|las)\b"),
    "it": re.compile(r"\b(il|lo|la|i|gli|le|un|uno|una|del|dello|della|dei|degli|delle)\b"),
    "de": re.compile(r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
}
ELISIONS = {
    "fr": re.compile(r"\b(?:l|d|qu|j|m|n|s|t|c|jusqu|lorsqu|puisqu|quoiqu)'(?=\w)"),
    "it": re.compile(r"\b(?:l|un|d|dell|all|nell|sull|dall|c|quell)'(?=\w)"),
}
ARABIC_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640]")
ARABIC_SHAPES = str.maketrans("أإآٱىة", "اااايه") | {
    base + digit: str(digit) for base in (0x0660, 0x06F0) for digit in range(10)
}
# Two letters must remain, or the word was no article and noun: "الى" (to), "الم" (pain).
ARABIC_ARTICLE = re.compile(r"\bال(?=\w{2,})")
IDEOGRAPH = re.compile("([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])")


def normalise(text: str, language: str = "en") -> str:
    """The form in which two answers are the same, words one space apart. Unknown languages have no articles."""
    text = text.lower()
    if language == "en":
        return collapse(ARTICLES["en"].sub(" ", text.translate(ASCII_PUNCTUATION)))
    if language in ELISIONS:
        text = ELISIONS[language].sub(" ", text.translate(APOSTROPHES))
    if language == "ar":
        text = ARABIC_MARKS.sub("", text).translate(ARABIC_SHAPES)
    text = "".join(char for char in text if not is_punctuation(char))
    if language == "ar":
        text = ARABIC_ARTICLE.sub("", text)
    if language in ARTICLES:
        text = ARTICLES[language].sub(" ", text)
    # Chinese and Japanese write no spaces: a character is the token, as in MLQA.
    return collapse(IDEOGRAPH.sub(r" \1 ", text))


def collapse(text: str) -> str:
    """One space between words, none around."""
    return " ".join(text.split())


def is_punctuation(char: str) -> bool:
    """Any Unicode punctuation, and what ASCII counts as such ("$", "+")."""
    return char in string.punctuation or unicodedata.category(char).startswith("P")


def exact_match(prediction: str, reference: str, language: str = "en") -> float:
    """1.0 when both normalise to the same words, 0.0 otherwise."""
    return float(normalise(prediction, language) == normalise(reference, language))


def token_f1(prediction: str, reference: str, language: str = "en") -> float:
    """The harmonic mean of token precision and recall, tokens counted as often as they stand.

    SQuAD 2.0's rule for nothing: when either side has no token, 1.0 if neither has, else 0.0.
    """
    given, right = normalise(prediction, language).split(), normalise(reference, language).split()
    if not given or not right:
        return float(given == right)
    same = sum((Counter(given) & Counter(right)).values())
    if not same:
        return 0.0
    precision, recall = same / len(given), same / len(right)
    return 2 * precision * recall / (precision + recall)


def best(prediction: str, references: Sequence[str], language: str = "en") -> tuple[float, float]:
    """Exact match and token F1, each the best over the references, as SQuAD 2.0 scores a question.

    No answer is the empty prediction. References that normalise to nothing are left out; a question with none left is
    unanswerable, and only the empty prediction is right.
    """
    kept = [reference for reference in references if normalise(reference, language)] or [""]
    return (
        max(exact_match(prediction, reference, language) for reference in kept),
        max(token_f1(prediction, reference, language) for reference in kept),
    )
