"""What a tap has shown."""

from typing import Any

import attrs

from bus.console import TapEvent


def event(seq: int, **changes: Any) -> TapEvent:
    """An answer to the gateway, but for `changes`."""
    plain = TapEvent(
        point="replied",
        at=100.0,
        sender="gateway",
        to="session",
        type="session.Get@1",
        kind="ask",
        seq=seq,
        trace="t",
        wait=0.25,
        took=0.5,
        outcome="ok",
    )
    return attrs.evolve(plain, **changes)
