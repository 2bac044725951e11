"""The events of OpenAI's Responses interface as an answer. Pure."""

from collections.abc import Callable, Iterator
from typing import Final, Literal, final

import attrs

from actors import jsontext
from actors.llm.answers.blocks import BlockBuilder
from actors.llm.answers.deltas import CharacterJoiner
from actors.llm.completion import END_TURN, FILTERED, MAX_TOKENS, REFUSAL, TOOL_USE, Completion, Tokens
from actors.llm.failures.failures import failure, read_report
from actors.llm.fields import (
    JsonObject,
    WrongField,
    as_object,
    count_in,
    counts_in,
    index_in,
    list_in,
    object_in,
    text_in,
)
from actors.llm.messages import CompletionEvent, TextDelta, ThinkingDelta, ToolCallStarted

_Speech = Literal["text", "thinking"]

_ENDS: Final = ("response.completed", "response.incomplete")
_FAILURES: Final = ("response.failed", "response.cancelled")
_INCOMPLETE: Final = {"content_filter": FILTERED, "max_output_tokens": MAX_TOKENS}
_BETWEEN: Final = "\n\n"
"""Stands between the parts of reasoning."""


@final
@attrs.define(eq=False)
class _Item:
    """One item of the output, while it is being told."""

    place: object
    said: list[str] = attrs.field(factory=list[str])
    """Words and reasoning that were handed on."""
    joiner: CharacterJoiner = attrs.field(factory=CharacterJoiner)
    part: int = 0
    """The part of the reasoning that came last."""
    arguments: list[str] = attrs.field(factory=list[str])
    """Of a call, in pieces."""


@final
class Reader:
    """Turns the events of one answer into deltas and, at its end, the whole answer.

    Items are told apart by their position in the output. Each comes in pieces and then, done, as a whole, which counts
    more; the answer ends with all of them once more, which only matters when nothing came before.
    """

    def __init__(self, provider: str, new_id: Callable[[], str]) -> None:
        self.finished = False
        """The event that ends the answer came; it has the counts as well."""
        self._provider = provider
        self._blocks = BlockBuilder(provider, new_id)
        self._items: dict[object, _Item] = {}
        self._ids: dict[int, str] = {}
        """Id of the item that was first at a place."""
        self._response: JsonObject = {}
        self._refused = False

    @property
    def whole(self) -> bool:
        """See :class:`actors.llm.format.Reader`."""
        return self.finished

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        """See :class:`actors.llm.format.Reader`."""
        if self.finished or data == b"[DONE]":
            self.finished = self.finished or bool(self._items)
            return
        event = as_object(jsontext.read_loosely(data), "event")
        kind = text_in(event, "type")
        if kind == "error" or (not kind and event.get("error")):
            raise failure(self._provider, read_report(None, event))
        if kind in _FAILURES:
            error = object_in(event, "response").get("error") or {"message": "the answer failed"}
            raise failure(self._provider, read_report(None, {"error": error}))
        if kind in _ENDS or (not kind and event.get("object") == "response"):
            event = event if kind else {"response": event}
            yield from self._end(object_in(event, "response"))
        elif kind == "response.created":
            self._response = object_in(event, "response")
        else:
            yield from self._piece(kind, event)

    def completion(self) -> Completion:
        """See :class:`actors.llm.format.Reader`."""
        for item in self._items.values():
            if item.arguments:
                self._blocks.add((item.place, "call"), "".join(item.arguments))
                item.arguments.clear()
        stop = self._stop()
        return Completion(
            content=self._blocks.blocks(cut=stop == MAX_TOKENS),
            stop_reason=TOOL_USE if stop == END_TURN and self._blocks.has_calls else stop,
            tokens=self.tokens,
        )

    @property
    def written(self) -> int:
        """See :class:`actors.llm.format.Reader`."""
        return self._blocks.written

    @property
    def tokens(self) -> Tokens:
        """See :class:`actors.llm.format.Reader`. Cached tokens are part of the prompt's count here, and taken out."""
        usage = counts_in(self._response, "usage")
        cached = count_in(counts_in(usage, "input_tokens_details"), "cached_tokens")
        return Tokens(
            input=max(0, count_in(usage, "input_tokens") - cached),
            output=count_in(usage, "output_tokens"),
            cache_read=cached,
        )

    def _stop(self) -> str:
        if self._response.get("status") == "incomplete":
            why = counts_in(self._response, "incomplete_details").get("reason")
            return _INCOMPLETE.get(str(why), END_TURN)
        return REFUSAL if self._refused else END_TURN

    def _end(self, response: JsonObject) -> Iterator[CompletionEvent]:
        if not self._items:
            for position, item in enumerate(list_in(response, "output")):
                yield from self._done(self._item(position), as_object(item, "item"))
        self.finished, self._response = True, {**self._response, **response}

    def _piece(self, kind: str, event: JsonObject) -> Iterator[CompletionEvent]:
        match kind:
            case "response.output_text.delta" | "response.refusal.delta":
                self._refused = self._refused or kind == "response.refusal.delta"
                yield from self._say(self._at(event), "text", text_in(event, "delta"))
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                yield from self._think(self._at(event), event)
            case "response.function_call_arguments.delta":
                self._at(event).arguments.append(text_in(event, "delta"))
            case "response.output_item.added":
                item = object_in(event, "item")
                if text_in(item, "type") == "function_call":
                    yield from self._name(self._at(event, item), item)
            case "response.output_item.done":
                item = object_in(event, "item")
                yield from self._done(self._at(event, item), item)
            case _:
                pass

    def _at(self, event: JsonObject, told: JsonObject | None = None) -> _Item:
        """The item that an event tells of, by its position, else by its id.

        Some servers put every item at the same place: then `told`, what is told of a call, has another id.
        """
        id = text_in(event, "item_id") or text_in(told or {}, "id")
        if event.get("output_index") is not None:
            place = index_in(event, "output_index", 0)
            if id and self._ids.setdefault(place, id) != id:
                return self._item((place, id))
            return self._item(place)
        if not id:
            raise WrongField("an event does not say of what it tells")
        return self._item(id)

    def _item(self, place: object) -> _Item:
        return self._items.setdefault(place, _Item(place))

    def _done(self, item: _Item, whole: JsonObject) -> Iterator[CompletionEvent]:
        """Take an item as it is in the end."""
        match text_in(whole, "type"):
            case "message":
                parts = [as_object(part, "part") for part in list_in(whole, "content")]
                self._refused = self._refused or any(part.get("type") == "refusal" for part in parts)
                said = "".join(text_in(part, "text") or text_in(part, "refusal") for part in parts)
                yield from self._say_rest(item, "text", said)
            case "reasoning":
                parts = list_in(whole, "summary") or list_in(whole, "content")
                thought = [text_in(as_object(part, "part"), "text") for part in parts]
                yield from self._say_rest(item, "thinking", _BETWEEN.join(thought))
                self._keep(item, whole)
            case "function_call":
                yield from self._name(item, whole)
                if arguments := whole.get("arguments"):
                    item.arguments[:] = [
                        arguments if isinstance(arguments, str) else jsontext.write(arguments)
                    ]
            case _:
                pass

    def _keep(self, item: _Item, whole: JsonObject) -> None:
        """Keep what the provider wants back with its reasoning."""
        key = (item.place, "thinking")
        self._blocks.begin(key, "thinking")
        if encrypted := text_in(whole, "encrypted_content"):
            self._blocks.attach(key, "encrypted_content", encrypted)
            self._blocks.attach(key, "id", text_in(whole, "id"))
            self._blocks.attach(key, "model", str(self._response.get("model") or ""))

    def _name(self, item: _Item, call: JsonObject) -> Iterator[CompletionEvent]:
        key = (item.place, "call")
        self._blocks.begin(key, "call")
        id = text_in(call, "call_id") or text_in(call, "id")
        named = self._blocks.name_call(key, id=id, name=text_in(call, "name"))
        if named is not None:
            yield ToolCallStarted(id=named[0], name=named[1])

    def _think(self, item: _Item, event: JsonObject) -> Iterator[CompletionEvent]:
        part = index_in(event, "summary_index", item.part)
        between = _BETWEEN if part != item.part and item.said else ""
        item.part = part
        yield from self._say(item, "thinking", between + text_in(event, "delta"))

    def _say_rest(self, item: _Item, kind: _Speech, whole: str) -> Iterator[CompletionEvent]:
        """Hand on what of the whole is new; what was handed on is not taken back, should it differ."""
        said = "".join(item.said)
        item.joiner = CharacterJoiner()
        if whole.startswith(said):
            yield from self._say(item, kind, whole[len(said) :])

    def _say(self, item: _Item, kind: _Speech, fragment: str) -> Iterator[CompletionEvent]:
        key = (item.place, kind)
        self._blocks.begin(key, kind)
        if text := item.joiner.join(fragment) if fragment else "":
            item.said.append(text)
            self._blocks.add(key, text)
            yield TextDelta(text=text) if kind == "text" else ThinkingDelta(text=text)
