"""Commands an actor sends itself later. Bound to the incarnation: a restart forgets them (G24)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import trio

from bus.message import Command

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
        key = type(command) if key is None else key
        self.cancel(key)
        scope = self._scopes[key] = trio.CancelScope()
        self._cell.spawn(self._run, seconds, command, key, scope, repeat)

    async def _run(
        self, seconds: float, command: Command, key: Hashable, scope: trio.CancelScope, repeat: bool
    ) -> None:
        due = trio.current_time() + seconds
        with scope:
            while True:
                await trio.sleep_until(due)
                if not repeat:
                    del self._scopes[key]
                await self._cell.tell_self(command, key)
                if not repeat:
                    return
                behind = max(0.0, trio.current_time() - due)
                due += seconds * (1 + behind // seconds)
