"""The table of permissions, in which the name of a tool is a key like any other."""

from typing import Final

import attrs

from actors.permissions.settings import Permissions, Rule, Settings, Verdict
from actors.settings.binding import Table

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
