"""A few tools, one of each effect."""

from typing import Annotated, Any, ClassVar

import attrs

from actors.tooling import Rendered, ToolReply, described, from_context, tool
from actors.vocabulary import Attachment, Text
from bus import Abandon, ActorError, Request

# --- tools ------------------------------------------------------------------------------------------------


@attrs.define(eq=False, kw_only=True)
class Refused(ActorError):
    def __str__(self) -> str:
        return "this tool says no"


@tool("Peek", "Reads.", effect="pure")
@attrs.frozen(kw_only=True)
class Peek(Request[str]):
    within: ClassVar[float] = 1000.0
    what: Annotated[str, described("What to look at.")]


@tool("Keep", "Stores in a database of ours.", effect="local")
@attrs.frozen(kw_only=True)
class Keep(Request[str]):
    within: ClassVar[float] = 1000.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    what: str
    call: Annotated[str, from_context("call")]


@tool("Tell", "Sends something out.", effect="unsafe", on_doubt="tell_model")
@attrs.frozen(kw_only=True)
class Tell(Request[str]):
    within: ClassVar[float] = 1000.0
    what: str


@tool("Retry", "Sends something out that may come twice.", effect="unsafe", on_doubt="retry")
@attrs.frozen(kw_only=True)
class Retry(Request[str]):
    within: ClassVar[float] = 1000.0
    what: str


@tool("Skip", "Sends something out that does not matter.", effect="unsafe", on_doubt="skip")
@attrs.frozen(kw_only=True)
class Skip(Request[str]):
    within: ClassVar[float] = 1000.0
    what: str


@attrs.frozen(kw_only=True)
class Handed(ToolReply):
    path: str

    def rendered(self) -> Rendered:
        file = Attachment(name=self.path, media_type="text/plain", path=self.path, size=3)
        return Rendered(content=(Text(text="handed over"),), attachments=(file,))


@tool("Hand", "Hands a file to the person.", effect="pure")
@attrs.frozen(kw_only=True)
class Hand(Request[Handed]):
    path: str


@tool("Fail", "Refuses, crashes or never answers.", effect="unsafe", on_doubt="tell_model")
@attrs.frozen(kw_only=True)
class Fail(Request[str]):
    within: ClassVar[float] = 5.0
    how: str


TOOLS: tuple[type[Request[Any]], ...] = (Peek, Keep, Tell, Retry, Skip, Hand, Fail)
