"""The chat completions format of OpenAI and its many relatives: prompt to request body, chunks to an answer. Pure."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, Literal, final

import attrs

from actors import jsontext
from actors.llm.blocks import BlockBuilder
from actors.llm.completion import END_TURN, MAX_TOKENS, TOOL_USE, Completion, Tokens
from actors.llm.deltas import CharacterJoiner
from actors.llm.failures import failure, read_report
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
from actors.llm.format import Format
from actors.llm.history import normalise, place_notes, unthinking
from actors.llm.messages import CompletionEvent, TextDelta, ThinkingDelta, ToolCallStarted
from actors.llm.pictures import Picture, Pictures, shown
from actors.llm.prompt import BUDGETS, Prompt, answer_limit
from actors.vocabulary import Block, ChatMessage, Image, Text, ToolResult, ToolSpec, ToolUse

_LIMITS: Final = ("max_completion_tokens", "max_tokens")
"""Names of one thing: the first is what OpenAI's reasoning models demand, the second all that relatives know."""


# --- request ------------------------------------------------------------------------------------------------


def request_body(prompt: Prompt, options: Mapping[str, Any], *, limit_name: str) -> JsonObject:
    """The body of ``POST /chat/completions`` for a streamed answer. `options` win over everything but `stream`.

    `limit_name` is what the provider calls the limit of the answer.
    """
    thinks = prompt.effort is not None and prompt.details.effort
    limit = answer_limit(prompt, BUDGETS[prompt.effort] if prompt.effort and thinks else None)
    body: JsonObject = {
        "model": prompt.model,
        "messages": _messages(prompt),
        "stream_options": {"include_usage": True},
    }
    if not any(name in options for name in _LIMITS):
        body[limit_name] = limit
    if thinks:
        body["reasoning_effort"] = prompt.effort
    if prompt.tools:
        body["tools"] = [_tool(tool) for tool in prompt.tools]
    return {**body, **options, "stream": True}


def _tool(tool: ToolSpec) -> JsonObject:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.input_schema)}
    return {"type": "function", "function": function}


def _messages(prompt: Prompt) -> list[JsonObject]:
    history = normalise(prompt.messages, unthinking)
    noted = place_notes(history, prompt.system)
    system = "\n".join(part.text for part in prompt.system if part.text and (part.cached or noted is None))
    messages: list[JsonObject] = [{"role": "system", "content": system}] if system else []
    for message in history:
        if message.role == "assistant":
            messages.append(_assistant(message))
        else:
            messages.extend(_user(message, prompt.pictures))
    return messages


def _assistant(message: ChatMessage) -> JsonObject:
    text = "".join(block.text for block in message.content if isinstance(block, Text))
    calls = [
        {
            "id": block.id,
            "type": "function",
            "function": {"name": block.name, "arguments": jsontext.write(dict(block.input))},
        }
        for block in message.content
        if isinstance(block, ToolUse)
    ]
    if calls:
        return {"role": "assistant", "content": text or None, "tool_calls": calls}
    return {"role": "assistant", "content": text}


def _user(message: ChatMessage, pictures: Pictures) -> Iterator[JsonObject]:
    """One message for each result, then one with all that is left, pictures out of results included."""
    rest: list[Block] = []
    for block in message.content:
        if isinstance(block, ToolResult):
            yield {"role": "tool", "tool_call_id": block.tool_use_id, "content": _result_text(block)}
            rest.extend(part for part in block.content if isinstance(part, Image))
        else:
            rest.append(block)
    if rest:
        yield {"role": "user", "content": _content(rest, pictures)}


def _result_text(result: ToolResult) -> str:
    """The format knows neither pictures in results nor failed calls; words stand for both."""
    parts = [
        part.text if isinstance(part, Text) else f"[picture {part.path} follows]" for part in result.content
    ]
    text = "\n".join(parts)
    return f"Error: {text}" if result.is_error and not text.lower().startswith("error") else text


def _content(blocks: list[Block], pictures: Pictures) -> str | list[JsonObject]:
    """Text alone as a string, which every relative understands; with pictures a list of parts."""
    parts: list[str | Picture] = []
    for block in blocks:
        match block:
            case Text(text=text):
                parts.append(text)
            case Image(path=path):
                parts.append(shown(pictures, path))
            case _:
                pass
    if not any(isinstance(part, Picture) for part in parts):
        return "\n".join(part for part in parts if isinstance(part, str))
    return [_part(part) for part in parts]


def _part(part: str | Picture) -> JsonObject:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    return {"type": "image_url", "image_url": {"url": part.url}}


# --- stream ---------------------------------------------------------------------------------------------------

_STOPS: Final = {"stop": END_TURN, "tool_calls": TOOL_USE, "function_call": TOOL_USE, "length": MAX_TOKENS}


@final
class Reader:
    """Turns the chunks of one stream into deltas and, at its end, the whole answer."""

    def __init__(self, provider: str, new_id: Callable[[], str]) -> None:
        self.finished = False
        """``[DONE]`` came. The reason to stop is not the end yet: usage follows it."""
        self._provider = provider
        self._blocks = BlockBuilder(provider, new_id)
        self._joiner = CharacterJoiner()
        self._usage: JsonObject = {}
        self._begun = False
        self._stop = ""

    @property
    def whole(self) -> bool:
        """See :class:`actors.llm.format.Reader`."""
        return bool(self._stop) or (self.finished and self._begun)

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        """See :class:`actors.llm.format.Reader`."""
        if not data.startswith(b"{"):
            self.finished = self.finished or data == b"[DONE]"
            return
        chunk: JsonObject = jsontext.read(data, keep_halves=True)
        if chunk.get("error"):
            raise failure(self._provider, read_report(None, chunk))
        self._usage = (
            counts_in(chunk, "usage") or counts_in(counts_in(chunk, "x_groq"), "usage") or self._usage
        )
        for value in list_in(chunk, "choices")[:1]:
            choice = as_object(value, "choice")
            self._begun = True
            yield from self._delta(object_in(choice, "delta"))
            self._stop = text_in(choice, "finish_reason") or self._stop

    def completion(self) -> Completion:
        """See :class:`actors.llm.format.Reader`. Cached tokens are part of the prompt's count here, and taken out."""
        details = counts_in(self._usage, "prompt_tokens_details")
        cached = count_in(details, "cached_tokens") or count_in(self._usage, "prompt_cache_hit_tokens")
        stop = _STOPS.get(self._stop or "stop", self._stop)
        return Completion(
            content=self._blocks.blocks(cut=stop == MAX_TOKENS),
            stop_reason=TOOL_USE if stop == END_TURN and self._blocks.has_calls else stop,
            tokens=Tokens(
                input=max(0, count_in(self._usage, "prompt_tokens") - cached),
                output=count_in(self._usage, "completion_tokens"),
                cache_read=cached,
            ),
        )

    def _delta(self, delta: JsonObject) -> Iterator[CompletionEvent]:
        thought = text_in(delta, "reasoning_content") or text_in(delta, "reasoning")
        if thought and (text := self._add("thinking", thought)):
            yield ThinkingDelta(text=text)
        said = text_in(delta, "content") or text_in(delta, "refusal")
        if said and (text := self._add("text", said)):
            yield TextDelta(text=text)
        for position, call in enumerate(list_in(delta, "tool_calls")):
            yield from self._call(position, as_object(call, "tool call"))

    def _add(self, kind: Literal["text", "thinking"], fragment: str) -> str:
        self._blocks.begin(kind, kind)
        text = self._joiner.join(fragment)
        self._blocks.add(kind, text)
        return text

    def _call(self, position: int, call: JsonObject) -> Iterator[CompletionEvent]:
        index, function = index_in(call, "index", position), object_in(call, "function")
        self._blocks.begin(index, "call")
        named = self._blocks.name_call(index, id=text_in(call, "id"), name=text_in(function, "name"))
        if named is not None:
            yield ToolCallStarted(id=named[0], name=named[1])
        match function.get("arguments"):
            case None:
                pass
            case str(fragment):
                self._blocks.add(index, fragment)
            case value:
                self._blocks.set_input(index, value)


FORMAT: Final = Format(
    path="/chat/completions",
    body=partial(request_body, limit_name=_LIMITS[0]),
    reader=Reader,
    embeddings="/embeddings",
)
"""OpenAI's own."""
RELATIVE: Final = attrs.evolve(FORMAT, body=partial(request_body, limit_name=_LIMITS[1]))
"""That of everybody else who speaks it."""
