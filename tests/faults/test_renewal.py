"""`kill -9` of `extrait rebuild --embed`: the library is that of the old model or of the new one, never of both."""

import os
import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from index.cutter import Cutter
from index.documents import Document
from index.errors import ManifestMismatch
from index.library import Library
from index.publishing import Publisher
from index.renewal import renew

RENEWER = Path(__file__).with_name("renewer.py")
FOUND = runpy.run_path(str(RENEWER), run_name="renewer")
NEW, OLD = FOUND["OtherWords"], FOUND["Words"]
SHARED = "Le canal relie les deux rives du fleuve et accueille chaque jour des barques chargées de fruits mûrs."
QUESTIONS = ("Quelles annexes le greffe a-t-il relues ?", "barques chargées de fruits", "dossier numéro 3")
# The function, and at which of its calls: before it when negative, otherwise after it. Who opens the library then.
MOMENTS = [
    ("index.drafts:discard", 1, "old"),
    ("index.drafts:add", 1, "old"),
    ("index.drafts:add", -4, "old"),
    ("index.drafts:add", 6, "old"),
    ("index.drafts:put_in_force", -1, "old"),
    ("index.drafts:put_in_force", 1, "old"),
    ("index.publishing:Publisher.publish_alone", -1, "new"),
    ("index.generations:Generations.build", 1, "new"),
    ("index.generations:Generations.publish", 1, "new"),
    ("index.generations:Generations.forget_older", -2, "new"),
    ("index.store:Store.truncate_log", 1, "new"),
]


def fill(data: Path, embedder: Any) -> Library:
    library = Library(data, embedder)
    lines = [f"Dossier numéro {n} : le rapport compte {n + 7} annexes que le greffe a relues hier." for n in range(6)]
    list(library.add([Document(f"d{n}", line[:16], f"{line}\n{SHARED}\n{line * 3}") for n, line in enumerate(lines)]))
    library.publish()
    return library


def found(library: Library) -> list[list[tuple[str, str, int, int, float]]]:
    return [
        [(p.document.id, p.document.text, p.start, p.end, round(p.score, 6)) for p in library.search(question)]
        for question in QUESTIONS
    ]


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list]:
    """What a library that was made by one model alone finds."""
    made = {}
    for name, model in (("old", OLD), ("new", NEW)):
        library = fill(tmp_path_factory.mktemp(name), model())
        made[name] = found(library)
        library.close()
    assert made["old"] != made["new"]
    return made


@pytest.mark.parametrize(("point", "times", "owner"), MOMENTS, ids=[f"{p.split(':')[1]} {n}" for p, n, _ in MOMENTS])
def test_a_killed_renewal_leaves_a_library_of_one_model(
    tmp_path: Path, wanted: dict[str, list], point: str, times: int, owner: str, faults: Counter[str]
) -> None:
    fill(tmp_path, OLD()).close()
    environment = os.environ | {"PYTHONPATH": str(RENEWER.parents[2])}
    command = [sys.executable, str(RENEWER), str(tmp_path), point, str(times)]
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert (killed.returncode, killed.stderr) == (-9, "")
    models = {"old": OLD, "new": NEW}
    other = models.pop({"old": "new", "new": "old"}[owner])
    with pytest.raises(ManifestMismatch, match="extrait rebuild --embed"):
        Library(tmp_path, other())
    library = Library(tmp_path, models[owner]())
    assert found(library) == wanted[owner]
    library.publisher.rebuild()
    assert found(library) == wanted[owner]
    library.close()
    publisher = Publisher(tmp_path)
    again = [one.name for one in renew(publisher, Cutter(NEW()))]
    publisher.store.close()
    if owner == "old":
        assert len(again) == 6 - killed.stdout.count("\n")
    library = Library(tmp_path, NEW())
    assert found(library) == wanted["new"]
    assert library.store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    library.close()
    faults["kill -9 amid rebuild --embed"] += 1
