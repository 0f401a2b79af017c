"""qa.training.corpora: other texts are read from all four places, without what is measured on."""

import io
import json
import lzma
import tarfile
from pathlib import Path

import pytest

from qa.training.corpora import other_texts


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for folder in ("manythings_fra_eng", "python_docs_fr", "ntrex128", "tatoeba_laser_v1"):
        (tmp_path / "parallel" / folder).mkdir(parents=True)
    (tmp_path / "mono/eltec_fra").mkdir(parents=True)
    parallel = tmp_path / "parallel"
    pairs = [
        ("I see the harbour over there.", "Je vois le port là-bas."),
        ("This sentence is for measuring.", "Cette phrase sert à mesurer."),
        ("Go.", "Va !"),
    ]
    text = "".join(f"{english}\t{french}\tCC-BY\n" for english, french in pairs)
    (parallel / "manythings_fra_eng/fra.txt.xz").write_bytes(lzma.compress(text.encode()))
    (parallel / "tatoeba_laser_v1/tatoeba.fra-eng.fra").write_text("cette phrase sert à mesurer.\n", "utf-8")
    row = {"file": "a", "fr": "Le module lit un fichier, et le referme ensuite.", "en": "Short."}
    (parallel / "python_docs_fr/python-docs-en-fr.jsonl.xz").write_bytes(lzma.compress(json.dumps(row).encode()))
    (parallel / "ntrex128/newstest2019-ref.fra.txt").write_text("Un.\nDeux.\nTrois.\nQuatre.\nCinq.\n", "utf-8")
    with tarfile.open(tmp_path / "mono/eltec_fra/plain1.tar.xz", "w:xz") as archive:
        novel = "Il était une fois une ville au bord de la mer. ".encode() * 60
        member = tarfile.TarInfo("novel.txt")
        member.size = len(novel)
        archive.addfile(member, io.BytesIO(novel))
    return tmp_path


def test_other_texts(data: Path) -> None:
    found = other_texts(data, 1, 100)
    assert found == other_texts(data, 1, 100) != other_texts(data, 2, 100)
    novels = [text for text in found if "une ville au bord" in text]
    assert novels
    assert set(found) - set(novels) == {
        "I see the harbour over there.",
        "Je vois le port là-bas.",
        "Le module lit un fichier, et le referme ensuite.",
        *("Un.", "Deux.", "Trois.", "Quatre.", "Cinq.", "Un. Deux. Trois. Quatre."),
    }
    assert len(other_texts(data, 1, 3)) == 3
