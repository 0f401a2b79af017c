# mypy: ignore-errors
"""txtai's side of `eval.peers.protocol`: its hybrid search, as `hybrid=True` makes it. Run by txtai's own Python.

BM25 and the encoder, half and half, with txtai's own tokenizer and normalisation. One thing is set that a user would
not: the encoder's window, which txtai takes from the tokenizer (512) and not from the model (256). Its `Questions`
reads the first three passages joined, as its extractive pipeline does; it gives nothing when the model says that there
is no answer, and cannot be told to.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from txtai import Embeddings
from txtai.pipeline import Questions

READ = 3  # passages that txtai joins for its reader


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
    texts, reader = {line["id"]: line["text"] for line in passages}, Questions(work["reader"], gpu=False)

    def read(question: str, found: list) -> str:
        context = " ".join(texts[id_] for id_, _ in found[:READ])
        try:
            return reader([question], [context])[0] or ""
        except TypeError:  # the model's best piece is the one that means no answer, of which txtai wants the characters
            return ""

    read(questions[0]["text"], embeddings.search(questions[0]["text"], work["k"]))
    answered = []
    for line in questions:
        start = perf_counter()
        found = embeddings.search(line["text"], work["k"])
        asked = perf_counter()
        answer = read(line["text"], found)
        answered.append(
            {
                "id": line["id"],
                "passages": [id_ for id_, _ in found],
                "seconds": asked - start,
                "answer": answer,
                "reading_seconds": perf_counter() - asked,
            }
        )
    result = {"version": version("txtai"), "index_seconds": index_seconds, "questions": answered}
    out.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
