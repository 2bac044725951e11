"""A prompt as the body of a request for chat completions, as OpenAI and its relatives take it. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from actors import jsontext
from actors.llm.fields import JsonObject
from actors.llm.openai.words import EXTRA, REASONING, REASONING_DETAILS, REASONING_NAMES
from actors.llm.requests.documents import Pdf
from actors.llm.requests.files import File, Files, Reference, follows, shown
from actors.llm.requests.history import Keep, normalise, place_notes, reasoned_with_calls
from actors.llm.requests.prompt import BUDGETS, LIMITS, Prompt, answer_limit
from actors.llm.requests.wire_names import VISIBLE, wire_name
from actors.vocabulary import Block, ChatMessage, Content, Text, Thinking, ToolResult, ToolSpec, ToolUse

NOTHING: Final = "(no output)"
"""In the place of a result without a visible character, which some refuse."""
UNKNOWN: Final = "(The reasoning behind this is not known.)"
"""For who demands reasoning with every call, where another model made the call."""


def request_body(
    prompt: Prompt, options: Mapping[str, Any], *, limit_name: str, wants_reasoning: bool = False
) -> JsonObject:
    """The body of ``POST /chat/completions`` for a streamed answer. `options` win over everything but `stream`.

    Args:
      prompt: what is asked.
      options: what the settings add.
      limit_name: what the provider calls the limit of the answer.
      wants_reasoning: whether it refuses calls in the history without reasoning.
    """
    beside_tools = prompt.details.effort_with_tools or not prompt.tools
    thinks = prompt.effort is not None and prompt.details.effort and beside_tools
    limit = answer_limit(prompt, BUDGETS[prompt.effort] if prompt.effort and thinks else None)
    body: JsonObject = {
        "model": prompt.model,
        "messages": _messages(prompt, wants_reasoning=wants_reasoning),
        "stream_options": {"include_usage": True},
    }
    if not any(name in options for name in LIMITS):
        body[limit_name] = limit
    if thinks:
        body["reasoning_effort"] = prompt.effort
    if prompt.tools:
        body["tools"] = [*{wire_name(tool.name): _tool(tool) for tool in prompt.tools}.values()]
    return {**body, **options, "stream": True}


def _tool(tool: ToolSpec) -> JsonObject:
    function = {
        "name": wire_name(tool.name),
        "description": tool.description,
        "parameters": dict(tool.input_schema),
    }
    return {"type": "function", "function": function}


def _messages(prompt: Prompt, *, wants_reasoning: bool) -> list[JsonObject]:
    history = normalise(reasoned_with_calls(prompt.messages), _wanted_back(prompt.provider), illegal=VISIBLE)
    place_notes(history, prompt.system)
    system = "\n".join(part.text for part in prompt.system if part.cached and part.text.strip())
    messages: list[JsonObject] = [{"role": "system", "content": system}] if system else []
    for message in history:
        if message.role == "assistant":
            messages.append(_assistant(message, prompt.provider, wants_reasoning=wants_reasoning))
        else:
            messages.extend(_user(message, prompt.files))
    return messages


def _wanted_back(provider: str) -> Keep:
    """Reasoning goes back to who sent it, under the names it had."""

    def keep(block: Block) -> bool:
        if not isinstance(block, Thinking):
            return True
        data = block.provider_data
        return (
            data is not None
            and data.origin == provider
            and (data.data.get(REASONING) in REASONING_NAMES or bool(data.data.get(REASONING_DETAILS)))
        )

    return keep


def _assistant(message: ChatMessage, provider: str, *, wants_reasoning: bool) -> JsonObject:
    text = "".join(block.text for block in message.content if isinstance(block, Text))
    calls = [_call(block, provider) for block in message.content if isinstance(block, ToolUse)]
    sent: JsonObject = {"role": "assistant", "content": text or None if calls else text}
    sent |= _reasoning(message)
    if calls:
        sent["tool_calls"] = calls
        if wants_reasoning and not sent.keys() & {*REASONING_NAMES}:
            sent[REASONING_NAMES[0]] = UNKNOWN
    return sent


def _reasoning(message: ChatMessage) -> JsonObject:
    """Reasoning as it came; what came in several pieces is one again."""
    sent: JsonObject = {}
    for block in message.content:
        if isinstance(block, Thinking) and block.provider_data is not None:
            data = block.provider_data.data
            if name := data.get(REASONING):
                sent[name] = sent.get(name, "") + block.text
            if details := data.get(REASONING_DETAILS):
                sent[REASONING_DETAILS] = [*sent.get(REASONING_DETAILS, ()), *details]
    return sent


def _call(call: ToolUse, provider: str) -> JsonObject:
    sent: JsonObject = {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": jsontext.write(dict(call.input))},
    }
    kept = call.provider_data
    if kept is not None and kept.origin == provider and EXTRA in kept.data:
        sent[EXTRA] = kept.data[EXTRA]
    return sent


def _user(message: ChatMessage, files: Files) -> Iterator[JsonObject]:
    """One message for each result, then one with all that is left, files out of results included."""
    rest: list[Block] = []
    for block in message.content:
        if isinstance(block, ToolResult):
            yield {"role": "tool", "tool_call_id": block.tool_use_id, "content": _result_text(block)}
            rest.extend(part for part in block.content if isinstance(part, Reference))
        else:
            rest.append(block)
    if rest:
        yield {"role": "user", "content": _content(rest, files)}


def _result_text(result: ToolResult) -> str:
    """The format knows neither files in results nor failed calls; words stand for both."""
    parts = [part.text if isinstance(part, Text) else follows(part) for part in result.content]
    text = "\n".join(parts)
    if not text.strip():
        text = NOTHING
    return f"Error: {text}" if result.is_error and not text.lower().startswith("error") else text


def _content(blocks: list[Block], files: Files) -> str | list[JsonObject]:
    """Text alone as a string, which every relative understands; with files a list of parts."""
    parts = [
        block.text if isinstance(block, Text) else shown(files, block)
        for block in blocks
        if isinstance(block, Content)
    ]
    if not any(isinstance(part, File) for part in parts):
        return "\n".join(part for part in parts if isinstance(part, str))
    return [_part(part) for part in parts]


def _part(part: str | File) -> JsonObject:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if isinstance(part, Pdf):
        return {"type": "file", "file": {"filename": part.name, "file_data": part.url}}
    return {"type": "image_url", "image_url": {"url": part.url}}
