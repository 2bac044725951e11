"""Ollama's own interface, ``POST /api/chat``: prompt to request body. Pure. Its answers: :mod:`.stream`."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from actors.llm.fields import JsonObject
from actors.llm.format import Format
from actors.llm.ollama.options import sorted_out
from actors.llm.ollama.stream import Reader
from actors.llm.ollama.window import Windows, needed
from actors.llm.requests.documents import Pdf
from actors.llm.requests.files import Files, Reference, cannot, follows, shown
from actors.llm.requests.history import normalise, place_notes, wanted_back
from actors.llm.requests.pictures import Picture
from actors.llm.requests.prompt import BUDGETS, Prompt, answer_limit
from actors.llm.requests.wire_names import wire_name
from actors.vocabulary import ChatMessage, Content, Text, Thinking, ToolResult, ToolSpec, ToolUse

KEEP_ALIVE: Final = "5m"
"""How long a model stays loaded after a request, unless the settings say otherwise."""


def format_at(base_url: str, clock: Callable[[], float]) -> Format:
    """The interface of the Ollama at `base_url`; `clock` tells seconds, from any beginning."""
    body = partial(request_body, windows=Windows(clock))
    return Format(path=f"{base_url}/api/chat", body=body, reader=Reader)


def request_body(prompt: Prompt, options: Mapping[str, Any], *, windows: Windows) -> JsonObject:
    """The body of a request for a streamed answer. `options` win over everything but `stream`.

    A prompt that does not fit is to be refused (``truncate``, ``shift``) instead of being cut without a word; an
    Ollama that is too old to know that passes over it.
    """
    thinks = prompt.details.effort
    limit = answer_limit(prompt, BUDGETS[prompt.effort] if prompt.effort and thinks else None)
    messages = list(_messages(prompt))
    tools = list(
        {wire_name(tool.name): _tool(tool) for tool in prompt.tools if prompt.details.tools}.values()
    )
    given, chosen = sorted_out(options)
    size = needed(messages, tools, limit)
    body: JsonObject = {
        "model": prompt.model,
        "messages": messages,
        "truncate": False,
        "shift": False,
        "keep_alive": KEEP_ALIVE,
    }
    if tools:
        body["tools"] = tools
    if thinks:
        body["think"] = _think(prompt)
    if "num_ctx" not in chosen:
        chosen["num_ctx"] = windows.choose(prompt.model, size, prompt.details.context_window)
    return {**body, **given, "options": {"num_predict": limit, **chosen}, "stream": True}


def _think(prompt: Prompt) -> bool | str:
    """Whether to think; one family is told how much, the others only know yes and no."""
    return prompt.effort or "low" if "gpt-oss" in prompt.model else prompt.effort is not None


def _tool(tool: ToolSpec) -> JsonObject:
    parameters: JsonObject = {"type": "object", "properties": {}, **tool.input_schema}
    function: JsonObject = {
        "name": wire_name(tool.name),
        "description": tool.description,
        "parameters": parameters,
    }
    return {"type": "function", "function": function}


def _messages(prompt: Prompt) -> Iterator[JsonObject]:
    history = normalise(prompt.messages, wanted_back(prompt.provider))
    noted = place_notes(history, prompt.system)
    system = "\n".join(part.text for part in prompt.system if part.text and (part.cached or noted is None))
    if system:
        yield {"role": "system", "content": system}
    turn = _last_turn(history)
    for number, message in enumerate(history):
        if message.role == "assistant":
            yield _assistant(message, thinking=number > turn)
        else:
            yield from _user(message, prompt.files)


def _last_turn(history: list[ChatMessage]) -> int:
    """Index of the last message in which the person speaks. What was thought before it no model reads again."""
    spoken = (
        number
        for number, message in enumerate(history)
        if message.role == "user" and any(isinstance(block, Content) for block in message.content)
    )
    return max(spoken, default=-1)


def _assistant(message: ChatMessage, *, thinking: bool) -> JsonObject:
    made: JsonObject = {
        "role": "assistant",
        "content": "".join(block.text for block in message.content if isinstance(block, Text)),
    }
    thought = "".join(block.text for block in message.content if isinstance(block, Thinking))
    if thinking and thought:
        made["thinking"] = thought
    calls = [
        {"id": block.id, "function": {"name": block.name, "arguments": dict(block.input)}}
        for block in message.content
        if isinstance(block, ToolUse)
    ]
    if calls:
        made["tool_calls"] = calls
    return made


def _user(message: ChatMessage, files: Files) -> Iterator[JsonObject]:
    """One message for each result, then one with all that is left, files out of results included."""
    results = [block for block in message.content if isinstance(block, ToolResult)]
    for result in results:
        yield {
            "role": "tool",
            "content": _result(result),
            "tool_name": result.name,
            "tool_call_id": result.tool_use_id,
        }
    rest: list[Content] = [
        *(part for result in results for part in result.content if isinstance(part, Reference)),
        *(block for block in message.content if isinstance(block, Content)),
    ]
    if rest:
        yield _said(rest, files)


def _result(result: ToolResult) -> str:
    """The interface knows neither files in results nor failed calls; words stand for both."""
    parts = [part.text if isinstance(part, Text) else follows(part) for part in result.content]
    text = "\n".join(parts)
    return f"Error: {text}" if result.is_error and not text.lower().startswith("error") else text


def _said(blocks: list[Content], files: Files) -> JsonObject:
    """Words as one text, pictures beside it. There is no place for documents, whatever the model can."""
    words: list[str] = []
    seen: list[str] = []
    for block in blocks:
        if isinstance(block, Text):
            words.append(block.text)
        elif isinstance(file := shown(files, block), Picture):
            seen.append(file.data)
        else:
            words.append(cannot(block) if isinstance(file, Pdf) else file)
    made: JsonObject = {"role": "user", "content": "\n".join(words)}
    return {**made, "images": seen} if seen else made
