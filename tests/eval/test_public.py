"""The classic collections, from files of two documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.gold import GoldError
from eval.public import askable, read_cisi, read_cranfield
from qa.engine import MAX_QUESTION, checked

SMART = ".I 1\n.T\nOn titles\n.A\nDoe, J.\n.W\nTitles are hard.\n.X\n1\t5\t1\n.I 2\n.T\nOn names\n.I 3\n.A\nNobody\n"


def cisi(folder: Path, judgements: str) -> Path:
    (folder / "CISI.ALL").write_text(SMART)
    (folder / "CISI.QRY").write_bytes(b".I 1\r\n.W\r\nWhat of titles?\r\n.I 2\r\n.W\r\nUnjudged?\r\n")
    (folder / "CISI.REL").write_text(judgements)
    return folder


def test_smart_format(tmp_path: Path) -> None:
    found = read_cisi(cisi(tmp_path, "     1     1\t0\t0.0\n     1     2\t0\t0.0\n     1     3\t0\t0.0\n"))
    # Document 3 has neither title nor text, and goes with its judgement; so does query 2, which has none.
    assert [document.text for document in found.documents] == ["On titles\n\nTitles are hard.", "On names"]
    assert [gold.question for gold in found.questions] == ["What of titles?"]
    assert found.relevant == {"1": {"1": 1, "2": 1}}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("  What of\nnames?\n", "What of\nnames?", id="short"),
        pytest.param("ab " * 667 + "c", ("ab " * 666).strip() + " ab", id="the last word ends at the limit"),
        pytest.param("abc " * 501, ("abc " * 500).strip(), id="cut between words"),
        pytest.param("a" * 2_001, "a" * 2_000, id="no word ends"),
    ],
)
def test_a_query_is_cut_to_a_question(query: str, expected: str) -> None:
    assert askable(query) == expected
    assert len(checked(askable(query))) <= MAX_QUESTION


def test_an_unknown_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"judgement 1 \(1 9 0 0\) names an unknown"):
        read_cisi(cisi(tmp_path, "1 9 0 0\n"))


def test_cranfield_counts_its_queries(tmp_path: Path) -> None:
    one = "<doc>\n<docno>{0}</docno>\n<title>t{0}</title>\n<text>a < b {0}</text>\n</doc>\n"
    (tmp_path / "cran.all.1400.xml").write_text(one.format(1) + one.format(2))
    (tmp_path / "cran.qry.xml").write_text(
        "<xml><top>\n<num> 1</num>\n<title>\nfirst .\n</title></top>"
        "<top><num> 4</num><title>second .</title></top></xml>"
    )
    (tmp_path / "cranqrel.trec.txt").write_text("2 0 1 1\n2 0 2 0\n")
    found = read_cranfield(tmp_path)
    assert [(gold.id, gold.question) for gold in found.questions] == [("2", "second .")]
    assert found.relevant == {"2": {"1": 1}}
    assert found.documents[0].text == "t1\n\na < b 1"
