"""Setting up: what the first run of `scripts/serve` does, what the second leaves out, and how it fails."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

PYTHON = """#!/bin/sh
case "$*" in
    *find_spec*) exit ${OLD_PYTHON:-0} ;;
    *venv*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *install*) echo "install $(expr "$*" : '.*\\(requirements[a-z-]*.lock\\|--editable\\)')" >>calls
        [ -z "${BROKEN:-}" ] || exit 1
        cp "$0" .venv/bin/starpod ;;
    *web.py*) echo "web $2 $3" >>calls; exit ${WEB:-0} ;;
    dev*) printf '%s\\n' "starpod $*" >>calls ;;
esac
"""
"""Stands for Python, pip and starpod itself."""


class Clone:
    """A fresh clone on a machine that has a few tools and, under the name `python3`, a Python."""

    def __init__(self, root: Path, tools: Path) -> None:
        self.root = root
        self.tools = tools
        (root / "scripts").mkdir(parents=True)
        for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock", "requirements-web.lock"):
            shutil.copy(ROOT / name, root)
        for name in ("serve", "setup.sh"):
            shutil.copy(ROOT / "scripts" / name, root / "scripts")
        tools.mkdir()
        for tool in ("sh", "cat", "cksum", "cp", "dirname", "expr", "mkdir", "rm"):
            (tools / tool).symlink_to(str(shutil.which(tool)))
        (tools / "python3").write_text(PYTHON)
        (tools / "python3").chmod(0o755)

    def serve(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run scripts/serve from another folder."""
        return subprocess.run(
            [self.root / "scripts" / "serve", *arguments],
            cwd=self.root.parent,
            env={"PATH": str(self.tools), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> list[str]:
        """Return what was run since the last look."""
        log = self.root / "calls"
        calls = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return calls


INSTALLS = ["install requirements.lock", "install --editable"]
STARTS = ["web build run", "starpod dev aster"]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "a clone", tmp_path / "tools")


def test_the_first_run_installs_and_the_second_only_starts(clone: Clone) -> None:
    assert clone.serve().returncode == 0
    assert clone.calls() == [*INSTALLS, *STARTS]
    assert clone.serve().returncode == 0
    assert clone.calls() == STARTS


def test_arguments_reach_the_daemon(clone: Clone) -> None:
    clone.serve("--port", "4000", "--no-open")
    assert clone.calls()[-1] == "starpod dev aster --port 4000 --no-open"


def test_a_changed_lock_installs_again(clone: Clone) -> None:
    clone.serve()
    clone.calls()
    (clone.root / "requirements.lock").write_text("trio==0.36.0\n")
    clone.serve()
    assert clone.calls() == [*INSTALLS, *STARTS]


def test_a_moved_clone_installs_again(clone: Clone) -> None:
    clone.serve()
    clone.calls()
    clone.root = clone.root.rename(clone.root.with_name("moved"))
    clone.serve()
    assert clone.calls() == [*INSTALLS, *STARTS]


def test_a_failed_installation_is_tried_again(clone: Clone) -> None:
    assert clone.serve(BROKEN="yes").returncode != 0
    assert clone.calls() == ["install requirements.lock"]
    assert clone.serve().returncode == 0
    assert clone.calls() == [*INSTALLS, *STARTS]


def test_without_npm_the_locked_one_is_installed(clone: Clone) -> None:
    clone.serve(WEB="3")
    assert clone.calls() == [*INSTALLS, STARTS[0], "install requirements-web.lock", *STARTS]


def test_a_page_that_cannot_be_built_keeps_nobody_from_the_agent(clone: Clone) -> None:
    served = clone.serve(WEB="1")
    assert clone.calls() == [*INSTALLS, *STARTS]
    assert "without a new web page" in served.stderr


def test_a_python_that_is_too_old_is_refused_in_words(clone: Clone) -> None:
    refused = clone.serve(OLD_PYTHON="1")
    assert refused.returncode == 1
    assert refused.stderr == "starpod: Python 3.11 or newer with pip is needed and was not found.\n"
    assert not (clone.root / ".venv").exists()
