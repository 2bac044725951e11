"""Settings of subagents: how many there may be, and how deep."""

from collections.abc import Mapping
from typing import Final, final

import attrs
from attrs.validators import ge, le

from actors.session.messages import DEEPEST
from bus import Data

KEYS: Final[Mapping[str, str]] = {
    "depth": "limits.subagent_depth",
    "at_once": "limits.subagents_at_once",
    "per_turn": "limits.subagents_per_turn",
}


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    depth: int = attrs.field(default=1, validator=[ge(0), le(DEEPEST)])
    """How many turns may call each other in a row: with 1 a subagent has none of its own, with 0 there is none."""
    at_once: int = attrs.field(default=4, validator=ge(1))
    """Subagents of one turn that run at once; the others wait for their turn."""
    per_turn: int = attrs.field(default=16, validator=ge(0))
    """Subagents on behalf of one message of a person, those of subagents included."""
