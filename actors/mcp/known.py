"""What is known of servers without asking them: how they are, and what they offered when last reached. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast, final

import attrs

from actors import jsontext
from actors.mcp import messages, names
from actors.mcp.patience import Patience
from actors.mcp.settings import Server
from bus import Data

FORMAT: Final = 1
"""Of what is kept on disk."""


@final
@attrs.define(kw_only=True)
class Known:
    """One server."""

    state: messages.State = "idle"
    error: str = ""
    since: datetime | None = None
    listing: messages.Listing | None = None
    """None: it was never reached since it is what the settings say."""
    patience: Patience = attrs.field(factory=Patience)
    told: set[str] = attrs.field(factory=set[str])
    """Users who have been told that its tools are missing."""


@final
@attrs.frozen(kw_only=True)
class Shelf(Data):
    """What is offered of all servers, each tool under the name that it is offered by."""

    everyone: messages.Offer
    admins: messages.Offer


def shelf(servers: Mapping[str, Server], known: Mapping[str, Known]) -> Shelf:
    """What admins are offered, and what of it everybody is."""
    taken: set[str] = set()
    tools: list[messages.OfferedTool] = []
    listings = {
        name: listing
        for name in sorted(servers)
        if servers[name].enabled and (found := known.get(name)) and (listing := found.listing) is not None
    }
    for name, listing in listings.items():
        allowed = {tool.name: tool for tool in chosen(servers[name], listing)}
        tools += [
            messages.OfferedTool(offered_as=offered_as, server=name, tool=allowed[tool])
            for tool, offered_as in names.offered(name, allowed, taken)
        ]
    whole = messages.Offer(
        tools=tuple(tools),
        resources=tuple(name for name, listing in listings.items() if listing.resources),
        prompts=tuple(name for name, listing in listings.items() if listing.prompts),
    )
    common = {name for name, server in servers.items() if server.everyone}
    return Shelf(admins=whole, everyone=_of(whole, common))


def _of(offer: messages.Offer, servers: set[str]) -> messages.Offer:
    return messages.Offer(
        tools=tuple(each for each in offer.tools if each.server in servers),
        resources=tuple(each for each in offer.resources if each in servers),
        prompts=tuple(each for each in offer.prompts if each in servers),
    )


def chosen(server: Server, listing: messages.Listing) -> tuple[messages.ServerTool, ...]:
    """The tools that the settings let through; of those with one name the first."""
    first: dict[str, messages.ServerTool] = {}
    for tool in listing.tools:
        if not server.tools or tool.name in server.tools:
            first.setdefault(tool.name, tool)
    return tuple(first.values())


# --- on disk ----------------------------------------------------------------------------------------------


def written(server: Server, listing: messages.Listing) -> str:
    """A listing as it is kept, with what it is of. Secrets stand in settings by name alone."""
    kept = {
        "format": FORMAT,
        "of": _print(server),
        "resources": listing.resources,
        "prompts": listing.prompts,
        "tools": [attrs.asdict(tool) for tool in listing.tools],
    }
    return jsontext.write(kept)


def read(server: Server, text: str) -> messages.Listing | None:
    """What was kept, if it is of such a server; None where it is of another one or cannot be read."""
    try:
        kept = jsontext.read_object(text, depth=jsontext.OWN_DEPTH)
        if kept["format"] != FORMAT or kept["of"] != _print(server):
            return None
        tools = tuple(_tool(each) for each in kept["tools"])
        return messages.Listing(
            tools=tools, resources=kept["resources"] is True, prompts=kept["prompts"] is True
        )
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _tool(each: Mapping[str, Any]) -> messages.ServerTool:
    found = each["schema"]
    schema = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    if not isinstance(schema.get("properties"), dict):
        raise TypeError("no schema of an object")
    return messages.ServerTool(
        name=str(each["name"]),
        description=str(each["description"]),
        schema=schema,
        reads=each["reads"] is True,
    )


def _print(server: Server) -> Any:
    """What makes it another server."""
    return [server.command, list(server.args), server.url]
