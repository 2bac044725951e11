"""``starpod instance``: agents that a hosting backend runs."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from shlex import join
from types import FrameType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import attrs

from actors.instances import account, reading, ssh
from actors.instances.messages import Instance, LogLine
from starpod.cli import shipping
from starpod.cli.actions import actions_of
from starpod.cli.backend import add_url_option, asked, backend_of_told, login_file, with_backend
from starpod.cli.client import print_json
from starpod.cli.output import Colour, hint, note, ok, paint, say
from starpod.cli.table import Cell, Column, print_table
from starpod.errors import StarpodError

if TYPE_CHECKING:
    from actors.instances.client import Client

COLUMNS: Final = (
    Column("ID"),
    Column("STATUS"),
    Column("NAME", shrinks=True),
    Column("REGION", spare=1),
    Column("CREATED", spare=2),
)
COLOURS: Final[Mapping[str, Colour]] = {
    "running": "green",
    "error": "red",
    "paused": "yellow",
    "unknown": "yellow",
}
LEVELS: Final[Mapping[str, Colour]] = {"error": "red", "warn": "yellow", "info": "green", "debug": "dim"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod instance``."""
    action = actions_of(parser, add_url_option)

    def of_one(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made.add_argument("id", metavar="ID", help="its id, the beginning of it, or its name")
        return made

    creating = action("create", "have one made", _create)
    creating.add_argument("-n", "--name", metavar="TEXT", help="what it is called")
    creating.add_argument("-r", "--region", metavar="REGION", help="where it is to run, or the zone")
    creating.add_argument("-a", "--agent", metavar="NAME", help="the agent whose files it gets")
    creating.add_argument("--machine-type", metavar="TYPE", help="in the words of the backend")
    creating.add_argument(
        "--var",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="for its environment; may be repeated",
    )
    creating.add_argument("--yes", action="store_true", help="ask nothing; secrets are never sent so")
    creating.add_argument("--wait", action="store_true", help="until it runs")
    listing = action("list", "what there is", _list)
    of_one(action("kill", "end one and remove all of it", _kill))
    of_one(action("pause", "end one and keep what it has", _pause))
    of_one(action("restart", "start one anew, also one that is paused", _restart))
    logs = of_one(action("logs", "what one says, until Ctrl-C", _logs))
    logs.add_argument("-t", "--tail", type=int, default=50, metavar="N", help="lines to begin with (50)")
    logs.add_argument("--no-follow", action="store_true", help="end with the last line that there is")
    entering = of_one(action("ssh", "open a shell where it runs", _ssh))
    entering.add_argument("--print", action="store_true", help="print the command instead of running it")
    health = of_one(action("health", "how one is", _health))
    for each in (creating, listing, logs, health):
        each.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Ask the backend. Raises StarpodError with the reason when it does not do what was asked."""
    status: int = args.do(args)
    return status


# --- what there is --------------------------------------------------------------------------------------------


def _create(args: argparse.Namespace) -> int:
    variables = dict(_pair(each) for each in args.var)

    async def create(client: "Client") -> Instance:
        agent = None if args.agent is None else await shipping.agent_for(client, args.agent, yes=args.yes)
        made = await client.create(
            name=args.name, region=args.region, agent=agent, machine=args.machine_type, variables=variables
        )
        return await shipping.until_ready(client, made) if args.wait else made

    made = asked(args, create, patience=120)
    if args.json:
        print_json(_as_json(made))
        return 0
    ok(f"{made.id} {_called(made)} {made.said} {made.region or ''}".rstrip())
    if made.web_url:
        hint(made.web_url)
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier() or not name.isascii():
        raise StarpodError(f"--var {text.partition('=')[0]!r}: say NAME=VALUE")
    return name, value


def _list(args: argparse.Namespace) -> int:
    found = asked(args, lambda client: client.list())
    if args.json:
        print_json([_as_json(each) for each in found])
    elif not found:
        note("no instances: `starpod instance create`, or `starpod deploy AGENT`")
    else:
        print_table(COLUMNS, map(_row, found))
    return 0


def _as_json(instance: Instance) -> dict[str, Any]:
    return attrs.asdict(instance)


def _row(each: Instance) -> Sequence[Cell]:
    colour = COLOURS.get(each.status)
    return (
        each.id[: reading.SHORT],
        each.said if colour is None else (each.said, colour),
        each.name or "",
        each.region or "",
        "" if each.created_at is None else f"{datetime.fromtimestamp(each.created_at):%Y-%m-%d %H:%M}",  # noqa: DTZ006 - shown as it is here
    )


def _called(instance: Instance) -> str:
    return instance.name or instance.id[: reading.SHORT]


# --- one of them ----------------------------------------------------------------------------------------------


async def _meant(client: "Client", args: argparse.Namespace) -> Instance:
    return reading.meant(args.id, await client.list())


def _kill(args: argparse.Namespace) -> int:
    async def kill(client: "Client") -> Instance:
        one = await _meant(client, args)
        await client.delete(one.id)
        return one

    ok(f"{_called(asked(args, kill))} is deleted")
    return 0


def _pause(args: argparse.Namespace) -> int:
    async def pause(client: "Client") -> Instance:
        one = await _meant(client, args)
        await client.pause(one.id)
        return one

    ok(f"{_called(asked(args, pause))} is paused: `starpod instance restart` has it go on")
    return 0


def _restart(args: argparse.Namespace) -> int:
    async def restart(client: "Client") -> Instance:
        one = await _meant(client, args)
        await client.restart(one.id)
        return one

    ok(f"{_called(asked(args, restart))} is restarted")
    return 0


def _health(args: argparse.Namespace) -> int:
    async def health(client: "Client") -> Any:
        return await client.health((await _meant(client, args)).id)

    found = asked(args, health)
    if args.json:
        print_json(attrs.asdict(found))
        return 0
    beat = datetime.fromtimestamp(found.last_heartbeat).astimezone()
    say(f"  cpu        {found.cpu_percent:.1f} %")
    say(f"  memory     {found.memory_mb:.0f} MB")
    say(f"  disk       {found.disk_mb:.0f} MB")
    say(f"  uptime     {found.uptime_secs:.0f} s")
    say(f"  heartbeat  {beat.isoformat(timespec='seconds')}")
    return 0


def _logs(args: argparse.Namespace) -> int:
    from contextlib import aclosing

    async def follow(client: "Client") -> None:
        one = await _meant(client, args)
        async with aclosing(client.logs(one.id, tail=args.tail, follow=not args.no_follow)) as found:
            async for each in found:
                _show(each, as_json=args.json)

    try:
        asked(args, follow)
    except KeyboardInterrupt:
        return 0  # the way to end it
    except BaseExceptionGroup as group:
        if group.subgroup(KeyboardInterrupt) is None:
            raise
    return 0


def _show(line: LogLine, *, as_json: bool) -> None:
    if as_json:
        import json

        say(json.dumps(attrs.asdict(line), ensure_ascii=False))
        return
    at = f"{datetime.fromtimestamp(line.timestamp):%H:%M:%S}" if line.timestamp else "--:--:--"  # noqa: DTZ006 - shown as it is here
    say(f"{at} [{paint(line.level, LEVELS[line.level])}] {line.message}")


# --- a way in -------------------------------------------------------------------------------------------------


def _ssh(args: argparse.Namespace) -> int:
    async def enter(client: "Client") -> tuple[Instance, ssh.Way]:
        one = await _meant(client, args)
        return one, await client.ssh(one.id)

    backend = backend_of_told(args)
    one, way = with_backend(backend, enter)
    if way.folder is not None:
        return _shell_in(backend, Path(way.folder), way.container, only_print=args.print)
    hosts = ssh.known_hosts(login_file().parent, one.id)
    if args.print:
        say(join(ssh.arguments(way, hosts, None)))
        return 0
    hosts.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    note(f"connecting {way.user}@{way.host}:{way.port}")
    with _ended_in_order(), ssh.key_file(way) as key:
        return _status(ssh.arguments(way, hosts, key), None)


def _shell_in(
    backend: account.Backend, folder: Path, container: tuple[str, str] | None, *, only_print: bool
) -> int:
    """What SSH would do, where the backend is this machine and has no server for it."""
    if not account.is_here(urlsplit(backend.url).hostname or "") or not folder.is_dir():
        raise StarpodError(f"the backend has no SSH server: on its machine the instance is in {folder}")
    shell = os.environ.get("SHELL") or "/bin/sh"
    command = [shell] if container is None else ssh.shell_in(container)
    if only_print:
        say(join(["env", "-C", str(folder), shell] if container is None else command))
        return 0
    note(f"this machine runs it: a shell in {folder if container is None else container[1]}")
    return _status(command, folder)


def _status(command: Sequence[str], folder: Path | None) -> int:
    try:
        status = subprocess.call(command, cwd=folder)
    except FileNotFoundError:
        raise StarpodError(f"there is no {command[0]} here: install it, or see `--print`") from None
    return 1 if status < 0 else status


class _ended_in_order:  # noqa: N801 - a context manager
    """Lets the block clean up when the process is told to end."""

    def __enter__(self) -> None:
        def end(number: int, _frame: FrameType | None) -> None:
            sys.exit(128 + number)

        for each in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, end)

    def __exit__(self, *_: object) -> None:
        for each in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_DFL)
