"""The answer of Ollama's own interface, line by line. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal, final

from actors import jsontext
from actors.llm.answers.blocks import BlockBuilder
from actors.llm.answers.deltas import CharacterJoiner
from actors.llm.answers.think_tags import Piece, ThinkTags
from actors.llm.completion import END_TURN, MAX_TOKENS, TOOL_USE, Completion, Tokens
from actors.llm.failures.failures import failure, read_report
from actors.llm.fields import JsonObject, as_object, count_in, object_in, objects_in, text_in
from actors.llm.messages import CompletionEvent, TextDelta, ThinkingDelta, ToolCallStarted

_STOPS: Final = {"length": MAX_TOKENS}


@final
class Reader:
    """Turns the lines of one answer into deltas and, at its end, the whole answer.

    A call comes whole, in one line. Reasoning is kept for the rest of the turn, since models that reason between
    calls want it back.
    """

    def __init__(self, provider: str, new_id: Callable[[], str]) -> None:
        self.finished = False
        """The line that says so came; it has the counts as well."""
        self._provider = provider
        self._blocks = BlockBuilder(provider, new_id)
        self._joiner = CharacterJoiner()
        self._tags = ThinkTags()
        self._calls = 0
        self._thought = False
        self._last: JsonObject = {}

    @property
    def whole(self) -> bool:
        """See :class:`actors.llm.format.Reader`."""
        return self.finished

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        """See :class:`actors.llm.format.Reader`."""
        if self.finished:
            return
        line = as_object(jsontext.read_loosely(data), "line")
        if error := line.get("error"):
            raise failure(self._provider, read_report(None, error if isinstance(error, str) else line))
        message = object_in(line, "message")
        if text := self._add("thinking", text_in(message, "thinking"), line):
            yield ThinkingDelta(text=text)
        if said := text_in(message, "content"):
            yield from self._tagged(self._tags.feed(said), line)
        for call in objects_in(message, "tool_calls"):
            yield from self._call(call)
        if line.get("done") is True:
            yield from self._tagged(self._tags.close(), line)
            self.finished, self._last = True, line

    def completion(self) -> Completion:
        """See :class:`actors.llm.format.Reader`."""
        stop = _STOPS.get(str(self._last.get("done_reason")), END_TURN)
        return Completion(
            content=self._blocks.blocks(cut=False),
            stop_reason=TOOL_USE if stop == END_TURN and self._blocks.has_calls else stop,
            tokens=self.tokens,
        )

    @property
    def written(self) -> int:
        """See :class:`actors.llm.format.Reader`."""
        return self._blocks.written

    @property
    def tokens(self) -> Tokens:
        """See :class:`actors.llm.format.Reader`."""
        return Tokens(
            input=count_in(self._last, "prompt_eval_count"), output=count_in(self._last, "eval_count")
        )

    def _tagged(self, pieces: Iterable[Piece], line: JsonObject) -> Iterator[CompletionEvent]:
        """Words, and the reasoning that models of which Ollama does not know it write before them."""
        for kind, fragment in pieces:
            if text := self._add(kind, fragment, line):
                yield TextDelta(text=text) if kind == "text" else ThinkingDelta(text=text)

    def _add(self, kind: Literal["text", "thinking"], fragment: str, line: JsonObject) -> str:
        if not fragment:
            return ""
        text = self._joiner.join(fragment)
        self._blocks.begin(kind, kind)
        self._blocks.add(kind, text)
        if kind == "thinking" and not self._thought:
            self._thought = True
            self._blocks.keep(kind, "model", str(line.get("model") or "unknown"))
        return text

    def _call(self, call: JsonObject) -> Iterator[CompletionEvent]:
        function = object_in(call, "function")
        key, self._calls = self._calls, self._calls + 1
        self._blocks.begin(key, "call")
        named = self._blocks.name_call(key, id=text_in(call, "id"), name=text_in(function, "name"))
        if named is not None:
            yield ToolCallStarted(id=named[0], name=named[1])
        self._blocks.set_input(key, function.get("arguments") or {})
