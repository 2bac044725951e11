"""Settings under the addresses at which clients of the original look for them; all are at ``/api/settings``."""

from functools import partial
from typing import Final, final

from quart import Quart, Response, request

from actors.endpoints import BadMessage
from actors.gateway.groups import GROUPS, SECRETS, changes, masked, secrets, shown
from actors.gateway.http import address_of, answer, principal, read_fields, route
from actors.memory import messages as memory
from actors.settings import messages as settings
from actors.vault import messages as vault
from bus import Bus

NOTE_PATH: Final = "/api/settings/files/{name}"
NOTES: Final = ("SOUL.md", "HEARTBEAT.md", "BOOT.md", "BOOTSTRAP.md")
"""Notes of the agent that say who it is and what it does by itself; the memory has them."""


@final
class SettingsRoutes:
    """``/api/settings/general`` and the like."""

    def __init__(self, app: Quart, bus: Bus) -> None:
        self._bus = bus
        for group in GROUPS:
            route(app, "GET", f"/api/settings/{group}", partial(self.show, group), "admin")
            route(app, "PUT", f"/api/settings/{group}", partial(self.change, group), "admin")
        route(app, "GET", NOTE_PATH, self.note, "admin")
        route(app, "PUT", NOTE_PATH, self.write_note, "admin")

    async def show(self, group: str) -> Response:
        """The settings of a group as they are in force."""
        found = shown(group, await self._bus.ask(settings.Get()))
        return answer(masked(group, await self._kept(), found) if group in SECRETS else found)

    async def _kept(self) -> set[str]:
        """Names of what the vault keeps for the agent."""
        known = principal()
        asked = vault.ListSecrets(owner="", user=known.user, role=known.role)
        return {each.name for each in await self._bus.ask(asked)}

    async def change(self, group: str) -> Response:
        """Change those that are given and are others than they were, all of them or none; then what the vault keeps."""
        body = await read_fields()
        kept = secrets(group, body)
        wanted = changes(group, await self._bus.ask(settings.Get()), body)
        if wanted:
            known = principal()
            with self._bus.baggage(origin="gateway", user=known.user):
                await self._bus.ask(
                    settings.Put(
                        changes=wanted, user=known.user, proof=known.proof, address=address_of(request)
                    )
                )
        for name, value in kept.items():
            await self._keep(name, value)
        return answer({"status": "ok"})

    async def _keep(self, name: str, value: str) -> None:
        """Keep a secret, or forget it where the text is empty. Raises what the vault raises."""
        known = principal()
        with self._bus.baggage(origin="gateway", user=known.user):
            if value:
                kept = vault.SetSecret(
                    name=name, value=value, user=known.user, proof=known.proof, role=known.role
                )
                await self._bus.ask(kept)
            else:
                await self._bus.ask(vault.DeleteSecret(name=name, user=known.user, role=known.role))

    async def note(self, name: str) -> Response:
        """The text of a note; empty for one that is not there. Raises BadMessage for any other."""
        known = principal()
        asked = memory.ReadFile(name=_known(name), user=known.user)
        try:
            text = (await self._bus.ask(asked)).text
        except memory.UnknownFile:
            text = ""
        return answer({"content": text})

    async def write_note(self, name: str) -> Response:
        """Write all of a note. Raises BadMessage, and what memory.WriteFile raises."""
        content = (await read_fields()).get("content")
        if not isinstance(content, str):
            raise BadMessage("expected text", "content")
        known = principal()
        with self._bus.baggage(origin="gateway", user=known.user):
            await self._bus.ask(
                memory.WriteFile(name=_known(name), content=content, user=known.user, role=known.role)
            )
        return answer({"status": "ok"})


def _known(name: str) -> str:
    if name not in NOTES:
        raise BadMessage(f"expected one of {', '.join(NOTES)}; no other is editable here", "name")
    return name
