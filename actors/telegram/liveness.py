"""Whether the bot receives: what is wanted, what has become of it, and how soon it is tried again. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, final

import attrs

from actors.telegram.settings import TOKEN, Telegram
from bus import Data

Phase = Literal["off", "no_token", "receiving", "conflict", "unauthorized"]
State = Literal["off", "no_token", "connecting", "polling", "stalled", "conflict", "unauthorized"]
LONG_POLL: Final = 25
"""Seconds that Telegram is asked to hold a poll that has nothing to bring."""
MARGIN: Final = 10.0
"""Seconds more, after which a poll is given up with its connection."""
CALL: Final = 10.0
"""Seconds that each call may take by which a connection is made."""
LONGEST_PAUSE: Final = 20.0
"""Seconds between two attempts; with the others of this module it keeps what a fault costs below STALE."""
STALE: Final = 60.0
"""Seconds without a completed poll after which nobody may count on being heard."""
RECHECK: Final = 300.0
"""Seconds after which a token that was refused is shown again, and one that could not be had is looked for."""
_PLAIN_TOKEN: Final = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,200}")


@final
@attrs.frozen(kw_only=True)
class Goal(Data):
    """What is to be done, by the settings and the secrets as they are."""

    phase: Phase
    why: str | None = None
    api_url: str = ""
    token: str = attrs.field(default="", repr=False)

    @property
    def is_wanted(self) -> bool:
        """Whether there is to be a bot, however it is with its token."""
        return self.phase not in {"off", "no_token"}


def goal(settings: Telegram, secrets: Mapping[str, str], unreadable: Mapping[str, str]) -> Goal:
    """What is to be done."""
    if not settings.enabled:
        return Goal(phase="off")
    token = secrets.get(TOKEN, "").strip()
    if TOKEN in unreadable and not token:
        return Goal(phase="unauthorized", why=unreadable[TOKEN])
    if not token:
        why = f"there is no token: @BotFather gives one, and `starpod vault set {TOKEN}` takes it"
        return Goal(phase="no_token", why=why)
    if not _PLAIN_TOKEN.fullmatch(token):
        why = f"{TOKEN} is no token of a bot: it should look like 123456:ABC-DEF; `starpod vault set {TOKEN}`"
        return Goal(phase="unauthorized", why=why)
    return Goal(phase="receiving", api_url=settings.api_url, token=token)


def pause(failures: int, random: float) -> float:
    """Seconds until it is tried again, after so many failures in a row. `random` is in [0, 1)."""
    return min(LONGEST_PAUSE, (0.75 + random / 2) * 2.0 ** min(max(failures, 1) - 1, 10))


@final
@attrs.define
class Liveness:
    """What has become of it so far. Moments are seconds of a clock that only goes forward."""

    phase: Phase = "off"
    why: str | None = None
    since: float = 0.0
    """When its beginning was."""
    completed: float | None = None
    """When a poll was completed last since then."""
    completed_at: datetime | None = None
    """The same on the wall, of all polls."""

    def begin(self, goal: Goal, now: float) -> None:
        """Something else is to be done from now on."""
        self.phase, self.why, self.since, self.completed = goal.phase, goal.why, now, None

    def complete(self, now: float, wall: datetime) -> None:
        """A poll was completed: nothing else says that the bot receives."""
        self.phase, self.why, self.completed, self.completed_at = "receiving", None, now, wall

    def fail(self, why: str, phase: Phase = "receiving") -> None:
        """It did not work."""
        self.phase, self.why = phase, why

    def state(self, now: float) -> State:
        """How it is."""
        if self.phase != "receiving":
            return self.phase
        last = self.since if self.completed is None else self.completed
        if now - last > STALE:
            return "stalled"
        return "connecting" if self.completed is None else "polling"

    def trouble(self, now: float) -> str | None:
        """What keeps it from receiving although it should, as a sentence for people."""
        state = self.state(now)
        if state == "stalled":
            return (
                f"Telegram was not reached for more than {STALE:g} s: {self.why or 'no poll was completed'}"
            )
        return self.why if state in {"conflict", "unauthorized"} else None
