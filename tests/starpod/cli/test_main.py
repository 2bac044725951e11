import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

import starpod
from starpod.cli import main as main_module
from starpod.cli.main import COMMANDS, main
from starpod.errors import StarpodError

REPOSITORY = Path(__file__).parents[3]


def pretend(monkeypatch: pytest.MonkeyPatch, outcome: int | BaseException) -> None:
    """Make every command end like this."""

    class Command:
        def add_arguments(self, parser: argparse.ArgumentParser) -> None:
            pass

        def run(self, args: argparse.Namespace) -> int:
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

    def load(arguments: list[str]) -> Command:
        return Command()

    monkeypatch.setattr(main_module, "_load", load)


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_load_nothing_of_what_runs_an_agent(argument: str) -> None:
    script = (
        "import sys\nfrom starpod.cli.main import main\n"
        f"try: main([{argument!r}])\n"
        "finally: print('loaded', *{name.partition('.')[0] for name in sys.modules})"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=REPOSITORY
    )

    assert result.returncode == 0
    loaded = set(result.stdout.splitlines()[-1].split())
    assert "starpod" in loaded
    assert loaded.isdisjoint(
        {"trio", "attr", "attrs", "httpx2", "dotenv", "quart", "asyncio", "actors", "bus"}
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main([command, "--help"])

    assert exit.value.code == 0
    assert f"usage: starpod {command}" in capsys.readouterr().out


def test_the_version_is_the_one_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(["--version"])

    assert exit.value.code == 0
    assert capsys.readouterr().out == f"starpod {starpod.__version__}\n"
    assert f'version = "{starpod.__version__}"' in (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments", [[], ["nope"], ["--nope"], ["agent"], ["agent", "new"], ["build"], ["init", "x"]]
)
def test_what_is_not_understood_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit:
        main(arguments)

    assert exit.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "usage: starpod" in captured.err


def test_the_status_of_a_command_is_the_status_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, 7)

    assert main(["serve"]) == 7


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (StarpodError("mend it"), 1, "  ✗ mend it\n"),
        (ExceptionGroup("", [ExceptionGroup("", [StarpodError("mend it")])]), 1, "  ✗ mend it\n"),
        (RuntimeError("broken"), 1, "Error: broken\n"),
        (RuntimeError(), 1, "Error: RuntimeError\n"),
        (
            ExceptionGroup("both", [StarpodError("a"), StarpodError("b")]),
            1,
            "Error: both (2 sub-exceptions)\n",
        ),
        (KeyboardInterrupt(), 130, ""),
        (BaseExceptionGroup("", [KeyboardInterrupt(), ValueError()]), 130, ""),
    ],
)
def test_a_failure_is_a_line_on_standard_error(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    text: str,
) -> None:
    pretend(monkeypatch, error)

    assert main(["serve"]) == status
    assert capsys.readouterr() == ("", text)


def test_a_command_that_cannot_be_loaded_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "starpod.cli.serve", None)

    assert main(["serve"]) == 1
    assert capsys.readouterr().err.startswith("Error: ")


def test_the_traceback_is_there_for_whoever_asks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch, RuntimeError("broken"))
    monkeypatch.setenv("STARPOD_LOG", "debug")

    main(["serve"])

    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_has_gone_away_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "agents/bot").mkdir(parents=True)
    (tmp_path / "starpod.toml").touch()
    reader, writer = os.pipe()
    os.close(reader)

    result = subprocess.run(
        [sys.executable, "-m", "starpod", "agent", "list"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    os.close(writer)

    assert (result.returncode, result.stderr) == (0, b"")


def test_a_stream_that_cannot_show_a_glyph_shows_something_else(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "starpod", "agent", "list"],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONIOENCODING": "ascii"},
    )

    assert result.returncode == 1
    assert result.stderr.startswith(b"  ? No starpod.toml")
