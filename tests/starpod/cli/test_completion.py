"""What shells are told to complete, and that their scripts are such; bash is asked itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

from starpod.cli import completion
from starpod.cli.main import COMMANDS, main

ASK = """
source "$1"; shift
COMP_WORDS=(starpod "$@"); COMP_CWORD=$#
_starpod
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("completion") / "starpod.bash"
    file.write_text(completion.script("bash"))
    return file


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["cro"], ["cron"]),
        (["cron", "ru"], ["runs", "run"]),
        (["cron", "runs", "--lim"], ["--limit"]),
        (["cron", "-a", "bot", "prev"], ["preview"]),
        (["chat", "--effort", ""], ["low", "medium", "high"]),
        (["costs", "--period", "9"], ["90d"]),
        (["completion", "z"], ["zsh"]),
        (["bus", "to"], ["top"]),
        (["chat", "--session", ""], [""]),  # nobody runs here
        (["build", "--env", ""], [""]),  # the shell's own files
    ],
)
def test_bash_completes(bash: Path, typed: list[str], offered: list[str], tmp_path: Path) -> None:
    asked = ["bash", "--norc", "-c", ASK, "bash", str(bash), *typed]
    done = subprocess.run(asked, check=True, capture_output=True, cwd=tmp_path, text=True, timeout=60)
    assert done.stdout.split("\n")[:-1] == offered, done.stderr


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_a_script_knows_every_command_and_its_shell_can_read_it(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)
    if shutil.which(shell):
        file = tmp_path / "script"
        file.write_text(text)
        subprocess.run([shell, "-n", str(file)], check=True, timeout=60)


def test_names_that_nobody_can_tell_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for kind in ("sessions", "jobs", "skills", "agents"):
        assert main(["completion", "bash", "--names", kind]) == 0
    assert capsys.readouterr() == ("", "")
    for name in ("aster", "unfinished"):
        (tmp_path / "agents" / name).mkdir(parents=True)
    (tmp_path / "starpod.toml").touch()
    (tmp_path / "agents" / "aster" / "agent.toml").touch()
    assert main(["completion", "bash", "--names", "agents"]) == 0
    assert capsys.readouterr().out == "aster\n"
