"""What is being measured, so that a figure can be traced: the commit, and a digest of the sources. Knows no models."""

from __future__ import annotations

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What the answers can depend on: code and shipped data of these packages. Models are named by their own hashes.
MEASURED = ("index", "qa")
SOURCES = {".py", ".toml", ".json", ".tiktoken"}


def commit() -> str:
    """The commit that is checked out, or "" where there is no repository."""
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(ROOT), "rev-parse", "--verify", "--quiet", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (a fixed command)
    return done.stdout.strip()


def code_digest(root: Path = ROOT) -> str:
    """SHA-256 over the sources, committed or not: any change to them makes another run."""
    digest = sha256()
    paths = (path for package in MEASURED for path in (root / package).rglob("*") if path.suffix in SOURCES)
    for path in sorted(paths):
        digest.update(f"{path.relative_to(root).as_posix()}\t".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()
