"""What all answers to programs for OpenAI's models share. Pure."""

from collections.abc import Iterable
from typing import Any, Final, Protocol

from actors.agent.messages import Answer
from actors.gateway.v1.asked import AGENT
from actors.vocabulary import Attachment, Usage
from actors.wire import Json, encode

_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


class Writer(Protocol):
    """Writes one answer as events, in the form of one interface."""

    def begun(self) -> bytes:
        """The beginning."""
        ...

    def text(self, text: str) -> bytes:
        """A piece of the answer."""
        ...

    def ended(self, outcome: str | None, used: Usage) -> bytes:
        """The end, of a turn with this outcome."""
        ...

    def failed(self, status: int, text: str, code: str | None = None) -> bytes:
        """The end of what could not be answered."""
        ...


def error(status: int, text: str, code: str | None = None) -> Json:
    """A refusal."""
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": text, "type": kind, "param": None, "code": code}}


def models(specs: Iterable[str]) -> Json:
    """The agent as a model, and the models that it may be told to answer with."""
    return {"object": "list", "data": [model(name) for name in (AGENT, *specs)]}


def model(name: str) -> Json:
    """One of them."""
    return {"id": name, "object": "model", "created": 0, "owned_by": name.partition("/")[0]}


def event(value: Any, kind: str = "") -> bytes:
    """A value as one server-sent event, of a kind where the interface has kinds."""
    named = f"event: {kind}\n" if kind else ""
    return f"{named}data: {encode(value)}\n\n".encode()


def whole(found: Answer) -> str:
    """All that is told of an answer."""
    return "\n\n".join(filter(None, (found.text, end(found.notice, found.attachments))))


def end(notice: str | None, files: Iterable[Attachment]) -> str:
    """What follows the words of the model: a notice, and which files came with the answer."""
    names = ", ".join(file.path for file in files)
    return "\n\n".join(filter(None, (notice, f"[Files: {names}]" if names else "")))
