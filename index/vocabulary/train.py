"""Makes `tiktoken_ext/extrait.tiktoken`, the vocabulary that counts a chunk's tokens.

    python index/vocabulary/train.py [DATA] [--output FILE]

A byte-level BPE of 16,384 tokens: French first, English and Arabic beside it, a little Spanish, German and Italian. The
recipe is deterministic: the same data gives the same bytes. Knows nothing of documents; runs by hand, never in the
service. It is trained with `tokenizers`, which cuts words by the same pattern as tiktoken does later.
"""

from __future__ import annotations

import argparse
import base64
import json
import lzma
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path

from tiktoken_ext.extrait import PATTERN, VOCABULARY_SIZE
from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.trainers import BpeTrainer

from index.text import canonical

HERE = Path(__file__).parent
NOVEL_CHARACTERS = 30_000  # of each of 100 novels, from its middle, where no licence or preface stands
ARABIC_WEIGHT = 4  # the Arabic text at hand is small: it is read several times


def contexts(path: Path) -> Iterator[str]:
    """The distinct paragraphs of a SQuAD file, in the order of the file."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    yield from dict.fromkeys(paragraph["context"] for article in articles for paragraph in article["paragraphs"])


def novels(path: Path) -> Iterator[str]:
    """A sample of each novel; every second one with the typographic apostrophe, as today's documents have it."""
    with tarfile.open(path) as archive:
        members = sorted((member for member in archive if member.isfile()), key=lambda member: member.name)
        for position, member in enumerate(members):
            file = archive.extractfile(member)
            text = file.read().decode("utf-8") if file else ""
            middle = len(text) // 2
            sample = text[middle : middle + NOVEL_CHARACTERS]
            yield sample.replace("'", "’") if position % 2 else sample


def lines(path: Path) -> Iterator[str]:
    yield from path.read_text(encoding="utf-8").split("\n")


def french(data: Path) -> Iterator[str]:
    yield from novels(data / "mono/eltec_fra/plain1.tar.xz")
    yield from contexts(data / "train/piaf_fr.json.xz")
    yield from lines(data / "parallel/ntrex128/newstest2019-ref.fra.txt")
    with lzma.open(data / "parallel/python_docs_fr/python-docs-en-fr.jsonl.xz", "rt", encoding="utf-8") as file:
        yield from (json.loads(line)["fr"] for line in islice(file, 0, None, 3))
    with lzma.open(data / "parallel/manythings_fra_eng/fra.txt.xz", "rt", encoding="utf-8") as file:
        yield from (line.split("\t")[1] for line in islice(file, 0, None, 8))


def english(data: Path) -> Iterator[str]:
    for name in ("squad_en_v1", "squad_train_subset", "policyqa"):
        yield from contexts(data / f"train/{name}.json.xz")
    yield from lines(data / "parallel/ntrex128/newstest2019-src.eng.txt")
    yield from islice(contexts(data / "train/squadshifts_reddit.json.xz"), 400)


def arabic(data: Path) -> Iterator[str]:
    yield from contexts(data / "train/arcd_ar.json.xz")
    yield from contexts(data / "train/xquad_ar.json.xz")
    yield from lines(data / "parallel/ntrex128/newstest2019-ref.arb.txt")


def neighbours(data: Path) -> Iterator[str]:
    yield from islice(contexts(data / "train/squad_es_v1.json.xz"), 300)
    yield from contexts(data / "train/xquad_de.json.xz")
    yield from islice(contexts(data / "train/squad_it.json.xz"), 300)
    for code in ("spa", "deu", "ita"):
        yield from lines(data / f"parallel/ntrex128/newstest2019-ref.{code}.txt")


def corpus(data: Path) -> dict[str, list[str]]:
    """The training text by language, each with its weight already applied."""
    return {
        "fr": [canonical(text) for text in french(data)],
        "en": [canonical(text) for text in english(data)],
        "ar": [canonical(text) for text in arabic(data)] * ARABIC_WEIGHT,
        "es, de, it": [canonical(text) for text in neighbours(data)],
    }


def train(texts: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = Sequence(
        [Split(Regex(PATTERN), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    trainer = BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        initial_alphabet=sorted(ByteLevel.alphabet()),
        show_progress=False,
        special_tokens=[],
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def byte_of_letter() -> dict[str, int]:
    """How ByteLevel writes a byte as one printable letter (GPT-2's table), the other way round."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}


def tiktoken_file(tokenizer: Tokenizer) -> bytes:
    """The `.tiktoken` form: a token in base64 and its rank on each line, the 256 bytes first."""
    table = byte_of_letter()
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    tokens = [bytes(table[letter] for letter in token) for token, _ in vocabulary]
    return b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(tokens))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("data", nargs="?", type=Path, default=Path("../shared/data"), help="the folder of data sets")
    parser.add_argument("--output", type=Path, default=HERE / "tiktoken_ext" / "extrait.tiktoken")
    arguments = parser.parse_args()
    if not (arguments.data / "train").is_dir():
        parser.exit(
            2, f"no training data in {arguments.data.resolve()}: name the folder that holds train/, mono/, parallel/\n"
        )
    by_language = corpus(arguments.data)
    for language, texts in by_language.items():
        print(f"{language}: {sum(map(len, texts)):,} characters")
    content = tiktoken_file(train([text for texts in by_language.values() for text in texts]))
    arguments.output.write_bytes(content)
    print(f"wrote {arguments.output}; SHA-256 {sha256(content).hexdigest()}: put it into tiktoken_ext/extrait.py")


if __name__ == "__main__":
    main()
