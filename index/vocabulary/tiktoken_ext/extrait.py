"""Registers the encoding "extrait" with tiktoken, which finds this module in the namespace package `tiktoken_ext`.

Reads `extrait.tiktoken` beside it and refuses any other bytes than those of SHA256: another vocabulary would count
other lengths. Knows nothing of documents. Made by `index/vocabulary/train.py`, which takes the pattern from here.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from pathlib import Path

VOCABULARY = Path(__file__).with_name("extrait.tiktoken")
VOCABULARY_SIZE = 16_384
SHA256 = "8e721d69f31bd4726e5364d95a512e85192fda1f820405050e1fd38d9a40848f"

# Words carry the space before them and the apostrophe of an elision after them (l' usine); digits go by threes.
PATTERN = r" ?[\p{L}\p{M}]+(?:['’](?=\p{L}))?| ?\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}]+|\s*\n+|\s+(?!\S)|\s+"


def extrait() -> dict[str, object]:
    """The arguments of tiktoken.Encoding. Raises ValueError when the file is not the one this version was made with."""
    content = VOCABULARY.read_bytes()
    digest = sha256(content).hexdigest()
    if digest != SHA256:
        message = (
            f"{VOCABULARY} has SHA-256 {digest}, and this version of Extrait expects {SHA256}: "
            "install Extrait again, or set SHA256 in extrait.py after training a new vocabulary"
        )
        raise ValueError(message)
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in content.splitlines())}
    return {
        "name": "extrait",
        "pat_str": PATTERN,
        "mergeable_ranks": ranks,
        "special_tokens": {},
        "explicit_n_vocab": VOCABULARY_SIZE,
    }


ENCODING_CONSTRUCTORS = {"extrait": extrait}
