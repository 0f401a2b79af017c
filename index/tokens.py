"""How many tokens a text has, by our own vocabulary (`index/vocabulary`). The only home of tiktoken.

Knows nothing of the embedder, whose own window is counted in its own pieces. Nothing is loaded before the first count.

A text of up to SLICE characters is counted exactly. A longer one is cut into slices, at a space where there is one, and
their counts are added up: a token that would have crossed a cut counts as two, so that a sum may be a little too high.
tiktoken needs the slices: on a megabyte without a space its time grows with the square of the length, and its pattern
can exhaust the stack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import tiktoken
from tiktoken_ext.extrait import SHA256

from index.errors import DamagedIndex

ENCODING = "extrait"
SLICE = 4_000  # far above any chunk, so that chunks are counted exactly; 4,000 letters in one word take about 1 ms


@cache
def encoding() -> tiktoken.Encoding:
    """Our vocabulary, loaded once. Raises DamagedIndex when it is missing or is not the one that belongs here."""
    try:
        return tiktoken.get_encoding(ENCODING)
    except (ValueError, OSError) as error:
        message = (
            f"the token vocabulary {ENCODING!r} cannot be loaded: {error}; install Extrait again (pip install -e .)"
        )
        raise DamagedIndex(message) from error


def vocabulary_digest() -> str:
    """The SHA-256, in hex, of the vocabulary, which names it in manifests."""
    encoding()  # which checks that the file has this digest
    digest: str = SHA256
    return digest


def count_tokens(texts: Sequence[str]) -> list[int]:
    """The number of tokens of each text. The names of special tokens are ordinary text."""
    encode = encoding().encode_ordinary
    return [
        len(encode(text)) if len(text) <= SLICE else sum(len(encode(part)) for part in slices(text)) for text in texts
    ]


def slices(text: str) -> Iterator[str]:
    """Parts of at most SLICE characters that join back to the text, cut before a space where one is near."""
    start = 0
    while start < len(text):
        end = min(start + SLICE, len(text))
        if end < len(text):
            space = text.rfind(" ", start + SLICE // 2, end)
            end = space if space > start else end
        yield text[start:end]
        start = end
