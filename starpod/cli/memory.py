"""``starpod memory``: what a running agent remembers, to be searched, read, corrected and forgotten."""

import argparse
import difflib
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from starpod.cli.actions import agent_actions
from starpod.cli.client import Client, Refused, print_json, shown
from starpod.cli.output import Colour, hint, note, ok, paint, say, warn, when, write
from starpod.cli.table import Cell, Column, print_table
from starpod.cli.target import find_instance, live_daemon
from starpod.errors import StarpodError

PATH: Final = "/api/memory"
REINDEX_WITHIN: Final = 600.0
"""Seconds."""
LARGEST: Final = 1024 * 1024
"""Bytes of a note."""
FILES: Final = (
    Column("NAME", shrinks=True),
    Column("OF"),
    Column("BYTES", right=True),
    Column("CHANGED", spare=1),
)
COLOURS: Final[Mapping[str, Colour]] = {"+": "green", "-": "red", "@": "dim"}
HISTORY: Final = (
    Column("REVISION"),
    Column("WHEN"),
    Column("WHAT"),
    Column("NAME", shrinks=True),
    Column("BY"),
    Column("DOOR", spare=1),
    Column("NEW IN IT", shrinks=True),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod memory``."""
    action = agent_actions(parser)
    search = action("search", "find passages in all notes", _search)
    search.add_argument("words", nargs="+", metavar="WORD", help="a question, or words")
    search.add_argument("-l", "--limit", type=int, default=10, metavar="N", help="most passages (10)")
    show = action("show", "list the notes, or print one", _show)
    show.add_argument("name", nargs="?", metavar="NAME", help="such as MEMORY.md; left out, all are listed")
    show.add_argument("--revision", type=int, metavar="N", help="as it was after that change")
    edit = action("edit", "change a note in $EDITOR, or make it what a pipe holds", _edit)
    edit.add_argument("name", metavar="NAME", help="such as MEMORY.md; a new one is made")
    forget = action("forget", "forget a note, or a passage of it", _forget)
    forget.add_argument("name", metavar="NAME")
    forget.add_argument("passage", nargs="?", metavar="PASSAGE", help="text that is in it exactly once")
    forget.add_argument("--for-good", action="store_true", help="its history as well")
    history = action("history", "who changed what, newest first; or make a note what it was", _history)
    history.add_argument("name", nargs="?", default="", metavar="NAME", help="left out, all of one's own")
    history.add_argument("-l", "--limit", type=int, default=20, metavar="N", help="how many (20)")
    history.add_argument("--line", type=int, metavar="N", help="only the change that brought this line")
    history.add_argument("--revert", type=int, metavar="REVISION", help="make it what it was after that one")
    reindex = action("reindex", "make the index of the search anew", _reindex)
    for each in (search, show, history, reindex):
        each.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Do it, by way of the daemon."""
    args.do(args, Client(live_daemon(find_instance(args.agent))))
    return 0


# --- finding and reading ------------------------------------------------------------------------------------


def _search(args: argparse.Namespace, client: Client) -> None:
    found = shown(client.get(f"{PATH}/search", q=" ".join(args.words), limit=args.limit))
    if args.json:
        print_json(found)
        return
    if not found:
        note("nothing fits in the notes")
    for number, each in enumerate(found):
        if number:
            say("")
        say(f"{paint(each['citation'], 'bold')}  {paint(each['why'], 'dim')}")
        say(each["text"])
    if not all(each["complete"] for each in found):
        warn("the notes are still being indexed: more may be found in a moment")


def _show(args: argparse.Namespace, client: Client) -> None:
    if args.name is None:
        _list(args, client)
        return
    if args.revision is None:
        found = shown(client.get(f"{PATH}/file", name=args.name))
    else:
        found = shown(client.get(f"{PATH}/revision", name=args.name, seq=args.revision))
    if args.json:
        print_json(found)
    else:
        write(found["text"] if found["text"].endswith("\n") else f"{found['text']}\n")


def _list(args: argparse.Namespace, client: Client) -> None:
    files = shown(client.get(f"{PATH}/files"))
    if args.json:
        print_json(files)
    else:
        print_table(FILES, map(_file, files))


def _file(file: Mapping[str, Any]) -> list[Cell]:
    return [file["name"], file["level"], str(file["size"]), when(file["changed_at"])]


# --- changing -----------------------------------------------------------------------------------------------


def _edit(args: argparse.Namespace, client: Client) -> None:
    text, etag = _current(client, args.name)
    new = _edited(args.name, text) if sys.stdin.isatty() else _piped(sys.stdin.buffer.read(LARGEST + 1))
    if new == text:
        note(f"{args.name} stays as it is")
        return
    try:
        written = client.put(f"{PATH}/file", {"name": args.name, "content": new, "etag": etag})
    except Refused as refused:
        raise StarpodError(f"{refused}{_kept(args.name, new)}") from refused
    ok(f"{args.name} is written, as revision {written['revision']}")
    if written["notice"]:
        warn(written["notice"])


def _current(client: Client, name: str) -> tuple[str, str]:
    """The text of a note and what it is known by; both empty for one that is not there."""
    try:
        found = client.get(f"{PATH}/file", name=name)
    except Refused as refused:
        if refused.status != 404:
            raise
        return "", ""
    return found["text"], found["etag"]


def _edited(name: str, text: str) -> str:
    """What a person makes of it in an editor. Raises StarpodError."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="starpod-") as folder:
        path = Path(folder) / name.rpartition("/")[2]
        path.write_text(text, encoding="utf-8", newline="")
        try:
            status = subprocess.call([*shlex.split(editor), str(path)])
        except OSError as error:
            raise StarpodError(
                f"{editor} cannot be started ({error.strerror}): set EDITOR, or pipe the text in"
            ) from error
        if status:
            raise StarpodError(f"{editor} ended with status {status}: nothing was changed")
        return _piped(path.read_bytes())


def _piped(data: bytes) -> str:
    """Raises StarpodError for what cannot be a note."""
    if len(data) > LARGEST:
        raise StarpodError(f"this is more than the {LARGEST} bytes of a note: nothing was changed")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise StarpodError("this is not UTF-8 text: nothing was changed") from None


def _kept(name: str, text: str) -> str:
    """Put what was refused where it is not lost, if a person has written it."""
    if not sys.stdin.isatty():
        return ""
    handle, path = tempfile.mkstemp(prefix="starpod-", suffix=f"-{name.rpartition('/')[2]}")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return f"; your text is in {path}"


def _forget(args: argparse.Namespace, client: Client) -> None:
    try:
        client.delete(f"{PATH}/file", {"name": args.name, "passage": args.passage})
    except Refused as refused:
        if refused.status != 404 or not args.for_good:
            raise
    else:
        ok(f"{args.name} is forgotten" if args.passage is None else f"the passage is gone from {args.name}")
    if args.for_good:
        gone = client.post(f"{PATH}/purge", {"name": args.name})["revisions"]
        ok(f"so is what it has been: {gone} {'revision' if gone == 1 else 'revisions'}")
    else:
        hint(f"the history keeps it: `starpod memory history {args.name}`; --for-good forgets that too")


# --- history ------------------------------------------------------------------------------------------------


def _history(args: argparse.Namespace, client: Client) -> None:
    if not args.name and (args.line is not None or args.revert is not None):
        raise StarpodError("say which note is meant: starpod memory history NAME")
    if args.revert is not None:
        _revert(args, client)
        return
    if args.line is not None:
        found = shown([client.get(f"{PATH}/trace", name=args.name, line=args.line)])
    else:
        found = shown(client.get(f"{PATH}/history", name=args.name, limit=args.limit))
    if args.json:
        print_json(found)
    elif not found:
        note("nothing has been changed")
    else:
        print_table(HISTORY, map(_revision, found))


def _revision(each: Mapping[str, Any]) -> list[Cell]:
    by: Cell = each["by"] or ("somebody", "dim")
    new = " ".join(each["preview"].split())
    return [str(each["seq"]), when(each["at"]), each["action"], each["name"], by, each["door"], new]


def _revert(args: argparse.Namespace, client: Client) -> None:
    before, _ = _current(client, args.name)
    written = client.post(f"{PATH}/revert", {"name": args.name, "seq": args.revert})
    after, _ = _current(client, args.name)
    for line in _difference(*shown([before, after])):
        say(line)
    ok(f"{args.name} is what it was; revision {written['revision']} says so")


def _difference(before: str, after: str) -> Iterator[str]:
    """What has changed, line by line."""
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1):
        if not line.startswith(("---", "+++")):
            colour = COLOURS.get(line[:1])
            yield paint(line, colour) if colour else line


def _reindex(args: argparse.Namespace, client: Client) -> None:
    done = client.post(f"{PATH}/reindex", {}, patience=REINDEX_WITHIN)
    if args.json:
        print_json(done)
        return
    ok(f"{done['files']} notes are indexed, in {done['chunks']} passages")
    for name, reason in done["problems"].items():
        warn(f"{name} is not found: {reason}")
