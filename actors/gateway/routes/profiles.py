"""What the agent keeps of each user, where clients of the original look for it: to others only that it is there."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final, final

from quart import Quart, Response, request

from actors.endpoints import BadMessage
from actors.gateway.http import address_of, answer, principal, read_fields, refusal, route
from actors.memory import messages as memory
from actors.users import messages as users
from actors.wire import Json
from bus import Bus

PLACE: Final = "/api/settings/users"
ABOUT_THEM: Final = "USER.md"
REMEMBERED: Final = "MEMORY.md"
OTHERS: Final = "what the agent keeps of a user is shown to that user alone, and changed by nobody else"


@final
class ProfileRoutes:
    """``/api/settings/users``: profiles are the accounts that are let in, and the notes of each."""

    def __init__(self, app: Quart, bus: Bus) -> None:
        self._bus = bus
        one = f"{PLACE}/{{id}}"
        route(app, "GET", PLACE, self.show_all, "admin")
        route(app, "POST", PLACE, self.add, "admin")
        route(app, "GET", one, self.show, "admin")
        route(app, "PUT", one, self.write, "admin")
        route(app, "DELETE", one, self.remove, "admin")

    async def show_all(self) -> Response:
        """Who there is, by id, and whether the agent has notes of them."""
        known = principal()
        found = await self._bus.ask(users.ListUsers(user=known.user, proof=known.proof))
        ids = sorted(each.id for each in found if each.is_active)
        return answer([{"id": id, **counted(await self._notes(id))} for id in ids])

    async def add(self) -> Response:
        """Make an account. Raises BadMessage for an id that cannot be one or is taken."""
        known = principal()
        id = (await read_fields()).get("id")
        if not isinstance(id, str) or not id:
            raise BadMessage("expected text", "id")
        asked = users.AddUser(id=id, user=known.user, proof=known.proof, address=address_of(request))
        try:
            with self._bus.baggage(origin="gateway", user=known.user):
                made = await self._bus.ask(asked)
        except (users.Taken, users.LeftBehind) as error:
            raise BadMessage(str(error), "id") from error
        return answer(
            {"id": made.id, "user_md": "", "memory_md": "", "daily_log_count": 0}, HTTPStatus.CREATED
        )

    async def show(self, id: str) -> Response:
        """What is kept of oneself; of others it is not told. Raises users.UnknownUser."""
        await self._find(id)
        if id != principal().user:
            return refusal(403, OTHERS)
        texts = {"user_md": await self._text(ABOUT_THEM), "memory_md": await self._text(REMEMBERED)}
        count = counted(await self._notes(id))["daily_log_count"]
        return answer({"id": id, **texts, "daily_log_count": count})

    async def write(self, id: str) -> Response:
        """Write all of one's own USER.md. Raises BadMessage, users.UnknownUser, what memory.WriteFile raises."""
        content = (await read_fields()).get("content")
        if not isinstance(content, str):
            raise BadMessage("expected text", "content")
        known = principal()
        await self._find(id)
        if id != known.user:
            return refusal(403, OTHERS)
        with self._bus.baggage(origin="gateway", user=known.user):
            await self._bus.ask(
                memory.WriteFile(name=ABOUT_THEM, content=content, user=known.user, role=known.role)
            )
        return answer({"status": "ok"})

    async def remove(self, id: str) -> Response:
        """Let somebody in no more; their notes stay theirs. Raises what users.Deactivate raises."""
        known = principal()
        await self._find(id)
        with self._bus.baggage(origin="gateway", user=known.user):
            await self._bus.ask(
                users.Deactivate(id=id, user=known.user, proof=known.proof, address=address_of(request))
            )
        return answer(None, HTTPStatus.NO_CONTENT)

    async def _find(self, id: str) -> None:
        """Raises users.UnknownUser for somebody who is not let in, or not there."""
        known = principal()
        found = await self._bus.ask(users.GetUser(id=id, user=known.user, proof=known.proof))
        if not found.is_active:
            raise users.UnknownUser(id=id)

    async def _notes(self, id: str) -> "tuple[memory.Entry, ...]":
        return await self._bus.ask(memory.ListFiles(user=id, role="user"))

    async def _text(self, name: str) -> str:
        """One's own note; empty where there is none."""
        try:
            return (await self._bus.ask(memory.ReadFile(name=name, user=principal().user))).text
        except memory.UnknownFile:
            return ""


def counted(notes: "Iterable[memory.Entry]") -> Json:
    """Which notes of a user there are, without a word of what they say."""
    own = {each.name for each in notes if each.level == "user" and each.size}
    days = [name for name in own if name.startswith("memory/") and name.count("/") == 1]
    return {
        "has_user_md": ABOUT_THEM in own,
        "has_memory_md": REMEMBERED in own,
        "daily_log_count": len(days),
    }
