"""What a turn begins with: the tools the model may use in it, and what the model is told. Asked once per turn."""

from collections.abc import Awaitable, Callable, Container, Iterable
from typing import Final, TypeVar, final

import attrs
import trio

from actors.agent.lookup import search_tool
from actors.context import ContextSource, Section, TurnContext
from actors.llm.messages import SystemText
from actors.session.messages import Told
from actors.tooling import Catalogue, Tool, ToolSource
from actors.vocabulary import ChatMessage
from bus import Bus, Data, Request

T = TypeVar("T")

WITHIN: Final = 5.0
"""Seconds a source may take: whoever writes waits for the slowest of them."""


@final
@attrs.frozen(kw_only=True)
class Dropped(Data):
    """Messages that a summary is about to replace."""

    messages: tuple[ChatMessage, ...]
    until: int
    """Step of the conversation before which they are."""
    model: str | None
    """``provider/model`` that may be asked about them; None: none is to be."""


Keepsake = Callable[[TurnContext, Dropped], Request[str]]
"""Makes the request that sees to what is worth remembering; it answers with a sentence to the person, or none."""


@final
@attrs.frozen(kw_only=True)
class Sources(Data):
    """Whom to ask, in the order in which the model is told."""

    tools: tuple[ToolSource, ...] = ()
    context: tuple[ContextSource, ...] = ()
    keepsake: Keepsake | None = None
    """Whom to tell of messages before a summary replaces them."""


@final
@attrs.frozen(kw_only=True)
class Prepared(Data):
    catalogue: Catalogue
    withheld: frozenset[str]
    """Names of tools that there are and that the turn may not use."""
    system: tuple[SystemText, ...]
    told: tuple[Told, ...]
    """The texts that `system` is made of."""
    notices: tuple[str, ...]
    """What the person should know: which source failed, what is wrong with a text."""


async def prepare(
    bus: Bus, sources: Sources, context: TurnContext, only: Container[str] | None = None
) -> Prepared:
    """Ask all sources at once. One that fails, or takes too long, is left out with a notice.

    `only` names the tools that the turn may use; None leaves all.
    """
    notices: list[str] = []
    tools, sections = await _answers(bus, sources, context, notices)
    notices += [section.notice for _, section in sections if section.notice is not None]
    parts = [(source, section) for source, section in sections if section.text]
    offered = tuple(_distinct(tools, notices))
    allowed = offered if only is None else tuple(tool for tool in offered if tool.name in only)
    search = search_tool(allowed)
    return Prepared(
        catalogue=Catalogue(allowed if search is None else (*allowed, search)),
        withheld=frozenset(tool.name for tool in offered) - {tool.name for tool in allowed},
        system=_assembled((source, section.text) for source, section in parts),
        told=tuple(
            Told(source=source.name, text=section.text, origins=section.origins) for source, section in parts
        ),
        notices=tuple(notices),
    )


async def _answers(
    bus: Bus, sources: Sources, context: TurnContext, notices: list[str]
) -> tuple[list[Iterable[Tool]], list[tuple[ContextSource, Section]]]:
    """What those answer who do, in the order of the sources; of everybody else there is a notice."""
    tools: dict[int, Iterable[Tool]] = {}
    sections: dict[int, tuple[ContextSource, Section]] = {}

    async def offer(n: int, source: ToolSource) -> None:
        found = await _heard(lambda: source(bus, context), "Some tools are missing", notices)
        if found is not None:
            tools[n] = found

    async def contribute(n: int, source: ContextSource) -> None:
        what = f"The model is not told {source.name}"
        found = await _heard(lambda: _section(bus, source, context), what, notices)
        if found is not None:
            sections[n] = source, found

    with trio.move_on_after(WITHIN):
        async with trio.open_nursery() as nursery:
            for n, source in enumerate(sources.tools):
                nursery.start_soon(offer, n, source)
            for n, contributor in enumerate(sources.context):
                if contributor.needs is None or getattr(context, contributor.needs):
                    nursery.start_soon(contribute, n, contributor)
    return [tools[n] for n in sorted(tools)], [sections[n] for n in sorted(sections)]


async def _heard(ask: Callable[[], Awaitable[T]], what: str, notices: list[str]) -> T | None:
    """What a source answers; None, and a notice, when it does not."""
    try:
        return await ask()
    except trio.Cancelled:
        notices.append(f"{what}: no answer within {WITHIN:g} s.")
        raise
    except Exception as error:  # noqa: BLE001 - a source is foreign code: whatever it raises is no end of a turn
        notices.append(f"{what}: {error}")
    return None


async def _section(bus: Bus, source: ContextSource, context: TurnContext) -> Section:
    found: str | Section = await bus.ask(source.request(context))
    return found if isinstance(found, Section) else Section(text=found)


def _distinct(offered: Iterable[Iterable[Tool]], notices: list[str]) -> Iterable[Tool]:
    """All tools; of those with one name the first."""
    first: dict[str, Tool] = {}
    notices += [
        f"Of two tools called {tool.name} one is left out."
        for tools in offered
        for tool in tools
        if first.setdefault(tool.name, tool) is not tool
    ]
    return first.values()


def _assembled(parts: Iterable[tuple[ContextSource, str]]) -> tuple[SystemText, ...]:
    """The system prompt: all that is stable first, so that a provider's cache of it holds."""
    texts: dict[bool, list[str]] = {True: [], False: []}
    for source, text in parts:
        heading = "" if source.title is None else f"--- {source.title} ---\n"
        texts[source.stable].append(f"{heading}{text}")
    return tuple(
        SystemText(text="\n\n".join(found), cached=stable) for stable, found in texts.items() if found
    )
