import json
import tomllib
from pathlib import Path

import pytest

from starpod.cli.main import main
from tests.starpod.conftest import Workspace


@pytest.fixture(autouse=True)
def inside(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.write("skills/x/SKILL.md")
    monkeypatch.chdir(workspace.root / "skills/x")


def test_new_makes_a_blueprint_and_says_how_to_go_on(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["agent", "new", "bot", "--agent-name", "Nova", "--model", "openai/gpt-4o", "--default"]) == 0

    assert tomllib.loads((workspace.root / "agents/bot/agent.toml").read_text(encoding="utf-8")) == {
        "agent_name": "Nova",
        "provider": "openai",
        "model": "gpt-4o",
    }
    assert not (workspace.root / "agents/bot/users").exists()
    out = capsys.readouterr().out
    assert str(workspace.root / "agents/bot") in out
    assert "starpod dev bot" in out


@pytest.mark.parametrize("name", ["bot", "../bot", "Bot"])
def test_new_refuses_a_name_that_is_taken_or_cannot_be_one(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    workspace.blueprint("bot")

    assert main(["agent", "new", name]) == 1
    assert capsys.readouterr().err.startswith("  ✗ ")


@pytest.mark.parametrize("arguments", [["new", "bot"], ["list"]])
def test_outside_a_workspace_it_names_the_way_to_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["agent", *arguments]) == 1
    assert "starpod init" in capsys.readouterr().err


def test_list_marks_blueprints_in_order(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    workspace.blueprint("zoe")
    workspace.blueprint("ada")
    workspace.write("agents/half/SOUL.md")
    workspace.write("agents/README.md")

    assert main(["agent", "list"]) == 0
    assert capsys.readouterr().out == "  ✓ ada\n  ? half\n  ✓ zoe\n"


def test_list_is_told_to_programs_too(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    workspace.blueprint("bot")
    (workspace.root / "agents" / "torso").mkdir()
    assert main(["agent", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["complete"]) for each in found] == [("bot", True), ("torso", False)]


@pytest.mark.parametrize("empty", [True, False])
def test_list_of_nothing_is_a_notice(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], *, empty: bool
) -> None:
    if empty:
        (workspace.root / "agents").mkdir()

    assert main(["agent", "list"]) == 0
    assert capsys.readouterr().out == "  ℹ No agents yet: starpod agent new NAME\n"
