"""Conversations: list them, read them, mark, rename, stop. Everything is of who asks."""

from typing import Annotated, final

import attrs
from quart import Quart, Response

from actors.agent import messages as agent
from actors.endpoints import read
from actors.gateway.http import answer, principal, read_fields, read_query, route
from actors.session import messages as session
from actors.shapes import described
from bus import Bus


@final
@attrs.frozen(kw_only=True)
class Listing:
    """Conversations, newest activity first."""

    limit: Annotated[int, described(ge=0, le=1000)] = 20
    offset: Annotated[int, described(ge=0)] = 0
    q: Annotated[str, described("Looked for in titles.")] = ""


@final
@attrs.frozen(kw_only=True)
class Rows:
    """Messages, oldest first."""

    turn: Annotated[str | None, described("Only those of this turn.")] = None
    before: Annotated[int | None, described("Only those before this message.", ge=0)] = None
    limit: Annotated[int, described("The last so many.", ge=1, le=500)] = 500


@final
@attrs.frozen(kw_only=True)
class Range:
    """Turns, in the order they were accepted."""

    first: Annotated[str | None, described("Turn at which the range begins.")] = None
    last: Annotated[str | None, described("Turn at which it ends, itself included.")] = None
    limit: Annotated[int, described("The last so many.", ge=1, le=500)] = 500


@final
@attrs.frozen(kw_only=True)
class ReadMark:
    """Whether a conversation counts as read."""

    is_read: bool = True


@final
@attrs.frozen(kw_only=True)
class Title:
    """Another title for a conversation."""

    title: Annotated[str, described(max_length=200)]

    def __attrs_post_init__(self) -> None:
        if not self.title.strip():
            raise ValueError("title: expected a title that is not empty")


@final
class SessionRoutes:
    """``/api/sessions`` and what is below it."""

    def __init__(self, app: Quart, bus: Bus) -> None:
        self._bus = bus
        route(app, "GET", "/api/sessions", self.list)
        route(app, "GET", "/api/sessions/{id}", self.get)
        route(app, "GET", "/api/sessions/{id}/messages", self.messages)
        route(app, "GET", "/api/sessions/{id}/turns", self.turns)
        route(app, "POST", "/api/sessions/{id}/read", self.read)
        route(app, "POST", "/api/sessions/{id}/cancel", self.cancel)
        route(app, "POST", "/api/sessions/{id}/rename", self.rename)

    async def list(self) -> Response:
        wanted = read_query(Listing)
        return answer(
            await self._bus.ask(
                session.List(
                    user=principal().user,
                    limit=wanted.limit,
                    offset=wanted.offset,
                    text=wanted.q or None,
                )
            )
        )

    async def get(self, id: str) -> Response:
        return answer(await self._bus.ask(session.Get(session=id, user=principal().user)))

    async def messages(self, id: str) -> Response:
        wanted = read_query(Rows)
        return answer(
            await self._bus.ask(
                session.Messages(
                    session=id,
                    user=principal().user,
                    turn=wanted.turn,
                    before=wanted.before,
                    limit=wanted.limit,
                )
            )
        )

    async def turns(self, id: str) -> Response:
        wanted = read_query(Range)
        return answer(
            await self._bus.ask(
                session.ListTurns(
                    session=id,
                    user=principal().user,
                    first=wanted.first,
                    last=wanted.last,
                    limit=wanted.limit,
                )
            )
        )

    async def read(self, id: str) -> Response:
        mark = read(ReadMark, await read_fields())
        await self._bus.ask(session.MarkRead(session=id, user=principal().user, is_read=mark.is_read))
        return answer({"ok": True})

    async def cancel(self, id: str) -> Response:
        await self._bus.ask(session.Get(session=id, user=principal().user))
        cancelled = await self._bus.ask(agent.Cancel(session=id, user=principal().user))
        return answer({"cancelled": cancelled.turn})

    async def rename(self, id: str) -> Response:
        title = read(Title, await read_fields()).title.strip()
        return answer(await self._bus.ask(session.Rename(session=id, user=principal().user, title=title)))
