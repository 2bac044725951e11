"""The actions of a command: each with what it is for, and the function that does it."""

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

from starpod.cli.target import add_agent_option

Declare = Callable[[str, str, Any], argparse.ArgumentParser]
"""Declares an action by its name, what it is for, and what does it: found as ``do`` among the arguments."""


def actions_of(
    parser: argparse.ArgumentParser,
    each: Callable[[argparse.ArgumentParser], object] | None = None,
    *,
    required: bool = True,
) -> Declare:
    """What declares the actions of a command; `each` declares what all of them take."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=required, dest="action")

    def declare(name: str, summary: str, do: Any) -> argparse.ArgumentParser:
        description = f"{summary[0].upper()}{summary[1:]}."
        made: argparse.ArgumentParser = actions.add_parser(name, help=summary, description=description)
        made.set_defaults(do=do)
        if each is not None:
            each(made)
        return made

    return declare


def agent_actions(parser: argparse.ArgumentParser, *, required: bool = True) -> Declare:
    """Like :func:`actions_of`, for a command about one agent: it can be named before and after the action."""
    add_agent_option(parser)
    return actions_of(parser, partial(add_agent_option, again=True), required=required)
