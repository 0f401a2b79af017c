"""The command line: what needs no model is run here, the rest in a process of its own (marked `models`)."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from index.documents import revision_of
from qa.cli import follow, main
from qa.engine import Engine

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
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EXTRAIT_")}
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
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EXTRAIT_")} | {
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

    monkeypatch.setattr("qa.cli.sleep", wait)
    follow(library, (folder,), "default")
    assert library.document("a").text == f"{JOBS} {GARDEN}"
    assert [d.id for d, _ in library.store.documents(None, 9, "")] == ["a"]


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
