"""``starpod bus tree``: the supervision tree."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from starpod.cli.bus import text
from starpod.cli.bus.options import add_json
from starpod.cli.client import console_of, print_json
from starpod.cli.output import paint, say

Node = Mapping[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare ``--json``."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the tree."""
    tree = console_of(args).get("tree")
    if args.json:
        print_json(tree)
    else:
        for line in lines(tree):
            say(line)
    return 0


def lines(node: Node, lead: str = "", below: str = "") -> Iterator[str]:
    """The tree, a node a line.

    Args:
      node: what ``GET /api/bus/tree`` answers.
      lead: what stands before this node.
      below: what stands before those below it.
    """
    yield f"{lead}{_node(node)}"
    children = node.get("children", ())
    for child in children:
        last = child is children[-1]
        yield from lines(child, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "))


def _node(node: Node) -> str:
    word, colour = text.state(node["state"])
    parts = [
        paint(node["name"], "bold") if node["kind"] == "supervisor" else node["name"],
        paint(word, colour),
    ]
    if node["kind"] == "supervisor":
        parts.append(paint(node["strategy"], "dim"))
    if node["kind"] == "pool":
        parts.append(paint(f"pool of {node['members']}", "dim"))
    if node["restarts"]:
        times = "once" if node["restarts"] == 1 else f"{node['restarts']} times"
        parts.append(paint(f"restarted {times}", "yellow"))
    if (budget := node.get("budget")) and budget["left"] < budget["of"]:
        parts.append(
            paint(f"{budget['left']} of {budget['of']} restarts left in {budget['per']:g} s", "yellow")
        )
    if "again_in" in node:
        parts.append(paint(f"starts again in {text.span(node['again_in'])}", "yellow"))
    if node.get("why"):
        parts.append(paint(text.flat(node["why"]), colour))
    return "  ".join(parts)
