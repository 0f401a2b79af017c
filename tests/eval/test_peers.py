"""The comparison with peers: what passes between us, the judge, the table, and peers that are missing or fail."""

import json
import sys
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from rich.console import Console
from safetensors.numpy import load_file, save_file

from eval.gold import Gold, GoldError, GoldSet, GoldSpan
from eval.outcomes import Found, Outcome
from eval.peers.__main__ import PEERS, WIDTH, Models, as_question_answering, compare, main, prompts_of
from eval.peers.corpus import comparable, passages_of
from eval.peers.ours import Measured, Reading, as_measured, bm25, dense, extrait
from eval.peers.protocol import ENVIRONMENT, Peer, PeerError, Ranked, Result, Text, Work, run_peer, write_work
from eval.peers.scores import score
from eval.peers.table import side_by_side
from index.documents import Document, Passage
from index.embedder import Embedder
from qa.confidence import Calibration
from qa.reader import Reader, Span

TEXTS = {
    "a": "L'usine de Tanger emploie deux mille personnes.",
    "b": "Le musée de Rabat ouvre ses portes le mardi matin.",
    "c": "La récolte des olives commence en novembre au sud.",
}
ASKED = {"a": ("Combien de personnes l'usine emploie-t-elle ?", "deux mille"), "c": ("Quand récolte ?", "novembre")}

# Ranks passages by the words they share with the question, and reads the third and fourth word of the first: no model,
# and an order that can be said beforehand.
FAKE = """
import json, os, sys
folder, out = sys.argv[1:]
def lines(name):
    return [json.loads(line) for line in open(os.path.join(folder, name), encoding="utf-8")]
work = json.load(open(os.path.join(folder, "work.json"), encoding="utf-8"))
passages = lines("passages.jsonl")
asked = []
for question in lines("questions.jsonl"):
    words = set(question["text"].lower().split())
    ranked = sorted(passages, key=lambda passage: -len(words & set(passage["text"].lower().split())))
    item = {"id": question["id"], "passages": [one["id"] for one in ranked][: work["k"]], "seconds": 0.002}
    if work["reader"]:
        item |= {"answer": " ".join(ranked[0]["text"].split()[2:4]), "reading_seconds": 0.004}
    asked.append(item)
version = os.environ["HF_HUB_OFFLINE"] + " " + str(sys.flags.isolated)
json.dump({"version": version, "index_seconds": 0.5, "questions": asked}, open(out, "w"))
"""


def made_set(name: str = "made", ids: str = "abc") -> GoldSet:
    documents = tuple(Document(id_, "a title", TEXTS[id_], language="fr") for id_ in ids)
    questions = []
    for id_, (question, answer) in ASKED.items():
        if id_ in ids:
            start = TEXTS[id_].index(answer)
            questions.append(Gold(f"q-{id_}", question, "fr", (GoldSpan(id_, start, start + len(answer), answer),)))
    questions.append(Gold("q-none", "Qui a peint la Joconde ?", "fr", answerable=False))
    return GoldSet(name, documents, tuple(questions))


@pytest.fixture
def peer(tmp_path: Path) -> Callable[..., Peer]:
    """A peer whose script is this text, run by our own interpreter."""

    def make(text: str = FAKE, name: str = "fake") -> Peer:
        script = tmp_path / f"{name}_side.py"
        script.write_text(text, encoding="utf-8")
        return Peer(name, Path(sys.executable), script)

    return make


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    passages = [Text(id_, text) for id_, text in TEXTS.items()]
    write_work(folder, passages, [Text("q", "Le musée de Rabat")], Work("no encoder", 256, k=2, reader="no reader"))
    return folder


def test_a_peer_gives_ranked_ids_and_times(peer: Callable[..., Peer], work: Path) -> None:
    result = run_peer(peer(), work)
    # "le", "de" and "rabat" and "musée" are in b, "de" in a, none in c; two were wanted.
    assert [(item.id, item.passages, item.seconds) for item in result.questions] == [("q", ("b", "a"), 0.002)]
    assert result.index_seconds == 0.5
    # The third and fourth word of "Le musée de Rabat ouvre ...".
    assert [(item.answer, item.reading_seconds) for item in result.questions] == [("de Rabat", 0.004)]


def test_a_peer_need_not_read(peer: Callable[..., Peer], work: Path) -> None:
    write_work(work, [Text("b", TEXTS["b"])], [Text("q", "Le musée de Rabat")], Work("no encoder", 256))
    assert [(item.answer, item.reading_seconds) for item in run_peer(peer(), work).questions] == [("", 0.0)]


def test_a_peer_may_find_no_answer(peer: Callable[..., Peer], work: Path) -> None:
    result = run_peer(peer(answering('["a"]', read='"answer": "", "reading_seconds": 0.1')), work)
    assert [(item.answer, item.reading_seconds) for item in result.questions] == [("", 0.1)]


def test_a_peer_reads_for_every_question_or_for_none(peer: Callable[..., Peer], work: Path) -> None:
    write_work(work, [Text("a", TEXTS["a"])], [Text("q", "Une ?"), Text("r", "Deux ?")], Work("no encoder", 256))
    one, two = ({"id": id_, "passages": ["a"], "seconds": 0.1} for id_ in "qr")
    result = json.dumps({"version": "1", "index_seconds": 1.0, "questions": [one | {"reading_seconds": 0.1}, two]})
    with pytest.raises(PeerError, match="a time that is none"):
        run_peer(peer(f"import sys; open(sys.argv[2], 'w').write('{result}')"), work)


def test_a_peer_runs_offline_and_apart_from_our_modules(peer: Callable[..., Peer], work: Path) -> None:
    assert run_peer(peer(), work).version == "1 1"
    assert ENVIRONMENT["CUDA_VISIBLE_DEVICES"] == ""


def test_a_peer_that_is_not_installed_is_said_with_the_remedy(work: Path) -> None:
    with pytest.raises(PeerError, match=r"txtai is not installed .*: run `make peers`\."):
        run_peer(Peer("txtai", Path("nowhere/bin/python"), Path("x.py")), work)


def answering(passages: str, id_: str = "q", seconds: str = "0.1", index: str = "1.0", read: str = "") -> str:
    """A script that gives this, whatever it is asked. `read` is what it says of reading, in JSON without braces."""
    reading = f", {read}" if read else ""
    questions = f'[{{"id": "{id_}", "passages": {passages}, "seconds": {seconds}{reading}}}]'
    text = f'{{"version": "1", "index_seconds": {index}, "questions": {questions}}}'
    return f"import sys; open(sys.argv[2], 'w').write('''{text}''')"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param("raise SystemExit('no memory left')", "ended with status 1; .*no memory left", id="fails"),
        pytest.param("pass", "left no result that can be read", id="silent"),
        pytest.param("import sys; open(sys.argv[2], 'w').write('{')", "left no result that can be read", id="torn"),
        pytest.param(answering('["a"]', id_="other"), "not the 1 asked", id="another question"),
        pytest.param(answering('["z"]'), "no list of up to 2 distinct passages", id="unknown passage"),
        pytest.param(answering('["a", "a"]'), "no list of up to 2 distinct passages", id="twice the same"),
        pytest.param(answering('["a", "b", "c"]'), "no list of up to 2 distinct passages", id="too many"),
        pytest.param(answering('["a"]', seconds="0.0"), "a time that is none", id="no time"),
        pytest.param(answering('["a"]', index="-1.0"), "a time that is none", id="negative time"),
        pytest.param(
            answering('["a"]', read='"answer": "x", "reading_seconds": -0.1'),
            "a time that is none",
            id="negative reading",
        ),
        pytest.param(
            answering('["a"]', read='"answer": "x"'), "answers and no time of reading", id="no time of reading"
        ),
        pytest.param(
            answering('["a"]', read='"answer": null'), "left no result that can be read", id="answer is no text"
        ),
    ],
)
def test_a_peer_that_fails_is_said_in_words(peer: Callable[..., Peer], work: Path, script: str, said: str) -> None:
    with pytest.raises(PeerError, match=said):
        run_peer(peer(script), work)


def test_a_peer_that_hangs_is_stopped(peer: Callable[..., Peer], work: Path) -> None:
    with pytest.raises(PeerError, match="was not done after"):
        run_peer(peer("import time; time.sleep(60)"), work, limit=0.3)


def test_a_corpus_is_of_several_sets_and_gives_texts_alone() -> None:
    # The other set has one passage that is there already, and one of the same name that says something else.
    other = GoldSet("made", (Document("a", "", TEXTS["b"]), Document("b", "", "Autre chose.")), ())
    gold_set = comparable(made_set(ids="ab"), [other], 0)
    assert passages_of(gold_set) == [Text("a", TEXTS["a"]), Text("b", TEXTS["b"]), Text("1+b", "Autre chose.")]
    assert {(document.title, document.language) for document in gold_set.documents} == {("", "")}


@pytest.mark.parametrize(("n", "expected"), [(0, 2), (1, 1), (2, 2), (99, 2)])
def test_questions_are_sampled_from_those_that_can_be_answered(n: int, expected: int) -> None:
    questions = comparable(made_set(), [], n).questions
    assert len(questions) == expected
    assert all(gold.answerable for gold in questions)
    assert questions == comparable(made_set(), [], n).questions


def test_a_set_without_answers_is_refused() -> None:
    with pytest.raises(GoldError, match="no question that can be answered"):
        comparable(made_set(ids="b"), [], 0)


def test_our_systems_find_what_shares_words(embedder: Embedder) -> None:
    gold_set = comparable(made_set(), [], 0)
    for system in (extrait(gold_set, embedder), bm25(gold_set), dense(gold_set, embedder)):
        assert [outcome.passages[0].document for outcome in system.outcomes] == ["a", "c"], system.name
        assert system.index_seconds > 0
        assert all(outcome.latency["search"] > 0 for outcome in system.outcomes)


def test_chunks_of_a_passage_stand_for_it_once(embedder: Embedder) -> None:
    text = "\n\n".join(f"Chapitre {number} : la girafe mange les feuilles hautes. " * 20 for number in range(6))
    gold = Gold("q", "Que mange la girafe ?", "fr", (GoldSpan("long", 0, 8, "Chapitre"),))
    gold_set = GoldSet("made", (Document("long", "", text.strip()), Document("b", "", TEXTS["b"])), (gold,))
    (outcome,) = extrait(gold_set, embedder).outcomes
    first = outcome.passages[0]
    assert (first.document, first.start, first.end) == ("long", 0, len(text.strip()))
    assert [one.document for one in outcome.passages].count("long") == 1


def test_extrait_answers_however_unsure(embedder: Embedder, reader: Reader, calibration: Calibration) -> None:
    gold_set = comparable(made_set(), [], 0)
    unsure = replace(calibration, bias=-30.0, threshold=0.9)
    system = extrait(gold_set, embedder, Reading(reader, unsure))
    # The fake reads sentences that share a word with the question, and a number where a number is asked for.
    assert [(outcome.answered, outcome.text) for outcome in system.outcomes] == [(True, TEXTS["a"]), (True, TEXTS["c"])]
    assert all(outcome.latency.keys() == {"search", "read"} for outcome in system.outcomes)
    assert all(outcome.latency["read"] > 0 for outcome in system.outcomes)


def test_extrait_gives_nothing_where_its_reader_finds_nothing(embedder: Embedder, calibration: Calibration) -> None:
    class Blind:
        name, digest = calibration.reader, calibration.reader_digest

        def read(self, _question: str, _passages: Sequence[Passage]) -> list[Span]:
            return []

    system = extrait(comparable(made_set(), [], 0), embedder, Reading(Blind(), calibration))
    assert [(outcome.answered, outcome.text) for outcome in system.outcomes] == [(False, ""), (False, "")]


def test_a_peer_that_takes_no_time_to_read_does_not_read() -> None:
    gold_set = comparable(made_set(), [], 0)
    silent = Result("1", 1.0, (Ranked("q-a", ("a",), 0.1), Ranked("q-c", ("c",), 0.1)))
    assert [outcome.answered for outcome in as_measured("peer", silent, gold_set).outcomes] == [None, None]
    reading = Result("1", 1.0, (Ranked("q-a", ("a",), 0.1, "deux mille", 0.2), Ranked("q-c", ("c",), 0.1, "", 0.2)))
    outcomes = as_measured("peer", reading, gold_set).outcomes
    assert [(outcome.answered, outcome.text) for outcome in outcomes] == [(True, "deux mille"), (False, "")]
    assert [outcome.latency for outcome in outcomes] == [{"search": 0.1, "read": 0.2}] * 2


def measured(
    name: str, ranks: list[int], seconds: float, index_seconds: float, read: Sequence[str] = (), reading: float = 0.0
) -> Measured:
    """A system that has the right passage at these ranks, from 1, and others elsewhere; 0 for not found.

    `read` are its answers, none for a system that does not read; each took `reading` seconds.
    """
    outcomes = []
    for place, (gold, rank) in enumerate(zip(comparable(made_set(), [], 0).questions, ranks, strict=True)):
        right = gold.answers[0].document
        ids = ["b", *(id_ for id_ in "ac" if id_ != right)]
        ids = [*ids[: rank - 1], right, *ids[rank - 1 :]] if rank else ids
        passages = tuple(Found(id_, 0, len(TEXTS[id_]), 0.0) for id_ in ids)
        outcome = Outcome(gold.id, gold.question, passages, latency={"search": seconds})
        if read:
            latency = outcome.latency | {"read": reading}
            outcome = replace(outcome, answered=bool(read[place]), text=read[place], latency=latency)
        outcomes.append(outcome)
    return Measured(name, "1.0", index_seconds, tuple(outcomes))


def test_figures_are_of_ranks_and_ratios_to_the_first() -> None:
    gold_set = comparable(made_set(), [], 0)
    ours, theirs = score(gold_set, [measured("Extrait", [1, 2], 0.01, 1.5), measured("peer", [3, 0], 0.03, 0.5)])
    # Ranks 1 and 2: first at 1 half the time, MRR (1 + 1/2) / 2. Ranks 3 and none: (1/3 + 0) / 2.
    assert {name: figure.value for name, figure in ours.figures.items()} == {
        "success@1": 0.5,
        "success@5": 1.0,
        "success@10": 1.0,
        "mrr@10": 0.75,
    }
    assert {name: figure.value for name, figure in theirs.figures.items()} == {
        "success@1": 0.0,
        "success@5": 0.5,
        "success@10": 0.5,
        "mrr@10": pytest.approx(1 / 6),
    }
    assert {figure.n for figure in theirs.figures.values()} == {2}
    assert (ours.against.value, ours.against.verdict, theirs.against.value) == (0.0, "none", -0.5)
    # Three passages in 1.5 s are 2 a second, in 0.5 s 6.
    assert (ours.passages_per_second, theirs.passages_per_second, theirs.index_ratio) == (2.0, 6.0, 3.0)
    assert (theirs.question_ms, theirs.question_ratio) == pytest.approx((30.0, 3.0))


def test_answers_are_judged_by_their_text_alone() -> None:
    gold_set = comparable(made_set(), [], 0)
    ours, leg, theirs = score(
        gold_set,
        [
            measured("Extrait", [1, 1], 0.01, 1.0, ["deux mille", "commence en novembre"], 0.02),
            measured("leg", [1, 1], 0.01, 1.0),
            measured("peer", [1, 1], 0.01, 1.0, ["mille personnes", ""], 0.05),
        ],
    )
    # "deux mille" is right. "commence en novembre" for "novembre": 1 word of 3, all of the right one: F1 2/4.
    assert (ours.figures["exact_match"].value, ours.figures["token_f1"].value) == (0.5, 0.75)
    # "mille personnes" for "deux mille": 1 word of 2, both ways, F1 1/2; nothing for "novembre" is 0.
    assert (theirs.figures["exact_match"].value, theirs.figures["token_f1"].value) == (0.0, 0.25)
    assert (ours.unanswered, theirs.unanswered, leg.unanswered) == (0, 1, 0)
    assert (ours.answer_ms, theirs.answer_ms, theirs.answer_ratio) == pytest.approx((20.0, 50.0, 2.5))
    assert not leg.figures.keys() & {"exact_match", "token_f1"}
    assert (leg.answer_ms, leg.answer_ratio) == (0.0, 0.0)


def test_the_table_has_a_row_for_each_system() -> None:
    gold_set = comparable(made_set(), [], 0)
    answers = ["deux mille", "novembre"]
    systems = [
        measured("Extrait", [1, 1], 0.01, 1.5, answers, 0.01),
        measured("leg", [1, 1], 0.01, 1.5),
        measured("peer", [1, 2], 0.02, 0.5, answers, 0.03),
    ]
    scores = score(gold_set, systems)
    console = Console(width=WIDTH, file=StringIO())
    with console.capture() as captured:
        console.print(side_by_side("made", scores))
    title, heading, *rows = captured.get().splitlines()
    assert (title.strip(), heading.split()[0]) == ("made", "system")
    assert heading.split()[-3:] == ["ms/question", "ms/answer", "passages/s"]
    assert [row.split()[:2] for row in rows] == [["Extrait", "1.0"], ["leg", "1.0"], ["peer", "1.0"]]
    # The peer took twice as long for a question, three times as long to read, and indexed three times as fast.
    assert "20.0 (2x)" in rows[2]
    assert "30.0 (3x)" in rows[2]
    assert "6.0 (3x)" in rows[2]
    # Neither exact_match, token_f1 nor a time of reading for the leg.
    assert [row.split().count("-") for row in rows] == [0, 3, 0]


@pytest.fixture
def make_models(tmp_path: Path, reader: Reader, calibration: Calibration) -> Callable[..., Models]:
    def make(make_embedder: Callable[[], Embedder]) -> Models:
        return Models(make_embedder, tmp_path, lambda _: Reading(reader, calibration), tmp_path / "reader")

    return make


def test_no_system_is_given_an_embedder_that_has_seen_the_questions(
    make_embedder: Callable[[], Any], make_models: Callable[..., Models]
) -> None:
    made: list[Any] = []

    def make() -> Embedder:
        made.append(make_embedder())
        embedder: Embedder = made[-1]
        return embedder

    gold_set = comparable(made_set(), [], 0)
    compare(gold_set, make_models(make), [], Console(quiet=True))
    assert len(made) == 2
    for embedder in made:
        assert {gold.question for gold in gold_set.questions} <= set(embedder.encoded)


def test_a_comparison_says_who_was_left_out(
    make_embedder: Callable[[], Embedder], make_models: Callable[..., Models], peer: Callable[..., Peer], tmp_path: Path
) -> None:
    missing = Peer("absent", tmp_path / "bin" / "python", tmp_path / "absent_side.py")
    peers = [peer(), peer("raise SystemExit('broken')", "broken"), missing]
    found = compare(comparable(made_set(), [], 0), make_models(make_embedder), peers, Console(quiet=True))
    assert [item.name for item in found.systems] == ["Extrait", "BM25 alone", "dense model alone", "fake"]
    assert found.left_out.keys() == {"broken", "absent"}
    assert "broken" in found.left_out["broken"]
    assert "make peers" in found.left_out["absent"]
    assert (found.passages, found.questions) == (3, 2)


def test_a_comparison_is_of_answers_too(
    make_embedder: Callable[[], Embedder], make_models: Callable[..., Models], peer: Callable[..., Peer]
) -> None:
    found = compare(comparable(made_set(), [], 0), make_models(make_embedder), [peer()], Console(quiet=True))
    assert (found.reader, found.reader_digest) == ("overlap", "overlap-1")
    ours, lexical, vectors, fake = found.systems
    # Ours gives the whole sentences. Without articles, 2 words of 7 are right in "usine de Tanger emploie deux mille
    # personnes", and 1 of 6 in "récolte olives commence en novembre sud".
    assert ours.figures["exact_match"].value == 0.0
    assert ours.figures["token_f1"].value == pytest.approx((2 * 2 / (7 + 2) + 2 * 1 / (6 + 1)) / 2)
    # The fake reads "Tanger emploie" and "des olives": nothing right.
    assert fake.figures["token_f1"].value == 0.0
    assert (fake.answer_ms, fake.unanswered) == (4.0, 0)
    assert ours.answer_ms > 0
    for leg in (lexical, vectors):
        assert "exact_match" not in leg.figures


def test_no_one_reads_where_a_set_has_no_answers(
    make_embedder: Callable[[], Embedder], make_models: Callable[..., Models], peer: Callable[..., Peer]
) -> None:
    documents = tuple(Document(id_, "", text) for id_, text in TEXTS.items())
    questions = tuple(Gold(f"q-{id_}", question, "fr") for id_, (question, _) in ASKED.items())
    gold_set = GoldSet("made", documents, questions, {"q-a": {"a": 1}, "q-c": {"c": 1}})
    found = compare(comparable(gold_set, [], 0), make_models(make_embedder), [peer()], Console(quiet=True))
    assert found.reader == ""
    assert [system.name for system in found.systems][-1] == "fake"
    assert all("exact_match" not in system.figures and not system.answer_ms for system in found.systems)


def test_bad_input_is_a_sentence_and_status_2() -> None:
    done = CliRunner().invoke(main, ["no-such-set"])
    assert done.exit_code == 2
    assert "no such set" in done.output


@pytest.mark.parametrize("one", PEERS, ids=lambda one: one.name)
def test_side_scripts_are_there_and_import_nothing_of_ours(one: Peer) -> None:
    text = one.script.read_text(encoding="utf-8")
    imports = [line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))]
    assert not set(imports) & {"index", "qa", "api", "eval", "msgspec"}
    assert 'work["reader"]' in text


@pytest.mark.models
def test_the_command_prints_a_table_and_one_json_line_last(tmp_path: Path) -> None:
    paragraphs = [
        {
            "context": TEXTS[id_],
            "qas": [
                {
                    "id": id_,
                    "question": question,
                    "answers": [{"text": answer, "answer_start": TEXTS[id_].index(answer)}],
                }
            ],
        }
        for id_, (question, answer) in ASKED.items()
    ]
    path = tmp_path / "made_fr.json"
    path.write_text(json.dumps({"data": [{"title": "", "paragraphs": paragraphs}]}), encoding="utf-8")
    done = CliRunner().invoke(main, [str(path), "--questions", "1"])
    assert done.exit_code == 0, done.output
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["set"], last["questions"], last["passages"]) == ("made_fr", 1, 2)
    assert last["reader"] == "extrait-reader"
    assert "exact_match" in last["systems"][0]["figures"]


def test_peers_are_told_the_prompts_of_the_encoder(tmp_path: Path) -> None:
    assert prompts_of(tmp_path) == ("", "")
    (tmp_path / "config_sentence_transformers.json").write_text('{"prompts": {"query": "q: ", "document": "p: "}}')
    assert prompts_of(tmp_path) == ("q: ", "p: ")


def test_peers_read_with_our_starts_and_ends(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["X"], "id2label": {"2": "evidence"}, "pad_token_id": 1}')
    weight = np.arange(6, dtype=np.float32).reshape(3, 2)
    head = {"classifier.weight": weight, "classifier.bias": weight[:, 0]}
    save_file({**head, "bert.x": weight}, tmp_path / "model.safetensors")
    as_question_answering(tmp_path)
    found = load_file(tmp_path / "model.safetensors")
    assert set(found) == {"bert.x", "qa_outputs.weight", "qa_outputs.bias"}
    assert (found["qa_outputs.weight"] == weight[:2]).all()
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["architectures"], config["pad_token_id"]) == (["BertForQuestionAnswering"], 1)
