"""The events of a stream of the Anthropic Messages interface as an answer, from Anthropic and from proxies. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast, final

from actors import jsontext
from actors.llm.answers.blocks import BlockBuilder, Kind
from actors.llm.answers.deltas import CharacterJoiner
from actors.llm.answers.stops import stop_reason
from actors.llm.completion import MAX_TOKENS, Completion, Tokens
from actors.llm.failures.failures import failure, read_report
from actors.llm.fields import (
    JsonObject,
    as_object,
    count_in,
    counts_in,
    index_in,
    list_in,
    object_in,
    text_in,
)
from actors.llm.messages import CompletionEvent, TextDelta, ThinkingDelta, ToolCallStarted

SIGNATURE: Final = "signature"
REDACTED: Final = "redacted"
"""Names of what goes back with reasoning: proof that it is unchanged, or all of it, encrypted."""

_KINDS: Final[Mapping[str, Kind]] = {
    "text": "text",
    "thinking": "thinking",
    "redacted_thinking": "thinking",
    "tool_use": "call",
}
_DELTAS: Final[Mapping[str, Kind]] = {"text_delta": "text", "thinking_delta": "thinking"}
"""What begins by itself where a proxy left out the beginning of a block."""
_COUNTERS: Final = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
)


@final
class Reader:
    """Turns the events of one stream into deltas and, at its end, the whole answer.

    Kinds of events, blocks and deltas that it does not know are passed over: the API adds to them.
    """

    def __init__(self, provider: str, new_id: Callable[[], str]) -> None:
        self.finished = False
        """``message_stop`` came; nothing that matters follows."""
        self._provider = provider
        self._blocks = BlockBuilder(provider, new_id)
        self._open: dict[int, tuple[int, str]] = {}
        """Number and id of the block that has an index. Some proxies give every block the same one."""
        self._unknown = set[int]()
        """Indexes of blocks that are passed over."""
        self._begun = 0
        self._joiner = CharacterJoiner()
        self._usage = dict.fromkeys(_COUNTERS, 0)
        self._stop = ""

    @property
    def whole(self) -> bool:
        """See :class:`actors.llm.format.Reader`."""
        return self.finished or bool(self._stop)

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        """See :class:`actors.llm.format.Reader`."""
        if not data.startswith(b"{"):
            self.finished = self.finished or (data == b"[DONE]" and self._begun > 0)
            return
        event: JsonObject = as_object(jsontext.read_loosely(data), "event")
        match _type_of(event):
            case "content_block_delta":
                yield from self._delta(index_in(event, "index", 0), object_in(event, "delta"))
            case "content_block_start":
                yield from self._begin(index_in(event, "index", 0), object_in(event, "content_block"))
            case "content_block_stop":
                self._open.pop(index_in(event, "index", 0), None)
            case "message_start":
                yield from self._message(object_in(event, "message"))
            case "message_delta":
                self._count(counts_in(event, "usage"))
                self._end(text_in(object_in(event, "delta"), "stop_reason"))
            case "message":
                yield from self._message(event)
                self.finished = True
            case "message_stop":
                self.finished = True
            case "error":
                raise failure(self._provider, read_report(None, event))
            case _:
                pass

    def completion(self) -> Completion:
        """See :class:`actors.llm.format.Reader`."""
        stop = stop_reason(self._provider, self._stop, calls=self._blocks.has_calls)
        return Completion(
            content=self._blocks.blocks(cut=stop == MAX_TOKENS),
            stop_reason=stop,
            tokens=self.tokens,
        )

    @property
    def written(self) -> int:
        """See :class:`actors.llm.format.Reader`."""
        return self._blocks.written

    @property
    def tokens(self) -> Tokens:
        """See :class:`actors.llm.format.Reader`."""
        used = self._usage
        return Tokens(
            input=used["input_tokens"],
            output=used["output_tokens"],
            cache_read=used["cache_read_input_tokens"],
            cache_write=used["cache_creation_input_tokens"],
        )

    def _message(self, message: JsonObject) -> Iterator[CompletionEvent]:
        """A message at its beginning, or all of one."""
        self._count(counts_in(message, "usage"))
        for index, block in enumerate(list_in(message, "content")):
            yield from self._begin(index, as_object(block, "content block"))
            self._open.pop(index, None)
        self._end(text_in(message, "stop_reason"))

    def _end(self, reason: str) -> None:
        stop_reason(self._provider, reason, calls=False)  # raises at once what is a failure
        self._stop = reason or self._stop

    def _begin(self, index: int, block: JsonObject) -> Iterator[CompletionEvent]:
        kind = _KINDS.get(text_in(block, "type"))
        if kind is None:
            self._unknown.add(index)
            self._open.pop(index, None)
            return
        id = text_in(block, "id")
        if kind == "call" and id and self._open.get(index, (0, ""))[1] == id:
            return  # the same event once more
        key = self._new(index, kind, id)
        match block["type"]:
            case "tool_use":
                self._blocks.set_input(key, block.get("input"))
                call = self._blocks.name_call(key, id=id, name=text_in(block, "name"))
                if call is not None:
                    yield ToolCallStarted(id=call[0], name=call[1])
            case "redacted_thinking":
                self._blocks.keep(key, REDACTED, text_in(block, "data"))
            case "thinking":
                yield from self._delta(index, {"type": "thinking_delta", "thinking": block.get("thinking")})
                self._blocks.keep(key, SIGNATURE, text_in(block, "signature"))
            case _:
                yield from self._delta(index, {"type": "text_delta", "text": block.get("text")})

    def _new(self, index: int, kind: Kind, id: str = "") -> int:
        """The number of a new block at an index."""
        self._begun += 1
        self._open[index] = (self._begun, id)
        self._unknown.discard(index)
        self._blocks.begin(self._begun, kind)
        return self._begun

    def _delta(self, index: int, delta: JsonObject) -> Iterator[CompletionEvent]:
        if index in self._unknown:
            return
        kind = delta.get("type")
        begins = _DELTAS.get(kind) if isinstance(kind, str) else None
        if index not in self._open and begins is not None:
            self._new(index, begins)
        key = self._open.get(index, (0, ""))[0]
        match kind:
            case "text_delta":
                if text := self._joiner.join(text_in(delta, "text")):
                    self._blocks.add(key, text)
                    yield TextDelta(text=text)
            case "input_json_delta":
                self._blocks.add(key, text_in(delta, "partial_json"))
            case "thinking_delta":
                if text := self._joiner.join(text_in(delta, "thinking")):
                    self._blocks.add(key, text)
                    yield ThinkingDelta(text=text)
            case "signature_delta":
                self._blocks.keep(key, SIGNATURE, text_in(delta, "signature"))
            case _:
                pass

    def _count(self, usage: JsonObject) -> None:
        """Later counters replace earlier ones where they say something."""
        self._usage.update({key: count for key in _COUNTERS if (count := count_in(usage, key))})


def _type_of(event: JsonObject) -> Any:
    """The type of an event; by its shape, where a proxy left it to the name of the event."""
    if (kind := event.get("type")) is not None or not event:
        return kind
    delta = event.get("delta")
    if event.get("error"):
        return "error"
    if isinstance(delta, dict):
        return "message_delta" if "stop_reason" in cast("JsonObject", delta) else "content_block_delta"
    return next(
        (
            type
            for field, type in (("content_block", "content_block_start"), ("message", "message_start"))
            if field in event
        ),
        None,
    )
