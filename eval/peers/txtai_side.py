# mypy: ignore-errors
"""txtai's side of `eval.peers.protocol`: its hybrid search (`hybrid=True`) and its reader. Run by txtai's own Python.

BM25 and the encoder, half and half, with txtai's own tokenizer and normalisation. One thing is set that a user would
not: the encoder's window, which txtai takes from the tokenizer (512) and not from the model (256).

`Questions` reads the first three passages as one text, as `RAG` hands them to it by default, and as far as the model's
window goes. It cannot be told that it must answer: it gives nothing below a fixed probability, or when the likeliest
end stands before the likeliest start, and ends in a TypeError when either is a special piece, by which the model says
that there is no answer. All of that is no answer here.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from transformers import BatchEncoding
from txtai import Embeddings
from txtai.pipeline import Questions

READ = 3  # passages that `RAG` joins, with a space between


def read_lines(path: Path) -> list[dict]:
    """The lines of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


class Reader(Questions):
    """txtai's, without the TypeError."""

    def answer(self, context: str, tokens: BatchEncoding, start: int, end: int) -> str | None:
        """None where a special piece is an end."""
        if tokens.token_to_word(start) is None or tokens.token_to_word(end) is None:
            return None
        return super().answer(context, tokens, start, end)


def main(folder: Path, out: Path) -> None:
    """Index, ask, write."""
    work = json.loads((folder / "work.json").read_text(encoding="utf-8"))
    passages, questions = read_lines(folder / "passages.jsonl"), read_lines(folder / "questions.jsonl")
    instructions = {"query": work["before_question"], "data": work["before_passage"]}
    embeddings = Embeddings(
        path=work["encoder"], hybrid=True, gpu=False, maxlength=work["window"], instructions=instructions
    )
    # Uncounted: the first index pays for loading the model, the first question for what is loaded late.
    embeddings.index([(passages[0]["id"], passages[0]["text"], None)])
    start = perf_counter()
    embeddings.index((line["id"], line["text"], None) for line in passages)
    index_seconds = perf_counter() - start
    reader = Reader(work["reader"], gpu=False) if work["reader"] else None
    texts = {line["id"]: line["text"] for line in passages}

    def ask(line: dict) -> dict:
        start = perf_counter()
        ids = [id_ for id_, _ in embeddings.search(line["text"], work["k"])]
        searched = perf_counter()
        ranked = {"id": line["id"], "passages": ids, "seconds": searched - start}
        if reader:
            answer = reader([line["text"]], [" ".join(texts[id_] for id_ in ids[:READ])])[0] or ""
            ranked |= {"answer": answer, "reading_seconds": perf_counter() - searched}
        return ranked

    ask(questions[0])
    answered = [ask(line) for line in questions]
    result = {"version": version("txtai"), "index_seconds": index_seconds, "questions": answered}
    out.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
