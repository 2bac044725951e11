"""Commands an actor sends itself later. Bound to the incarnation: a restart forgets them (G24)."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import suppress
from typing import TypeAlias

import trio

from bus.message.envelope import INFINITY, current
from bus.message.errors import MailboxFull
from bus.message.message import Command, wire_name
from bus.run.address import Address
from bus.run.sending import Sender

Key: TypeAlias = Hashable | type[Command]


class Timers:
    """The timers of one incarnation. Setting a key again replaces the timer.

    A command that is already in the mailbox cannot be called back, except by the end of the incarnation.
    """

    def __init__(self, address: Address, sender: Sender) -> None:
        self._address = address
        self._sender = sender
        self._scopes: dict[Key, trio.CancelScope] = {}

    def after(self, seconds: float, command: Command, *, key: Key | None = None) -> None:
        """Send `command` to the own mailbox once, `seconds` from now. The default key is the command's class."""
        self._set(seconds, command, key, None)

    def every(self, seconds: float, command: Command, *, key: Key | None = None) -> None:
        """Send `command` every `seconds`, first after one period.

        The period counts from the instant each one was due; periods missed while the mailbox was full are skipped.
        """
        if not seconds > 0:
            raise ValueError(f"a period must be positive, not {seconds}")
        self._set(seconds, command, key, seconds)

    def cancel(self, key: Key) -> bool:
        """Forget a timer, by its key or its command's class; False when there was none."""
        scope = self._scopes.pop(key, None)
        if scope is not None:
            scope.cancel(reason="the timer was cancelled or replaced")
        return scope is not None

    def _set(self, seconds: float, command: Command, key: Key | None, period: float | None) -> None:
        kind = type(command)
        if kind not in self._address.handlers:
            raise ValueError(f"{self._address.name} does not handle {wire_name(kind)}")
        name = kind if key is None else key
        self.cancel(name)
        scope = self._scopes[name] = trio.CancelScope()
        self._address.spawn(self._run, command, name, scope, trio.current_time() + seconds, period)

    async def _run(
        self, command: Command, key: Key, scope: trio.CancelScope, due: float, period: float | None
    ) -> None:
        with scope:
            while True:
                await trio.sleep_until(due)
                await self._go_off(command, key)
                if period is None:
                    break
                behind = max(0.0, trio.current_time() - due)
                due += period * (1 + behind // period)
        if self._scopes.get(key) is scope:
            del self._scopes[key]

    async def _go_off(self, command: Command, key: Key) -> None:
        address, core = self._address, self._address.core
        if core.taps.timer:
            kind = type(command)
            core.taps.actor(
                "timer", address.name, detail=wire_name(kind) + (f" {key}" if key is not kind else "")
            )
        now = core.now()
        deadline = INFINITY if command.within is None else now + command.within
        envelope = core.envelope("timer", command, current.get(), address.name, now, deadline, target=address)
        with suppress(MailboxFull):  # by the policy of the class: it is a dead letter
            if not address.offer(envelope):
                await self._sender.queue_up(envelope, address)
