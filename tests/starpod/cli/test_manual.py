"""The pages of the reference that the program tells itself are up to date, and name everything."""

import argparse
import importlib
from pathlib import Path
from typing import Any

import pytest

from scripts.docs import pages
from starpod.cli import manual
from starpod.cli.bus import ACTIONS, ActionParser
from starpod.cli.main import COMMANDS, main

PAGES = dict(pages())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_generated_page_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == PAGES[path], "write it anew with scripts/docs"


@pytest.mark.parametrize("command", [*COMMANDS, *(f"bus {action}" for action in ACTIONS)])
def test_every_command_is_described(command: str) -> None:
    page = manual.page()
    assert f"# starpod {command}\n" in page


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_explains_itself_and_gives_json(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(["bus", action, "--help"])
    assert exit.value.code == 0
    said = capsys.readouterr().out
    assert f"usage: starpod bus {action}" in said
    assert "--json" in said
    assert "-a NAME" in said


def test_an_action_is_loaded_only_when_it_is_used() -> None:
    parser = argparse.ArgumentParser()
    importlib.import_module("starpod.cli.bus").add_arguments(parser)
    actions: Any = parser._subparsers
    choices: dict[str, ActionParser] = actions._group_actions[0].choices
    assert set(choices) == set(ACTIONS)
    assert arguments_of(choices["top"]) == ["help"]
    parser.parse_args(["top", "--once"])
    assert "once" in arguments_of(choices["top"])
    assert arguments_of(choices["tap"]) == ["help"]


def arguments_of(parser: argparse.ArgumentParser) -> list[str]:
    return [action.dest for action in parser._actions]


@pytest.mark.parametrize(
    ("arguments", "agent"),
    [
        (["top"], None),
        (["-a", "x", "top"], "x"),
        (["top", "-a", "y"], "y"),
        (["-a", "x", "top", "-a", "y"], "y"),
        (["-a", "x", "dead", "show", "5"], "x"),
        (["dead", "show", "5", "-a", "y"], "y"),
    ],
)
def test_the_agent_is_named_before_or_behind_the_action(arguments: list[str], agent: str | None) -> None:
    parser = argparse.ArgumentParser()
    importlib.import_module("starpod.cli.bus").add_arguments(parser)
    assert parser.parse_args(arguments).agent == agent


def test_json_may_be_asked_for_anywhere() -> None:
    parser = argparse.ArgumentParser()
    importlib.import_module("starpod.cli.bus").add_arguments(parser)
    for arguments in (["dead", "--json", "show", "5"], ["dead", "show", "5", "--json"]):
        assert parser.parse_args(arguments).json
    assert not parser.parse_args(["dead", "show", "5"]).json
