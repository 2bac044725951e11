"""What only the operator of this machine may see and do: routes that ask for the token of the running daemon."""

from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Final, final

from quart import Quart, Response, request

from actors.gateway.http import refusal, route
from bus import Bus
from bus.console import NotPossible, UnknownActor

WRITE: Final = "Starpod-Write"
"""Header with which the operator says that a change is meant."""
LOOKING: Final = "console"
"""Origin of the messages that looking at the bus causes itself; they are left out of what it shows."""
ACTING: Final = "operator"
"""Origin of the messages that an operator sends."""

View = Callable[[], Awaitable[Response]]


@final
class Operator:
    """Knows the operator's token and lets nobody else in."""

    def __init__(self, app: Quart, bus: Bus, token: str) -> None:
        self._app = app
        self._bus = bus
        self._expected = f"Bearer {token}".encode()

    def refuse(self, authorization: str | None) -> Response | None:
        """The answer for somebody whose ``Authorization`` header is not the operator's; None for the operator."""
        if compare_digest((authorization or "").encode(errors="replace"), self._expected):
            return None
        return refusal(401, "this needs the operator's token, as Authorization: Bearer <token>")

    def look(self, path: str, view: View) -> None:
        """Answer ``GET`` on `path`."""
        self._route("GET", path, view)

    def change(self, path: str, view: View) -> None:
        """Answer ``POST`` on `path`, for an operator who says that he means it."""
        self._route("POST", path, view)

    def _route(self, method: str, path: str, view: View) -> None:
        changes = method == "POST"
        origin = ACTING if changes else LOOKING

        async def guarded() -> Response:
            refused = self.refuse(request.headers.get("Authorization"))
            if refused is not None:
                return refused
            if changes and request.headers.get(WRITE) != "yes":
                return refusal(
                    403, f"this changes what the agent does: say that you mean it with {WRITE}: yes"
                )
            try:
                with self._bus.fresh(origin), self._bus.baggage(origin=origin):
                    return await view()
            except UnknownActor as error:
                return refusal(404, str(error))
            except NotPossible as error:
                return refusal(409, str(error))

        route(self._app, method, path, guarded)
