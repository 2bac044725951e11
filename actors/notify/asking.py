"""Telling people that they are asked something, while they do not look at the conversation in which it stands."""

import logging
from collections.abc import AsyncIterator
from typing import Final, cast, final

import trio

from actors.beginning import beginning
from actors.gateway import messages as gateway
from actors.notify.messages import Notify, NotTold
from actors.permissions import messages as permissions
from actors.visible import visible
from bus import Bus, BusError, Lag

GRACE: Final = 3.0
"""Seconds in which somebody who has just spoken may come to look, or a page that lost its connection."""
LOOK: Final = 15.0
"""Seconds after which it is looked again whether anybody still looks."""
AGAIN: Final = 60.0
"""Seconds after which it is tried again to tell what could not be told."""
OF_THEIR_OWN: Final = frozenset({"telegram"})
"""Channels that ask in the conversation itself."""
LONGEST: Final = 300
"""Characters of what a call acts on, and of a reason."""
_LOG: Final = logging.getLogger(__name__)


@final
class Asking:
    """Has each question told once, unless it is closed before, as long as nobody follows its conversation."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._waiting: dict[str, trio.CancelScope] = {}
        """By question, what is to be left once it is closed."""

    async def run(self) -> None:
        """Tell until cancelled."""
        events = self._bus.subscribe(permissions.Asked, permissions.Answered, limit=256, lag=Lag.DROP_OLDEST)
        async with events as found, trio.open_nursery() as nursery:
            missed = -1
            while True:
                if found.missed > missed:
                    missed = found.missed
                    await self._catch_up(nursery)
                event = await anext(cast("AsyncIterator[permissions.Asked | permissions.Answered]", found))
                if isinstance(event, permissions.Asked):
                    self._begin(nursery, event.approval)
                elif (scope := self._waiting.get(event.approval.id)) is not None:
                    scope.cancel("the question is closed")

    async def _catch_up(self, nursery: trio.Nursery) -> None:
        while True:
            try:
                waiting = await self._bus.ask(permissions.ListOpen())
            except BusError as error:
                _LOG.info("what waits for an answer is not known yet: %s", error)
                await trio.sleep(AGAIN)
                continue
            for approval in waiting:
                self._begin(nursery, approval)
            return

    def _begin(self, nursery: trio.Nursery, approval: permissions.Approval) -> None:
        if approval.channel not in OF_THEIR_OWN and approval.id not in self._waiting:
            self._waiting[approval.id] = trio.CancelScope()
            nursery.start_soon(self._attend, approval)

    async def _attend(self, approval: permissions.Approval) -> None:
        left = (approval.expires_at - self._bus.clock.now()).total_seconds()
        try:
            with self._waiting[approval.id], trio.move_on_after(max(0.0, left)):
                await trio.sleep(GRACE)
                while await self._is_seen(approval):  # noqa: ASYNC110 - nobody tells that a page was closed
                    await trio.sleep(LOOK)
                await self._tell(approval)
        finally:
            del self._waiting[approval.id]

    async def _is_seen(self, approval: permissions.Approval) -> bool:
        """Whether it stands before somebody's eyes. Where nobody can say so, it does not."""
        try:
            return await self._bus.ask(gateway.IsFollowed(of_user=approval.user, session=approval.session))
        except BusError:
            return False

    async def _tell(self, approval: permissions.Approval) -> None:
        while True:
            try:
                await self._bus.ask(notification(approval))
            except NotTold:
                await trio.sleep(AGAIN)
            except BusError as error:
                _LOG.warning("a question cannot be told: %s", error)
                return
            else:
                return


def notification(approval: permissions.Approval) -> Notify:
    """What is told of a question."""
    about = beginning(visible(approval.subject), LONGEST)
    why = f"Asked because {beginning(visible(approval.reason), LONGEST)}. Answer in the page."
    return Notify(
        user=approval.user,
        key=f"approval:{approval.id}",
        source="permissions",
        title=f"{visible(approval.tool)} waits for your answer",
        text=f"{about}\n\n{why}" if about else why,
        success=None,
        session=approval.session,
        approval=approval.id,
    )
