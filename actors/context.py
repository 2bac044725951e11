"""Who a turn is for, and what the model is told about it: the system prompt is assembled from *context sources*.

A subsystem that has something to tell the model offers a request that the agent asks at the start of each turn. Its
fields come from the turn::

    @context_source("Memory", stable=False)
    @final
    @attrs.frozen(kw_only=True)
    class Remember(Request[str]):
        user: Annotated[str, from_context("user")]

Texts that are *stable* come first and should keep their bytes from turn to turn, so that the caches of providers hold.
An empty text is left out; so is a source that fails, with a notice to the person.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal, TypeVar, final

import attrs

from actors.shapes import NoJsonForm, Record, Supplied
from actors.vocabulary import Origin
from bus import Data, Request

__all__ = [
    "ContextDefinitionError",
    "ContextSource",
    "Expansion",
    "Section",
    "TurnContext",
    "context_of",
    "context_source",
    "from_context",
]

ContextName = Literal[
    "call",
    "session",
    "turn",
    "user",
    "role",
    "channel",
    "source",
    "called",
    "triggered_by",
    "delegated_by",
    "depth",
    "model",
    "effort",
    "tools",
    "left",
    "tool_use_id",
    "outside",
]


@attrs.frozen(kw_only=True)
class TurnContext(Data):
    """Who a turn is for and where it came from."""

    session: str
    turn: str
    user: str
    role: str
    channel: str
    source: str
    """How the message came: ``web``, ``http``, ``cli``, ``telegram`` …"""
    called: str = ""
    """The skill that the message has called up; empty for none."""
    triggered_by: str = ""
    """The job or hook that speaks for the user; empty for none."""
    delegated_by: str = ""
    """The call of another turn that this one carries out; empty for none."""
    depth: int = 0
    """How many turns have called each other before this one was called."""


def from_context(name: ContextName) -> Supplied:
    """Mark a field that nobody outside fills: its value comes from the turn.

    Written into its annotation: ``user: Annotated[str, from_context("user")]``. Only tools have a ``call``,
    ``tool_use_id``, ``model``, ``effort``, ``tools``, ``left`` and ``outside``.
    """
    return Supplied(name)


@final
@attrs.frozen(kw_only=True)
class Section(Data):
    """Text for the system prompt, with something that the person should know about it."""

    text: str
    notice: str | None = None
    origins: tuple[Origin, ...] = ()
    """Where it comes from, for the person who asks why."""


@final
@attrs.frozen(kw_only=True)
class Expansion(Data):
    """What the model gets instead of the words of a message that calls something up by its name."""

    name: str
    text: str


class ContextDefinitionError(TypeError):
    """A class cannot be a context source the way it is written; raised when it is defined or listed."""


Contribution = Request[str] | Request[Section]
SourceT = TypeVar("SourceT", bound=Contribution)


@final
@attrs.frozen(kw_only=True)
class ContextSource(Data):
    """One part of the system prompt."""

    name: str
    """As a notice calls it."""
    title: str | None
    """Stands above its text; None for none."""
    stable: bool
    needs: ContextName | None
    """It has nothing to say in a turn where this is empty, and is not asked; None: it is asked in every turn."""
    request: Callable[[TurnContext], Contribution]


SOURCE: Final = "__context_source__"
"""Attribute of a decorated request class: its :class:`ContextSource`."""


def context_source(
    title: str | None, *, stable: bool, needs: ContextName | None = None
) -> Callable[[type[SourceT]], type[SourceT]]:
    """Offer the decorated request class as a context source. Goes above ``@final`` and ``@attrs.frozen``.

    It is asked in every turn, or only in those that have what it `needs`.

    Raises ContextDefinitionError for a field that does not come from the turn.
    """

    def decorate(kind: type[SourceT]) -> type[SourceT]:
        supplied = _supplied(kind)
        request = partial(_ask, kind, supplied)
        name = title or kind.__name__
        source = ContextSource(name=name, title=title, stable=stable, needs=needs, request=request)
        setattr(kind, SOURCE, source)
        return kind

    return decorate


_OF_TURN: Final = frozenset(field.name for field in attrs.fields(TurnContext))


def _supplied(kind: type[Any]) -> dict[str, str]:
    try:
        record = Record(kind)
    except NoJsonForm as error:
        raise ContextDefinitionError(str(error)) from error
    free = [
        *record.schema["properties"],
        *(n for n, source in record.supplied.items() if source not in _OF_TURN),
    ]
    if free:
        raise ContextDefinitionError(f"{kind.__name__}.{free[0]} does not come from the context of a turn")
    return record.supplied


def _ask(kind: type[SourceT], supplied: dict[str, str], context: TurnContext) -> SourceT:
    values: dict[str, Any] = {field: getattr(context, name) for field, name in supplied.items()}
    return kind(**values)


def context_of(kind: type[Contribution]) -> ContextSource:
    """The source a request class was decorated as. Raises ContextDefinitionError when it was not."""
    found: object = vars(kind).get(SOURCE)
    if not isinstance(found, ContextSource):
        raise ContextDefinitionError(f"{kind.__name__} is not decorated with @context_source")
    return found
