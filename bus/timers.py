"""Commands an actor sends itself later. Bound to the incarnation: a restart forgets them (G24)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import trio

from bus.message import Command, wire_name

if TYPE_CHECKING:
    from bus.cell import Cell


class Timers:
    """Keyed timers of one incarnation. Setting a key again replaces the timer."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._scopes: dict[Hashable, trio.CancelScope] = {}

    def after(self, seconds: float, command: Command, *, key: Hashable = None) -> None:
        """Send `command` to the own mailbox once, `seconds` from now. The default key is the command's class."""
        self._set(seconds, command, key, repeat=False)

    def every(self, seconds: float, command: Command, *, key: Hashable = None) -> None:
        """Send `command` every `seconds`, first after one period.

        The period counts from the instant each one was due; periods missed while the mailbox was full are skipped.
        """
        if seconds <= 0:
            raise ValueError(f"a period must be positive, not {seconds}")
        self._set(seconds, command, key, repeat=True)

    def cancel(self, key: Hashable) -> bool:
        """Forget a timer; False when there was none."""
        scope = self._scopes.pop(key, None)
        if scope is not None:
            scope.cancel()
        return scope is not None

    def clear(self) -> None:
        for key in list(self._scopes):
            self.cancel(key)

    def _set(self, seconds: float, command: Command, key: Hashable, *, repeat: bool) -> None:
        name = key if key is not None else wire_name(type(command))
        self.cancel(name)
        scope = self._scopes[name] = trio.CancelScope()
        self._cell.spawn(self._run, command, name, scope, seconds, seconds if repeat else None)

    async def _run(
        self, command: Command, key: Hashable, scope: trio.CancelScope, first: float, period: float | None
    ) -> None:
        due = trio.current_time() + first
        with scope:
            while True:
                await trio.sleep_until(due)
                if period is None:
                    del self._scopes[key]
                await self._cell.tell_self(command, key)
                if period is None:
                    return
                behind = max(0.0, trio.current_time() - due)
                due += period * (1 + behind // period)
