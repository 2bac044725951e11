from pathlib import Path

import pytest

from starpod.cli.main import main
from tests.starpod.conftest import Workspace


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "srv").mkdir()
    monkeypatch.chdir(tmp_path / "srv")


def build(*arguments: str) -> int:
    return main(["build", "--agent", "../ws/agents/bot", *arguments])


def test_builds_here_and_says_how_to_run_it(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.blueprint()

    assert build() == 0

    assert (tmp_path / "srv/.starpod/config/agent.toml").is_file()
    assert capsys.readouterr() == (
        f"  ✓ Built {tmp_path}/srv/.starpod\n  → Run it: cd {tmp_path}/srv && starpod serve\n",
        "",
    )


def test_brings_skills_and_secrets_to_another_place(workspace: Workspace, tmp_path: Path) -> None:
    workspace.blueprint()
    workspace.write("skills/s/SKILL.md")
    workspace.write(".env", "A=1")

    assert build("--skills", "../ws/skills", "--env", "../ws/.env", "--output", "../out") == 0

    assert (tmp_path / "out/.starpod/skills/s/SKILL.md").is_file()
    assert (tmp_path / "out/.starpod/.env").read_text(encoding="utf-8") == "A=1"


def test_a_folder_without_agent_toml_is_refused(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.write("agents/bot/SOUL.md")

    assert build() == 1
    assert "agent.toml" in capsys.readouterr().err
    assert list((tmp_path / "srv").iterdir()) == []


def test_an_instance_that_is_there_is_renewed_only_by_force(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.blueprint()
    build()

    assert build() == 1
    assert "--force" in capsys.readouterr().err
    assert build("--force") == 0


def test_kept_secrets_are_mentioned_and_replaced_on_request(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.blueprint()
    env = workspace.write("secrets", "A=1")
    build("--env", str(env))
    env.write_text("A=2", encoding="utf-8")
    capsys.readouterr()

    assert build("--env", str(env), "--force") == 0
    assert "Kept the secrets" in capsys.readouterr().out
    assert (tmp_path / "srv/.starpod/.env").read_text(encoding="utf-8") == "A=1"

    assert build("--env", str(env), "--force", "--overwrite-env") == 0
    assert "Kept" not in capsys.readouterr().out
    assert (tmp_path / "srv/.starpod/.env").read_text(encoding="utf-8") == "A=2"


def test_prompts_that_were_changed_where_the_agent_runs_are_kept_and_mentioned(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.blueprint()
    workspace.write("agents/bot/HEARTBEAT.md", "Look at the mail.")
    build()
    installed = tmp_path / "srv/.starpod/config/HEARTBEAT.md"
    installed.write_text("Look at the sea.", encoding="utf-8")
    assert "HEARTBEAT.md" not in capsys.readouterr().out

    assert build("--force") == 0

    assert f"HEARTBEAT.md changed in {installed.parent}" in capsys.readouterr().out
    assert installed.read_text(encoding="utf-8") == "Look at the sea."


def test_defaults_that_stay_behind_are_named(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.write("starpod.toml", "max_turns = 5\n[memory]\nchunk_size = 900\n")
    workspace.blueprint(toml="max_turns = 6\n")

    assert build() == 0
    assert "memory.chunk_size" in capsys.readouterr().err


def test_a_blueprint_that_cannot_be_read_is_not_built(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.blueprint(toml="= 1")

    assert build() == 1
    assert "not valid TOML" in capsys.readouterr().err
    assert list((tmp_path / "srv").iterdir()) == []
