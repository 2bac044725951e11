"""The chat completions format of OpenAI and its many relatives: prompt to request body, chunks to an answer. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, final

from actors.llm.answer import END_TURN, MAX_TOKENS, TOOL_USE, Answer, CharacterJoiner, Draft, Tokens
from actors.llm.failures import failure, read_report
from actors.llm.history import normalise, place_notes, unthinking
from actors.llm.messages import CompletionEvent, TextDelta, ThinkingDelta, ToolCallStarted
from actors.llm.pictures import Picture, Pictures
from actors.llm.prompt import BUDGETS, JsonObject, Prompt, answer_limit
from actors.vocabulary import Block, ChatMessage, Image, Text, ToolResult, ToolSpec, ToolUse

_LIMITS: Final = ("max_completion_tokens", "max_tokens")
"""Names of one thing: the first is what OpenAI's reasoning models demand, the second all that relatives know."""


# --- request ------------------------------------------------------------------------------------------------


def request_body(prompt: Prompt, *, provider: str, options: Mapping[str, Any]) -> JsonObject:
    """The body of ``POST /chat/completions`` for a streamed answer. `options` win over everything but `stream`."""
    thinks = prompt.effort is not None and prompt.known.effort
    limit = answer_limit(prompt, BUDGETS[prompt.effort] if prompt.effort and thinks else None)
    body: JsonObject = {
        "model": prompt.model,
        "messages": _messages(prompt),
        "stream_options": {"include_usage": True},
    }
    if not any(name in options for name in _LIMITS):
        body[_LIMITS[0] if provider == "openai" else _LIMITS[1]] = limit
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
            "function": {"name": block.name, "arguments": json.dumps(dict(block.input), ensure_ascii=False)},
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
                parts.append(pictures[path])
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
        self._draft = Draft(new_id)
        self._joiner = CharacterJoiner()
        self._usage: JsonObject = {}
        self._begun = False
        self._stop: str | None = None

    @property
    def whole(self) -> bool:
        """Whether the model itself came to an end, even if the stream was cut after that."""
        return self._stop is not None or (self.finished and self._begun)

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        """Take the data of one event.

        Raises the failure it stands for; LookupError, TypeError, ValueError or AttributeError when it is garbled.
        """
        if not data.startswith(b"{"):
            self.finished = self.finished or data == b"[DONE]"
            return
        chunk: JsonObject = json.loads(data.decode())
        if chunk.get("error"):
            raise failure(self._provider, read_report(None, chunk))
        self._usage = _object(chunk, "usage") or _object(_object(chunk, "x_groq"), "usage") or self._usage
        for choice in (chunk.get("choices") or ())[:1]:
            self._begun = True
            yield from self._delta(_object(choice, "delta"))
            self._stop = choice.get("finish_reason") or self._stop

    def answer(self) -> Answer:
        """What was said. Cached tokens are part of the prompt's count here and are taken out of it."""
        details = _object(self._usage, "prompt_tokens_details")
        cached: int = details.get("cached_tokens") or self._usage.get("prompt_cache_hit_tokens") or 0
        stop = _STOPS.get(self._stop or "stop", self._stop or END_TURN)
        return Answer(
            content=self._draft.blocks(cut=stop == MAX_TOKENS),
            stop_reason=TOOL_USE if stop == END_TURN and self._draft.has_calls else stop,
            tokens=Tokens(
                input=max(0, (self._usage.get("prompt_tokens") or 0) - cached),
                output=self._usage.get("completion_tokens") or 0,
                cache_read=cached,
            ),
        )

    def _delta(self, delta: JsonObject) -> Iterator[CompletionEvent]:
        if (thought := delta.get("reasoning_content") or delta.get("reasoning")) and (
            text := self._add("thinking", thought)
        ):
            yield ThinkingDelta(text=text)
        if (said := delta.get("content") or delta.get("refusal")) and (text := self._add("text", said)):
            yield TextDelta(text=text)
        for position, call in enumerate(delta.get("tool_calls") or ()):
            yield from self._call(call.get("index", position), call)

    def _add(self, kind: Literal["text", "thinking"], fragment: str) -> str:
        self._draft.begin(kind, kind)
        text = self._joiner.join(fragment)
        self._draft.add(kind, text)
        return text

    def _call(self, index: int, call: JsonObject) -> Iterator[CompletionEvent]:
        function = _object(call, "function")
        self._draft.begin(index, "call")
        if (named := self._draft.name_call(index, id=call.get("id"), name=function.get("name"))) is not None:
            yield ToolCallStarted(id=named[0], name=named[1])
        match function.get("arguments"):
            case None:
                pass
            case str(fragment):
                self._draft.add(index, fragment)
            case value:
                self._draft.give(index, value)


def _object(parent: JsonObject, key: str) -> JsonObject:
    """The object under `key`; an empty one where it is missing or null."""
    return parent.get(key) or {}
