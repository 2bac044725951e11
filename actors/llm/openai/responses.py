"""OpenAI's Responses interface: prompt to request body. Pure. Its answers: :mod:`responses_stream`.

Models that reason between their calls need it: chat completions neither take an effort beside tools nor hand the
reasoning out. Nothing is left with the provider (``store``); the reasoning comes encrypted and goes back with what
the model made of it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from actors import jsontext
from actors.llm.fields import JsonObject
from actors.llm.format import Format
from actors.llm.openai.responses_stream import Reader
from actors.llm.requests.documents import Pdf
from actors.llm.requests.files import Files, Reference, follows, shown
from actors.llm.requests.history import normalise, place_notes, wanted_back
from actors.llm.requests.pictures import Picture
from actors.llm.requests.prompt import BUDGETS, LIMITS, Prompt, answer_limit
from actors.llm.requests.wire_names import wire_name
from actors.vocabulary import ChatMessage, Content, Text, Thinking, ToolResult, ToolSpec, ToolUse

ENCRYPTED: Final = "reasoning.encrypted_content"

_DATE: Final = re.compile(r"(-\d[\d-]*)?")
_NOT_HERE: Final = frozenset({"messages", "stream_options", "n", "stop", "seed", "frequency_penalty"})
"""Parameters of chat completions that this interface refuses."""


def request_body(prompt: Prompt, options: Mapping[str, Any]) -> JsonObject:
    """The body of ``POST /responses`` for a streamed answer. `options` win over everything but `stream`."""
    effort = prompt.effort if prompt.details.effort else None
    limit = answer_limit(prompt, BUDGETS[effort] if effort else None)
    history = normalise(prompt.messages, wanted_back(prompt.provider))
    noted = place_notes(history, prompt.system)
    system = "\n".join(part.text for part in prompt.system if part.text and (part.cached or noted is None))
    body: JsonObject = {
        "model": prompt.model,
        "input": [item for message in history for item in _items(message, prompt)],
        "max_output_tokens": limit,
        "store": False,
        "include": [ENCRYPTED],
    }
    if system:
        body["instructions"] = system
    if effort:
        body["reasoning"] = {"effort": effort, "summary": "auto"}
    if prompt.tools and prompt.details.tools:
        body["tools"] = list({wire_name(tool.name): _tool(tool) for tool in prompt.tools}.values())
    return {**body, **_renamed(options), "stream": True}


def _renamed(options: Mapping[str, Any]) -> JsonObject:
    """What the settings add, in the words of this interface."""
    added = {name: value for name, value in options.items() if name not in (*LIMITS, *_NOT_HERE)}
    limit = next((options[name] for name in LIMITS if name in options), None)
    if limit is not None:
        added.setdefault("max_output_tokens", limit)
    if (effort := added.pop("reasoning_effort", None)) is not None:
        added.setdefault("reasoning", {"effort": effort})
    return added


def _tool(tool: ToolSpec) -> JsonObject:
    return {
        "type": "function",
        "name": wire_name(tool.name),
        "description": tool.description,
        "parameters": dict(tool.input_schema),
        "strict": False,
    }


def _items(message: ChatMessage, prompt: Prompt) -> Iterator[JsonObject]:
    yield from (
        _of_model(message, prompt.model) if message.role == "assistant" else _of_person(message, prompt.files)
    )


def _of_model(message: ChatMessage, model: str) -> Iterator[JsonObject]:
    """What the model said, in its order: reasoning stands before what came of it."""
    for block in message.content:
        match block:
            case Text(text=text):
                yield {"role": "assistant", "content": text}
            case Thinking() if (reasoning := _reasoning(block, model)) is not None:
                yield reasoning
            case ToolUse():
                yield {
                    "type": "function_call",
                    "call_id": block.id,
                    "name": block.name,
                    "arguments": jsontext.write(dict(block.input)),
                }
            case _:
                pass


def _reasoning(block: Thinking, model: str) -> JsonObject | None:
    """The item as it came; another model cannot read it, and refuses it."""
    data: Mapping[str, Any] = block.provider_data.data if block.provider_data is not None else {}
    if not data.get("encrypted_content") or not _is_of(str(data.get("model")), model):
        return None
    summary = [{"type": "summary_text", "text": block.text}] if block.text else []
    return {
        "type": "reasoning",
        "id": data.get("id", ""),
        "summary": summary,
        "encrypted_content": data["encrypted_content"],
    }


def _is_of(answered: str, model: str) -> bool:
    """Whether `model`, or a snapshot of it with a date in its name, answered."""
    return answered.startswith(model) and _DATE.fullmatch(answered, len(model)) is not None


def _of_person(message: ChatMessage, files: Files) -> Iterator[JsonObject]:
    """An item for each result, then one with all that is left, files out of results included."""
    results = [block for block in message.content if isinstance(block, ToolResult)]
    for result in results:
        yield {"type": "function_call_output", "call_id": result.tool_use_id, "output": _result(result)}
    rest: list[Content] = [
        *(part for result in results for part in result.content if isinstance(part, Reference)),
        *(block for block in message.content if isinstance(block, Content)),
    ]
    if rest:
        yield {"role": "user", "content": [_part(block, files) for block in rest]}


def _result(result: ToolResult) -> str:
    parts = [part.text if isinstance(part, Text) else follows(part) for part in result.content]
    text = "\n".join(parts)
    return f"Error: {text}" if result.is_error and not text.lower().startswith("error") else text


def _part(block: Content, files: Files) -> JsonObject:
    said = block.text if isinstance(block, Text) else shown(files, block)
    if isinstance(said, Picture):
        return {"type": "input_image", "detail": "auto", "image_url": said.url}
    if isinstance(said, Pdf):
        return {"type": "input_file", "filename": said.name, "file_data": said.url}
    return {"type": "input_text", "text": said}


FORMAT: Final = Format(path="/responses", body=request_body, reader=Reader)
