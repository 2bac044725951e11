"""Gemini's own format: a prompt to a request body, the responses of a stream to an answer. Pure."""

from collections.abc import Callable, Iterator
from typing import Final, Literal, final

from actors import jsontext
from actors.llm.answers.blocks import BlockBuilder
from actors.llm.answers.deltas import CharacterJoiner
from actors.llm.completion import END_TURN, FILTERED, MAX_TOKENS, TOOL_USE, Completion, Tokens
from actors.llm.failures.failures import failure, garbled, read_report
from actors.llm.fields import JsonObject, as_object, count_in, counts_in, list_in, object_in, text_in
from actors.llm.format import Format
from actors.llm.gemini.embeddings import EMBEDDINGS
from actors.llm.gemini.request import CALL_ID, SIGNATURE, SIGNED_TEXT, THOUGHT, request_body
from actors.llm.messages import CompletionEvent, ModelError, TextDelta, ThinkingDelta, ToolCallStarted

_STOPS: Final = {
    "STOP": END_TURN,
    "MAX_TOKENS": MAX_TOKENS,
    "CONTINUATION": MAX_TOKENS,
    "SAFETY": FILTERED,
    "RECITATION": FILTERED,
    "LANGUAGE": FILTERED,
    "BLOCKLIST": FILTERED,
    "PROHIBITED_CONTENT": FILTERED,
    "SPII": FILTERED,
    "OTHER": FILTERED,
    "MODEL_ARMOR": FILTERED,
    "ESCALATION": FILTERED,
    "PUP_LIMITED_DISABLED": FILTERED,
    "IMAGE_SAFETY": FILTERED,
    "IMAGE_PROHIBITED_CONTENT": FILTERED,
    "IMAGE_RECITATION": FILTERED,
    "IMAGE_OTHER": FILTERED,
}
_SLIPS: Final = {
    "MALFORMED_FUNCTION_CALL": "the model made a call that cannot be read",
    "UNEXPECTED_TOOL_CALL": "the model called a tool that it does not have",
    "MALFORMED_RESPONSE": "the model gave an answer that cannot be read",
}
"""Ends that are mistakes of the model; asked again it rarely makes them again."""
_UNSIGNED: Final = "MISSING_THOUGHT_SIGNATURE"


@final
class Reader:
    """Turns the responses of one stream into deltas and, at its end, the whole answer.

    A part that is signed stays apart from others, since it goes back as it came.
    """

    def __init__(self, provider: str, new_id: Callable[[], str]) -> None:
        self.finished = False
        """``[DONE]`` came, which Google does not send. Otherwise the end of the stream is the end: after the reason
        to stop there may be a signature still."""
        self._provider = provider
        self._blocks = BlockBuilder(provider, new_id)
        self._joiner = CharacterJoiner()
        self._usage: JsonObject = {}
        self._stop = ""
        self._count = 0
        """Blocks begun so far."""
        self._growing: Literal["text", "thinking"] | None = None
        """What the last block is, if more of the same belongs to it."""
        self._given = set[tuple[str, str]]()
        """Ids and names of the calls that came with an id."""

    @property
    def whole(self) -> bool:
        """See :class:`actors.llm.format.Reader`."""
        return bool(self._stop)

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        """See :class:`actors.llm.format.Reader`."""
        if data == b"[DONE]":
            self.finished = True
            return
        response = as_object(jsontext.read_loosely(data), "response")
        if response.get("error"):
            raise failure(self._provider, read_report(None, response))
        self._usage |= counts_in(response, "usageMetadata")
        if text_in(object_in(response, "promptFeedback"), "blockReason"):
            self._stop = "SAFETY"
        for value in list_in(response, "candidates")[:1]:
            yield from self._candidate(as_object(value, "candidate"))

    def completion(self) -> Completion:
        """See :class:`actors.llm.format.Reader`."""
        stop = _STOPS.get(self._stop, END_TURN)
        return Completion(
            content=self._blocks.blocks(cut=stop == MAX_TOKENS),
            stop_reason=TOOL_USE if stop == END_TURN and self._blocks.has_calls else stop,
            tokens=self.tokens,
        )

    @property
    def written(self) -> int:
        """See :class:`actors.llm.format.Reader`."""
        return self._blocks.written

    @property
    def tokens(self) -> Tokens:
        """See :class:`actors.llm.format.Reader`. Cached tokens are part of the prompt's count here, and taken out."""
        used = self._usage
        cached = count_in(used, "cachedContentTokenCount")
        prompt = count_in(used, "promptTokenCount") + count_in(used, "toolUsePromptTokenCount")
        return Tokens(
            input=max(0, prompt - cached),
            output=count_in(used, "candidatesTokenCount") + count_in(used, "thoughtsTokenCount"),
            cache_read=cached,
        )

    def _candidate(self, candidate: JsonObject) -> Iterator[CompletionEvent]:
        for part in list_in(object_in(candidate, "content"), "parts"):
            yield from self._part(as_object(part, "part"))
        if reason := text_in(candidate, "finishReason"):
            self._end(reason, text_in(candidate, "finishMessage"))

    def _end(self, reason: str, message: str) -> None:
        if reason in _SLIPS:
            raise garbled(self._provider, _SLIPS[reason])
        if reason == _UNSIGNED:
            detail = message or "a call of the conversation has lost its signature"
            raise ModelError(reason="invalid_request", provider=self._provider, detail=detail)
        self._stop = reason

    def _part(self, part: JsonObject) -> Iterator[CompletionEvent]:
        signature = text_in(part, "thoughtSignature")
        if part.get("functionCall"):
            yield from self._call(object_in(part, "functionCall"), signature)
            return
        kind: Literal["text", "thinking"] = "thinking" if part.get("thought") else "text"
        words = self._joiner.join(text_in(part, "text"))
        if words:
            self._say(kind, words, apart=bool(signature) and kind == "thinking")
            yield TextDelta(text=words) if kind == "text" else ThinkingDelta(text=words)
        if signature:
            self._sign(kind, words, signature)

    def _say(self, kind: Literal["text", "thinking"], words: str, *, apart: bool) -> None:
        if apart or self._growing != kind:
            self._begin(kind)
        self._growing = kind
        self._blocks.add(self._count, words)

    def _sign(self, kind: Literal["text", "thinking"], words: str, signature: str) -> None:
        """Keep a signature: with its reasoning, or right behind its words."""
        if kind == "text" or not words:
            self._begin("thinking")
        self._growing = None
        self._blocks.keep(self._count, SIGNATURE, signature)
        if kind == "text":
            self._blocks.keep(self._count, SIGNED_TEXT, words)
        else:
            self._blocks.keep(self._count, THOUGHT, "true")

    def _call(self, call: JsonObject, signature: str) -> Iterator[CompletionEvent]:
        """A call comes whole. Its id is ours: Gemini gives none to most, and not all servers give each its own."""
        name, given = text_in(call, "name"), text_in(call, "id")
        if given and (given, name) in self._given:
            return
        self._given.add((given, name))
        self._begin("call")
        self._growing = None
        self._blocks.set_input(self._count, call.get("args"))
        self._blocks.keep(self._count, SIGNATURE, signature)
        self._blocks.keep(self._count, CALL_ID, given)
        if (named := self._blocks.name_call(self._count, id="", name=name)) is not None:
            yield ToolCallStarted(id=named[0], name=named[1])

    def _begin(self, kind: Literal["text", "thinking", "call"]) -> None:
        self._count += 1
        self._blocks.begin(self._count, kind)


FORMAT: Final = Format(
    path="/models/{model}:streamGenerateContent?alt=sse",
    body=request_body,
    reader=Reader,
    embeddings=EMBEDDINGS,
)
