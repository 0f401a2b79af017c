# mypy: ignore-errors
"""txtai's side of `eval.peers.protocol`: its hybrid search, as `hybrid=True` makes it. Run by txtai's own Python.

BM25 and the encoder, half and half, with txtai's own tokenizer and normalisation. One thing is set that a user would
not: the encoder's window, which txtai takes from the tokenizer (512) and not from the model (256).
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from txtai import Embeddings


def read_lines(path: Path) -> list[dict]:
    """The lines of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def main(folder: Path, out: Path) -> None:
    """Index, ask, write."""
    work = json.loads((folder / "work.json").read_text(encoding="utf-8"))
    passages, questions = read_lines(folder / "passages.jsonl"), read_lines(folder / "questions.jsonl")
    embeddings = Embeddings(path=work["encoder"], hybrid=True, gpu=False, maxlength=work["window"])
    # Uncounted: the first index pays for loading the model, the first question for what is loaded late.
    embeddings.index([(passages[0]["id"], passages[0]["text"], None)])
    start = perf_counter()
    embeddings.index((line["id"], line["text"], None) for line in passages)
    index_seconds = perf_counter() - start
    embeddings.search(questions[0]["text"], work["k"])
    answered = []
    for line in questions:
        start = perf_counter()
        found = embeddings.search(line["text"], work["k"])
        seconds = perf_counter() - start
        answered.append({"id": line["id"], "passages": [id_ for id_, _ in found], "seconds": seconds})
    result = {"version": version("txtai"), "index_seconds": index_seconds, "questions": answered}
    out.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
