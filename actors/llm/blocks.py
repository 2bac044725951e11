"""Content blocks, put together from the fragments of a stream. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, final

import attrs

from actors import jsontext
from actors.vocabulary import Block, ProviderData, Text, Thinking, ToolUse

Kind = Literal["text", "thinking", "call"]


@final
@attrs.define(eq=False)
class _Open:
    """A block that may still grow."""

    kind: Kind
    fragments: list[str] = attrs.field(factory=list[str])
    provider_data: dict[str, Any] = attrs.field(factory=dict[str, Any])
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

    def begin(self, key: object, kind: Kind) -> None:
        """Open a block; opening it again changes nothing."""
        if key not in self._open:
            self._open[key] = _Open(kind)

    def add(self, key: object, fragment: str) -> None:
        """Append text, reasoning or JSON text to a block; fragments of blocks that never began are dropped."""
        if (block := self._open.get(key)) is not None:
            block.fragments.append(fragment)

    def keep(self, key: object, name: str, fragment: str) -> None:
        """Append to what the provider wants back with a block, under `name`; nothing is kept of an empty one."""
        if fragment and (block := self._open.get(key)) is not None:
            block.provider_data[name] = block.provider_data.get(name, "") + fragment

    def name_call(self, key: object, *, id: str, name: str) -> tuple[str, str] | None:
        """Note id and name of a call. Returns both the first time its name is known; a missing id is made up."""
        call = self._open[key]
        announced = bool(call.name)
        call.name = name or call.name
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
        return any(block.kind == "call" for block in self._open.values())

    def blocks(self, *, cut: bool) -> tuple[Block, ...]:
        """The blocks that hold something. `cut`: the answer ended at the token limit."""
        kept = [block for block in self._open.values() if block.kind != "call" or block.name]
        built = [self._built(block, cut=cut and block is kept[-1]) for block in kept]
        return tuple(block for block in built if block is not None)

    def _built(self, block: _Open, *, cut: bool) -> Block | None:
        text = "".join(block.fragments)
        data = ProviderData(origin=self._provider, data=block.provider_data) if block.provider_data else None
        match block.kind:
            case "text":
                return Text(text=text) if text.strip() else None
            case "thinking":
                return Thinking(text=text, provider_data=data) if text or data else None
            case "call":
                given = block.input if block.input and not text else text
                input, unreadable = read_input(given, cut=cut)
                return ToolUse(
                    id=block.id, name=block.name, input=input, unreadable=unreadable, provider_data=data
                )


def read_input(value: Any, *, cut: bool) -> tuple[Mapping[str, Any], str | None]:
    """Input of a call from its JSON text (or from a value that came whole), and why it cannot be read.

    Nothing at all means a call without input, unless the answer was `cut` at the token limit.
    """
    text = value if isinstance(value, str) else jsontext.write(value)
    if not text.strip() and not cut:
        return {}, None
    try:
        return jsontext.read_object(text), None
    except jsontext.NotJson as error:
        if cut:
            return {}, "The input of this call was cut off at the token limit, so the call was not run."
        return {}, f"The input of this call is no JSON that can be read ({error}), so the call was not run."
