"""The Anthropic Messages format: a prompt as request body, stream events as an answer. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, final

from actors.llm.answer import END_TURN, MAX_TOKENS, Answer, CharacterJoiner, Draft, Kind, Tokens
from actors.llm.failures import failure, read_report
from actors.llm.history import may_think, normalise, place_notes, signed
from actors.llm.messages import CompletionEvent, SystemText, TextDelta, ThinkingDelta, ToolCallStarted
from actors.llm.pictures import Picture, Pictures
from actors.llm.prompt import BUDGETS, JsonObject, Prompt, answer_limit
from actors.vocabulary import (
    Block,
    ChatMessage,
    Image,
    RedactedThinking,
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


# --- request ------------------------------------------------------------------------------------------------


def request_body(prompt: Prompt, *, options: Mapping[str, Any]) -> JsonObject:
    """The body of ``POST /v1/messages`` for a streamed answer. `options` win over everything but `stream`."""
    history = normalise(prompt.messages, signed)
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
            return _picture(pictures[path])
        case Thinking(text=text, signature=signature):
            return {"type": "thinking", "thinking": text, "signature": signature}
        case RedactedThinking(data=data):
            return {"type": "redacted_thinking", "data": data}
        case ToolUse(id=id, name=name, input=input):
            return {"type": "tool_use", "id": _id(id), "name": name, "input": dict(input)}
        case ToolResult():
            return _result(block, pictures)


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
    "redacted_thinking": "redacted",
    "tool_use": "call",
}


@final
class Reader:
    """Turns the events of one stream into deltas and, at its end, the whole answer.

    Kinds of events, blocks and deltas that it does not know are passed over: the API adds to them.
    """

    def __init__(self, provider: str, new_id: Callable[[], str]) -> None:
        self.finished = False
        """``message_stop`` came; nothing that matters follows."""
        self._provider = provider
        self._draft = Draft(new_id)
        self._joiner = CharacterJoiner()
        self._usage: dict[str, int] = {}
        self._stop: str | None = None

    @property
    def whole(self) -> bool:
        """Whether the model itself came to an end, even if the stream was cut after that."""
        return self.finished or self._stop is not None

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        """Take the data of one event.

        Raises the failure it stands for; LookupError, TypeError, ValueError or AttributeError when it is garbled.
        """
        event: JsonObject = json.loads(data.decode())
        match event["type"]:
            case "content_block_delta":
                yield from self._delta(event["index"], event["delta"])
            case "content_block_start":
                yield from self._begin(event["index"], event["content_block"])
            case "message_start":
                self._count(event["message"].get("usage"))
            case "message_delta":
                self._count(event.get("usage"))
                self._stop = event["delta"].get("stop_reason") or self._stop
            case "message_stop":
                self.finished = True
            case "error":
                raise failure(self._provider, read_report(None, event))
            case _:
                pass

    def answer(self) -> Answer:
        """What was said; blocks that never ended are taken as they are."""
        return Answer(
            content=self._draft.blocks(cut=self._stop == MAX_TOKENS),
            stop_reason=self._stop or END_TURN,
            tokens=Tokens(
                input=self._usage.get("input_tokens", 0),
                output=self._usage.get("output_tokens", 0),
                cache_read=self._usage.get("cache_read_input_tokens", 0),
                cache_write=self._usage.get("cache_creation_input_tokens", 0),
            ),
        )

    def _begin(self, index: int, block: JsonObject) -> Iterator[CompletionEvent]:
        kind = _KINDS.get(block["type"])
        if kind is None:
            return
        self._draft.begin(index, kind)
        if kind == "call":
            self._draft.give(index, block.get("input"))
            if (call := self._draft.name_call(index, id=block["id"], name=block["name"])) is not None:
                yield ToolCallStarted(id=call[0], name=call[1])
        elif kind == "redacted":
            self._draft.add(index, block["data"])
        elif kind == "thinking":
            self._draft.add(index, block.get("thinking", ""))
            self._draft.sign(index, block.get("signature") or "")
        elif block["text"]:
            yield from self._delta(index, {"type": "text_delta", "text": block["text"]})

    def _delta(self, index: int, delta: JsonObject) -> Iterator[CompletionEvent]:
        match delta.get("type"):
            case "text_delta":
                if text := self._joiner.join(delta["text"]):
                    self._draft.add(index, text)
                    yield TextDelta(text=text)
            case "input_json_delta":
                self._draft.add(index, delta["partial_json"])
            case "thinking_delta":
                if text := self._joiner.join(delta["thinking"]):
                    self._draft.add(index, text)
                    yield ThinkingDelta(text=text)
            case "signature_delta":
                self._draft.sign(index, delta["signature"])
            case _:
                pass

    def _count(self, usage: Mapping[str, Any] | None) -> None:
        """Later counters replace earlier ones where they say something."""
        self._usage.update(
            {key: value for key, value in (usage or {}).items() if isinstance(value, int) and value}
        )
