"""The chunks of a stream of chat completions as an answer, from OpenAI and all who resemble it. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Literal, final

from actors import jsontext
from actors.llm.answers.blocks import BlockBuilder
from actors.llm.answers.deltas import CharacterJoiner
from actors.llm.answers.stops import stop_reason
from actors.llm.answers.think_tags import ThinkTags
from actors.llm.completion import MAX_TOKENS, Completion, Tokens
from actors.llm.failures.failures import failure, read_report
from actors.llm.fields import JsonObject, as_object, count_in, counts_in, list_in, object_in, objects_in
from actors.llm.messages import CompletionEvent, TextDelta, ThinkingDelta
from actors.llm.openai import content as openai_content
from actors.llm.openai.calls import Calls
from actors.llm.openai.words import REASONING, REASONING_DETAILS

_WELL: Final = (None, 0, 200, "", "0", "200", "ok", "success")
"""Codes that tell of no error."""
_NO_REASONS: Final = ("", "null", "none")
"""What stands for the reason to stop while there is none."""
_LEGACY: Final = -1
"""The index of a ``function_call``, of which there is but one."""

Kind = Literal["text", "thinking"]


@final
class Reader:
    """Turns the chunks of one stream into deltas and, at its end, the whole answer."""

    def __init__(self, provider: str, new_id: Callable[[], str]) -> None:
        self.finished = False
        """``[DONE]`` came. The reason to stop is not the end yet: usage follows it."""
        self._provider = provider
        self._blocks = BlockBuilder(provider, new_id)
        self._calls = Calls(self._blocks)
        self._joiner = CharacterJoiner()
        self._tags = ThinkTags()
        self._details: list[JsonObject] = []
        self._usage: JsonObject = {}
        self._begun = False
        self._number: Any = None
        """Of the answer that is read, once one was told."""
        self._stop = ""

    @property
    def whole(self) -> bool:
        """See :class:`actors.llm.format.Reader`."""
        return bool(self._stop) or (self.finished and self._begun)

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        """See :class:`actors.llm.format.Reader`."""
        if data == b"[DONE]":
            self.finished = True
            yield from self._close()
        elif data.startswith(b"{"):
            yield from self._chunk(as_object(jsontext.read_loosely(data), "chunk"))

    def completion(self) -> Completion:
        """See :class:`actors.llm.format.Reader`."""
        for _ in self._close():
            pass
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
        """See :class:`actors.llm.format.Reader`. Cached tokens are part of the prompt's count here, and taken out."""
        details = counts_in(self._usage, "prompt_tokens_details")
        cached = count_in(details, "cached_tokens") or count_in(self._usage, "prompt_cache_hit_tokens")
        return Tokens(
            input=max(0, count_in(self._usage, "prompt_tokens") - cached),
            output=count_in(self._usage, "completion_tokens"),
            cache_read=cached,
        )

    def _chunk(self, chunk: JsonObject) -> Iterator[CompletionEvent]:
        if _is_error(chunk):
            raise failure(self._provider, read_report(None, chunk))
        self._usage = (
            counts_in(chunk, "usage") or counts_in(counts_in(chunk, "x_groq"), "usage") or self._usage
        )
        for value in list_in(chunk, "choices")[:1]:
            choice = as_object(value, "choice")
            if self._is_another(choice.get("index")):
                continue
            self._begun = True
            if delta := _delta_of(choice):
                yield from self._delta(delta)
            if message := object_in(choice, "message"):
                yield from self._message(message)
            reason = choice.get("finish_reason")
            if isinstance(reason, str) and reason.strip().lower() not in _NO_REASONS:
                stop_reason(self._provider, reason, calls=False)  # raises at once what is a failure
                self._stop = reason
                yield from self._close()

    def _is_another(self, number: Any) -> bool:
        """Whether this is the number of a further answer, which nobody has asked for; not all servers number them."""
        self._number = number if self._number is None else self._number
        return number is not None and number != self._number

    def _delta(self, delta: JsonObject) -> Iterator[CompletionEvent]:
        yield from self._reason(delta)
        for kind, text in openai_content.words(delta):
            yield from self._say(kind, text)
        yield from self._calls.take(_entries(delta))

    def _message(self, message: JsonObject) -> Iterator[CompletionEvent]:
        """A whole message, in place of pieces or behind them; only what is new in it counts."""
        if not self._blocks.said("thinking"):
            yield from self._reason(message)
        said = list(openai_content.words(message))
        whole = "".join(text for kind, text in said if kind == "text")
        known = self._blocks.said("text")
        if not known:
            for kind, text in said:
                yield from self._say(kind, text)
        elif whole.startswith(known):
            yield from self._say("text", whole[len(known) :])
        if not self._calls:
            yield from self._calls.take(_entries(message))

    def _reason(self, message: JsonObject) -> Iterator[CompletionEvent]:
        name, text = openai_content.reasoning(message)
        entries = openai_content.details(message)
        text = text or openai_content.text_of(entries)
        if text:
            yield from self._add("thinking", text)
        if name or entries:
            self._blocks.begin("thinking", "thinking")
            self._blocks.attach("thinking", REASONING, name)
            openai_content.merge(self._details, entries)
            self._blocks.attach("thinking", REASONING_DETAILS, self._details)

    def _say(self, kind: Kind, text: str) -> Iterator[CompletionEvent]:
        if kind == "text":
            yield from self._tagged(self._tags.feed(text) if text else ())
        elif text:
            yield from self._add(kind, text)

    def _tagged(self, pieces: Iterable[tuple[Kind, str]]) -> Iterator[CompletionEvent]:
        for kind, text in pieces:
            yield from self._add(kind, text)

    def _add(self, kind: Kind, fragment: str) -> Iterator[CompletionEvent]:
        self._blocks.begin(kind, kind)
        if text := self._joiner.join(fragment):
            self._blocks.add(kind, text)
            yield TextDelta(text=text) if kind == "text" else ThinkingDelta(text=text)

    def _close(self) -> Iterator[CompletionEvent]:
        """What was held back because more might have come."""
        yield from self._tagged(self._tags.close())
        yield from self._calls.close()


def _delta_of(choice: JsonObject) -> JsonObject:
    """The piece of a message in a choice; some servers send the mere text of it."""
    delta = choice.get("delta")
    if not delta and "message" not in choice:
        delta = choice.get("text")
    return {"content": delta} if isinstance(delta, str) else object_in({"delta": delta}, "delta")


def _entries(message: JsonObject) -> list[JsonObject]:
    """The calls of a message, that of the old form included."""
    calls = objects_in(message, "tool_calls")
    legacy = message.get("function_call")
    return [*calls, {"index": _LEGACY, "function": legacy}] if isinstance(legacy, dict) else calls


def _is_error(chunk: JsonObject) -> bool:
    """Whether a chunk is an error, as OpenAI, vLLM, MiniMax or a framework for web services writes it."""
    if chunk.get("error") or counts_in(chunk, "base_resp").get("status_code"):
        return True
    return not chunk.get("choices") and any(
        (
            chunk.get("object") == "error",
            chunk.get("type") == "error",
            chunk.get("success") is False,
            bool(chunk.get("detail")),
            chunk.get("code") not in _WELL and bool(chunk.get("message") or chunk.get("msg")),
        )
    )
