"""What every provider is to the actor, one behind HTTP or not."""

from collections.abc import Sequence
from typing import Protocol

from actors.llm.answers.embeddings import Embedding
from actors.llm.answers.transcriptions import Sound, Transcription
from actors.llm.completion import Completion, Send
from actors.llm.messages import TextRole
from actors.llm.requests.prompt import Prompt


class Provider(Protocol):
    """A translation of one canonical request into one canonical answer, nothing more."""

    async def complete(self, prompt: Prompt, send: Send) -> Completion:
        """Ask once. Text goes through `send` as it arrives; cancelling closes the connection.

        Raises ModelError, or ModelUnavailable when asking again may help; nothing else, whatever the provider sends.
        """
        ...

    async def embed(self, model: str, texts: Sequence[str], role: TextRole = "passage") -> Embedding:
        """Ask once for the vectors of some texts. Raises as :meth:`complete` does."""
        ...

    async def transcribe(self, model: str, sound: Sound) -> Transcription:
        """Ask once for the words of a recording. Raises as :meth:`complete` does."""
        ...

    async def close(self) -> None:
        """Close every connection; the provider is not used again."""
        ...
