"""Secrets by their names in values of settings: ``Bearer $GITHUB_TOKEN``. Pure."""

import re
from collections.abc import Mapping
from typing import Final

_REFERENCE: Final = re.compile(r"\$(?:(\$)|\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*)|)")


class BadReference(ValueError):
    """A dollar sign that stands for nothing."""


class Missing(LookupError):
    """Nothing is known under a name; the text is that name."""


def names_in(value: str) -> tuple[str, ...]:
    """The names that a value mentions, each once. ``$$`` is a dollar sign. Raises BadReference."""
    names: dict[str, None] = {}
    for found in _REFERENCE.finditer(value):
        escaped, braced, plain = found.groups()
        if name := braced or plain:
            names[name] = None
        elif not escaped:
            raise BadReference("a $ begins the name of a secret; write $$ for the sign itself")
    return tuple(names)


def filled(value: str, held: Mapping[str, str]) -> str:
    """The value with what is held under the names. Raises Missing."""

    def one(found: re.Match[str]) -> str:
        escaped, braced, plain = found.groups()
        name = braced or plain
        if not name:
            return escaped or ""
        if name not in held:
            raise Missing(name)
        return held[name]

    return _REFERENCE.sub(one, value)
