"""How a provider is asked over HTTP and how it answers: one value for each format. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, final
from urllib.parse import quote

import attrs

from actors.llm.answers.embeddings import Embedding
from actors.llm.answers.transcriptions import Form, Sound, Transcription
from actors.llm.completion import Completion, Tokens
from actors.llm.fields import JsonObject
from actors.llm.messages import CompletionEvent, TextRole
from actors.llm.requests.prompt import Prompt
from bus import Data


class Reader(Protocol):
    """Understands one stream, event by event. Whatever it meets it reads, passes over, or refuses with ValueError."""

    finished: bool
    """Nothing that matters follows."""

    @property
    def whole(self) -> bool:
        """Whether the model itself came to an end, even if the stream was cut after that."""
        ...

    @property
    def tokens(self) -> Tokens:
        """What was used, as far as the stream has said so yet."""
        ...

    @property
    def written(self) -> int:
        """Characters of the answer so far, calls and reasoning included."""
        ...

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        """Take the data of one event. Raises the failure it stands for, or ValueError when it cannot be read."""
        ...

    def completion(self) -> Completion:
        """What was said; blocks that never ended are taken as they are."""
        ...


@final
@attrs.frozen(kw_only=True)
class Embeddings(Data):
    """How vectors are asked for."""

    path: str
    """As of :class:`Format`."""
    body: Callable[[str, Sequence[str], TextRole], JsonObject]
    """The body of a request to a model."""
    read: Callable[[bytes, int], Embedding]
    """Takes the answer and the number of texts. Raises ValueError with a sentence without its full stop."""
    most: int
    """Texts of one request."""


@final
@attrs.frozen(kw_only=True)
class Transcriptions(Data):
    """How the words of a recording are asked for."""

    path: str
    """As of :class:`Format`."""
    form: Callable[[str, Sound], Form]
    """What is sent to a model."""
    read: Callable[[bytes], Transcription]
    """Takes the answer. Raises ValueError with a sentence without its full stop."""


@final
@attrs.frozen(kw_only=True)
class Format(Data):
    """What differs between the interfaces of providers."""

    path: str
    """Path of a call below the base URL; ``{model}`` in it stands for the id of the model."""
    body: Callable[[Prompt, Mapping[str, Any]], JsonObject]
    """The body of a request for a streamed answer. What the settings add wins over everything but the streaming."""
    reader: Callable[[str, Callable[[], str]], Reader]
    """Takes the name of the provider and what makes ids for calls that come without one."""
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """Beside those that the SDK sends."""
    embeddings: Embeddings | None = None
    """None where there are none."""
    transcriptions: Transcriptions | None = None
    """Likewise."""

    def path_of(self, prompt: Prompt) -> str:
        return path_of(self.path, prompt.model)


def path_of(path: str, model: str) -> str:
    """The path of a call to a model."""
    return path.replace("{model}", quote(model, safe=""))
