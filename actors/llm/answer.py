"""What a model says, put together from the fragments of a stream. Pure."""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NoReturn, final

import attrs

from actors.llm.messages import CompletionEvent, TextDelta, ThinkingDelta
from actors.vocabulary import Block, RedactedThinking, Text, Thinking, ToolUse

Send = Callable[[CompletionEvent], Awaitable[None]]
"""Hands one item to whoever asked, waiting while they lag."""

END_TURN: Final = "end_turn"
TOOL_USE: Final = "tool_use"
MAX_TOKENS: Final = "max_tokens"


@final
@attrs.frozen(kw_only=True)
class Tokens:
    """Tokens of one completion, counted as :class:`actors.vocabulary.Usage` counts them."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0


@final
@attrs.frozen(kw_only=True)
class Answer:
    """A whole completion as a provider gave it, not yet priced."""

    content: tuple[Block, ...]
    stop_reason: str
    tokens: Tokens


Kind = Literal["text", "thinking", "redacted", "call"]


@final
@attrs.define(eq=False)
class _Slot:
    kind: Kind
    fragments: list[str] = attrs.field(factory=list[str])
    signature: str = ""
    id: str = ""
    name: str = ""
    given: Any = None
    """Input of a call that came whole instead of as fragments of JSON text."""


@final
class Draft:
    """Blocks under construction, in the order in which they began.

    The key of a block is whatever the provider tells them apart by.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._slots: dict[object, _Slot] = {}
        self._new_id = new_id

    def begin(self, key: object, kind: Kind) -> None:
        """Open a block; opening it again changes nothing."""
        if key not in self._slots:
            self._slots[key] = _Slot(kind)

    def add(self, key: object, fragment: str) -> None:
        """Append text, reasoning or JSON text to a block; fragments of blocks that never began are dropped."""
        if (slot := self._slots.get(key)) is not None:
            slot.fragments.append(fragment)

    def sign(self, key: object, signature: str) -> None:
        if (slot := self._slots.get(key)) is not None:
            slot.signature += signature

    def name_call(self, key: object, *, id: str | None, name: str | None) -> tuple[str, str] | None:
        """Note id and name of a call. Returns both the first time its name is known; a missing id is made up."""
        slot = self._slots[key]
        announced = bool(slot.name)
        slot.name = name or slot.name
        if announced or not slot.name:
            slot.id = slot.id or id or ""
            return None
        taken = {other.id for other in self._slots.values() if other is not slot}
        slot.id = slot.id or id or ""
        if not slot.id or slot.id in taken:
            slot.id = self._new_id()
        return slot.id, slot.name

    def give(self, key: object, value: Any) -> None:
        """Set the input of a call that came whole."""
        self._slots[key].given = value

    @property
    def has_calls(self) -> bool:
        return any(slot.kind == "call" for slot in self._slots.values())

    def blocks(self, *, cut: bool) -> tuple[Block, ...]:
        """The blocks that hold something. `cut`: the answer ended at the token limit."""
        slots = [slot for slot in self._slots.values() if slot.kind != "call" or slot.name]
        built = [_block(slot, cut=cut and slot is slots[-1]) for slot in slots]
        return tuple(block for block in built if block is not None)


def _block(slot: _Slot, *, cut: bool) -> Block | None:
    text = "".join(slot.fragments)
    match slot.kind:
        case "text":
            return Text(text=text) if text.strip() else None
        case "thinking":
            return Thinking(text=text, signature=slot.signature) if text or slot.signature else None
        case "redacted":
            return RedactedThinking(data=text)
        case "call":
            value = slot.given if slot.given and not text else text
            input, unreadable = read_input(value, cut=cut)
            return ToolUse(id=slot.id, name=slot.name, input=input, unreadable=unreadable)


def read_input(value: Any, *, cut: bool) -> tuple[Mapping[str, Any], str | None]:
    """Input of a call from its JSON text (or from an object that came whole), and why it cannot be read.

    Nothing at all means a call without input, unless the answer was `cut` at the token limit.
    """
    if isinstance(value, str):
        if not value.strip() and not cut:
            return {}, None
        try:
            value = json.loads(value, parse_constant=_refuse_constant)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            if cut:
                return {}, "The input of this call was cut off at the token limit, so the call was not run."
            return {}, f"The input of this call is not valid JSON ({error}), so the call was not run."
    if not isinstance(value, dict):
        return {}, "The input of this call is not a JSON object, so the call was not run."
    return value, None  # pyright: ignore[reportUnknownVariableType]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def joined(items: Iterable[CompletionEvent]) -> Iterator[CompletionEvent]:
    """The items, with pieces of text that follow each other as one; all that came before an error comes first."""
    held: TextDelta | ThinkingDelta | None = None
    try:
        for item in items:
            if isinstance(held, TextDelta) and isinstance(item, TextDelta):
                held = TextDelta(text=held.text + item.text)
            elif isinstance(held, ThinkingDelta) and isinstance(item, ThinkingDelta):
                held = ThinkingDelta(text=held.text + item.text)
            else:
                if held is not None:
                    yield held
                held = item if isinstance(item, TextDelta | ThinkingDelta) else None
                if held is None:
                    yield item
    except Exception:
        if held is not None:
            yield held
        raise
    if held is not None:
        yield held


@final
class CharacterJoiner:
    """Repairs text whose characters beyond U+FFFF were cut in two and escaped as two halves in two fragments."""

    def __init__(self) -> None:
        self._held = ""

    def join(self, fragment: str) -> str:
        """`fragment` with halves joined; a first half at its end is held back for the next fragment."""
        if fragment.isascii() and not self._held:
            return fragment
        text = self._held + fragment
        self._held = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        whole = text[: len(text) - len(self._held)]
        return whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
