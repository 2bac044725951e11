"""``starpod undo``: put back what a turn has done to files."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from starpod.cli.client import Client, Console, print_json, shown
from starpod.cli.output import Colour, hint, one_line, paint, say
from starpod.cli.target import add_agent_option, find_instance, live_daemon
from starpod.errors import StarpodError

LAST: Final = "last"
PATIENCE: Final = 600.0
"""Seconds that it may take."""
LONGEST: Final = 160
"""Columns of a line."""
NOTE: Final[tuple[str, Colour]] = ("ℹ", "blue")  # noqa: RUF001 - the glyph is meant
UNDO: Final = "undo-"
"""How the id of an undo begins."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``starpod undo`` takes."""
    parser.add_argument(
        "turn",
        metavar="TURN",
        nargs="?",
        default="",
        help="its id as `starpod bus turns --state all` shows it, of which the beginning is enough; the whole id of an"
        " undo; or `last` for the last one of the conversation",
    )
    parser.add_argument(
        "--session", default="", metavar="ID", help="the conversation that `last` means (the latest)"
    )
    parser.add_argument(
        "--list",
        nargs="?",
        const=LAST,
        default="",
        metavar="CONVERSATION",
        help="say which turns of a conversation (the latest) can be undone, the newest first",
    )
    parser.add_argument("-n", "--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--force", action="store_true", help="also what somebody else has changed since")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_agent_option(parser)


def run(args: argparse.Namespace) -> int:
    """Do it, by way of the daemon. 1 when something stays as it is."""
    if bool(args.turn) == bool(args.list):
        raise StarpodError("name a turn, or `last`; `starpod undo --list` says which there are")
    client = Client(live_daemon(find_instance(args.agent)))
    if args.list:
        return _list_turns(client, "" if args.list == LAST else args.list, as_json=args.json)
    turn = _last(client, args.session) if args.turn == LAST else _turn(client, args.turn)
    options = {"dry_run": args.dry_run, "force": args.force}
    undone = shown(client.post(f"/api/turns/{quote(turn, safe='')}/undo", options, patience=PATIENCE))
    if args.json:
        print_json(undone)
    else:
        for line in told(undone, dry=args.dry_run):
            say(line)
        if any(each["forcible"] for each in undone["refused"]):
            hint("`--force` puts them back all the same")
        if undone["undo"] is not None and undone["total"]:
            hint(f"`starpod undo {undone['undo']}` takes this back")
    return 1 if undone["refused"] else 0


def _turn(client: Client, given: str) -> str:
    """The whole id of a turn. Raises StarpodError when none, or several, begin so."""
    if given.startswith(UNDO):
        return given
    return str(Console(client.daemon).get("turn", id=given)["id"])


def _list_turns(client: Client, session: str, *, as_json: bool) -> int:
    found = shown(client.get(f"/api/sessions/{_conversation(client, session)}/undoable"))
    if as_json:
        print_json(found)
        return 0
    for each in found:
        say(one_line(f"{each['turn']} {_can(each)} {each['said']}", LONGEST))
    if not found:
        say(_line(*NOTE, "nothing was said in that conversation"))
    return 0


def _can(turn: Mapping[str, Any]) -> str:
    """What of a turn can be undone, in a few words."""
    if not turn["is_over"]:
        return "(not over yet)"
    files = f"{turn['files']} file{'' if turn['files'] == 1 else 's'}" if turn["files"] else ""
    what = " and ".join(filter(None, (files, "commands" * turn["commands"])))
    if not what:
        return "(changed no files)"
    return f"({what}{', undone' if turn['undone'] else ''})"


def _last(client: Client, session: str) -> str:
    """The last turn of a conversation."""
    turns = client.get(f"/api/sessions/{_conversation(client, session)}/turns", limit=100)
    if not turns:
        raise StarpodError("nothing was said in that conversation")
    return str(turns[-1]["turn_id"])


def _conversation(client: Client, session: str) -> str:
    """The whole id of a conversation, of which the beginning is given; of the latest where nothing is."""
    found = client.get("/api/sessions", limit=1000)
    meant = [each for each in found if each["id"].startswith(session)]
    if not meant:
        raise StarpodError(
            f"there is no conversation {session}" if session else "there are no conversations yet"
        )
    if session and len(meant) > 1:
        raise StarpodError(f"several conversations begin with {session}")
    return str(meant[0]["id"])


def told(undone: Mapping[str, Any], *, dry: bool = False) -> Iterator[str]:
    """What became of it, line by line."""
    would = "would be " if dry else ""
    for each in undone["files"]:
        yield _line("✓", "green", f"{each['path']}: {would}{each['done']}")
    for each in undone["refused"]:
        yield _line("✗", "red", f"{each['path']}: stays, {each['why']}")
    left = undone["total"] - len(undone["files"]) - len(undone["refused"])
    if left:
        yield _line(*NOTE, f"and {left} more")
    if not undone["total"]:
        yield _line(*NOTE, "all files are as they were before")
    for number, each in enumerate(undone["beyond"]):
        if not number:
            yield _line(*NOTE, "not undone:")
        yield f"    {one_line(each, LONGEST)}"


def _line(glyph: str, colour: Colour, text: str) -> str:
    return f"  {paint(glyph, colour)} {one_line(text, LONGEST)}"
