"""The tools of servers as tools of ours: described once they were looked up, gated as all are, outside words."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Annotated, Any, Final, final

import attrs

from actors.context import TurnContext
from actors.mcp import bounding, messages
from actors.shapes import Mistakes, Record
from actors.tooling import CallContext, InvalidInput, Tool, described
from actors.vocabulary import Role, ToolSpec
from bus import Bus, Data, Request

RESOURCE: Final = "McpResource"
PROMPT: Final = "McpPrompt"


@final
@attrs.frozen(kw_only=True)
class _Resource(Data):
    server: Annotated[str, described("Its name.")]
    uri: Annotated[str, described("What to read; left out, all there is to read is listed.")] = ""


@final
@attrs.frozen(kw_only=True)
class _Prompt(Data):
    server: Annotated[str, described("Its name.")]
    name: Annotated[str, described("Of the prompt; left out, all are listed.")] = ""
    arguments: Annotated[Mapping[str, str], described("What it asks for.")] = attrs.field(
        factory=dict[str, str]
    )


_RESOURCE: Final = Record(_Resource)
_PROMPT: Final = Record(_Prompt)


@final
class Offering:
    """The source of these tools. Makes them once for each state of the servers."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[messages.Offer, tuple[Tool, ...]]] = {}

    async def __call__(self, bus: Bus, turn: TurnContext) -> Iterable[Tool]:
        role: Role = "admin" if turn.role == "admin" else "user"
        offer = await bus.ask(messages.Offered(role=role))
        made = self._made.get(id(offer))
        if made is None or made[0] is not offer:
            if len(self._made) > 3:
                self._made.clear()
            made = self._made[id(offer)] = (offer, tuple(tools(offer)))
        return made[1]


def tools(offer: messages.Offer) -> Iterable[Tool]:
    """What is offered, as tools."""
    for each in offer.tools:
        yield _tool(each)
    if offer.resources:
        yield _of_servers(RESOURCE, "Read or list resources", _RESOURCE, offer.resources, _read)
    if offer.prompts:
        yield _of_servers(PROMPT, "Get or list prompts", _PROMPT, offer.prompts, _prompt)


def _tool(each: messages.OfferedTool) -> Tool:
    tool = each.tool
    spec = ToolSpec(
        name=each.offered_as,
        description=f"{tool.description}\n(MCP server {each.server})",
        input_schema=tool.schema,
    )
    return Tool(
        spec=spec,
        effect="pure" if tool.reads else "unsafe",
        on_doubt=None if tool.reads else "tell_model",
        offer="searched",
        outside=True,
        foreign=True,
        outward=True,
        subject=bounding.subject(tool.schema),
        decode=partial(_call, each),
    )


def _call(each: messages.OfferedTool, input: Mapping[str, Any], context: CallContext) -> Request[Any]:
    return messages.Call(
        server=each.server,
        tool=each.tool.name,
        arguments=input,
        reads=each.tool.reads,
        user=context.user,
        session=context.session,
        turn=context.turn,
        tool_use_id=context.tool_use_id,
    )


def _of_servers(name: str, what: str, record: Record, servers: Iterable[str], decode: Any) -> Tool:
    description = f"{what} of an MCP server: {', '.join(servers)}."
    spec = ToolSpec(name=name, description=description, input_schema=record.schema)
    allowed = frozenset(servers)
    return Tool(
        spec=spec,
        effect="pure",
        offer="searched",
        outside=True,
        outward=True,
        subject="server",
        decode=partial(_decoded, name, record, allowed, decode),
    )


def _decoded(
    name: str,
    record: Record,
    allowed: frozenset[str],
    make: Any,
    input: Mapping[str, Any],
    context: CallContext,
) -> Request[Any]:
    try:
        asked = record.load(input, {})
    except Mistakes as mistakes:
        raise InvalidInput(tool=name, problems=mistakes.problems) from None
    if asked.server not in allowed:
        raise messages.UnknownServer(server=asked.server)
    request: Request[Any] = make(asked, context)
    return request


def _read(asked: _Resource, context: CallContext) -> messages.ReadResource:
    return messages.ReadResource(server=asked.server, uri=asked.uri, user=context.user)


def _prompt(asked: _Prompt, context: CallContext) -> messages.GetPrompt:
    return messages.GetPrompt(
        server=asked.server, name=asked.name, arguments=asked.arguments, user=context.user
    )
