"""What rules name: tools and channels that there are."""

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from typing import Final

from actors.permissions.settings import Settings
from actors.shapes import suggestion

OF_SERVERS: Final = "mcp__"
"""What names of tools begin with that other programs bring, and nobody knows beforehand."""


def faults(settings: Settings, tools: Collection[str], channels: Collection[str]) -> Iterator[str]:
    """What rules name that there is not: a rule that is about nothing protects nothing.

    Args:
      settings: those to be used.
      tools: names of all tools of ours.
      channels: names of all channels.
    """
    permissions = settings.permissions
    for number, rule in enumerate(permissions.rules, 1):
        where = f"permissions.rules.{number}"
        if not _is_there(rule.tool, tools):
            yield _unknown(f"{where}.tool", "tool", rule.tool, tools)
        if rule.channel and rule.channel not in channels:
            yield _unknown(f"{where}.channel", "channel", rule.channel, channels)
    for name in permissions.tools:
        if not _is_there(name, tools):
            yield _unknown(f"permissions.{name}", "tool", name, tools)
    for each in settings.permissions.asks_on:
        if each not in channels:
            yield _unknown("permissions.asks_on", "channel", each, channels)


def _is_there(name: str, tools: Collection[str]) -> bool:
    return name.startswith(OF_SERVERS) or any(fnmatchcase(each, name) for each in tools)


def _unknown(where: str, what: str, name: str, known: Collection[str]) -> str:
    meant = suggestion(name, known)
    return f"{where}: there is no {what} {name!r}{meant or '; there are ' + ', '.join(sorted(known))}"
