import os
import select
import subprocess
import sys
import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from starpod.cli import init
from starpod.cli.main import main

REPOSITORY = Path(__file__).parents[3]

ON_A_TERMINAL = """
import os, sys
os.login_tty(int(sys.argv[1]))
os.execv(sys.executable, [sys.executable, "-m", "starpod", "init"])
"""


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "ws"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def settings(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


class Person:
    """Somebody at a terminal."""

    def __init__(self, terminal: int, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.seen = ""
        self._terminal = terminal
        self._read = 0

    def answer(self, question: str, text: str) -> None:
        """Wait for a question and type a line."""
        self.read_until(question)
        os.write(self._terminal, f"{text}\n".encode())

    def cancel(self, question: str, key: str) -> None:
        """Wait for a question and press a key until the program says that it was cancelled.

        Ctrl-C between the question and the wait for its answer is heard only with the next key.
        """
        self.read_until(question)
        while "Cancelled" not in self.seen:
            os.write(self._terminal, key.encode())
            while select.select([self._terminal], [], [], 0.5)[0] and "Cancelled" not in self.seen:
                self.seen += os.read(self._terminal, 4096).decode()

    def read_until(self, words: str) -> None:
        """Read on until `words` were shown, after what was read until last time."""
        while words not in self.seen[self._read :]:
            self.seen += os.read(self._terminal, 4096).decode()
        self._read = self.seen.index(words, self._read) + len(words)

    def leave(self) -> int:
        """Read what is left and return the status of the program."""
        try:
            while chunk := os.read(self._terminal, 4096):
                self.seen += chunk.decode()
        except OSError:  # the other side of the terminal is closed
            pass
        return self.process.wait(timeout=60)


@contextmanager
def starpod_init(**variables: str) -> Generator[Person]:
    """``starpod init`` on a terminal of its own."""
    ours, theirs = os.openpty()
    environment = {key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")}
    with subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, str(theirs)],
        pass_fds=[theirs],
        env={**environment, **variables, "PYTHONPATH": str(REPOSITORY), "NO_COLOR": "1"},
    ) as process:
        os.close(theirs)
        try:
            yield Person(ours, process)
        finally:
            process.kill()
            os.close(ours)


def test_the_wizard_makes_a_workspace_and_a_first_agent(inside: Path) -> None:
    with starpod_init() as person:
        person.answer("Provider [anthropic]", "99")
        person.answer("Provider [anthropic]", "openai")
        person.answer("Model [", "gpt-test")
        person.answer("OPENAI_API_KEY", "sk-hush")
        person.answer("Brave Search key", "")
        person.answer("Make a first agent? [Y/n]", "")
        person.answer("folder in agents/ [my-agent]", "../up")
        person.answer("folder in agents/ [my-agent]", "scout")
        person.answer("Its name for people [Aster]", "Scout")
        person.answer("Start it now? [Y/n]", "n")

        assert person.leave() == 0

    assert "sk-hush" not in person.seen
    assert "starpod dev scout" in person.seen
    assert settings(inside / "starpod.toml") == {"provider": "openai", "model": "gpt-test"}
    assert settings(inside / "agents/scout/agent.toml") == {
        "agent_name": "Scout",
        "provider": "openai",
        "model": "gpt-test",
    }
    assert 'OPENAI_API_KEY="sk-hush"' in (inside / ".env").read_text(encoding="utf-8")
    assert 'OPENAI_API_KEY="sk-hush"' in (inside / ".env.dev").read_text(encoding="utf-8")


def test_the_wizard_asks_for_no_key_that_is_there_or_not_needed(inside: Path) -> None:
    with starpod_init(ANTHROPIC_API_KEY="sk") as person:
        person.answer("Provider [anthropic]", "")
        person.answer("Model [claude-haiku-4-5]", "")
        person.read_until("ANTHROPIC_API_KEY is already set")
        person.answer("Brave Search key", "")
        person.answer("Make a first agent?", "n")

        assert person.leave() == 0

    assert settings(inside / "starpod.toml") == {"provider": "anthropic", "model": "claude-haiku-4-5"}
    assert "\nANTHROPIC_API_KEY" not in (inside / ".env").read_text(encoding="utf-8")
    assert "starpod agent new" in person.seen


@pytest.mark.parametrize("key", ["\x03", "\x04"])
@pytest.mark.parametrize(
    "question", ["Provider [anthropic]", "Model [", "ANTHROPIC_API_KEY", "Make a first agent?"]
)
def test_cancelling_the_wizard_creates_nothing(inside: Path, question: str, key: str) -> None:
    with starpod_init() as person:
        for asked, answer in [
            ("Provider [anthropic]", ""),
            ("Model [", ""),
            ("ANTHROPIC_API_KEY", "k"),
            ("Brave Search key", ""),
            ("Make a first agent?", ""),
        ]:
            if asked == question:
                person.cancel(asked, key)
                break
            person.answer(asked, answer)

        assert person.leave() == 130

    assert "nothing was created" in person.seen
    assert list(inside.iterdir()) == []


def test_without_a_terminal_it_asks_nothing_and_fails(
    inside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with (inside.parent / "empty").open("w+") as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)

        assert main(["init"]) == 1

    assert "--default" in capsys.readouterr().err
    assert list(inside.iterdir()) == []


def test_by_default_nothing_is_asked(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--default"]) == 0

    assert settings(inside / "starpod.toml") == {}
    assert list((inside / "agents").iterdir()) == []
    out = capsys.readouterr().out
    assert str(inside) in out
    assert "starpod agent new" in out


@pytest.mark.parametrize("arguments", [["init"], ["init", "--default"]])
def test_a_workspace_is_not_made_twice(
    inside: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    (inside / "starpod.toml").write_text("max_turns = 3", encoding="utf-8")

    assert main(arguments) == 1
    assert "already initialised" in capsys.readouterr().err
    assert [at.name for at in inside.iterdir()] == ["starpod.toml"]


@pytest.mark.parametrize(
    ("code", "status"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 1)]
)
def test_the_status_of_the_started_agent_is_passed_on(code: str, status: int) -> None:
    assert init.run_child([sys.executable, "-c", code]) == status
