"""What is known of a turn while it runs, and how it ends. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import final

import attrs

from actors import transcript
from actors.agent import endings, failures
from actors.agent.acting import circles
from actors.agent.messages import Outcome
from actors.agent.settings import Settings
from actors.llm.messages import Completed, SystemText
from actors.session import messages as session
from actors.tooling import Rendered
from actors.transcript import Part, Transcript
from actors.vocabulary import Attachment, Block, ChatMessage, Effort, Text, ToolResult, ToolUse, Usage
from bus import Data


@final
@attrs.frozen(kw_only=True)
class Ending(Data):
    """How a turn ends: what is stored and told."""

    state: session.EndState
    outcome: Outcome
    content: tuple[Block, ...] = ()
    """Last words of the model."""
    notice: str | None = None
    """A sentence to the person: what failed, or why it stopped."""
    usage: Usage | None = None
    """Of the completion that gave the last words."""


def settings_for(settings: Settings, options: session.TurnOptions) -> Settings:
    """What is configured, less what a turn wants otherwise."""
    return attrs.evolve(
        settings,
        max_turns=options.max_turns or settings.max_turns,
        max_tokens=options.max_tokens or settings.max_tokens,
    )


@final
@attrs.define(kw_only=True)
class Run:
    """One turn in one process, between its beginning and its end."""

    turn: session.Turn
    started: float
    """Seconds on the monotonic clock; later by the time in which a person was waited for."""
    transcript: Transcript
    """The conversation so far, as the model gets it."""
    system: tuple[SystemText, ...] = ()
    iteration: int = 0
    """Completions stored."""
    rounds: int = 0
    """Completions stored that made calls."""
    context_tokens: int = 0
    """Size of the last prompt; 0 when unknown."""
    prompt_characters: int = 0
    """Of the conversation in that prompt; 0 when unknown."""
    weights: Mapping[str, int] = attrs.field(factory=dict[str, int])
    """Characters that the documents of the conversation weigh for the model, by path."""
    answer_limit: int | None = None
    """Tokens for which there is room in the model's window, if less than what is configured."""
    refusals: int = 0
    """How often the conversation was too long for the model since it last answered."""
    model: str | None = None
    """``provider/model`` to ask; the latest message that names one decides."""
    effort: Effort | None = None
    """How much it is to think, likewise; None: as configured."""
    fallbacks: tuple[str, ...] | None = None
    """Models that may take its place, likewise; None: those that are configured."""
    stand_ins: set[str] = attrs.field(factory=set[str])
    """Models that have taken its place, of which the person was told."""
    outside: frozenset[str] = frozenset()
    """Where words from outside came from that the model has read."""
    looked_up: dict[str, None] = attrs.field(factory=dict[str, None])
    """Tools that it has looked up, in this order."""
    said: list[str] = attrs.field(factory=list[str])
    """Texts of the completions."""
    attachments: list[Attachment] = attrs.field(factory=list[Attachment])
    merged: list[session.Turn] = attrs.field(factory=list[session.Turn])
    """Followups that became part of this turn."""
    partial: list[str] = attrs.field(factory=list[str])
    """Text of the completion that is being streamed."""
    paused: tuple[Block, ...] = ()
    """What the model has said of the answer in which it pauses; nobody has stored it."""
    pauses: int = 0
    """How often it has paused in this answer."""
    broken_off: int = 0
    """Attempts in a row that have failed and used something."""
    silences: int = 0
    """Answers in a row that held nothing."""
    calls: int = 0
    """Tool calls so far."""
    made: list[circles.Round] = attrs.field(factory=list[circles.Round])
    """Rounds of calls since a person last said something."""
    last: session.Consumed = attrs.field(factory=session.Consumed)
    """What the last completion used."""
    compact_at: int = 0
    """Number of messages below which compacting again is not worth its price."""

    @property
    def id(self) -> str:
        return self.turn.id

    @property
    def size(self) -> int:
        """Characters of the conversation, documents included."""
        return self.transcript.weight(self.weights)

    @property
    def text(self) -> str:
        """All the model said in this turn."""
        return "\n\n".join(self.said)

    @property
    def goes_on(self) -> bool:
        """Whether a hook has had it go on."""
        return any(turn.client_message_id == f"stop:{self.id}" for turn in self.merged)

    # --- what happens -------------------------------------------------------------------------------------

    def recall(self, rows: Iterable[session.Message], followups: Sequence[session.Turn]) -> None:
        """Learn what earlier attempts have said, handed over and taken in."""
        for row in rows:
            if row.role == "assistant":
                self.said.append(row.content)
            elif row.role == "tool_use":
                self.calls += 1
            elif row.role == "tool_result":
                self.attachments.extend(row.attachments)
        self._take_in(followups)

    def _take_in(self, followups: Sequence[session.Turn]) -> None:
        self.merged.extend(followups)
        self.model = next(
            (turn.options.model for turn in reversed(followups) if turn.options.model), self.model
        )
        for turn in followups:
            self.effort = turn.options.effort or self.effort
        named = (turn.options.fallbacks for turn in reversed(followups))
        self.fallbacks = next((chain for chain in named if chain is not None), self.fallbacks)

    def join(self, merged: session.Merged) -> None:
        """Take followups in, as one message."""
        self._take_in(merged.turns)
        self.made.clear()
        self.transcript = self.transcript.plus(
            Part("user", turn.content, merged.step) for turn in merged.turns
        )

    def heard(self, answer: Completed) -> None:
        """Count a completed answer."""
        used = answer.usage
        self.partial.clear()
        self.refusals = self.broken_off = 0
        self.context_tokens = used.prompt_tokens
        self.prompt_characters = self.size
        self.last = session.Consumed(tokens=used.prompt_tokens + used.output_tokens, usd=used.cost_usd or 0.0)

    def pause(self, answer: Completed) -> None:
        """The model has paused: what it has said is sent back to it, and the rest of the answer is to come."""
        self.paused = answer.content
        self.pauses += 1
        self.partial[:] = transcript.texts(self.paused)

    def whole(self, answer: Completed) -> Completed:
        """An answer with what was said of it before a pause."""
        content = endings.joined(self.paused, answer.content)
        self.paused = ()
        return attrs.evolve(answer, content=content)

    @property
    def prompt(self) -> tuple[ChatMessage, ...]:
        """The conversation as the model gets it next: with what it had said when it paused."""
        said = transcript.spoken(self.paused, ())
        return self.transcript.plus([Part("assistant", said, self.transcript.starts[-1])]).messages

    def next_prompt(self, told: int) -> int:
        """Tokens of the next prompt at most, roughly; `told` is the size in characters of all but the conversation."""
        if not self.prompt_characters:
            return max(self.context_tokens, self.size + told)
        return self.context_tokens + max(0, self.size - self.prompt_characters)

    def stored(self, step: int, content: tuple[Block, ...], calls: Sequence[ToolUse]) -> None:
        """An answer that is not the last one was stored as `step`: it becomes part of the conversation."""
        self.iteration += 1
        self.pauses = self.silences = 0
        self.rounds += bool(calls)
        self.calls += len(calls)
        self.said.extend(transcript.texts(content))
        self.transcript = self.transcript.plus([Part("assistant", transcript.spoken(content, calls), step)])

    def results(self, results: Sequence[tuple[ToolUse, Rendered]]) -> None:
        """The calls of the last answer have been carried out."""
        blocks = [
            ToolResult(tool_use_id=call.id, name=call.name, content=found.content, is_error=found.is_error)
            for call, found in results
        ]
        self.transcript = self.transcript.answered(blocks)
        self.made += circles.rounds(self.transcript.messages[-2:])
        self.attachments.extend(attachment for _, found in results for attachment in found.attachments)

    def dismiss(self, model: str) -> bool:
        """A model is not offered any more: it is not asked again. False where nobody wanted it."""
        wanted = model == self.model or model in (self.fallbacks or ())
        if model == self.model:
            self.model = None
        if self.fallbacks is not None:
            self.fallbacks = tuple(each for each in self.fallbacks if each != model)
        return wanted

    # --- how it ends --------------------------------------------------------------------------------------

    def success(self, answer: Completed) -> Ending:
        self.said.extend(transcript.texts(answer.content))
        return Ending(state="done", outcome="success", content=answer.content, usage=answer.usage)

    def cut(self, answer: Completed, tokens: int) -> Ending:
        """An answer that was cut at its limit of `tokens`: as far as it goes it is one."""
        outcome: Outcome = "success" if transcript.texts(answer.content) else "max_tokens"
        return self.broken_up(answer, outcome, endings.cut(tokens))

    def broken_up(self, answer: Completed, outcome: Outcome, notice: str) -> Ending:
        """An answer that is none, or not all of one; what was said of it stays. Calls in it are not carried out."""
        content = transcript.without_calls(answer.content)
        self.said.extend(transcript.texts(content))
        return Ending(state="done", outcome=outcome, content=content, notice=notice, usage=answer.usage)

    def stopped(self, outcome: Outcome, notice: str) -> Ending:
        """A limit is reached, and there is no last answer."""
        return Ending(state="done", outcome=outcome, content=self._broken_off(), notice=notice)

    def failed(self, error: Exception) -> Ending:
        return Ending(
            state="failed", outcome="error", content=self._broken_off(), notice=failures.reason(error)
        )

    def cancelled(self) -> Ending:
        return Ending(state="cancelled", outcome="cancelled", content=self._broken_off())

    def answered(self) -> Ending | None:
        """The end of a turn in which nothing was said since the last words of the model; None while there is more.

        They were to be followed by a message that has been cancelled since.
        """
        if self.transcript.messages[-1].role != "assistant":
            return None
        return Ending(state="done", outcome="success")

    def _broken_off(self) -> tuple[Block, ...]:
        """What the model had said of an answer that was not completed."""
        text = "".join(self.partial)
        self.partial.clear()
        if not text.strip():
            return ()
        self.said.append(text)
        return (Text(text=text),)
