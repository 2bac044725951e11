"""The page of the reference with every key of the files, written from the classes of the settings."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, Final

from actors.settings.messages import Field
from actors.settings.schema import schema
from actors.subsystem import Subsystem
from bus.console import fields_of
from starpod.tree import SUBSYSTEMS

HEAD: Final = """\
# Settings

Every key of `starpod.toml`, `agent.toml` and `.starpod/config.local.toml`, as the page shows them under *Settings* and
`GET /api/settings/schema` tells them. Written by scripts/docs from the classes of the settings.

What is in the files is looked at again while the agent runs: a change counts within two seconds, unless it says
otherwise here; while a file is broken, what was in force before still is, and the page says what is wrong. *Restart*
means that the part it is for begins anew by itself, *next start* that the whole agent has to be started anew. What
only the operator changes is changed in the files, with the token of the running daemon, or in a page that was
[unlocked](../guide/settings.md#unlocking-the-page). `*` in a key stands for a name that you choose, or for the place in
a list of tables.
"""


def settings_page() -> str:
    """The text of ``docs/reference/settings.md``."""
    return HEAD + "".join(part for each in SUBSYSTEMS if each.settings for part in _table(each))


def _table(subsystem: Subsystem) -> Iterator[str]:
    yield f"\n## {subsystem.name}\n\n| key | default | | counts |\n| --- | --- | --- | --- |\n"
    kind: type[Any] = subsystem.settings or type(None)
    for field in schema(kind, subsystem.keys, fields_of):
        guarded = "operator" if any(fnmatchcase(field.key, each) for each in subsystem.guarded) else ""
        restarts = "restart" if subsystem.changes == "restart" else ""
        counts = ", ".join(
            filter(None, ("next start" if field.key in subsystem.fixed else restarts, guarded))
        )
        yield f"| `{field.key}` | {_default(field)} | {_said(field)} | {counts} |\n"


def _default(field: Field) -> str:
    if field.default is None:
        return ""
    text = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
    return f"`{text}`" if text else '`""`'


def _said(field: Field) -> str:
    low = "" if field.least is None else f"at least {field.least:,}"
    high = "" if field.most is None else f"at most {field.most:,}"
    choices = ", ".join(f"`{each}`" for each in field.choices)
    facts = "; ".join(filter(None, (field.unit, choices, low, high)))
    return " ".join(filter(None, (field.text, f"({facts})" if facts else "")))
