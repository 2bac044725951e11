"""Conversations: list them, read them, mark, rename, stop."""

from typing import Annotated, final

import attrs
from quart import Quart, Response, request

from actors.agent import messages as agent
from actors.endpoints import read
from actors.gateway.http import answer, query_integer, query_user, read_fields, route
from actors.session import messages as session
from actors.shapes import described
from bus import Bus

MOST_SESSIONS = 200
MOST_MESSAGES = 500
MAX_TITLE = 200


@final
@attrs.frozen(kw_only=True)
class ReadMark:
    is_read: bool = True


@final
@attrs.frozen(kw_only=True)
class Title:
    title: Annotated[str, described(max_length=MAX_TITLE)]

    def __attrs_post_init__(self) -> None:
        if not self.title.strip():
            raise ValueError("title: expected a title that is not empty")


@final
class SessionRoutes:
    """``/api/sessions`` and what is below it. Everything is of one user, ``?user_id=`` or the admin."""

    def __init__(self, app: Quart, bus: Bus) -> None:
        self._bus = bus
        route(app, "GET", "/api/sessions", self.list)
        route(app, "GET", "/api/sessions/<conversation>", self.get)
        route(app, "GET", "/api/sessions/<conversation>/messages", self.messages)
        route(app, "GET", "/api/sessions/<conversation>/turns", self.turns)
        route(app, "POST", "/api/sessions/<conversation>/read", self.read)
        route(app, "POST", "/api/sessions/<conversation>/cancel", self.cancel)
        route(app, "POST", "/api/sessions/<conversation>/rename", self.rename)

    async def list(self) -> Response:
        """Newest activity first."""
        found = await self._bus.ask(
            session.List(
                user=query_user(request.args),
                limit=query_integer(request.args, "limit", 20, most=MOST_SESSIONS),
                offset=query_integer(request.args, "offset", 0),
                text=request.args.get("q") or None,
            )
        )
        return answer(found)

    async def get(self, conversation: str) -> Response:
        """One conversation, without its messages."""
        return answer(await self._get(conversation))

    async def messages(self, conversation: str) -> Response:
        """Displayed messages, oldest first; older ones by the id of the first."""
        before = query_integer(request.args, "before", -1)
        found = await self._bus.ask(
            session.Messages(
                session=conversation,
                user=query_user(request.args),
                before=None if before < 0 else before,
                limit=query_integer(request.args, "limit", MOST_MESSAGES, least=1, most=MOST_MESSAGES),
            )
        )
        return answer(found)

    async def turns(self, conversation: str) -> Response:
        """What the turns of a range came to, in the order they were accepted."""
        found = await self._bus.ask(
            session.ListFigures(
                session=conversation,
                user=query_user(request.args),
                first=request.args.get("first") or None,
                last=request.args.get("last") or None,
                limit=query_integer(request.args, "limit", MOST_MESSAGES, least=1, most=MOST_MESSAGES),
            )
        )
        return answer(found)

    async def read(self, conversation: str) -> Response:
        """Set or clear the unread mark."""
        mark = read(ReadMark, await read_fields(optional=True))
        await self._bus.ask(
            session.MarkRead(session=conversation, user=query_user(request.args), is_read=mark.is_read)
        )
        return answer({"ok": True})

    async def cancel(self, conversation: str) -> Response:
        """Stop the running turn."""
        await self._get(conversation)
        cancelled = await self._bus.ask(agent.Cancel(session=conversation, user=query_user(request.args)))
        return answer({"cancelled": cancelled.turn})

    async def rename(self, conversation: str) -> Response:
        """Give a conversation another title."""
        title = read(Title, await read_fields()).title.strip()
        renamed = await self._bus.ask(
            session.Rename(session=conversation, user=query_user(request.args), title=title)
        )
        return answer(renamed)

    async def _get(self, conversation: str) -> session.Session:
        return await self._bus.ask(session.Get(session=conversation, user=query_user(request.args)))
