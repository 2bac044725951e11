"""Finds what the settings of a server name: secrets of the vault, variables of the environment."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final, final
from urllib.parse import urlsplit

from actors.mcp.link import Address
from actors.mcp.messages import NotReached
from actors.mcp.process import CONTROL, Start, environment
from actors.mcp.references import Missing, filled, names_in
from actors.mcp.settings import Server
from actors.shell import messages as shell
from actors.vault import messages as vault
from bus import Bus, DeliveryError, NoRoute

NOBODY: Final = "-"
"""Whose uploads a server may see: no user is called that."""


@final
class Access:
    """Asked each time that a server is started or reached, so that it has what is kept now."""

    def __init__(self, here: Mapping[str, str]) -> None:
        """`here` are the variables of the agent."""
        self._here = here

    async def start(self, bus: Bus, name: str, server: Server, folder: Path) -> Start:
        """What to run. Raises NotReached."""
        own = await self._filled(bus, name, server.env, None)
        command = (server.command or "", *server.args)
        here = self._here
        if server.sandbox:
            command, here = await self._enclosed(bus, name, command), {**here, "HOME": str(folder)}
        return Start(
            command=command, environment=environment(here, own), folder=folder, enclosed=server.sandbox
        )

    async def _enclosed(self, bus: Bus, server: str, command: tuple[str, ...]) -> tuple[str, ...]:
        """The words that run a command in the sandbox. Raises NotReached where there is none."""
        try:
            kept = await bus.ask(shell.GetProtection())
            if not kept.sandbox:
                raise NotReached(server=server, reason=f"it is to run in a sandbox: {kept.text}")
            return await bus.ask(
                shell.Enclose(command=shlex.join(command), folder="", user=NOBODY, control=CONTROL)
            )
        except (shell.NoSandbox, DeliveryError) as error:
            raise NotReached(server=server, reason=f"it is to run in a sandbox: {error}") from error

    async def address(self, bus: Bus, name: str, server: Server) -> Address:
        """Whom to ask. Raises NotReached, also where a secret may not be sent there."""
        url = server.url or ""
        host = urlsplit(url).hostname or ""
        return Address(url=url, headers=await self._filled(bus, name, server.headers, host))

    async def _filled(
        self, bus: Bus, server: str, values: Mapping[str, str], host: str | None
    ) -> dict[str, str]:
        names = tuple(dict.fromkeys(name for value in values.values() for name in names_in(value)))
        held = {**self._here, **(await self._kept(bus, server, names, host) if names else {})}
        try:
            return {key: filled(value, held) for key, value in values.items()}
        except Missing as missing:
            reason = f"nothing is kept under {missing}: `starpod vault set {missing}`"
            raise NotReached(server=server, reason=reason) from None

    async def _kept(self, bus: Bus, server: str, names: tuple[str, ...], host: str | None) -> dict[str, str]:
        """What the vault holds of these. A secret is sent to no host that it is not meant for."""
        try:
            found = await bus.ask(vault.Read(names=names, why=f"the MCP server {server}"))
        except NoRoute:
            return {}
        except (vault.VaultFailed, DeliveryError) as error:
            raise NotReached(server=server, reason=f"its secrets cannot be read: {error}") from error
        for name, why in found.unreadable.items():
            raise NotReached(server=server, reason=f"{name} cannot be read: {why}")
        for secret in found.secrets:
            if host is not None and not secret.allows(host):
                raise NotReached(
                    server=server,
                    reason=f"{secret.name} may not be sent to {host}: `starpod vault hosts {secret.name} {host}`",
                )
        return {secret.name: secret.value for secret in found.secrets}
