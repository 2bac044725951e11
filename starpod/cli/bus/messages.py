"""``starpod bus messages``: every message class, from the classes themselves."""

import argparse
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from starpod.cli.bus import text
from starpod.cli.bus.options import add_json
from starpod.cli.client import Console, print_json
from starpod.cli.output import hint, paint, say
from starpod.cli.table import Cell, Column, print_table, screen_width, table, wrap
from starpod.cli.target import find_instance
from starpod.errors import StarpodError
from starpod.lock import read_daemon

Described = Mapping[str, Any]

COLUMNS: Final = (
    Column("MESSAGE"),
    Column("KIND", spare=2),
    Column("OWNER"),
    Column("WITHIN", right=True, spare=1),
    Column("WHAT", shrinks=True),
)
FIELDS: Final = (
    Column("FIELD"),
    Column("TYPE", shrinks=True),
    Column("DEFAULT"),
    Column("WHAT", shrinks=True),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which one."""
    parser.add_argument(
        "name", nargs="?", metavar="CLASS", help="one class with its fields, such as session.List; or a front door,"
        " such as session"
    )  # fmt: skip
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """List them, or describe one. Works without a daemon too."""
    found = _chosen(_described(args), args.name)
    if args.json:
        print_json(found)
    elif args.name is not None and len(found) == 1:
        _print_one(found[0])
    else:
        print_table(COLUMNS, map(_row, found))
        hint("one of them: starpod bus messages CLASS")
    return 0


def _described(args: argparse.Namespace) -> Sequence[Described]:
    """As the running daemon has them; of this program when none runs."""
    instance = find_instance(args.agent)
    daemon = read_daemon(instance)
    if daemon is not None and daemon.address is not None:
        found: list[Described] = Console(daemon).get("messages")
        return found
    from starpod.reference import messages

    return messages(instance)


def _chosen(described: Sequence[Described], name: str | None) -> Sequence[Described]:
    """Those of a name or a front door. Raises StarpodError with what looks alike."""
    if name is None:
        return described
    found = [each for each in described if name in {each["name"], *_short(each)}]
    if not found:
        near = difflib.get_close_matches(name, [part for each in described for part in _short(each)], n=3)
        hint = f"; did you mean {' or '.join(dict.fromkeys(near))}?" if near else ""
        raise StarpodError(f"there is no message {name!r}{hint}")
    return found


def _short(each: Described) -> tuple[str, str]:
    """Name without version, and front door."""
    short = text.kind(each["name"])
    return short, short.partition(".")[0]


def _row(each: Described) -> list[Cell]:
    within = each.get("within")
    return [
        text.kind(each["name"]),
        (each["kind"], "dim"),
        each["owner"] or ("·", "dim"),
        f"{within:g} s" if within else "",
        (text.flat(each["doc"].partition("\n\n")[0]), "dim"),
    ]


def _print_one(each: Described) -> None:
    say(f"{paint(each['name'], 'bold')}  {signature(each)}")
    for paragraph in each["doc"].split("\n\n"):
        say("\n" + "\n".join(wrap(paragraph, "  ")))
    for title, fields in (("", each["fields"]), *each.get("values", {}).items()):
        if fields:
            say(f"\n{paint(title, 'bold')}" if title else "")
            _print_fields(fields)


def _print_fields(fields: Iterable[Described]) -> None:
    """Name, type and default of each; what it means below it."""
    fields = list(fields)
    lines = table(FIELDS, [_field(field) for field in fields], screen_width())
    for line, field in zip(lines[1:], fields, strict=True):
        say(f"  {line}")
        for more in wrap(text.flat(field.get("doc", "")), "      "):
            say(paint(more, "dim"))


def _field(field: Described) -> list[Cell]:
    required: Cell = ("required", "yellow") if field.get("required") else field.get("default", "")
    return [
        field["name"],
        (field["type"], "cyan"),
        required,
        ("secret", "red") if field.get("secret") else "",
    ]


def signature(each: Described) -> str:
    """Kind, owner, reply and options of a class in one line."""
    parts = [each["kind"]]
    if each["owner"]:
        parts[0] += f" to {each['owner']}" + (f", by {each['key']}" if "key" in each else "")
    if "reply" in each:
        parts.append(f"answers {each['reply']}")
    if "items" in each:
        parts.append(f"yields {each['items']}")
    if each.get("within"):
        parts.append(f"within {each['within']:g} s")
    if each.get("lane") == "control":
        parts.append("control lane")
    if "overflow" in each:
        parts.append(f"at a full mailbox: {each['overflow']}")
    if each.get("abandon") == "finish":
        parts.append("finished once begun")
    return " · ".join(parts)


# --- the page of the reference ----------------------------------------------------------------------------


def markdown(described: Iterable[Described]) -> str:
    """The reference of all messages, generated."""
    return "\n".join(_page(sorted(described, key=lambda each: each["name"]))) + "\n"


def _page(described: list[Described]) -> Iterator[str]:
    yield from (
        "# Messages",
        "",
        "Every message class of the daemon, from the classes themselves. `scripts/docs` writes this page, and",
        "`starpod bus messages` shows the same. What kinds, lanes and policies mean:",
        "[the contract of the bus](bus.md).",
    )
    for door, members in groupby(described, key=lambda each: each["name"].partition(".")[0]):
        yield from ("", f"## {door}")
        values: dict[str, Any] = {}
        for each in members:
            yield from _entry(each)
            values |= each.get("values", {})
        if values:
            yield from ("", f"### Values of {door}")
            for name, fields in sorted(values.items()):
                yield from ("", f"`{name}`", "", *_fields(fields))


def _entry(each: Described) -> Iterator[str]:
    yield from ("", f"### {each['name']}", "", f"*{signature(each).replace('|', chr(92) + '|')}*")
    if each["doc"]:
        yield from ("", each["doc"].replace("``", "`"))
    if each["fields"]:
        yield from ("", *_fields(each["fields"]))


def _fields(fields: Iterable[Described]) -> Iterator[str]:
    yield from ("| field | type | default | |", "| --- | --- | --- | --- |")
    for field in fields:
        default = (
            "required" if field.get("required") else f"`{field['default']}`" if "default" in field else ""
        )
        doc = ("secret. " if field.get("secret") else "") + text.flat(field.get("doc", "")).replace("``", "`")
        yield f"| `{field['name']}` | `{_cell(field['type'])}` | {_cell(default)} | {_cell(doc)} |"


def _cell(words: str) -> str:
    """Text within a cell of a Markdown table."""
    return words.replace("|", "\\|")
