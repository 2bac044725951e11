"""Settings under the addresses at which clients of the original look for them; all are at ``/api/settings``."""

from functools import partial
from typing import final

from quart import Quart, Response, request

from actors.gateway.groups import GROUPS, changes, shown
from actors.gateway.http import address_of, answer, principal, read_fields, route
from actors.settings import messages as settings
from bus import Bus


@final
class SettingsRoutes:
    """``/api/settings/general`` and the like."""

    def __init__(self, app: Quart, bus: Bus) -> None:
        self._bus = bus
        for group in GROUPS:
            route(app, "GET", f"/api/settings/{group}", partial(self.show, group), "admin")
            route(app, "PUT", f"/api/settings/{group}", partial(self.change, group), "admin")

    async def show(self, group: str) -> Response:
        """The settings of a group as they are in force."""
        return answer(shown(group, await self._bus.ask(settings.Get())))

    async def change(self, group: str) -> Response:
        """Change those that are given and are others than they were: all of them or none."""
        wanted = changes(group, await self._bus.ask(settings.Get()), await read_fields())
        if wanted:
            known = principal()
            with self._bus.baggage(origin="gateway", user=known.user):
                await self._bus.ask(
                    settings.Put(
                        changes=wanted, user=known.user, proof=known.proof, address=address_of(request)
                    )
                )
        return answer({"status": "ok"})
