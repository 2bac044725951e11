"""What shows something shows it as JSON too: every command of the program, with nothing to show and with an error."""

import argparse
import importlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

import pytest
import trio

from starpod.cli import manual
from starpod.cli.bus import ActionParser
from starpod.cli.main import COMMANDS, Command, main
from tests.system.daemons import Place, serving

SHOWS_NOTHING: Final = frozenset(
    " ".join(each.split())
    for each in """
    mcp serve, sessions export,
    init, agent new, agent push, agent pull, dev, serve, open, repl, build, deploy, host rotate, completion,
    memory edit, memory forget,
    vault set, vault get, vault delete, vault hosts, vault rotate, vault import,
    skill new, skill edit, skill approve, skill delete, skill install, skill revert,
    cron add, cron edit, cron pause, cron resume, cron remove,
    mcp test, telegram pair, telegram refuse, outbox retry, outbox drop,
    approvals allow, approvals deny, approvals revoke,
    instance kill, instance pause, instance restart, instance ssh,
    secret set, secret delete, secret import, auth login, auth logout
    """.replace("\n", " ").split(",")
)
"""Commands that do something and say that it is done, or give a single text."""
LINES: Final = frozenset({"chat", "bus tap", "instance logs"})
"""What goes on for a while: one JSON object a line."""
GIVEN: Final[Mapping[str, Sequence[str]]] = {
    "chat": ["help"],
    "memory search": ["herons"],
    "skill show": ["none"],
    "skill history": ["none"],
    "hooks test": ["PreToolUse"],
    "cron preview": ["--cron", "0 8 * * *"],
    "user add": ["ada"],
    "user role": ["ada", "admin"],
    "key new": ["--label", "other"],
    "bus tap": ["--seconds", "1"],
    "bus top": ["--once"],
    "bus send": ["persona.Identity"],
    "bus suspend": ["persona"],
    "bus resume": ["persona"],
    "bus restart": ["persona"],
    "bus describe": ["persona"],
    "undo": ["last"],
}


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The commands that do something themselves."""
    if isinstance(parser, ActionParser):
        parser.load()
    below = list(manual.below(parser))
    yield from [each for one in below for each in leaves(one)] or [parser]


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command by its words."""
    for name in COMMANDS:
        parser = ActionParser(prog=f"starpod {name}")
        cast("Command", importlib.import_module(f"starpod.cli.{name}")).add_arguments(parser)
        yield from ((each.prog.removeprefix("starpod "), each) for each in leaves(parser))


def takes_json(parser: argparse.ArgumentParser) -> bool:
    return any("--json" in action.option_strings for action in parser._actions)


def test_every_command_that_shows_something_shows_it_as_json() -> None:
    assert {name for name, parser in commands() if not takes_json(parser)} == SHOWS_NOTHING


def arguments(name: str, parser: argparse.ArgumentParser) -> list[str]:
    """A command that asks for JSON, with something for each argument that it needs."""
    if name in GIVEN:
        return [*name.split(), *GIVEN[name], "--json"]
    usage = parser.format_usage().replace("\n", " ")
    needed = usage.rpartition("]")[2].split()
    return [*name.split(), *("1" for _ in needed), "--json"]


async def test_what_is_printed_as_json_can_be_read_also_where_there_is_nothing(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place.root)
    wrong: list[str] = []
    went_well = 0
    async with serving(place, expect_errors=True):
        for name, parser in commands():
            if not takes_json(parser):
                continue
            given = arguments(name, parser)
            status = await trio.to_thread.run_sync(main, given)
            said = capsys.readouterr()
            went_well += status == 0
            fault = fault_in(name, status, said.out, said.err)
            if fault:
                wrong.append(f"{given}: {fault}: {status} {said.out[:200]!r} {said.err[:300]!r}")
    assert not wrong, "\n".join(wrong)
    assert went_well > 30


def fault_in(name: str, status: int, out: str, err: str) -> str:
    """What is wrong with what a command has printed; empty for nothing."""
    if status != 0 and not err.strip() and not out.strip():
        return "it failed and said nothing"
    if "Traceback" in err:
        return "it broke"
    if status == 0 and not out.strip() and name not in LINES:
        return "it printed nothing"
    texts = out.splitlines() if name in LINES else [out] if out.strip() else []
    for text in texts:
        try:
            json.loads(text)
        except ValueError as error:
            return f"it is no JSON: {error}"
    return ""
