"""What a typed line is: an order such as ``/model``, or something for the agent. Pure."""

import re
import textwrap
from collections.abc import Mapping
from typing import Final, final

import attrs

_ORDER: Final = re.compile(r"/([a-z][a-z0-9-]*|\?)(?:\s+|$)")
_MENTION: Final = re.compile(r'(?<!\S)@(?:"([^"\n]+)"|(\S+))')
_TRAILING: Final = ".,;:!?)]}'\""
_LEAVING: Final = frozenset({"exit", "quit"})

ORDERS: Final[Mapping[str, tuple[str, str]]] = {
    "new": ("", "begin another conversation"),
    "resume": ("[ID|NUMBER|WORDS]", "go on with a conversation; without words, the latest ones are listed"),
    "model": ("[PROVIDER/MODEL|default]", "which model answers in this conversation"),
    "effort": ("[low|medium|high|default]", "how much it thinks"),
    "attach": ("PATH", "send a file with the next message; @PATH in a message does the same"),
    "save": ("[NAME] [FOLDER]", "copy a file that the agent handed over to here"),
    "stop": ("", "stop the running turn, as Ctrl-C does"),
    "undo": ("[force]", "put back what the last turn has done to files"),
    "rename": ("TITLE", "give this conversation another title"),
    "status": ("", "where this is, which model, what it has used"),
    "usage": ("", "tokens and costs: of this conversation, of today"),
    "memory": ("WORDS", "search what the agent remembers"),
    "skills": ("", "what it has instructions for; /NAME carries one out"),
    "help": ("", "this"),
    "quit": ("", "leave; a running turn goes on where a daemon runs, as does Ctrl-D"),
}
"""Each order with its argument and what it does, in the order of the help."""
OTHERWISE: Final[Mapping[str, str]] = {
    "?": "help",
    "exit": "quit",
    "list": "resume",
    "sessions": "resume",
    "costs": "usage",
    "cancel": "stop",
}
"""Other names that people try."""


@final
@attrs.frozen
class Order:
    """``/name given``."""

    name: str
    given: str = ""


def order_in(line: str) -> Order | None:
    """The order that a line is; None for what is said to the agent, a path such as ``/etc/hosts`` too."""
    line = line.strip()
    if line in _LEAVING:
        return Order("quit")
    found = _ORDER.match(line)
    if found is None:
        return None
    name = found[1]
    return Order(OTHERWISE.get(name, name), line[found.end() :].strip())


def mentioned(text: str) -> list[str]:
    """Paths behind an ``@`` that begins a word, each once; quotes hold one with blanks together.

    What ends a sentence is no part of a path, unless :func:`with_ends` finds that it is.
    """
    return list(dict.fromkeys(quoted or bare for quoted, bare in _MENTION.findall(text)))


def with_ends(path: str) -> list[str]:
    """The path as it stands, and without what ends a sentence: the first that exists is meant."""
    return list(dict.fromkeys([path, path.rstrip(_TRAILING)]))


def help_lines(columns: int) -> list[str]:
    """The orders, one a line, for a terminal of so many columns."""
    heads = {name: f"/{name} {argument}".rstrip() for name, (argument, _) in ORDERS.items()}
    room = max(map(len, heads.values()))
    if columns < room + 30:
        return [
            line for name, (_, what) in ORDERS.items() for line in (heads[name], *_folded(what, columns, 4))
        ]
    return [
        f"{head:<{room}}  {line}" if at == 0 else " " * (room + 2) + line
        for name, head in heads.items()
        for at, line in enumerate(textwrap.wrap(ORDERS[name][1], columns - room - 2))
    ]


def _folded(text: str, columns: int, indent: int) -> list[str]:
    blank = " " * indent
    return textwrap.wrap(text, max(columns, 20), initial_indent=blank, subsequent_indent=blank)
