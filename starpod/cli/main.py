"""Entry point of ``starpod``: finds the command, loads its module and nothing else, reports failures.

A command is a module with two functions: ``add_arguments(parser)`` and ``run(args) -> int``, the exit status. It
raises StarpodError for what the person can mend.
"""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final, Protocol, cast

import starpod
from starpod.collecting import collect_seldom

COMMANDS: Final[Mapping[str, str]] = {
    "init": "make a workspace in this directory",
    "agent": "make and list the agents of a workspace",
    "dev": "run an agent of this workspace and open it in a browser",
    "serve": "run the agent of this directory",
    "open": "open the page of a running agent in a browser",
    "chat": "say one thing to an agent and print its answer",
    "repl": "talk with an agent at the terminal",
    "sessions": "look at the conversations of an agent",
    "undo": "put back what a turn has done to files",
    "user": "who may speak with an agent: add, list, let in or keep out",
    "key": "the keys that programs show: make, list, revoke",
    "memory": "what an agent remembers: search, read, correct, forget, take back",
    "vault": "keep secrets where neither the model nor a log sees them",
    "skill": "the skills of an agent: list, write, install, approve, take back",
    "hooks": "what is called when something happens: list, what came of it, try",
    "cron": "scheduled work: list, add, change, run, and why it did or did not run",
    "mcp": "the agent as a server for other programs, and the servers that it uses itself",
    "telegram": "the bot: whether it receives, who asks to be let in",
    "outbox": "what could not be delivered: list, send again, give up",
    "approvals": "what waits for your answer, and what you have granted",
    "audit": "what was decided about what the agent does: look at it, verify it",
    "costs": "what models were asked for and what it cost",
    "build": "make a deployable instance from a blueprint",
    "deploy": "send an agent to a hosting backend and have it run there",
    "instance": "agents that a hosting backend runs: create, list, pause, restart, kill, logs, health, a shell",
    "secret": "secrets that a hosting backend keeps for agents",
    "auth": "the login at a hosting backend",
    "completion": "what a shell needs to complete commands, options and names",
    "host": "a hosting backend on this machine, which runs instances for whoever has its key",
    "bus": "look inside a running agent, and act on what is found",
}
"""Each command, in the order of the help text; its module has the same name."""


class Command(Protocol):
    """What the module of a command offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options and arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it and return the exit status."""
        ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status of the process.

    0: done. 1: failed, and said why. 2: not understood. 130: interrupted.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    collect_seldom()
    _open_what_is_closed()
    _print_what_can_be_printed()
    try:
        command = _load(arguments)
        args = _parser(arguments, command).parse_args(arguments)
        if command is None:
            return 2
        status = command.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except BaseExceptionGroup as group:
        return 130 if group.subgroup(KeyboardInterrupt) else _report(group)
    except Exception as error:  # noqa: BLE001 - the last place where anything can be said
        return _report(error)
    return status


def _open_what_is_closed() -> None:
    """Give the process its three streams if it was started without one.

    Otherwise the next file that is opened, a database perhaps, would take the place and get what is printed.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))


def _print_what_can_be_printed() -> None:
    """Let a terminal that cannot show a glyph show a question mark instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _load(arguments: Sequence[str]) -> Command | None:
    """The module of the command that is asked for; None for ``--help``, ``--version`` and what is not known."""
    if not arguments or arguments[0] not in COMMANDS:
        return None
    return cast("Command", importlib.import_module(f"starpod.cli.{arguments[0]}"))


def _parser(arguments: Sequence[str], command: Command | None) -> argparse.ArgumentParser:
    """The parser, with the arguments of the one command that is going to be used."""
    parser = argparse.ArgumentParser(
        prog="starpod", description="A personal agent that lives on your machine."
    )
    parser.add_argument("--version", action="version", version=f"starpod {starpod.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        subparser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if command is not None and name == arguments[0]:
            command.add_arguments(subparser)
    return parser


def _report(error: BaseException) -> int:
    from actors.settings.problems import ConfigError
    from starpod.cli.output import fail, say
    from starpod.errors import StarpodError

    error = _innermost(error)
    if isinstance(error, StarpodError | ConfigError):
        fail(str(error))
        return 1
    from bus import mask_text

    if os.environ.get("STARPOD_LOG", "").lower() == "debug":
        import traceback

        say(mask_text("".join(traceback.format_exception(error))), sys.stderr)
    say(f"Error: {mask_text(str(error)) or type(error).__name__}", sys.stderr)
    return 1


def _innermost(error: BaseException) -> BaseException:
    """The error that a group of one holds, as deep as groups of one go."""
    while isinstance(error, BaseExceptionGroup):
        inside = cast("tuple[BaseException, ...]", error.exceptions)
        if len(inside) != 1:
            return cast("BaseException", error)
        error = inside[0]
    return error
