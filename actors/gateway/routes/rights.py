"""What somebody takes away ends where the right to it does: the connection is cut, and nothing whole has come."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import aclosing, contextmanager
from typing import final

import attrs
from quart import g

from actors.gateway.http import principal
from actors.gateway.presence import ENDED, RESTART, Presence, Why
from actors.tools import messages as tools
from actors.users import messages as users
from actors.vocabulary import Principal
from bus import Bus

Still = Callable[[Principal, users.User], Awaitable[bool]]
"""Whether somebody may have it: who it is, with the role of now, and the account."""


@final
class Right:
    """That of whoever has sent the request at hand, for as long as its answer takes."""

    def __init__(self, bus: Bus, presence: Presence, still: Still) -> None:
        """`still` is asked again whenever what they may has changed. That their account is active goes without it."""
        self._bus = bus
        self._presence = presence
        self._still = still
        self._known: Principal = principal()
        self._changes: int = g.changes
        self._why: Why | None = None

    @contextmanager
    def held(self) -> Generator[None]:
        """Hear of changes within a block."""
        with self._presence.entered(self._known, self._changes, self._changed):
            yield

    async def require(self) -> None:
        """To be awaited before each piece, while it is held. Raises FilesNotAllowed, or what went wrong on asking."""
        if self._why is None or self._why == RESTART:
            return
        why, self._why = self._why, None
        if why == ENDED or not await self._is_left():
            raise tools.FilesNotAllowed

    async def while_allowed(self, pieces: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
        """The same pieces, closed in any case. Raises as `require`."""
        with self.held():
            async with aclosing(pieces):
                async for piece in pieces:
                    await self.require()
                    yield piece

    def _changed(self, code: int, reason: str) -> None:
        self._why = (code, reason)

    async def _is_left(self) -> bool:
        known = self._known
        user = await self._bus.ask(users.GetUser(id=known.user, user=known.user, proof=known.proof))
        return user.is_active and await self._still(attrs.evolve(known, role=user.role), user)
