"""The table of permissions, in which the name of a tool is a key like any other."""

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from typing import Final

import attrs

from actors.permissions.settings import Permissions, Rule, Settings, Verdict
from actors.settings.binding import Table
from actors.shapes import nearest

NAME: Final = "permissions"


def read(document: Table) -> Settings:
    """The settings; tools that are named with a decision become rules behind the others."""
    table = document.table(NAME)
    found = table.bind(Permissions)
    known = attrs.fields_dict(Permissions)
    short = [
        Rule(tool=name, decision=decision)
        for name in table.names()
        if name not in known and (decision := table.value(name, Verdict)) is not None
    ]
    return Settings(permissions=attrs.evolve(found, rules=(*found.rules, *short)))


OF_SERVERS: Final = "mcp__"
"""What names of tools begin with that other programs bring, and nobody knows beforehand."""


def faults(settings: Settings, tools: Collection[str], channels: Collection[str]) -> Iterator[str]:
    """What rules name that there is not: a rule that is about nothing protects nothing.

    Args:
      settings: those to be used.
      tools: names of all tools of ours.
      channels: names of all channels.
    """
    for rule in settings.permissions.rules:
        if not rule.tool.startswith(OF_SERVERS) and not any(fnmatchcase(each, rule.tool) for each in tools):
            yield _unknown("permissions", "tool", rule.tool, tools)
        if rule.channel and rule.channel not in channels:
            yield _unknown("permissions", "channel", rule.channel, channels)
    for each in settings.permissions.asks_on:
        if each not in channels:
            yield _unknown("permissions.asks_on", "channel", each, channels)


def _unknown(where: str, what: str, name: str, known: Collection[str]) -> str:
    meant = nearest(name, known)
    return f"{where}: there is no {what} {name!r}{meant or '; there are ' + ', '.join(sorted(known))}"
