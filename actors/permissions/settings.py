"""Settings of permissions: rules, and what is done where they say nothing."""

from collections.abc import Mapping
from typing import Final, Literal, final

import attrs
from attrs.validators import ge, le, min_len

from actors.tables import others
from actors.vocabulary import Role
from bus import Data

Verdict = Literal["allow", "deny", "ask"]
WEEK: Final = 7 * 24 * 60
"""Minutes."""


@final
@attrs.frozen(kw_only=True)
class Rule(Data):
    """One rule. It is about the calls that all of what it says fits; the first one that is about a call decides."""

    tool: str = attrs.field(default="*", validator=min_len(1))
    """Name of the tool; ``*`` stands for any part of it."""
    pattern: str = ""
    """Of what the call acts on: ``git *``, ``notes/*``, ``example.com``; empty for anything."""
    channel: str = ""
    """Empty for any."""
    role: Role | None = None
    """None: any."""
    outside: bool | None = None
    """Only where words from outside are in the conversation, or only where none are. A rule that says true is the only
    one that can allow a change there."""
    decision: Verdict = "ask"
    """What is done about the call."""

    def __str__(self) -> str:
        said = (
            f"{name} = {value!r}" for name, value in attrs.asdict(self).items() if value not in ("", None)
        )
        return f"{{{', '.join(said)}}}"


@final
@attrs.frozen(kw_only=True)
class Permissions(Data):
    """The table ``[permissions]``."""

    outside: Literal["ask", "allow"] = "ask"
    """What is done about a change where words from outside are in the conversation, and no rule is about that."""
    asks_on: tuple[str, ...] = ("main", "telegram")
    """The channels whose people can be asked. On any other, what would be asked is denied."""
    expires_minutes: int = attrs.field(default=24 * 60, validator=[ge(1), le(WEEK)])
    """Minutes until a question that nobody answers is answered with a denial."""
    rules: tuple[Rule, ...] = ()
    """The first one that is about a call decides."""
    tools: Mapping[str, Verdict] = others()
    """Any other key is the name of a tool with a decision, which is looked at behind the rules."""

    @property
    def in_order(self) -> tuple[Rule, ...]:
        """All rules as they are looked at."""
        return (*self.rules, *(Rule(tool=name, decision=said) for name, said in self.tools.items()))


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    permissions: Permissions = Permissions()


GUARDED: Final = ("permissions.*",)
"""Whoever may change them may have anything done."""
