"""``starpod bus``: look inside a running agent, and act on what is found. One module an action, loaded when used."""

import argparse
import importlib
from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

from starpod.cli.target import add_agent_option

ACTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "tap": ("tap", "every message as it passes"),
    "top": ("top", "what every actor is doing now"),
    "tree": ("tree", "the supervision tree with states and restart budgets"),
    "graph": ("graph", "who sends messages to whom"),
    "trace": ("trace", "one message of a person: its turn, step by step, and everything it caused"),
    "latency": ("latency", "how long messages wait and are handled, by class"),
    "dead": ("dead", "messages that were not handled: list, show, send again"),
    "turns": ("turns", "turns that are open or have failed: list, show, retry, cancel"),
    "send": ("send", "send a typed message and print its reply"),
    "suspend": ("control", "let an actor take no more work"),
    "resume": ("control", "let a suspended actor take work again"),
    "restart": ("control", "stop an actor and start it again"),
    "describe": ("describe", "all there is to know of one actor"),
    "messages": ("messages", "every message class with owner, fields and meaning"),
    "doctor": ("doctor", "whether anything is wrong, and what to do about it"),
}
"""Each action with its module and what it is for, in the order of the help text."""


class Action(Protocol):
    """What the module of an action offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options and arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it and return the exit status."""
        ...


class ActionParser(argparse.ArgumentParser):
    """The parser of one action, which learns its arguments when it is used."""

    module = ""

    def load(self) -> None:
        """Declare the arguments of the action."""
        if not self.module:
            return
        action = cast("Action", importlib.import_module(f"starpod.cli.bus.{self.module}"))
        self.module = ""
        action.add_arguments(self)
        self.set_defaults(run=action.run)
        add_agent_option(self, again=True)

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride] - typeshed spells out three overloads
        self, args: Any = None, namespace: Any = None
    ) -> Any:
        self.load()
        return super().parse_known_args(args, namespace)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod bus``."""
    add_agent_option(parser)
    actions = parser.add_subparsers(
        title="actions", metavar="ACTION", required=True, dest="action", parser_class=ActionParser
    )
    for name, (module, summary) in ACTIONS.items():
        action = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        action.module = module


def run(args: argparse.Namespace) -> int:
    """Run the action."""
    status: int = args.run(args)
    return status
