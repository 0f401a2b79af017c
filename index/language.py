"""The language of a text. Knows nothing of documents.

py3langid knows 142 languages and, over so many, takes a short question for a rare one. It is held to the widely written
ones below, and to its own probability: an unsure answer is "", and whoever asked falls back on what it knows.
"""

from __future__ import annotations

import re
from functools import lru_cache

from py3langid.langid import LanguageIdentifier  # numpy alone; the model itself loads at the first call

# fmt: off
LANGUAGES = frozenset({
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id",
    "it", "ja", "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "sw", "ta", "th", "tr",
    "uk", "ur", "vi", "zh",
})
# fmt: on
SAMPLE = 4000  # code points; more changes no answer on the sample documents
# Tried on short questions: below 6 letters or 0.45 the first guess is wrong about as often as right ("Où ?" is vi, at
# 0.55). One ideograph says as much as several letters.
MINIMUM_LETTERS = 6
MINIMUM_IDEOGRAPHS = 2
MINIMUM_PROBABILITY = 0.45
IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
LETTER = re.compile(r"[^\W\d_]")


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier


def language_of(text: str, declared: str = "") -> str:
    """The ISO 639-1 code of the text's language, or "" when unsure.

    `declared` is what the file says of itself ("fr-FR"). It decides when the text does not, and where we could not have
    seen it in the text; templates declare the wrong language too often to be believed against the text.
    """
    declared = _two_letters(declared)
    if declared and declared not in LANGUAGES:
        return declared
    sample = text[:SAMPLE]
    if len(LETTER.findall(sample)) < MINIMUM_LETTERS and len(IDEOGRAPH.findall(sample)) < MINIMUM_IDEOGRAPHS:
        return declared
    code, probability = _identifier().classify(sample)
    return str(code) if probability >= MINIMUM_PROBABILITY else declared


def _two_letters(tag: str) -> str:
    """The language of a tag such as "fr-FR" or "pt_BR"; "" when it is no ISO 639-1 code."""
    match = re.match(r"\s*([A-Za-z]{2})(?:[-_]|\s*$)", tag)
    code = match[1].lower() if match else ""
    return {"nb": "no", "nn": "no", "iw": "he", "in": "id"}.get(code, code)
