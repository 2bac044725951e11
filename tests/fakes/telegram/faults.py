"""What goes wrong with a call when a test wants it to. Pure: the server does what is said here."""

from collections.abc import Mapping
from typing import Any, Final, Literal, final, get_args

import attrs

from tests.fakes.telegram.methods import METHODS

Kind = Literal["silence", "half", "slow", "drop", "reset", "html", "garbage", "flood", "refuse"]
"""What becomes of the answer:

* silence: none comes, and the connection stays open (a black hole, the other end of a cable that was cut)
* half: half of it comes, then nothing more, and the connection stays open
* slow: all of it comes, over `seconds`
* drop: the connection is closed
* reset: the connection is broken off
* html: 502 with a page of HTML, as from a proxy
* garbage: 200 with something that is no JSON
* flood: 429 with `seconds` as ``retry_after``
* refuse: `code` and `description`
"""
Where = Literal["all", "polls", "calls", "sends", "edits", "uploads", "downloads"]
_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "polls": ("getupdates",),
    "sends": ("sendmessage", "sendphoto", "senddocument", "sendmediagroup"),
    "edits": ("editmessage",),
    "uploads": ("sendphoto", "senddocument", "sendmediagroup"),
    "downloads": ("file", "getfile"),
}


def _is_known(_fault: object, _field: object, on: str) -> None:
    if on not in get_args(Where) and on.lower() not in {*METHODS, "getupdates", "file"}:
        raise ValueError(f"{on!r} are no calls")


@final
@attrs.define(kw_only=True)
class Fault:
    """Happens to the next `times` calls that match, after `skip` of them; without a number until it is cleared."""

    kind: Kind = attrs.field(validator=attrs.validators.in_(get_args(Kind)))
    on: str = attrs.field(default="all", validator=_is_known)
    """Which calls: one of Where, or the name of a method; ``file`` are downloads of a file's content."""
    chat: int | None = None
    times: int | None = 1
    skip: int = 0
    effect: bool = False
    """Whether the call takes effect before it goes wrong."""
    seconds: float = 1.0
    code: int = 500
    description: str = "Internal Server Error"

    def hits(self, method: str, chat: str) -> bool:
        """Whether a call is to meet this; counts. `method` in small letters."""
        if not self._matches(method) or (self.chat is not None and str(self.chat) != chat):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0

    def _matches(self, method: str) -> bool:
        if self.on == "all":
            return True
        if self.on == "calls":
            return method != "getupdates"
        return method.startswith(_GROUPS.get(self.on, (self.on.lower(),)))


@final
class Faults:
    """Faults in the order in which they were asked for; a call meets the first that matches."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, kind: Kind, **more: Any) -> None:
        """See Fault for what more can be said."""
        self._faults.append(Fault(kind=kind, **more))

    def clear(self) -> None:
        """Nothing goes wrong any more. Calls that wait in silence do so until their clients leave."""
        self._faults.clear()

    def meet(self, method: str, parameters: Mapping[str, Any]) -> Fault | None:
        """The fault that this call is to meet."""
        chat = str(parameters.get("chat_id", ""))
        fault = next((fault for fault in self._faults if fault.hits(method, chat)), None)
        self._faults = [fault for fault in self._faults if fault.times is None or fault.times > 0]
        return fault
