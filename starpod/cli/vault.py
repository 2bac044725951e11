"""``starpod vault``: secrets, kept by the running agent. Values come from the terminal or a pipe, never an argument."""

import argparse
import getpass
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from actors import atomic
from actors.settings import text
from actors.vault.names import LONGEST, checked_name, names_a_secret
from starpod.cli.actions import agent_actions
from starpod.cli.client import Client, Refused, print_json, shown
from starpod.cli.output import hint, note, ok, say, warn, when
from starpod.cli.table import Cell, Column, print_table
from starpod.cli.target import find_instance, live_daemon
from starpod.environment import read_env, without
from starpod.errors import StarpodError
from starpod.workspace import Instance

PATH: Final = "/api/settings/vault"
ROTATE_WITHIN: Final = 120.0
"""Seconds."""
COLUMNS: Final = (
    Column("NAME", shrinks=True),
    Column("OWNER"),
    Column("HOSTS", shrinks=True),
    Column("CHANGED", spare=2),
    Column("LAST READ", spare=1),
)
AUDIT: Final = (
    Column("WHEN"),
    Column("WHAT"),
    Column("NAME", shrinks=True),
    Column("OWNER", spare=2),
    Column("WHO", spare=1),
    Column("WHY", shrinks=True),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod vault``."""
    action = agent_actions(parser)

    def of_one(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made.add_argument("name", metavar="NAME", help="such as GITHUB_TOKEN")
        made.add_argument(
            "--owner", metavar="USER", default="", help="whose it is; left out, the agent's own"
        )
        return made

    setting = of_one(action("set", "keep a secret, asked for without echo or read from a pipe", _set))
    setting.add_argument(
        "--host", action="append", dest="hosts", metavar="HOST", help="where it may be sent; may be repeated"
    )
    of_one(action("get", "print a secret", _get))
    listing = action("list", "what is kept, without values", _list)
    of_one(action("delete", "forget a secret", _delete))
    hosts = of_one(action("hosts", "say where a secret may be sent", _hosts))
    hosts.add_argument(
        "hosts", nargs="*", metavar="HOST", help="example.com, *.example.com, or * for any; none: nowhere"
    )
    action("rotate", "seal everything anew under a new master key", _rotate)
    audit = action("audit", "who looked at secrets and changed them, newest first", _audit)
    audit.add_argument("-l", "--limit", type=int, default=20, metavar="N", help="how many (20)")
    importing = action("import", "move the secrets of a .env file into the vault", _import)
    importing.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="left out, or .env where there is none: the agent's",
    )
    for each in (listing, audit):
        each.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Do it, by way of the daemon."""
    instance = find_instance(args.agent)
    args.do(args, Client(live_daemon(instance)), instance)
    return 0


def _path(name: str) -> str:
    """Of one secret. Raises StarpodError for what cannot be a name."""
    try:
        return f"{PATH}/{quote(checked_name(name), safe='')}"
    except ValueError as error:
        raise StarpodError(str(error)) from None


# --- one secret ---------------------------------------------------------------------------------------------


def _set(args: argparse.Namespace, client: Client, _instance: Instance) -> None:
    path = _path(args.name)
    body = {"value": _value(args.name), "hosts": args.hosts, "owner": args.owner}
    _tell_kept(client.put(path, body))


def _value(name: str) -> str:
    """A secret from the terminal, or all that a pipe holds but the end of its last line."""
    value = getpass.getpass(f"{name}: ") if sys.stdin.isatty() else _piped(sys.stdin.buffer.read(LONGEST + 3))
    if not value:
        raise StarpodError("the value is empty: nothing was changed")
    return value


def _piped(data: bytes) -> str:
    """Raises StarpodError for what would not be kept as it is."""
    if len(data) > LONGEST + 2:
        raise StarpodError(f"the value is too long: of its bytes {LONGEST} are allowed")
    try:
        return data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise StarpodError("the value is not UTF-8 text: nothing was changed") from None


def _tell_kept(entry: Mapping[str, Any]) -> None:
    ok(f"{entry['name']} is kept; it may be sent to {_where(entry) or 'no host'}")
    if not entry["hosts"]:
        hint(f"say where, if the agent shall use it: starpod vault hosts {entry['name']} HOST")


def _where(entry: Mapping[str, Any]) -> str:
    return ", ".join("any host" if host == "*" else host for host in entry["hosts"])


def _get(args: argparse.Namespace, client: Client, _instance: Instance) -> None:
    say(client.post(f"{_path(args.name)}/reveal", {"owner": args.owner})["value"])


def _delete(args: argparse.Namespace, client: Client, _instance: Instance) -> None:
    if client.delete(_path(args.name), {"owner": args.owner}):
        ok(f"{args.name} is gone")
    else:
        note(f"the vault holds no {args.name}")


def _hosts(args: argparse.Namespace, client: Client, _instance: Instance) -> None:
    _tell_kept(client.put(f"{_path(args.name)}/meta", {"hosts": args.hosts, "owner": args.owner}))


# --- all of them --------------------------------------------------------------------------------------------


def _list(args: argparse.Namespace, client: Client, _instance: Instance) -> None:
    entries = shown(client.get(PATH))
    if args.json:
        print_json(entries)
    elif not entries:
        note("the vault is empty: keep something with `starpod vault set NAME`")
    else:
        print_table(COLUMNS, map(_row, entries))


def _row(entry: Mapping[str, Any]) -> list[Cell]:
    where: Cell = _where(entry) or ("nowhere", "dim")
    read: Cell = when(entry["last_read_at"]) if entry["last_read_at"] else ("never", "dim")
    return [entry["name"], _owner(entry["owner"]), where, when(entry["updated_at"]), read]


def _owner(owner: str) -> Cell:
    return owner or ("agent", "dim")


def _audit(args: argparse.Namespace, client: Client, _instance: Instance) -> None:
    accesses = shown(client.get(f"{PATH}/audit", limit=args.limit))
    if args.json:
        print_json(accesses)
    elif not accesses:
        note("nobody has looked at a secret, and none was changed")
    else:
        print_table(AUDIT, map(_access, accesses))


def _access(access: Mapping[str, Any]) -> list[Cell]:
    what: Cell = (access["action"], "red") if access["action"] == "unreadable" else access["action"]
    who = _owner(access["user"])
    return [when(access["at"]), what, access["name"], _owner(access["owner"]), who, access["why"]]


def _rotate(_args: argparse.Namespace, client: Client, _instance: Instance) -> None:
    count = client.post(f"{PATH}/rotate", {}, patience=ROTATE_WITHIN)
    ok(f"{count} {'secret is' if count == 1 else 'secrets are'} sealed with a new master key")


# --- import -------------------------------------------------------------------------------------------------


def _import(args: argparse.Namespace, client: Client, instance: Instance) -> None:
    """Keep first, then take out of the file: whatever happens in between, a secret is in one place at least."""
    path = _file(args.file, instance)
    secrets = {name: value for name, value in _variables(path).items() if names_a_secret(name) and value}
    if not secrets:
        note(
            f"{path} holds no secrets: no variable whose name says KEY, TOKEN, SECRET, PASSWORD and the like"
        )
        return
    stored = {name: value for name, value in secrets.items() if _store(client, name, value)}
    _take_out(path, stored)
    if left := [name for name in _variables(path) if name in stored]:
        warn(f"{', '.join(left)} also in {path} with another value: take it out by hand")
    ok(f"{len(stored)} of {len(secrets)} moved from {path} into the vault: {', '.join(stored) or 'none'}")
    for other, names in _elsewhere(instance, path, stored):
        warn(f"{', '.join(names)} also in {other}, which other agents may use: take it out there as well")


def _file(given: Path | None, instance: Instance) -> Path:
    """The file that is meant. Raises StarpodError where there is none."""
    own = instance.agent_home / ".env"
    path = own if given is None or (str(given) == ".env" and not given.exists()) else given
    if not path.is_file():
        raise StarpodError(f"there is no file {path}: nothing to move")
    return path.resolve()


def _variables(path: Path) -> dict[str, str]:
    problems: list[Any] = []
    variables = read_env(path, problems)
    for problem in problems:
        warn(str(problem))
    return variables


def _store(client: Client, name: str, value: str) -> bool:
    """Whether the vault holds it now. What it held before, if that is something else, stays."""
    try:
        kept = client.post(f"{_path(name)}/reveal", {})["value"]
    except Refused as refused:
        if refused.status != 404:
            raise
        client.put(_path(name), {"value": value})
        return True
    if kept != value:
        warn(f"the vault holds another {name}, which counts: this one stays in the file")
    return bool(kept == value)


def _take_out(path: Path, stored: Mapping[str, str]) -> None:
    """The file is read again: what somebody has written meanwhile stays."""
    if stored:
        content = without(text.content(path).decode(), stored)
        atomic.write(path, content, mode=stat.S_IMODE(path.stat().st_mode))


def _elsewhere(instance: Instance, path: Path, stored: Mapping[str, str]) -> list[tuple[Path, list[str]]]:
    """Files of the workspace that hold variables of these names too."""
    if instance.workspace is None:
        return []
    files = [instance.workspace / name for name in (".env.dev", ".env")]
    others = [file for file in files if file.is_file() and file.resolve() != path]
    found = [(file, [name for name in _variables(file) if name in stored]) for file in others]
    return [(file, names) for file, names in found if names]
