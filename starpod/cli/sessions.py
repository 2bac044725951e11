"""``starpod sessions``: the conversations of an agent."""

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from actors import atomic
from starpod.cli import sessionview
from starpod.cli.actions import agent_actions
from starpod.cli.chat import whole_id
from starpod.cli.client import Client, Refused
from starpod.cli.output import note, one_line, paint, say, when, width
from starpod.cli.table import screen_width
from starpod.cli.target import find_instance, live_daemon, load_config
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo, read_daemon

if TYPE_CHECKING:
    from starpod.workspace import Instance

TITLE = 48  # columns of a title, and how few it may have on a narrow terminal
SHORTEST_TITLE = 16
FORMATS = ("markdown", "html", "json")
PAGE = 200  # conversations that a daemon gives at once
WIDE = 100  # columns of a terminal from which on channel and user are told


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``starpod sessions`` takes."""
    action = agent_actions(parser)
    listing = action("list", "newest first", _list)
    listing.add_argument("-l", "--limit", type=int, default=10, metavar="N", help="how many (10)")
    listing.add_argument("--json", action="store_true", help="print them as JSON")
    saving = action("export", "one as a file, to be read without the agent", _export)
    saving.add_argument(
        "id", metavar="ID", help="of the conversation; its beginning, as `list` shows it, will do"
    )
    saving.add_argument(
        "--format", choices=FORMATS, default="markdown", help=f"{', '.join(FORMATS)} (markdown)"
    )
    saving.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it there, not to stdout")
    showing = action("show", "what was said in one, and why the agent knew what it said", sessionview.show)
    showing.add_argument("id", metavar="ID", help="the beginning of its id, as in the list")
    showing.add_argument(
        "--why", action="store_true", help="with each answer: what the model was told and what it looked up"
    )
    showing.add_argument("--json", action="store_true", help="print it as JSON")


def run(args: argparse.Namespace) -> int:
    """List the conversations, show one, or save one."""
    status: int = args.do(args)
    return status


def _export(args: argparse.Namespace) -> int:
    import trio

    daemon = live_daemon(find_instance(args.agent))
    session = trio.run(whole_id, daemon, args.id)
    try:
        text = Client(daemon).take(f"/api/sessions/{quote(session, safe='')}/export", format=args.format)
    except Refused as error:
        raise StarpodError(f"not saved: {error}") from error
    if args.output is None:
        sys.stdout.buffer.write(text)
        return 0
    try:
        atomic.write(args.output, text, mode=0o600)
    except OSError as error:
        raise StarpodError(f"{args.output} cannot be written: {error.strerror}") from error
    note(f"{args.output}: {len(text):,} bytes")
    return 0


def _list(args: argparse.Namespace) -> int:
    if not 1 <= args.limit <= 1000:
        raise StarpodError("--limit takes a number from 1 to 1000")
    instance = find_instance(args.agent)
    daemon = read_daemon(instance)
    listed = (
        _from_daemon(daemon, args.limit) if daemon and daemon.address else _from_disk(instance, args.limit)
    )
    if args.json:
        say(json.dumps(listed, ensure_ascii=False, indent=2))
    elif not listed:
        note("no conversations yet: begin one with `starpod chat`")
    else:
        for session in listed:
            say(_line(session, screen_width()))
    return 0


def _from_daemon(daemon: DaemonInfo, limit: int) -> list[dict[str, Any]]:
    """As many pages as it takes: a daemon gives no more than 200 at once."""
    client, listed = Client(daemon), list[dict[str, Any]]()
    while len(listed) < limit:
        page = client.get("/api/sessions", limit=min(limit - len(listed), PAGE), offset=len(listed))
        listed += page
        if len(page) < PAGE:
            break
    return listed


def _from_disk(instance: "Instance", limit: int) -> list[dict[str, Any]]:
    """Ask the owner of the database, started for the occasion: nobody else reads it."""
    import trio

    from starpod import logs

    if not any(
        instance.db_dir.glob("session.db*")
    ):  # a log without its database is something to complain about
        return []
    logs.configure(default="warning")
    return trio.run(partial(_ask, instance, limit))


async def _ask(instance: "Instance", limit: int) -> list[dict[str, Any]]:
    from datetime import UTC, datetime

    from actors.gateway.protocol import wire
    from actors.session import messages as session
    from actors.vocabulary import ADMIN
    from bus import BootError, Ids, open_mesh
    from starpod.daemon import StartFailed
    from starpod.lock import InstanceLock
    from starpod.tree import alone

    config = load_config(instance)
    tree = alone("session", config.given)
    with InstanceLock(instance, command="starpod sessions", boot_id=Ids().uuid(), now=datetime.now(UTC)):
        try:
            async with open_mesh(tree, complete=False) as mesh:
                found = await mesh.bus.ask(session.List(user=ADMIN, limit=limit))
        except BootError as error:
            raise StartFailed(error) from error
    return [wire.json(each) for each in found]


def _line(session: dict[str, Any], columns: int | None) -> str:
    """One conversation, on a terminal of that many columns; elsewhere as wide as it is."""
    state = "running" if session["running"] else "closed" if session["is_closed"] else "open"
    unread = paint("●", "blue") if not session["is_read"] else " "
    where = f"{session['channel']}  {session['user_id']}  " if columns is None or columns >= WIDE else ""
    tail = f"msgs={session['message_count']}  {where}{when(session['last_message_at'])}"
    head = f"{session['id'][:8]}  {f'[{state}]':<9}"
    room = TITLE if columns is None else min(TITLE, max(SHORTEST_TITLE, columns - width(head + tail) - 5))
    title = one_line(session["title"] or session["summary"] or "(untitled)", room)
    return f"{unread} {head} {title}{' ' * (room - width(title))}  {paint(tail, 'dim')}"
