"""Content blocks, put together from the fragments of a stream. Pure."""

from collections.abc import Callable
from typing import Any, Final, Literal, final

import attrs

from actors.llm.answers.arguments import read_fragments, read_input
from actors.vocabulary import Block, ProviderData, Text, Thinking, ToolUse

Kind = Literal["text", "thinking", "call"]

LONGEST: Final = 1000
"""Characters of a name or an id of a call. No tool and no provider has longer ones, and they are looked at often."""


@final
@attrs.define(eq=False)
class _Open:
    """A block that may still grow."""

    kind: Kind
    fragments: list[str] = attrs.field(factory=list[str])
    provider_data: dict[str, Any] = attrs.field(factory=dict[str, Any])
    given: str = ""
    """Id that the provider gave the call."""
    id: str = ""
    name: str = ""
    input: Any = None
    """Input of a call that came whole instead of as fragments of JSON text."""


@final
class BlockBuilder:
    """Blocks under construction, in the order in which they began.

    The key of a block is whatever the provider tells them apart by.
    """

    def __init__(self, provider: str, new_id: Callable[[], str]) -> None:
        self._open: dict[object, _Open] = {}
        self._provider = provider
        self._new_id = new_id
        self.written = 0
        """Characters that were appended so far."""

    def begin(self, key: object, kind: Kind) -> None:
        """Open a block; opening it again changes nothing."""
        if key not in self._open:
            self._open[key] = _Open(kind)

    def add(self, key: object, fragment: str) -> None:
        """Append text, reasoning or JSON text to a block; fragments of blocks that never began are dropped."""
        if (block := self._open.get(key)) is not None:
            block.fragments.append(fragment)
            self.written += len(fragment)

    def keep(self, key: object, name: str, fragment: str) -> None:
        """Append to what the provider wants back with a block, under `name`; nothing is kept of an empty one."""
        if fragment and (block := self._open.get(key)) is not None:
            block.provider_data[name] = block.provider_data.get(name, "") + fragment

    def attach(self, key: object, name: str, value: Any) -> None:
        """Have a value, which the provider wants back with a block, kept under `name` in place of an earlier one."""
        if value and (block := self._open.get(key)) is not None:
            block.provider_data[name] = value

    def said(self, key: object) -> str:
        """The text of a block so far."""
        block = self._open.get(key)
        return "".join(block.fragments) if block is not None else ""

    def name_call(self, key: object, *, id: str, name: str) -> tuple[str, str] | None:
        """Note id and name of a call. Returns both the first time its name is known; a missing id is made up."""
        call, id, name = self._open[key], id[:LONGEST], name[:LONGEST]
        announced = bool(call.name)
        call.name = name or call.name
        call.given = call.given or id
        call.id = call.id or id
        if announced or not call.name:
            return None
        if not call.id or call.id in {other.id for other in self._open.values() if other is not call}:
            call.id = self._new_id()
        return call.id, call.name

    def set_input(self, key: object, value: Any) -> None:
        """Set the input of a call that came whole."""
        self._open[key].input = value

    @property
    def has_calls(self) -> bool:
        return any(block.kind == "call" and block.name for block in self._open.values())

    def blocks(self, *, cut: bool) -> tuple[Block, ...]:
        """The blocks that hold something. `cut`: the answer ended at the token limit."""
        kept = [block for block in self._open.values() if block.kind != "call" or block.name]
        built: list[Block] = []
        calls: list[tuple[str, ToolUse]] = []
        for each in kept:
            block = self._built(each, cut=cut and each is kept[-1])
            if isinstance(block, ToolUse):
                if _is_repeated(each.given, block, calls):
                    continue
                calls.append((each.given, block))
            if block is not None:
                built.append(block)
        return tuple(built)

    def _built(self, block: _Open, *, cut: bool) -> Block | None:
        text = "".join(block.fragments)
        data = ProviderData(origin=self._provider, data=block.provider_data) if block.provider_data else None
        match block.kind:
            case "text":
                return Text(text=text) if text.strip() else None
            case "thinking":
                return Thinking(text=text, provider_data=data) if text or data else None
            case "call":
                if block.input and not text:
                    input, unreadable = read_input(block.input, cut=cut)
                else:
                    input, unreadable = read_fragments(block.fragments, cut=cut)
                return ToolUse(
                    id=block.id, name=block.name, input=input, unreadable=unreadable, provider_data=data
                )


def _is_repeated(given: str, call: ToolUse, calls: list[tuple[str, ToolUse]]) -> bool:
    """Whether a call came before under the same id: a server sent it twice."""
    return bool(given) and any(
        given == id and (call.name, call.input, call.unreadable) == (each.name, each.input, each.unreadable)
        for id, each in calls
    )
