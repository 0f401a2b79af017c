"""What becomes of every file of a folder of samples, by tag: taken in, unchanged the second time, or failed and why.

The folder has a MANIFEST.tsv with columns `path` and `tags`. Vectors are random, windows those of the embedder: the
table is of reading and writing. Knows nothing of the files but that.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

from eval.made_up import Random
from index.documents import Document
from index.errors import DocumentError
from index.ingest import ingest, read, sources
from index.library import Library, Outcome

HOPELESS = ("encrypted", "malformed", "empty", "scanned")  # what may fail


def corpus(folder: Path, counter: Any) -> dict[str, Any]:
    """Prints a line for each tag, and each file that fails and is not tagged as hopeless; gives the totals."""
    with (folder / "MANIFEST.tsv").open(newline="", encoding="utf-8") as file:
        tags = {
            str(folder / row["path"]): [tag.strip().partition("=")[0] for tag in row["tags"].split(",") if tag.strip()]
            for row in csv.DictReader(file, delimiter="\t")
        }
    files = [source for source in sources([folder]) if source.path in tags]
    seconds: list[float] = []

    def items() -> Iterator[Document | Outcome]:
        for source in files:
            start = perf_counter()
            try:
                item: Document | Outcome = read(source)
            except DocumentError as error:
                item = Outcome(source.name, reason=str(error))
            seconds.append(perf_counter() - start)
            yield item

    with tempfile.TemporaryDirectory() as data:
        library = Library(Path(data), Random(counter))
        start = perf_counter()
        first = dict(ingest(library, items()))
        whole = perf_counter() - start
        chunks = library.generation.manifest.chunks
        second = Counter(outcome.state for _, outcome in ingest(library, files))
        library.close()
    by_tag: dict[str, list[int]] = defaultdict(list)
    for position, source in enumerate(files):
        for tag in tags[source.path] or ["(no tag)"]:
            by_tag[tag].append(position)
    hopeful = [n for n, source in enumerate(files) if not any(t.startswith(HOPELESS) for t in tags[source.path])]
    lines = {**dict(sorted(by_tag.items())), "all but " + ", ".join(HOPELESS): hopeful, "all": [*first]}
    print(f"{'tag':<45}{'files':>7}{'added':>7}{'unchanged':>11}{'failed':>8}{'slowest':>9}")
    for tag, positions in lines.items():
        states = Counter(first[n].state for n in positions)
        slowest = max(seconds[n] for n in positions)
        print(
            f"{tag:<45}{len(positions):>7}{states['added'] + states['replaced']:>7}{states['unchanged']:>11}"
            f"{states['failed']:>8}{slowest:>7.1f} s"
        )
    for n in hopeful:
        if first[n].state == "failed":
            print(f"failed: {first[n].reason}")
    taken = sum(first[n].state != "failed" for n in hopeful)
    return {
        "files": len(files),
        "chunks": chunks,
        "seconds": whole,
        "share_added_of_hopeful": taken / len(hopeful),
        "slowest_s": max(seconds),
        "second_time": dict(second),
    }
