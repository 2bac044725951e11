"""``starpod hooks``: which there are, what came of them lately, and trying those of an event."""

import argparse
from collections.abc import Mapping
from typing import Any, Final

from actors import jsontext
from starpod.cli.actions import agent_actions
from starpod.cli.client import Client, print_json, shown
from starpod.cli.output import Colour, hint, note, say, warn, when
from starpod.cli.table import Cell, Column, print_table
from starpod.cli.target import find_instance, live_daemon
from starpod.errors import StarpodError

PATH: Final = "/api/hooks"
PATIENCE: Final = 600.0
"""Seconds that a try may take."""
COLUMNS: Final = (
    Column("NAME"),
    Column("EVENT"),
    Column("MATCHER", shrinks=True, spare=2),
    Column("STATE"),
    Column("COMMAND", shrinks=True, spare=1),
)
RUNS: Final = (
    Column("WHEN"),
    Column("HOOK"),
    Column("EVENT"),
    Column("TOOL", spare=2),
    Column("RESULT"),
    Column("TOOK"),
    Column("WHY", shrinks=True),
)
COLOURS: Final[Mapping[str, Colour]] = {
    "ready": "green",
    "broken": "red",
    "tripped": "red",
    "failed": "red",
    "timeout": "red",
    "deny": "yellow",
    "ask": "yellow",
    "allow": "green",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod hooks``."""
    action = agent_actions(parser)
    listing = action("list", "which hooks there are, and whether they are called", _list)
    runs = action("runs", "what came of hooks lately, newest first", _runs)
    runs.add_argument("hook", nargs="?", metavar="NAME", help="only of this one")
    runs.add_argument("-l", "--limit", type=int, default=20, metavar="N", help="how many (20)")
    trying = action("test", "call the hooks of an event for a try; what they say has no effect", _test)
    trying.add_argument("event", metavar="EVENT", help="such as PreToolUse")
    trying.add_argument("--tool", metavar="NAME", help="the tool of the call (Bash)")
    trying.add_argument("--input", metavar="JSON", help="its input; of other events, fields to tell")
    for each in (listing, runs, trying):
        each.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Do it, by way of the daemon."""
    done: int = args.do(args, Client(live_daemon(find_instance(args.agent))))
    return done


def _list(args: argparse.Namespace, client: Client) -> int:
    hooks = shown(client.get(PATH))
    if args.json:
        print_json(hooks)
        return 0
    if not hooks:
        note("there are no hooks")
        hint("one is a folder with a HOOK.md in .starpod/hooks")
        return 0
    print_table(COLUMNS, map(_row, hooks))
    for hook in hooks:
        if hook["why"]:
            until = f", until {when(hook['until'])}" if hook["until"] else ""
            warn(f"{hook['name']} is {hook['state']}: {hook['why']}{until}")
    return 0


def _row(hook: Mapping[str, Any]) -> list[Cell]:
    command: Cell = hook["command"] or ("of the program" if not hook["path"] else "", "dim")
    return [hook["name"], hook["event"] or "", hook["matcher"] or "", _coloured(hook["state"]), command]


def _coloured(word: str) -> Cell:
    return (word, COLOURS[word]) if word in COLOURS else word


def _runs(args: argparse.Namespace, client: Client) -> int:
    runs = shown(client.get(f"{PATH}/runs", limit=args.limit, hook=args.hook))
    if args.json:
        print_json(runs)
    elif not runs:
        note(f"no hook {args.hook} was called yet" if args.hook else "no hook was called yet")
    else:
        print_table(RUNS, map(_run, runs))
    return 0


def _run(run: Mapping[str, Any]) -> list[Cell]:
    took = f"{run['seconds'] * 1000:.0f} ms"
    return [
        when(run["at"]),
        run["hook"],
        run["event"],
        run["tool"],
        _coloured(run["result"]),
        took,
        run["detail"],
    ]


def _test(args: argparse.Namespace, client: Client) -> int:
    body = {"event": args.event, "tool": args.tool, "input": _object(args.input)}
    outcome = shown(client.post(f"{PATH}/test", body, patience=PATIENCE))
    failed = any(run["result"] in {"failed", "timeout"} for run in outcome["runs"])
    if args.json:
        print_json(outcome)
        return int(failed)
    if not outcome["runs"]:
        note(f"there is no hook for {args.event}" + (f" of {args.tool}" if args.tool else ""))
        return 0
    for each in outcome["runs"]:
        why = f": {each['detail']}" if each["detail"] else ""
        say(f"{each['hook']}: {each['result']} in {each['seconds'] * 1000:.0f} ms{why}")
        for line in each["stderr"].splitlines():
            say(f"    {line}")
    if outcome["decision"] != "none":
        say(f"together: {outcome['decision']}, as {outcome['by']} says: {outcome['reason']}")
    if outcome["input"] is not None:
        say(f"the call would be made with {jsontext.write(outcome['input'])}")
    for text in outcome["context"]:
        say(f"the model would be told: {text}")
    return int(failed)


def _object(text: str | None) -> Any:
    """The JSON object of an option. Raises StarpodError."""
    if text is None:
        return None
    try:
        return jsontext.read_object(text)
    except jsontext.NotJson as error:
        raise StarpodError(f"--input cannot be used: {error}") from None
