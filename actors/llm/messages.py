"""Front door of the model subsystem: one canonical request, one canonical event stream."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.vocabulary import Block, ChatMessage, Document, Effort, ToolSpec, Usage, quoted
from bus import ActorError, Data, ErrorKind, Request, Stream, Unavailable, secret

Reason = Literal[
    "invalid_request",
    "context_length",  # the conversation is longer than the model's window; a shorter one may pass
    "authentication",
    "billing",
    "rate_limited",
    "overloaded",
    "server",
    "network",
    "protocol",  # an answer that is none: not a stream of events, or one that breaks its own rules
    "nobody",  # neither the model that was chosen nor any that may take its place; the detail has each one's reason
]


@attrs.define(eq=False, kw_only=True)
class ModelError(ActorError):
    """The provider refused, and asking again will not help."""

    reason: Reason
    provider: str
    detail: str
    status: int | None = None

    def __str__(self) -> str:
        return f"{self.provider}: {self.detail}"


@attrs.define(eq=False, kw_only=True)
class ModelUnavailable(Unavailable):
    """The provider could not be reached or was overloaded, retries included. Asking later may help."""

    reason: Reason
    provider: str
    detail: str
    status: int | None = None
    retry_after: float | None = None
    """Seconds the provider asked us to wait, when it said so."""

    def __str__(self) -> str:
        return f"{self.provider}: {self.detail}"


Failure = ModelError | ModelUnavailable
"""That a provider did not answer."""


@attrs.define(eq=False, kw_only=True)
class ModelNotAllowed(ActorError):
    """The message named a model that is not in the configured list."""

    model: str
    allowed: tuple[str, ...]

    def __str__(self) -> str:
        return f"model {quoted(self.model)} is not allowed; choose one of {', '.join(self.allowed)}"


@final
@attrs.frozen(kw_only=True)
class SystemText(Data):
    """A part of the system prompt. Stable parts come first and are `cached`; what changes comes last."""

    text: str
    cached: bool = True


@final
@attrs.frozen(kw_only=True)
class TextDelta(Data):
    text: str
    type: Literal["text_delta"] = "text_delta"


@final
@attrs.frozen(kw_only=True)
class ThinkingDelta(Data):
    text: str
    type: Literal["thinking_delta"] = "thinking_delta"


@final
@attrs.frozen(kw_only=True)
class ToolCallStarted(Data):
    """The model began to write a call; the whole call comes with :class:`Completed`."""

    id: str
    name: str
    type: Literal["tool_call_started"] = "tool_call_started"


@final
@attrs.frozen(kw_only=True)
class Retrying(Data):
    """An attempt failed and is repeated after `wait` seconds. Text streamed so far is void."""

    reason: str
    wait: float
    type: Literal["retrying"] = "retrying"


@final
@attrs.frozen(kw_only=True)
class Switched(Data):
    """From here on `model` answers, as another one could not. Text streamed so far is void."""

    model: str
    """``provider/model``."""
    reason: str
    """Why the other one could not."""
    type: Literal["switched"] = "switched"


@final
@attrs.frozen(kw_only=True)
class Spending(Data):
    """The attempt under way has used this so far, as far as is known, else roughly.

    Whoever leaves before it has ended counts the last of these; :class:`Wasted` and :class:`Completed` take its place.
    """

    usage: Usage
    type: Literal["spending"] = "spending"


@final
@attrs.frozen(kw_only=True)
class Wasted(Data):
    """An attempt has failed, and has used this all the same, or roughly; the usage of the answer does not count it."""

    usage: Usage
    type: Literal["wasted"] = "wasted"


@final
@attrs.frozen(kw_only=True)
class Completed(Data):
    """Always the last item: the whole answer."""

    content: tuple[Block, ...]
    """Text, thinking and ToolUse blocks in the model's order; no empty ones."""
    stop_reason: str
    """``end_turn``, ``tool_use``, ``max_tokens`` (cut at its limit), ``refusal`` (the model would not),
    ``content_filter`` (the provider withheld it) or ``pause_turn`` (the model goes on when it gets this back)."""
    usage: Usage
    type: Literal["completed"] = "completed"


Bill = Spending | Wasted
"""What an attempt costs; nothing of an answer."""


@final
@attrs.frozen(kw_only=True)
class ToolsRefused(Data):
    """The model takes no tools: it has answered without those that it was offered."""

    model: str
    """``provider/model``."""
    type: Literal["tools_refused"] = "tools_refused"


CompletionEvent = (
    TextDelta | ThinkingDelta | ToolCallStarted | Retrying | Switched | ToolsRefused | Bill | Completed
)

PIECE: Final = 1 << 16
"""Characters of pieces that are joined at most."""


def joined(items: Iterable[CompletionEvent]) -> Iterator[CompletionEvent]:
    """The items, with pieces of text that follow each other as one; all that came before an error comes first."""
    kind: type[TextDelta | ThinkingDelta] = TextDelta
    texts: list[str] = []
    size = 0
    try:
        for item in items:
            piece = item.text if isinstance(item, TextDelta | ThinkingDelta) else None
            if texts and (piece is None or type(item) is not kind or size + len(piece) > PIECE):
                yield kind(text="".join(texts))
                texts, size = [], 0
            if isinstance(item, TextDelta | ThinkingDelta):
                kind = type(item)
                texts.append(item.text)
                size += len(item.text)
            else:
                yield item
    except Exception:
        if texts:
            yield kind(text="".join(texts))
        raise
    if texts:
        yield kind(text="".join(texts))


@final
@attrs.frozen(kw_only=True)
class Complete(Stream[CompletionEvent]):
    """Ask a model to go on with a conversation, and others in its place when it cannot answer.

    Raises ModelError, ModelUnavailable or ModelNotAllowed. Leaving the stream closes the connection.
    """

    version: ClassVar[int] = 5
    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    measured: ClassVar[bool] = False
    model: str | None = None
    """``provider/model``; None takes the configured default."""
    configured: bool = False
    """Whether the settings name the model and no message does: it may be any, and without a provider."""
    fallbacks: tuple[str, ...] | None = None
    """``provider/model`` to ask when `model` cannot answer, in this order; None takes those that are configured."""
    system: tuple[SystemText, ...] = ()
    messages: tuple[ChatMessage, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 16384
    effort: Effort | None = None
    """Thinking budget of 4096, 10240 or 32768 tokens; None switches thinking off."""
    attempts: int | None = None
    """How many attempts may use something; after so many that failed there is no other one. None: any number."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return {"configured": False, "fallbacks": None, "attempts": None, **body}


@final
@attrs.frozen(kw_only=True)
class Weigh(Request[tuple[int, ...]]):
    """Tokens that each of these documents takes in a prompt, roughly; 0 for one that the model will not be shown."""

    model: str | None = None
    """``provider/model``; None takes the default."""
    documents: tuple[Document, ...]


@final
@attrs.frozen(kw_only=True)
class Embedded(Data):
    """What texts mean, as directions in a space of the model's own."""

    vectors: tuple[bytes, ...] = attrs.field(repr=False)
    """One for each text, in their order: float32, little-endian, all of the same length, which need not be 1."""
    usage: Usage


TextRole = Literal["passage", "question"]
"""What a text is to a search: something that may be found, or what is looked for. Some models tell them apart."""


@final
@attrs.frozen(kw_only=True)
class Embed(Request[Embedded]):
    """Ask a provider once for the vectors of some texts; whoever asks decides whether to ask again.

    Raises ModelError or ModelUnavailable.
    """

    version: ClassVar[int] = 2
    within: ClassVar[float] = 120.0
    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    measured: ClassVar[bool] = False
    model: str
    """``provider/model``. It need not be one that a conversation may use."""
    texts: tuple[str, ...]
    """None of them empty, each short enough for the model."""
    role: TextRole = "passage"

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "role": "passage"}


@attrs.define(eq=False, kw_only=True)
class NoTranscriber(ActorError):
    """Nothing is set that puts speech into words."""

    kind: ClassVar[ErrorKind] = "conflict"

    def __str__(self) -> str:
        return "nothing here puts speech into words: speech.transcriber is not set"


@attrs.define(eq=False, kw_only=True)
class SpeechRefused(ActorError):
    """There are no words to be had of a recording, whoever is asked."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class SpeechTooLarge(ActorError):
    """A recording has more than `limit` bytes."""

    kind: ClassVar[ErrorKind] = "too_large"
    limit: int

    def __str__(self) -> str:
        return f"the recording has more than the {self.limit / 2**20:.0f} MB that are put into words at once"


@final
@attrs.frozen(kw_only=True)
class Transcript(Data):
    text: str
    """Never empty."""
    usage: Usage


@final
@attrs.frozen(kw_only=True)
class Transcribe(Request[Transcript]):
    """Have the words of a recording from the transcriber that is set, asked once. What it costs is noted.

    Raises NoTranscriber, SpeechRefused, SpeechTooLarge, ModelError, ModelUnavailable, and the file errors of the tools
    subsystem.
    """

    within: ClassVar[float] = 180.0
    user: str
    """Who has it done."""
    path: str
    """Of a file in home; with `upload` its name there."""
    upload: str = ""
    """Name of the folder in which it waits, itself in the folder of uploads. Whoever made it clears it away."""
    media_type: str
    language: str = ""
    """Two letters, where it is known."""


@final
@attrs.frozen(kw_only=True)
class ModelInfo(Data):
    spec: str
    """``provider/model``."""
    context_window: int | None
    """Tokens; None when not known."""
    vision: bool
    documents: bool = False
    """Whether it reads PDF files as they are."""
    input_price: float | None
    """US dollars per million tokens; None when not known."""
    output_price: float | None
    effort: bool = False
    """Whether it can be told how much to think."""


@final
@attrs.frozen(kw_only=True)
class Catalogue(Data):
    default: str
    """``provider/model`` of a message that names none."""
    models: tuple[ModelInfo, ...]
    """Those a message may name, the default first."""
    compaction: str
    """Model that writes summaries."""
    others: tuple[ModelInfo, ...] = ()
    """Those that may be asked all the same: for summaries, and in the place of others."""
    transcriber: str | None = None
    """``provider/model`` that puts speech into words; None where there is none that can be asked."""


@final
@attrs.frozen(kw_only=True)
class Models(Request[Catalogue]):
    """Which models a conversation may use."""


@final
@attrs.frozen(kw_only=True)
class OfferedModel(Data):
    """One model of an endpoint and what is known of it, from the catalogue and from the endpoint."""

    spec: str
    """``provider/model``."""
    context_window: int | None
    max_output: int | None
    """Tokens; None when not known."""
    tools: bool
    vision: bool
    documents: bool
    """Whether it reads PDF files as they are."""
    input_price: float | None
    output_price: float | None
    """US dollars per million tokens; None when not known."""


@final
@attrs.frozen(kw_only=True)
class Offer(Data):
    """What one provider has."""

    provider: str
    models: tuple[OfferedModel, ...]
    """By name."""
    trouble: str | None
    """Why the models are those of the catalogue instead of the endpoint's own."""


@final
@attrs.frozen(kw_only=True)
class Offers(Data):
    """What there is to choose from."""

    models: Mapping[str, tuple[str, ...]]
    """Ids by provider: those that it says it has, of one that is not in use those that are known."""
    offers: tuple[Offer, ...]
    """Of the providers in use."""


@endpoint("GET", "/api/settings/models", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListOffers(Request[Offers]):
    """Which models the providers in use say they have. An answer is kept for some minutes."""


@final
@attrs.frozen(kw_only=True)
class Choice(Data):
    """A provider that may be chosen."""

    provider: str
    variable: str | None
    """Name of the secret that is its key; null for one that needs none."""
    has_key: bool
    """Whether that is there."""
    model: str | None
    """Id of the model that it has by default."""
    models: tuple[str, ...]
    """Ids of those that are known; there may be others. Of an Ollama those that it has: none where none was pulled."""


@final
@attrs.frozen(kw_only=True)
class SetUp(Data):
    """Whether there is a model, and otherwise what there could be."""

    complete: bool
    """Whether the settings name a model, or the key of one is there: then nobody has to be asked."""
    model: str
    """``provider/model`` that answers now."""
    choices: tuple[Choice, ...]


@final
@attrs.frozen(kw_only=True)
class GetSetUp(Request[SetUp]):
    """Whether there is a model. An Ollama on this machine is looked for."""


@final
@attrs.frozen(kw_only=True)
class Tried(Data):
    """What came of trying a model."""

    works: bool
    detail: str = ""
    """Why it does not."""


@endpoint("POST", "/api/settings/models/try", access="admin")
@final
@attrs.frozen(kw_only=True)
class Try(Request[Tried]):
    """Ask a model once for a sentence, with a key that is kept nowhere. It costs what such a sentence costs."""

    within: ClassVar[float] = 60.0
    provider: str
    model: str
    """Id, as the provider knows it."""
    key: str = secret(default="")
    """Empty takes the one that is there."""
