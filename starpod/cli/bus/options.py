"""Options that several actions of ``starpod bus`` share."""

import argparse

from starpod.cli.target import add_agent_option


def add_json(parser: argparse.ArgumentParser) -> None:
    """Declare ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_write(parser: argparse.ArgumentParser) -> None:
    """Declare ``--write``, without which nothing is changed."""
    parser.add_argument("--write", action="store_true", help="say that the change is meant")


def add_steps(parser: argparse.ArgumentParser) -> "argparse._SubParsersAction[argparse.ArgumentParser]":  # pyright: ignore[reportPrivateUsage]
    """Declare that the action may be followed by a word of its own; without one it lists."""
    return parser.add_subparsers(title="more", metavar="WHAT", dest="step")


def add_step(
    steps: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage]
    name: str,
    summary: str,
    *,
    writes: bool = False,
) -> argparse.ArgumentParser:
    """One such word. What was said before it stays said."""
    step = steps.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    step.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    add_agent_option(step, again=True)
    if writes:
        add_write(step)
    return step
