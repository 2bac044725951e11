"""Inputs of calls as they go to everybody who is to know of them: what is very long is cut. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import attrs

from actors.permissions.messages import Approval

LONGEST: Final = 20_000
"""Characters of one text."""
MOST: Final = 200
"""Entries of one list or object."""


def shortened(approval: Approval) -> Approval:
    """The same question with less of a long input; :class:`Get` has all of it."""
    return attrs.evolve(approval, input=_shortened(approval.input), subject=_shortened(approval.subject))


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        more = len(value) - LONGEST
        return value if more <= 0 else f"{value[:LONGEST]}… ({more} more characters)"
    if isinstance(value, Mapping):
        entries = list(cast("Mapping[str, Any]", value).items())
        return {_shortened(name): _shortened(each) for name, each in entries[:MOST]}
    if isinstance(value, Sequence):
        return [_shortened(each) for each in cast("Sequence[object]", value)[:MOST]]
    return value
