"""``starpod skill``: the skills of a running agent."""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from actors.skills.names import checked
from starpod.cli.actions import agent_actions
from starpod.cli.client import Client, Refused, Unreachable, print_json, shown
from starpod.cli.output import hint, note, ok, paint, say, warn, when
from starpod.cli.package import fetched, report
from starpod.cli.table import Cell, Column, print_table
from starpod.cli.target import find_instance, live_daemon
from starpod.errors import StarpodError

PATH: Final = "/api/settings/skills"
WRITING: Final = 300.0
"""Seconds that a model has to write a skill."""
FIRST: Final = "0.1.0"
"""Version of a new skill."""
COLUMNS: Final = (
    Column("NAME", shrinks=True),
    Column("WHOSE", spare=1),
    Column("FROM"),
    Column("CHANGED", spare=2),
    Column("DESCRIPTION", shrinks=True),
)
HISTORY: Final = (
    Column("SEQ"),
    Column("WHEN"),
    Column("WHAT"),
    Column("FROM", spare=2),
    Column("WHO", spare=1),
    Column("FILES"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod skill``."""
    action = agent_actions(parser)

    def of_one(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made.add_argument("name", metavar="NAME", help="such as data-analysis")
        made.add_argument(
            "--owner", metavar="USER", default="", help="whose it is; left out, the one for everybody"
        )
        return made

    listing = action("list", "what there is, and where it comes from", _list)
    showing = of_one(action("show", "print the text of a skill, and which files it has", _show))
    _new_arguments(action("new", "have a model write a skill", _new))
    of_one(action("edit", "change the text of a skill in your editor", _edit))
    approving = of_one(action("approve", "make what was written for one user everybody's", _approve))
    approving.add_argument("-y", "--yes", action="store_true", help="do not show it and ask first")
    of_one(action("delete", "remove a skill; its history stays", _delete))
    installing = action("install", "bring a skill from elsewhere", _install)
    installing.add_argument("source", metavar="PATH|URL", help="a folder, a zip archive, or a git repository")
    installing.add_argument(
        "--skill", action="append", dest="only", metavar="NAME", help="of several this one; may be repeated"
    )
    installing.add_argument("--replace", action="store_true", help="in place of one of that name")
    installing.add_argument("-y", "--yes", action="store_true", help="do not ask")
    history = of_one(action("history", "what was changed, newest first", _history))
    reverting = of_one(action("revert", "make a skill what it was after an earlier change", _revert))
    reverting.add_argument("seq", type=int, metavar="SEQ", help="number of the change, as history shows it")
    for each in (listing, showing, history):
        each.add_argument("--json", action="store_true", help="print JSON")


def _new_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="asked for where it is left out")
    parser.add_argument("-d", "--description", metavar="TEXT", help="what it does and when to use it")
    parser.add_argument("-p", "--prompt", metavar="TEXT", help="what else the model should know")
    parser.add_argument("--version", metavar="TEXT", default=FIRST, help=f"left out, {FIRST}")


def run(args: argparse.Namespace) -> int:
    """Do it, by way of the daemon."""
    args.do(args, Client(live_daemon(find_instance(args.agent))))
    return 0


def _path(name: str, rest: str = "") -> str:
    """Of one skill. Raises StarpodError for what cannot be a name."""
    try:
        return f"{PATH}/{quote(checked(name), safe='')}{rest}"
    except ValueError as error:
        raise StarpodError(str(error)) from None


# --- looking ------------------------------------------------------------------------------------------------


def _list(args: argparse.Namespace, client: Client) -> None:
    found = shown(client.get(PATH))
    if args.json:
        print_json(found)
        return
    if not found:
        note(
            "there are no skills: write one with `starpod skill new`, or bring one with `starpod skill install`"
        )
        return
    print_table(COLUMNS, map(_row, found))
    for each in found:
        for problem in each["problems"]:
            warn(f"{each['name']}: {problem}")
    if waiting := [each for each in found if each["owner"] and each["origin"] == "model"]:
        first = waiting[0]
        hint(f"for everybody: starpod skill approve {first['name']} --owner {first['owner']}")


def _row(skill: Mapping[str, Any]) -> list[Cell]:
    name: Cell = skill["name"] if skill["visible"] else (skill["name"], "dim")
    whose: Cell = skill["owner"] or ("everybody", "dim")
    origin: Cell = (skill["origin"], "yellow") if skill["origin"] == "model" else skill["origin"]
    return [name, whose, origin, when(skill["updated_at"]), skill["description"]]


def _show(args: argparse.Namespace, client: Client) -> None:
    found = shown(client.get(_path(args.name), owner=args.owner))
    if args.json:
        print_json(found)
        return
    say(found["raw_content"].rstrip("\n"))
    for each in found["resources"]:
        note(f"{each['path']} ({each['size']} bytes)")
    for problem in found["problems"]:
        warn(problem)


def _history(args: argparse.Namespace, client: Client) -> None:
    found = shown(client.get(_path(args.name, "/history"), owner=args.owner))
    if args.json:
        print_json(found)
    elif not found:
        note(f"{args.name} was never changed here")
    else:
        print_table(HISTORY, map(_revision, found))


def _revision(revision: Mapping[str, Any]) -> list[Cell]:
    origin = f"{revision['origin']} {revision['source']}" if revision["source"] else revision["origin"]
    who: Cell = revision["by"] or ("nobody knows", "dim")
    files: Cell = str(revision["files"]) if revision["digest"] else ("none", "dim")
    return [str(revision["seq"]), when(revision["at"]), revision["action"], origin, who, files]


# --- changing -----------------------------------------------------------------------------------------------


def _new(args: argparse.Namespace, client: Client) -> None:
    name = args.name or _asked("Name: ")
    path = _path(name)
    description = args.description if args.description is not None else _asked("Description (may be empty): ")
    prompt = args.prompt if args.prompt is not None else _asked("What else counts (may be empty): ")
    written = {"description": description or f"Skill: {name}", "body": ""}
    try:
        written = client.post(
            f"{PATH}/generate",
            {"name": name, "description": description or None, "prompt": prompt or None},
            patience=WRITING,
        )
    except (Refused, Unreachable) as error:
        if isinstance(error, Refused) and error.status < 500:
            raise
        warn(f"no model wrote it: {error}")
    body = {"name": name, "description": written["description"], "body": written["body"]}
    client.post(PATH, {**body, "skill_version": args.version})
    ok(f"{name} is made: {written['description']}")
    hint(f"read it with `starpod skill show {name}`, change it with `starpod skill edit {name}`")
    if not written["body"]:
        warn(f"it says nothing yet: {path.rpartition('/')[2]} has an empty body")


def _asked(question: str) -> str:
    """What somebody types; nothing where nobody can."""
    return input(question).strip() if sys.stdin.isatty() else ""


def _edit(args: argparse.Namespace, client: Client) -> None:
    path = _path(args.name)
    found = client.get(path, owner=args.owner)
    text = _in_editor(found["raw_content"])
    if text == found["raw_content"]:
        note("nothing was changed")
        return
    client.put(path, {"raw_content": text, "if_digest": found["digest"], "owner": args.owner})
    ok(f"{args.name} is changed")


def _in_editor(text: str) -> str:
    """The text as somebody leaves it. Raises StarpodError where the editor fails."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "SKILL.md"
        file.write_text(text, encoding="utf-8")
        try:
            subprocess.run([*shlex.split(editor), str(file)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise StarpodError(f"{editor} failed, and nothing was changed: {error}") from error
        return file.read_text(encoding="utf-8")


def _approve(args: argparse.Namespace, client: Client) -> None:
    if not args.owner:
        raise StarpodError("say whose it is: --owner USER, as `starpod skill list` shows it")
    path = _path(args.name)
    found = shown(client.get(path, owner=args.owner))
    if not args.yes:
        say(found["raw_content"].rstrip("\n"))
        _confirm(f"Make {args.name} of {args.owner} everybody's?")
    client.post(f"{path}/approve", {"owner": args.owner, "if_digest": found["digest"]})
    ok(f"{args.name} is everybody's")


def _delete(args: argparse.Namespace, client: Client) -> None:
    client.delete(_path(args.name), {"owner": args.owner})
    ok(f"{args.name} is gone; `starpod skill history {args.name}` shows what it was")


def _revert(args: argparse.Namespace, client: Client) -> None:
    client.post(_path(args.name, "/revert"), {"seq": args.seq, "owner": args.owner})
    ok(f"{args.name} is what it was after change {args.seq}")


# --- from elsewhere -----------------------------------------------------------------------------------------


def _install(args: argparse.Namespace, client: Client) -> None:
    with fetched(args.source) as path:
        found = shown(client.post(f"{PATH}/inspect", {"path": str(path)}, patience=WRITING))
        chosen = _chosen(found, args.only)
        for each in chosen:
            report(each)
            if each["refused"]:
                warn(f"{each['name']} cannot be installed: {each['refused']}")
                continue
            if each["exists"] and not args.replace:
                warn(f"there is a skill {each['name']}: --replace puts this one in its place")
                continue
            if not args.yes:
                _confirm(f"Install {each['name']}?")
            _put(client, each, path, args)


def _chosen(found: Sequence[Mapping[str, Any]], only: Sequence[str] | None) -> list[Mapping[str, Any]]:
    """Raises StarpodError for a name that the package does not have."""
    names = [each["name"] for each in found]
    if missing := [name for name in only or () if name not in names]:
        raise StarpodError(f"there is no {', '.join(missing)} in it, but {', '.join(names)}")
    return [each for each in found if only is None or each["name"] in only]


def _put(client: Client, skill: Mapping[str, Any], path: Path, args: argparse.Namespace) -> None:
    body = {
        "path": str(path),
        "name": skill["name"],
        "digest": skill["digest"],
        "source": args.source[:500],
        "replace": args.replace,
    }
    client.post(f"{PATH}/install", body, patience=WRITING)
    ok(f"{skill['name']} is installed, for everybody")


def _confirm(question: str) -> None:
    """Raises StarpodError unless somebody says yes."""
    if not sys.stdin.isatty():
        raise StarpodError("nobody is there to ask: read the above, and say --yes")
    if input(f"{paint(question, 'bold')} [y/N] ").strip().lower() not in {"y", "yes"}:
        raise StarpodError("nothing was changed")
