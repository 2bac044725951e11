"""What tools of servers are called for a model: ``mcp__server__tool``, within what names may be. Pure."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Final

PREFIX: Final = "mcp"
LONGEST: Final = 64
"""Characters of a name that every provider takes."""
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")


def offered(server: str, tools: Iterable[str], taken: set[str]) -> Iterator[tuple[str, str]]:
    """Each tool of a server with a name that nobody else has. `taken` are those of others; the new ones are added."""
    for tool in tools:
        name = _short(f"{PREFIX}__{_UNSAFE.sub('_', server)}__{_UNSAFE.sub('_', tool)}", tool)
        if name in taken:
            name = _marked(name, f"{server}\0{tool}")
        if name not in taken:
            taken.add(name)
            yield tool, name


def _short(name: str, tool: str) -> str:
    return name if len(name) <= LONGEST else _marked(name, tool)


def _marked(name: str, of: str) -> str:
    """The name with a mark of what it stands for, the same each time."""
    mark = hashlib.sha256(of.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{name[: LONGEST - 9]}_{mark}"
