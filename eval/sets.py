"""Finds the gold set that a name or path means, by what lies there. Knows each format's reader, and no format."""

from __future__ import annotations

from pathlib import Path

import msgspec

from eval.combined import crossed
from eval.gold import GoldError, GoldSet
from eval.origin import ROOT
from eval.public import read_cacm, read_cisi, read_cranfield
from eval.readers import name_of, read_beir, read_folder, read_highlights, read_jsonl, read_squad
from index.documents import Document
from index.ingest import Source, read

GOLD = ROOT / "eval" / "gold"
SEEDS = ROOT / "seeds" / "documents"
# A folder is what the file in it says.
FOLDERS = {
    "questions.jsonl": read_highlights,
    "corpus.jsonl": read_beir,
    "corpus.jsonl.xz": read_beir,
    "cranqrel.trec.txt": read_cranfield,
    "CISI.QRY": read_cisi,
    "query.text": read_cacm,
}


def open_set(name: str, documents: Path | None = None) -> GoldSet:
    """A set of ours by name ("seeds"), or any by path. `documents` is the folder that a JSONL set is about.

    Without it, ours are about the seeds, and another's documents lie in the folder `documents` beside it. "A@B" is the
    questions of A on the documents of B. Raises GoldError, or DocumentError for a document that cannot be read.
    """
    asked, at, held = name.partition("@")
    if at and not Path(name).exists():
        return crossed(open_set(asked, documents), open_set(held, documents))
    ours = GOLD / f"{name}.jsonl"
    path = ours if ours.is_file() else Path(name)
    if path.is_dir():
        for file, reader in FOLDERS.items():
            if (path / file).is_file():
                return reader(path)
        raise GoldError(f"{path}: no gold in this folder; it has none of {', '.join(FOLDERS)}.")
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in GOLD.glob("*.jsonl")))
        raise GoldError(f"{name}: no such set, file or folder; the sets that ship are: {known}.")
    if ".jsonl" in path.suffixes:
        beside = SEEDS if path.resolve().parent == GOLD else path.parent / "documents"
        return read_jsonl(path, read_folder(documents or beside, load_document))
    if ".json" in path.suffixes:
        return read_squad(path)
    raise GoldError(f"{path}: not a gold file; it should end in .jsonl, .json or .json.xz.")


def load_document(path: Path) -> Document:
    """The file as a document whose id is its name up to the first dot, which is what gold calls it."""
    return msgspec.structs.replace(read(Source(str(path), str(path), path.name)), id=name_of(path))
