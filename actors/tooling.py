"""A tool is a value: what a model sees of it, what it may change, and how a call becomes a request.

A subsystem offers a tool by decorating one of its requests. The request stays what it was, routed by its type; the
decoration adds how a model sees it and what a crash in the middle of it means::

    @tool("MemorySearch", "Search the notes.", effect="pure")
    @final
    @attrs.frozen(kw_only=True)
    class Search(Request[tuple[Hit, ...]]):
        query: Annotated[str, described("What to look for.", max_length=400)]
        limit: Annotated[int, described("Most hits to return.", ge=1, le=50)] = 5
        user: Annotated[str, from_context("user")]

What a field may be is said in :mod:`actors.shapes`. A field without a default is required.

What the model may use is asked of *tool sources* at the start of each turn, so tools can come and go while the daemon
runs. A source whose tools are not classes of ours makes the values itself.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator, KeysView, Mapping
from functools import partial
from typing import Any, ClassVar, Literal, TypeVar, final, overload

import attrs
from cattrs.preconf.json import make_converter

from actors.context import TurnContext, from_context
from actors.shapes import Mistakes, NoJsonForm, Problem, Record, described, suggestion
from actors.vocabulary import Attachment, Content, Effort, Origin, Text, ToolSpec, quoted
from bus import ActorError, Bus, BusError, Data, ErrorKind, Request

__all__ = [
    "CallContext",
    "Catalogue",
    "Effect",
    "InvalidInput",
    "Offer",
    "OnDoubt",
    "Problem",
    "Rendered",
    "Tool",
    "ToolDefinitionError",
    "ToolReply",
    "ToolSource",
    "UnknownTool",
    "described",
    "failure",
    "from_context",
    "offering",
    "render",
    "tool",
    "tool_of",
]

Effect = Literal["pure", "local", "keyed", "unsafe"]
"""What a crash between a call and its result leaves open (G22).

``pure`` only reads and is run again. ``local`` changes one of our databases together with an ``applied`` row, and
``keyed`` hands a key to a remote that honours it: both are run again with the same key and act once. ``unsafe`` is
everything else and says with :data:`OnDoubt` what to do.
"""
OnDoubt = Literal["tell_model", "retry", "skip"]
"""``tell_model``: the result says that it may or may not have happened. ``skip``: it counts as not done."""

Offer = Literal["always", "searched", "by_name"]
"""How a model learns of a tool. ``always``: it is described in each request. ``searched``: only its name stands there,
and it is described once it was looked up (see :mod:`actors.agent.lookup`). ``by_name``: not at all; it is there for
models that call by habit what others offer."""

RequestT = TypeVar("RequestT", bound=Request[Any])

TOOL = "__tool__"
"""Attribute of a decorated request class: its :class:`Tool`."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_JSON = make_converter()


# --- what a tool returns ----------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Rendered(Data):
    """A reply or an error as the model gets it, and what goes to the person besides."""

    content: tuple[Content, ...]
    is_error: bool = False
    attachments: tuple[Attachment, ...] = ()
    diff: str = ""
    """What a call changed in a text: lines with their marks, as a unified diff has them. The model does not get it."""
    origins: tuple[Origin, ...] = ()
    """Where it comes from, for the person who asks why."""


class ToolReply(Data, ABC):
    """Base of replies that say themselves what the model sees of them."""

    __slots__ = ()

    @abstractmethod
    def rendered(self) -> Rendered:
        """The reply as content blocks."""


def render(reply: object) -> Rendered:
    """A tool's reply for the model: its own rendering, text as it is, anything else as indented JSON."""
    if isinstance(reply, ToolReply):
        return reply.rendered()
    if reply is None:
        return Rendered(content=(Text(text="Done."),))
    text = reply if isinstance(reply, str) else _JSON.dumps(reply, indent=2, ensure_ascii=False)
    return Rendered(content=(Text(text=text or "(empty)"),))


def failure(error: BusError) -> Rendered:
    """What the model is told when its call could not be sent or was answered with an error."""
    return Rendered(content=(Text(text=str(error)),), is_error=True)


# --- errors -----------------------------------------------------------------------------------------------


class ToolDefinitionError(TypeError):
    """A class cannot be offered as a tool the way it is written; raised when it is defined or registered."""


@attrs.define(eq=False, kw_only=True)
class UnknownTool(ActorError):
    """The model called something that is not offered to it."""

    kind: ClassVar[ErrorKind] = "not_found"
    name: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        meant = suggestion(self.name, self.known) or "."
        return f"There is no tool {quoted(self.name)}{meant} Tools: {', '.join(self.known)}."


@attrs.define(eq=False, kw_only=True)
class InvalidInput(ActorError):
    """The input of a call does not fit the tool's schema. Names every mistake, not only the first."""

    tool: str
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        lines = [f"\n- {p.field}: {p.fault}" if p.field else f"\n- {p.fault}" for p in self.problems]
        return f"Invalid or missing parameters for tool {quoted(self.tool)}:{''.join(lines)}"


# --- where a call comes from ------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class CallContext(TurnContext):
    """Where a call comes from."""

    call: str
    """Idempotency key: unique over all calls of all turns, the same again when a call is repeated after a restart."""
    model: str | None = None
    """``provider/model`` that the turn asks for; None for the default."""
    effort: Effort | None = None
    """How much the model is to think in the turn; None: as configured."""
    tools: tuple[str, ...] = ()
    """Names of all the tools of the turn."""
    left: float | None = None
    """Seconds until the turn is ended; None: never."""
    tool_use_id: str = ""
    """What the model calls the call, and the frames that tell of it."""
    outside: tuple[str, ...] = ()
    """Where words from outside came from that the model has read: see :mod:`actors.outside`."""


# --- tools ------------------------------------------------------------------------------------------------

Decode = Callable[[Mapping[str, Any], CallContext], Request[Any]]
"""Makes the request that a call asks for. Raises InvalidInput naming every mistake."""


@final
@attrs.frozen(kw_only=True)
class Tool(Data):
    """Something a model may call.

    Raises ToolDefinitionError for an unusable name, or where doubts or waiting do not fit the effect.
    """

    spec: ToolSpec
    effect: Effect
    on_doubt: OnDoubt | None = None
    """What follows a crash in the middle of an ``unsafe`` call; None for other effects."""
    waits: bool = False
    """Whether a call, which is ``keyed``, waits for other turns: neighbours run at once, and when the program stops
    the call is left as it is, to be made again when it starts."""
    offer: Offer = "always"
    outside: bool = False
    """Whether its results hold words that neither the person nor the agent has written."""
    foreign: bool = False
    """Whether its description does: then they are in a conversation in which it was looked up."""
    outward: bool = False
    """Whether what it is called with goes to a program of others, also where it only reads."""
    subject: str = ""
    """The property of the input that says what a call acts on, which rules are about and a person is shown first; empty
    for none."""
    decode: Decode = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ToolDefinitionError(f"tool name {self.name!r} is not 1 to 64 letters, digits, '_' or '-'")
        if self.effect == "unsafe" and self.on_doubt is None:
            raise ToolDefinitionError(
                f"tool {self.name!r} is unsafe and must declare on_doubt: what is done when nobody knows whether a "
                "call happened ('tell_model', 'retry' or 'skip')"
            )
        if self.effect != "unsafe" and self.on_doubt is not None:
            raise ToolDefinitionError(
                f"tool {self.name!r} is {self.effect}, which leaves no doubt: on_doubt is for unsafe tools"
            )
        if self.waits and self.effect != "keyed":
            raise ToolDefinitionError(
                f"tool {self.name!r} waits for other turns and is {self.effect}: only a keyed call can be made again"
            )
        if self.subject and self.subject not in self.spec.input_schema.get("properties", {}):
            raise ToolDefinitionError(f"tool {self.name!r} has no input {self.subject!r} to be its subject")

    @property
    def name(self) -> str:
        return self.spec.name


ToolSource = Callable[[Bus, TurnContext], Awaitable[Iterable[Tool]]]
"""Answers what the model may use in one turn. What it raises leaves its tools out of that turn."""


@overload
def tool(
    name: str,
    description: str,
    *,
    effect: Literal["pure", "local", "keyed"],
    waits: bool = ...,
    like: type[Request[Any]] | None = ...,
    offer: Offer = ...,
    outside: bool = ...,
    subject: str = ...,
) -> Callable[[type[RequestT]], type[RequestT]]: ...
@overload
def tool(
    name: str,
    description: str,
    *,
    effect: Literal["unsafe"],
    on_doubt: OnDoubt,
    like: type[Request[Any]] | None = ...,
    offer: Offer = ...,
    outside: bool = ...,
    subject: str = ...,
) -> Callable[[type[RequestT]], type[RequestT]]: ...
def tool(  # noqa: PLR0913 - each says something else of the tool
    name: str,
    description: str,
    *,
    effect: Effect,
    on_doubt: OnDoubt | None = None,
    waits: bool = False,
    like: type[Request[Any]] | None = None,
    offer: Offer = "always",
    outside: bool = False,
    subject: str = "",
) -> Callable[[type[RequestT]], type[RequestT]]:
    """Offer the decorated request class as a tool. Goes above ``@final`` and ``@attrs.frozen``.

    What the arguments mean is said at the fields of :class:`Tool`.

    A tool that is `like` another one is always offered beside it; what both take is described to the model there alone.

    Raises ToolDefinitionError: ``unsafe`` without `on_doubt`, ``local`` or ``keyed`` without a field
    ``from_context("call")`` to take the key from, what :class:`Tool` refuses, a field without a JSON form.
    """

    def decorate(kind: type[RequestT]) -> type[RequestT]:
        record = _record(kind)
        schema = record.schema if like is None else _briefer(record.schema, tool_of(like).spec.input_schema)
        spec = ToolSpec(name=name, description=description, input_schema=schema)
        offered = Tool(
            spec=spec,
            effect=effect,
            on_doubt=on_doubt,
            waits=waits,
            offer=offer,
            outside=outside,
            subject=subject,
            decode=partial(_decode, name, record),
        )
        if effect in ("local", "keyed") and "call" not in record.supplied.values():
            raise ToolDefinitionError(
                f"tool {name!r} is {effect} and needs a field from_context('call') as its key"
            )
        setattr(kind, TOOL, offered)
        return kind

    return decorate


def _record(kind: type[Any]) -> Record:
    if not attrs.has(kind) or Request not in kind.__mro__:
        raise ToolDefinitionError(f"{kind.__name__} is not an attrs class deriving from Request")
    try:
        return Record(kind)
    except NoJsonForm as error:
        raise ToolDefinitionError(str(error)) from error


def _briefer(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """`schema`, with no more than the type of each property that `known` has as well; a default may differ."""

    def described_there(name: str, each: Mapping[str, Any]) -> bool:
        other = known["properties"].get(name, {})
        return {**each, "default": None} == {**other, "default": None} and "type" in each

    properties = {
        name: {"type": each["type"]} if described_there(name, each) else each
        for name, each in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _decode(name: str, record: Record, input: Mapping[str, Any], context: CallContext) -> Request[Any]:
    given = {field: getattr(context, source) for field, source in record.supplied.items()}
    try:
        request: Request[Any] = record.load(input, given)
    except Mistakes as mistakes:
        raise InvalidInput(tool=name, problems=mistakes.problems) from None
    return request


def tool_of(kind: type[Request[Any]]) -> Tool:
    """The tool a request class was decorated as. Raises ToolDefinitionError when it was not."""
    found: object = vars(kind).get(TOOL)
    if not isinstance(found, Tool):
        raise ToolDefinitionError(f"{kind.__name__} is not decorated with @tool")
    return found


def offering(*kinds: type[Request[Any]]) -> ToolSource:
    """The source of tools that are always there: decorated requests.

    Raises ToolDefinitionError for a class that is no tool and for a name used twice.
    """
    tools = tuple(Catalogue(map(tool_of, kinds)))

    async def source(_bus: Bus, _context: TurnContext) -> Iterable[Tool]:
        return tools

    return source


@final
class Catalogue:
    """The tools of one turn, in the order given, which is the order the model sees. Never changes."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        """Raises ToolDefinitionError for a name used twice."""
        self._tools: dict[str, Tool] = {}
        for offered in tools:
            if offered.name in self._tools:
                raise ToolDefinitionError(f"two tools are called {offered.name!r}")
            self._tools[offered.name] = offered
        self.waiting = frozenset(name for name, each in self._tools.items() if each.waits)
        """Names of those that have other turns do something."""
        self._always = tuple(each.spec for each in self._tools.values() if each.offer == "always")

    @property
    def names(self) -> KeysView[str]:
        """Of all tools, in their order."""
        return self._tools.keys()

    def specs(self, looked_up: Iterable[str] = ()) -> tuple[ToolSpec, ...]:
        """What the model is offered: what always is, then what it has `looked_up`, as far as it is there."""
        found = (self._tools[name] for name in looked_up if name in self._tools)
        return (*self._always, *(each.spec for each in found if each.offer != "always"))

    def get(self, name: str) -> Tool:
        """Raises UnknownTool."""
        try:
            return self._tools[name]
        except KeyError:
            raise UnknownTool(name=name, known=tuple(self._tools)) from None

    def decode(self, name: str, input: Mapping[str, Any], context: CallContext) -> Request[Any]:
        """The message that a call asks for. Raises UnknownTool or InvalidInput."""
        return self.get(name).decode(input, context)

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def __contains__(self, name: object) -> bool:
        return name in self._tools
