"""The Anthropic Messages format: a prompt as request body, stream events as an answer. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, final

from actors import jsontext
from actors.llm.blocks import BlockBuilder, Kind
from actors.llm.completion import END_TURN, MAX_TOKENS, Completion, Tokens
from actors.llm.deltas import CharacterJoiner
from actors.llm.failures import failure, read_report
from actors.llm.fields import JsonObject, as_object, count_in, counts_in, index_in, object_in, text_in
from actors.llm.format import Format
from actors.llm.history import may_think, normalise, place_notes, wanted_back
from actors.llm.messages import CompletionEvent, SystemText, TextDelta, ThinkingDelta, ToolCallStarted
from actors.llm.pictures import Picture, Pictures, shown
from actors.llm.prompt import BUDGETS, Prompt, answer_limit
from actors.vocabulary import (
    Block,
    ChatMessage,
    Image,
    Text,
    Thinking,
    ToolResult,
    ToolSpec,
    ToolUse,
)

CACHED: Final = {"type": "ephemeral"}
"""Marks the end of a prefix that the provider may keep: tools, then system, then messages. Four a request, no more."""

_ILLEGAL_IN_ID: Final = re.compile(r"[^A-Za-z0-9_-]")
_LEAST_BUDGET: Final = 1024
_SIGNATURE: Final = "signature"
_REDACTED: Final = "redacted"
"""Names of what goes back with reasoning: proof that it is unchanged, or all of it, encrypted."""


# --- request ------------------------------------------------------------------------------------------------


def request_body(prompt: Prompt, options: Mapping[str, Any]) -> JsonObject:
    """The body of ``POST /v1/messages`` for a streamed answer. `options` win over everything but `stream`."""
    history = normalise(prompt.messages, wanted_back(prompt.provider))
    budget = BUDGETS[prompt.effort] if prompt.effort and may_think(history) else None
    limit = answer_limit(prompt, budget)
    noted = place_notes(history, prompt.system)
    body: JsonObject = {"model": prompt.model, "max_tokens": limit}
    if system := [part for part in prompt.system if part.cached or noted is None]:
        body["system"] = _system(system)
    if prompt.tools:
        *tools, last = (_tool(tool) for tool in prompt.tools)
        body["tools"] = [*tools, {**last, "cache_control": CACHED}]
    body["messages"] = _messages(history, prompt.pictures, noted)
    if budget is not None and (budget := min(budget, limit - _LEAST_BUDGET)) >= _LEAST_BUDGET:
        body["thinking"] = {"type": "enabled", "budget_tokens": budget}
    return {**body, **options, "stream": True}


def _messages(history: list[ChatMessage], pictures: Pictures, noted: int | None) -> list[JsonObject]:
    """The history, with two breakpoints.

    The last block is found again by the next round of this turn; the last one before the note by the next turn, when
    the note is gone.
    """
    messages: list[JsonObject] = [
        {"role": message.role, "content": [_block(block, pictures) for block in message.content]}
        for message in history
    ]
    if noted is not None:
        messages[noted]["content"][-2]["cache_control"] = CACHED
    if messages and messages[-1]["role"] == "user":
        messages[-1]["content"][-1]["cache_control"] = CACHED
    return messages


def _system(parts: list[SystemText]) -> list[JsonObject]:
    blocks: list[JsonObject] = [{"type": "text", "text": part.text} for part in parts]
    stable = [i for i, part in enumerate(parts) if part.cached]
    if stable:
        blocks[stable[-1]]["cache_control"] = CACHED
    return blocks


def _tool(tool: ToolSpec) -> JsonObject:
    return {"name": tool.name, "description": tool.description, "input_schema": dict(tool.input_schema)}


def _block(block: Block, pictures: Pictures) -> JsonObject:
    match block:
        case Text(text=text):
            return {"type": "text", "text": text}
        case Image(path=path):
            return _picture(shown(pictures, path))
        case Thinking():
            return _thinking(block)
        case ToolUse(id=id, name=name, input=input):
            return {"type": "tool_use", "id": _id(id), "name": name, "input": dict(input)}
        case ToolResult():
            return _result(block, pictures)


def _thinking(block: Thinking) -> JsonObject:
    """Reasoning that came from here, as it came."""
    data: Mapping[str, Any] = block.provider_data.data if block.provider_data else {}
    if _REDACTED in data:
        return {"type": "redacted_thinking", "data": data[_REDACTED]}
    return {"type": "thinking", "thinking": block.text, "signature": data.get(_SIGNATURE, "")}


def _picture(picture: Picture | str) -> JsonObject:
    if isinstance(picture, str):
        return {"type": "text", "text": picture}
    source = {"type": "base64", "media_type": picture.media_type, "data": picture.data}
    return {"type": "image", "source": source}


def _result(result: ToolResult, pictures: Pictures) -> JsonObject:
    """The name of the tool is ours alone: the API refuses fields it does not know."""
    parts = [part for part in result.content if isinstance(part, Image) or part.text.strip()]
    block: JsonObject = {"type": "tool_result", "tool_use_id": _id(result.tool_use_id)}
    if parts:
        block["content"] = [_block(part, pictures) for part in parts]
    if result.is_error:
        block["is_error"] = True
    return block


def _id(id: str) -> str:
    """An id that another provider made up, in letters that this one accepts."""
    return _ILLEGAL_IN_ID.sub("_", id)


# --- stream ---------------------------------------------------------------------------------------------------

_KINDS: Final[Mapping[str, Kind]] = {
    "text": "text",
    "thinking": "thinking",
    "redacted_thinking": "thinking",
    "tool_use": "call",
}
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
        self._joiner = CharacterJoiner()
        self._usage = dict.fromkeys(_COUNTERS, 0)
        self._stop = ""

    @property
    def whole(self) -> bool:
        """See :class:`actors.llm.format.Reader`."""
        return self.finished or bool(self._stop)

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        """See :class:`actors.llm.format.Reader`."""
        event = as_object(jsontext.read(data, keep_halves=True), "event")
        match event.get("type"):
            case "content_block_delta":
                yield from self._delta(index_in(event, "index", 0), object_in(event, "delta"))
            case "content_block_start":
                yield from self._begin(index_in(event, "index", 0), object_in(event, "content_block"))
            case "message_start":
                self._count(counts_in(object_in(event, "message"), "usage"))
            case "message_delta":
                self._count(counts_in(event, "usage"))
                self._stop = text_in(object_in(event, "delta"), "stop_reason") or self._stop
            case "message_stop":
                self.finished = True
            case "error":
                raise failure(self._provider, read_report(None, event))
            case _:
                pass

    def completion(self) -> Completion:
        """See :class:`actors.llm.format.Reader`."""
        used = self._usage
        return Completion(
            content=self._blocks.blocks(cut=self._stop == MAX_TOKENS),
            stop_reason=self._stop or END_TURN,
            tokens=Tokens(
                input=used["input_tokens"],
                output=used["output_tokens"],
                cache_read=used["cache_read_input_tokens"],
                cache_write=used["cache_creation_input_tokens"],
            ),
        )

    def _begin(self, index: int, block: JsonObject) -> Iterator[CompletionEvent]:
        kind = _KINDS.get(text_in(block, "type"))
        if kind is None:
            return
        self._blocks.begin(index, kind)
        match block["type"]:
            case "tool_use":
                self._blocks.set_input(index, block.get("input"))
                call = self._blocks.name_call(index, id=text_in(block, "id"), name=text_in(block, "name"))
                if call is not None:
                    yield ToolCallStarted(id=call[0], name=call[1])
            case "redacted_thinking":
                self._blocks.keep(index, _REDACTED, text_in(block, "data"))
            case "thinking":
                self._blocks.add(index, text_in(block, "thinking"))
                self._blocks.keep(index, _SIGNATURE, text_in(block, "signature"))
            case _:
                yield from self._delta(index, {"type": "text_delta", "text": block.get("text")})

    def _delta(self, index: int, delta: JsonObject) -> Iterator[CompletionEvent]:
        match delta.get("type"):
            case "text_delta":
                if text := self._joiner.join(text_in(delta, "text")):
                    self._blocks.add(index, text)
                    yield TextDelta(text=text)
            case "input_json_delta":
                self._blocks.add(index, text_in(delta, "partial_json"))
            case "thinking_delta":
                if text := self._joiner.join(text_in(delta, "thinking")):
                    self._blocks.add(index, text)
                    yield ThinkingDelta(text=text)
            case "signature_delta":
                self._blocks.keep(index, _SIGNATURE, text_in(delta, "signature"))
            case _:
                pass

    def _count(self, usage: JsonObject) -> None:
        """Later counters replace earlier ones where they say something."""
        self._usage.update({key: count for key in _COUNTERS if (count := count_in(usage, key))})


FORMAT: Final = Format(path="/v1/messages", body=request_body, reader=Reader)
