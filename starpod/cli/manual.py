"""The reference of the command line, written from the parsers themselves."""

import argparse
import importlib
from collections.abc import Iterable, Iterator
from typing import Any, cast

from starpod.cli.bus import ActionParser
from starpod.cli.main import COMMANDS, Command

HEAD = """\
# Command line

Every command with its arguments, from the program itself; `scripts/docs` writes this page. `--help` says the same.

A command works on the agent of the current folder: an instance, a deployment, or the workspace above it. In a
workspace with several agents `-a NAME` says which one. Exit status: 0 done, 1 failed and said why, 2 not understood,
130 interrupted; `starpod chat` has some more.

`STARPOD_LOG` (`debug`, `info`, `warning`, `error`) says how much is logged, on standard error. `NO_COLOR` switches
colours off."""


def page() -> str:
    """The whole page, as Markdown."""
    parts = [HEAD]
    for name, summary in COMMANDS.items():
        command = cast("Command", importlib.import_module(f"starpod.cli.{name}"))
        parser = ActionParser(prog=f"starpod {name}", description=_sentence(summary))
        command.add_arguments(parser)
        parts += _command(parser, level=2)
    return "\n\n".join(parts) + "\n"


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."


def _command(parser: argparse.ArgumentParser, level: int) -> Iterator[str]:
    """One command, then those below it."""
    if isinstance(parser, ActionParser):
        parser.load()
    yield f"{'#' * level} {parser.prog}"
    if parser.description:
        yield parser.description
    yield f"```\n{_usage(parser)}\n```"
    arguments = [action for action in _actions(parser) if not _is_choice_of_commands(action)]
    if arguments:
        yield "\n".join(["| argument | |", "| --- | --- |", *map(_argument, arguments)])
    if parser.epilog:
        yield f"```\n{parser.epilog.strip()}\n```"
    for each in below(parser):
        yield from _command(each, min(level + 1, 4))


def _actions(parser: argparse.ArgumentParser) -> Iterable[argparse.Action]:
    actions = parser._actions  # noqa: SLF001 - argparse has no other way to ask
    return [action for action in actions if action.dest != "help" and action.help != argparse.SUPPRESS]


def _is_choice_of_commands(action: argparse.Action) -> bool:
    return isinstance(action, argparse._SubParsersAction)  # noqa: SLF001 - likewise


def below(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The commands that a command consists of."""
    for action in _actions(parser):
        if _is_choice_of_commands(action):
            yield from cast("dict[str, argparse.ArgumentParser]", action.choices).values()


def _usage(parser: argparse.ArgumentParser) -> str:
    actions = list(_actions(parser))
    parts = [parser.prog]
    if any(action.option_strings for action in actions):
        parts.append("[options]")
    parts += [_positional(action) for action in actions if not action.option_strings]
    return " ".join(parts)


def _positional(action: argparse.Action) -> str:
    name = _name(action)
    if _is_choice_of_commands(action):
        return f"{name} …" if action.required else f"[{name} …]"
    match action.nargs:
        case "?":
            return f"[{name}]"
        case "*":
            return f"[{name} …]"
        case "+":
            return f"{name} …"
        case _:
            return name


def _name(action: argparse.Action) -> str:
    metavar: Any = action.metavar
    return str(metavar) if metavar else action.dest


def _argument(action: argparse.Action) -> str:
    if not action.option_strings:
        shown = _name(action)
    else:
        value = "" if action.nargs == 0 else f" {_choices(action) or _name(action)}"
        shown = ", ".join(action.option_strings) + value
    return f"| `{shown.replace('|', chr(92) + '|')}` | {action.help or ''} |"


def _choices(action: argparse.Action) -> str:
    return "" if action.choices is None or action.metavar else "|".join(map(str, action.choices))
