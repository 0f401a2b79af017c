"""The command line: what needs no model is run here, the rest in a process of its own (marked `models`)."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from click.testing import CliRunner

from index.documents import revision_of
from index.ingest import sources
from index.jobs import Jobs
from index.library import Library
from qa.cli import main
from qa.console import engine as engine_of_the_settings
from qa.engine import Engine
from qa.intake import follow

GARDEN = "Le jardin botanique ouvre ses portes au printemps avec une collection rare de fougères arborescentes."
JOBS = "Le projet, d'un montant de 3 milliards de dirhams, permettra la création de 2 500 emplois directs."
COMMANDS = [
    "ask",
    "documents",
    "duplicates",
    "eval",
    "ingest",
    "purge",
    "rebuild",
    "rollback",
    "search",
    "serve",
    "verify",
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    for name in [name for name in os.environ if name.startswith("EXTRAIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("EXTRAIT_DATA", str(tmp_path))
    return lambda *arguments, **more: CliRunner().invoke(main, list(arguments), **more)


def extrait(*arguments: str, data: Path, **more) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EXTRAIT_") or k == "EXTRAIT_CACHE"}
    return subprocess.run(
        [sys.executable, "-c", "from qa.cli import main; main()", *arguments],
        text=True,
        capture_output=True,
        check=False,
        env=environment | {"EXTRAIT_DATA": str(data), "HF_HUB_OFFLINE": "1"},
        cwd=Path(__file__).parents[2],
        **more,
    )


def test_help_lists_every_command(run: Callable) -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert all(command in result.output for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run: Callable, command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert len(result.output) > 80


def test_help_and_documents_load_no_torch(tmp_path: Path, library) -> None:
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom qa.cli import main\n"
        "for words in (['--help'], ['ask', '--help'], ['serve', '--help'], ['documents']):\n"
        "    assert CliRunner().invoke(main, words).exit_code == 0, words\n"
        "print([name for name in ('torch', 'sentence_transformers', 'transformers') if name in sys.modules])"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EXTRAIT_") or k == "EXTRAIT_CACHE"} | {
        "EXTRAIT_DATA": str(tmp_path)
    }
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_documents_lists_them(run: Callable, add: Callable) -> None:
    add(("a", JOBS), ("b", JOBS))
    result = run("documents")
    assert result.exit_code == 0
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == ["a", "b"]
    listed = json.loads(run("documents", "--json").stdout)
    assert [(d["id"], d["length"], d["collection"]) for d in listed] == [
        ("a", len(JOBS), "default"),
        ("b", len(JOBS), "default"),
    ]
    assert json.loads(run("documents", "--json", "--collection", "none").stdout) == []


@pytest.mark.parametrize("command", ["documents", "duplicates", "purge", "rebuild", "rollback"])
def test_without_a_library_it_says_what_to_do(run: Callable, command: str) -> None:
    result = run(command)
    assert result.exit_code == 2
    assert "extrait ingest" in result.output
    assert isinstance(result.exception, SystemExit)


def test_an_owner_goes_back_and_forward(run: Callable, add: Callable, library) -> None:
    add(("a", JOBS))
    add(("b", GARDEN))
    gone_back = json.loads(run("rollback", "--json").stdout)
    assert gone_back["chunks"] == 1
    assert library.generation.manifest.number == gone_back["generation"]
    assert json.loads(run("rebuild", "--json").stdout)["chunks"] == 2
    assert "2 chunks" in run("rebuild").stdout
    assert "extrait rebuild" in run("rollback").stdout


def test_older_revisions_are_purged_on_demand(run: Callable, add: Callable, library) -> None:
    add(("a", JOBS), ("b", JOBS))
    add(("a", GARDEN), ("b", GARDEN))
    assert json.loads(run("purge", "a", "--json").stdout) == {"purged": 1}
    assert library.store.document("a", revision_of(JOBS)) is None
    assert library.store.document("b", revision_of(JOBS)) is not None
    assert run("purge").stdout == "1 older revisions removed\n"
    assert run("purge", "ghost").exit_code == 2


def test_duplicates_are_listed_with_their_similarity(run: Callable, add: Callable) -> None:
    near = f"{JOBS} {GARDEN} {JOBS}"
    add(("a", f"{JOBS}\n{near}"), ("b", JOBS.upper()), ("c", near.replace("rare", "unique")), ("d", GARDEN))
    (first, second) = json.loads(run("duplicates", "--json").stdout)["clusters"]
    assert [(p["document_id"], p["similarity"]) for p in first["places"]] == [("a", 1.0), ("b", 1.0)]
    assert first["text"] == JOBS
    assert [p["document_id"] for p in second["places"]] == ["a", "c"]
    assert 0.8 <= second["places"][1]["similarity"] < 1
    assert "100.0%" in run("duplicates").stdout
    assert json.loads(run("duplicates", "--json", "--collection", "none").stdout) == {"clusters": []}


def test_a_wrong_setting_is_a_sentence(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRAIT_PORT", "x")
    for command in (["documents"], ["ask", "x"], ["search", "x"]):
        result = run(*command)
        assert result.exit_code == 2
        assert "port" in result.output
        assert isinstance(result.exception, SystemExit)


def test_a_library_that_is_not_there_is_no_answer(run: Callable, tmp_path: Path, make_embedder: Callable) -> None:
    for command in (["ask", "Quoi ?"], ["search", "Quoi"]):
        result = run(*command)
        assert (result.exit_code, "There is no library at" in result.output) == (2, True)
        assert list(tmp_path.iterdir()) == []
    Library(tmp_path, make_embedder()).close()
    for command in (["ask", "Quoi ?"], ["search", "Quoi"]):
        result = run(*command)
        assert (result.exit_code, "is empty: run `extrait ingest PATH`" in result.output) == (2, True)


def test_a_damaged_library_is_a_sentence(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "library.sqlite").write_bytes(b"no database at all, but long enough to be taken for one" * 3)
    result = run("documents")
    assert result.exit_code == 2
    assert "backup" in result.output


def test_verify_says_what_holds(run: Callable, engine: Engine, add: Callable, tmp_path: Path) -> None:
    add(("a", JOBS))
    reply = msgspec.json.encode(engine.answer("Combien d'emplois directs ?"))
    result = run("verify", input=reply.decode())
    assert (result.exit_code, result.stdout.strip()) == (0, "[1] valid")
    (tmp_path / "reply.json").write_bytes(reply.replace(b"2 500", b"9 500"))
    result = run("verify", str(tmp_path / "reply.json"), "--json")
    assert result.exit_code == 1
    (verdict,) = json.loads(result.stdout)["results"]
    assert not verdict["valid"]
    closest = msgspec.json.encode(engine.answer("Combien d'emplois directs ?", min_confidence=1))
    assert "[1] valid" in run("verify", input=closest.decode()).stdout


def test_verify_checks_alternatives_as_well(run: Callable, engine: Engine, add: Callable) -> None:
    add(("a", f"{JOBS} Le projet vise 900 emplois directs de plus."))
    reply = json.loads(msgspec.json.encode(engine.answer("Combien d'emplois directs ?")))
    assert reply["alternatives"]
    reply["alternatives"][0]["citations"][0]["quote"] = "Jamais dit."
    assert run("verify", input=json.dumps(reply)).exit_code == 1


@pytest.mark.parametrize(
    "content",
    ["", "no json", "[]", '{"citations": [{}]}', "\udcff"],
    ids=["empty", "text", "list", "no citation", "no UTF-8"],
)
def test_verify_of_what_is_no_reply_is_a_sentence(run: Callable, library, tmp_path: Path, content: str) -> None:
    (tmp_path / "reply.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    result = run("verify", str(tmp_path / "reply.json"))
    assert result.exit_code == 2
    assert "extrait ask --json" in result.output


def test_verify_of_an_object_without_citations_is_no_success(run: Callable, library) -> None:
    """`{}` verifies nothing: "valid" would be a claim about a reply that is none."""
    assert run("verify", input='{"answer": "42"}').exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["search"],
        ["ingest"],
        ["ingest", "/nowhere"],
        ["verify", "/nowhere"],
        ["nothing"],
        ["search", "x", "-k", "y"],
    ],
)
def test_a_wrong_call_is_a_usage_error(run: Callable, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error" in result.output or "error" in result.output


@pytest.fixture
def folder(tmp_path: Path, library, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three files, and the library to take them into."""
    monkeypatch.setattr("qa.intake.engine", lambda: SimpleNamespace(library=library))
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_text(JOBS, encoding="utf-8")
    (folder / "b.txt").write_text(GARDEN, encoding="utf-8")
    (folder / "empty.txt").write_bytes(b"")
    return folder


def test_a_folder_is_taken_in_and_then_unchanged(run: Callable, folder: Path) -> None:
    first, second = run("ingest", str(folder)), run("ingest", str(folder), "--json")
    assert first.exit_code == second.exit_code == 1
    assert "2 added, 0 replaced, 0 unchanged, 1 failed" in first.output
    assert "failed: " in first.output
    reply = json.loads(second.output.splitlines()[-1])
    assert (reply["unchanged"], reply["failed"]) == (2, 1)
    assert [Path(file["name"]).name for file in reply["files"]] == ["a.txt", "b.txt", "empty.txt"]


def test_what_a_crash_left_is_taken_in_first(run: Callable, folder: Path, tmp_path: Path, library) -> None:
    Jobs(tmp_path).submit(sources([folder / "a.txt"]))  # and then the process was killed
    assert "1 added, 0 replaced, 0 unchanged" in run("ingest", str(folder / "b.txt")).output
    assert {d.id for d, _ in library.store.documents(None, 9, "")} == {"a", "b"}


def test_where_a_server_runs_it_takes_the_files_in(run: Callable, folder: Path, tmp_path: Path, library) -> None:
    server = Jobs(tmp_path)
    serving = threading.Thread(target=server.run_forever, args=(library,))
    serving.start()
    try:
        while not server._runner_lock.is_locked:
            time.sleep(0.01)
        result = run("ingest", str(folder))
    finally:
        server.stop()
        serving.join()
    assert "another process" in result.output
    assert "2 added, 0 replaced, 0 unchanged, 1 failed" in result.output


def test_an_interrupted_ingestion_leaves_no_job(
    run: Callable, folder: Path, tmp_path: Path, library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qa.intake.say", interrupted)
    result = run("ingest", str(folder))
    assert result.exit_code == 1
    assert "the rest is left out" in result.output
    assert not Jobs(tmp_path).run_next(library)


def test_a_followed_folder_is_taken_in_as_it_changes(
    run: Callable, library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_text(JOBS, encoding="utf-8")
    (folder / "b.txt").write_text(GARDEN, encoding="utf-8")
    looks = iter(range(8))

    def wait(seconds: float) -> None:
        match next(looks):
            case 2:
                assert library.document("a").text == JOBS
                (folder / "a.txt").write_text(f"{JOBS} {GARDEN}", encoding="utf-8")
                (folder / "b.txt").unlink()
            case 7:
                raise KeyboardInterrupt

    monkeypatch.setattr("qa.intake.sleep", wait)
    follow(library, (folder,), "default")
    assert library.document("a").text == f"{JOBS} {GARDEN}"
    assert [d.id for d, _ in library.store.documents(None, 9, "")] == ["a"]


# Embedded anew


def test_an_old_library_is_refused_in_words_by_every_command_that_asks(
    run: Callable, add: Callable, other_embedder, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(("a", JOBS))
    monkeypatch.setattr("qa.engine.open_engine", lambda settings: Library(Path(settings.data), other_embedder))
    monkeypatch.setattr("qa.intake.engine", engine_of_the_settings)
    for command in (["ask", "emplois ?"], ["search", "emplois"], ["ingest", str(folder)]):
        result = run(*command)
        assert result.exit_code == 2
        assert "made by the embedder hashed-words, and other-words is running" in result.output
        assert "`extrait rebuild --embed` makes it fit" in result.output
        assert isinstance(result.exception, SystemExit)


def test_a_library_is_embedded_anew_without_its_files(
    run: Callable, add: Callable, library, other_embedder, open_library, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(("a", JOBS), ("b", GARDEN))
    library.close()
    monkeypatch.setattr("qa.upkeep.embedder", lambda: other_embedder)
    result = run("rebuild", "--embed", "--json")
    assert result.exit_code == 0
    assert result.stderr == "embedded: a\nembedded: b\n"
    generation = json.loads(result.stdout)["generation"]
    assert json.loads(result.stdout) == {"generation": generation, "chunks": 2}
    renewed = open_library(model=other_embedder)
    assert renewed.generation.manifest.number == generation
    assert [p.document.id for p in renewed.search("jardin botanique", k=1)] == ["b"]
    assert run("rebuild", "--embed").stdout == f"generation {generation + 1}: 2 chunks\n"
    assert [d["id"] for d in json.loads(run("documents", "--json").stdout)] == ["a", "b"]


def test_embedding_anew_that_is_interrupted_says_so_and_goes_on(
    run: Callable, add: Callable, library, other_embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(("a", JOBS), ("b", GARDEN))
    monkeypatch.setattr("index.renewal.BATCH_CHARACTERS", 1)
    monkeypatch.setattr("qa.upkeep.embedder", lambda: other_embedder)
    encode = other_embedder.encode

    def interrupted(texts: list[str], role: str) -> object:
        if GARDEN in texts[0]:
            raise KeyboardInterrupt
        return encode(texts, role)

    with monkeypatch.context() as patched:
        patched.setattr(other_embedder, "encode", interrupted)
        result = run("rebuild", "--embed")
    assert result.exit_code == 1
    assert "embedded: a\ninterrupted: the library is as it was" in result.stderr
    assert [p.document.id for p in library.search("jardin botanique", k=1)] == ["b"]
    assert run("rebuild", "--embed").stderr == "embedded: b\n"


def test_without_a_library_no_model_is_loaded_to_embed_it(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.upkeep.embedder", lambda: pytest.fail("loaded"))
    result = run("rebuild", "--embed")
    assert result.exit_code == 2
    assert "extrait ingest" in result.output


@pytest.mark.models
def test_a_library_is_embedded_anew_by_the_embedder_of_the_settings(tmp_path: Path, add: Callable, library) -> None:
    add(("a", JOBS))
    library.close()
    done = extrait("search", "emplois", data=tmp_path)
    assert done.returncode == 2
    assert "extrait rebuild --embed" in done.stderr
    done = extrait("rebuild", "--embed", data=tmp_path)
    assert (done.returncode, done.stderr) == (0, "embedded: a\n")
    done = extrait("search", "emplois", "--json", data=tmp_path)
    assert json.loads(done.stdout.splitlines()[-1])["passages"][0]["text"] == JOBS


@pytest.mark.models
def test_from_files_to_a_cited_answer(tmp_path: Path) -> None:
    folder, data = tmp_path / "files", tmp_path / "data"
    folder.mkdir()
    (folder / "projet.txt").write_text(JOBS, encoding="utf-8")
    (folder / "vide.txt").write_bytes(b"")
    done = extrait("ingest", str(folder), "--json", data=data)
    assert done.returncode == 1, done.stderr  # one file failed
    counts = json.loads(done.stdout.splitlines()[-1])
    assert (counts["added"], counts["failed"]) == (1, 1)
    done = extrait("ask", "Combien d'emplois directs seront créés ?", "--min-confidence", "0", "--json", data=data)
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout.splitlines()[-1])
    assert reply["text"] == "2 500"
    assert extrait("verify", data=data, input=done.stdout).returncode == 0
    done = extrait("search", "emplois", "--json", data=data)
    assert json.loads(done.stdout.splitlines()[-1])["passages"][0]["text"] == JOBS
    done = extrait("ask", " ", data=data)
    assert (done.returncode, done.stdout) == (2, "")
    assert "empty" in done.stderr
    assert "Traceback" not in done.stderr
