"""The Anthropic Messages format: a prompt as request body; the answer is read by its neighbour. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from actors.llm.anthropic.stream import REDACTED, SIGNATURE, Reader
from actors.llm.fields import JsonObject
from actors.llm.format import Format
from actors.llm.messages import SystemText
from actors.llm.requests.documents import Pdf
from actors.llm.requests.files import File, Files, shown
from actors.llm.requests.history import Keep, may_think, normalise, place_notes
from actors.llm.requests.pairing import saying
from actors.llm.requests.prompt import BUDGETS, Prompt, answer_limit
from actors.llm.requests.wire_names import wire_name
from actors.vocabulary import (
    PDF,
    Block,
    ChatMessage,
    Document,
    Image,
    Text,
    Thinking,
    ToolResult,
    ToolSpec,
    ToolUse,
)

__all__ = ["FORMAT", "Reader", "request_body"]

CACHED: Final = {"type": "ephemeral"}
"""Marks the end of a prefix that the provider may keep: tools, then system, then messages. Four a request, no more."""

_LEAST_BUDGET: Final = 1024
_NOTHING: Final = "(no output)"
"""In the place of a result without a visible character."""


def request_body(prompt: Prompt, options: Mapping[str, Any]) -> JsonObject:
    """The body of ``POST /v1/messages`` for a streamed answer. `options` win over everything but `stream`."""
    history = [
        _without_last_thought(each) for each in normalise(prompt.messages, _wanted_back(prompt.provider))
    ]
    thinks = prompt.details.thinking if prompt.effort and may_think(history) else "none"
    budget = BUDGETS[prompt.effort] if prompt.effort and thinks != "none" else None
    limit = answer_limit(prompt, budget)
    noted = place_notes(history, prompt.system)
    body: JsonObject = {"model": prompt.model, "max_tokens": limit}
    if system := [part for part in prompt.system if part.cached and part.text.strip()]:
        body["system"] = _system(system)
    if prompt.tools:
        *tools, last = {wire_name(tool.name): _tool(tool) for tool in prompt.tools}.values()
        body["tools"] = [*tools, {**last, "cache_control": CACHED}]
    body["messages"] = _messages(history, prompt.files, noted)
    if thinks == "adaptive":
        body["thinking"] = {"type": "adaptive", "display": "summarized"}
        body["output_config"] = {"effort": prompt.effort}
    elif budget is not None and (budget := min(budget, limit - _LEAST_BUDGET)) >= _LEAST_BUDGET:
        body["thinking"] = {"type": "enabled", "budget_tokens": budget}
    return {**body, **options, "stream": True}


def _wanted_back(provider: str) -> Keep:
    """Of reasoning, what `provider` signed or sent encrypted; it refuses any other."""

    def keep(block: Block) -> bool:
        if not isinstance(block, Thinking):
            return True
        kept = block.provider_data
        return (
            kept is not None
            and kept.origin == provider
            and bool(kept.data.get(SIGNATURE) or kept.data.get(REDACTED))
        )

    return keep


def _without_last_thought(message: ChatMessage) -> ChatMessage:
    """A message may not end with reasoning, as one does whose answer was cut."""
    content = message.content
    while isinstance(content[-1], Thinking):
        content = content[:-1]
    return saying(message, content)


def _messages(history: list[ChatMessage], files: Files, noted: int | None) -> list[JsonObject]:
    """The history, with two breakpoints.

    The last block is found again by the next round of this turn; the last one before the note by the next turn, when
    the note is gone.
    """
    messages: list[JsonObject] = [
        {"role": message.role, "content": [_block(block, files) for block in message.content]}
        for message in history
    ]
    if noted is not None:
        messages[noted]["content"][-2]["cache_control"] = CACHED
    messages[-1]["content"][-1]["cache_control"] = CACHED
    return messages


def _system(parts: list[SystemText]) -> list[JsonObject]:
    blocks: list[JsonObject] = [{"type": "text", "text": part.text} for part in parts]
    blocks[-1]["cache_control"] = CACHED
    return blocks


def _tool(tool: ToolSpec) -> JsonObject:
    return {
        "name": wire_name(tool.name),
        "description": tool.description,
        "input_schema": dict(tool.input_schema),
    }


def _block(block: Block, files: Files) -> JsonObject:
    match block:
        case Text(text=text):
            return {"type": "text", "text": text}
        case Image() | Document():
            return _file(shown(files, block))
        case Thinking():
            return _thinking(block)
        case ToolUse(id=id, name=name, input=input):
            return {"type": "tool_use", "id": id, "name": name, "input": dict(input)}
        case ToolResult():
            return _result(block, files)


def _thinking(block: Thinking) -> JsonObject:
    """Reasoning that came from here, as it came."""
    data: Mapping[str, Any] = block.provider_data.data if block.provider_data else {}
    if REDACTED in data:
        return {"type": "redacted_thinking", "data": data[REDACTED]}
    return {"type": "thinking", "thinking": block.text, "signature": data[SIGNATURE]}


def _file(file: File | str) -> JsonObject:
    match file:
        case str():
            return {"type": "text", "text": file}
        case Pdf():
            source = {"type": "base64", "media_type": PDF, "data": file.data}
            return {"type": "document", "source": source, "title": file.name}
        case _:
            source = {"type": "base64", "media_type": file.media_type, "data": file.data}
            return {"type": "image", "source": source}


def _result(result: ToolResult, files: Files) -> JsonObject:
    """The name of the tool is ours alone: the API refuses fields it does not know."""
    parts = [part for part in result.content if not isinstance(part, Text) or part.text.strip()]
    block: JsonObject = {
        "type": "tool_result",
        "tool_use_id": result.tool_use_id,
        "content": [_block(part, files) for part in parts or (Text(text=_NOTHING),)],
    }
    if result.is_error:
        block["is_error"] = True
    return block


FORMAT: Final = Format(path="/v1/messages", body=request_body, reader=Reader)
