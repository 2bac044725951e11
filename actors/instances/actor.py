"""The actor that asks the hosting backend for people, and looks after what runs there."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

import trio

from actors.credentials import Credentials
from actors.instances import account, messages
from actors.instances.messages import BackendError, Instance, NotSetUp
from actors.instances.monitoring import Watch
from actors.instances.settings import Settings
from actors.notify import messages as notify
from actors.subsystem import Given
from actors.vault import messages as vault
from actors.vocabulary import ADMIN
from bus import Actor, DeliveryError, Lag, concurrent

if TYPE_CHECKING:
    from actors.instances.client import Client

AT_ONCE: Final = 8
"""Requests of people, and questions of the monitor, that are under way at once."""
_LOG: Final = logging.getLogger(__name__)


@final
class InstancesActor(Actor):
    """Keeps nothing but what the monitor has seen. HTTP is loaded with the first question."""

    def __init__(self, given: Given) -> None:
        self._settings = given.settings(Settings)
        self._environment = given.environment
        self._credentials = Credentials(given.environment, (account.GATEWAY_KEY,), "hosting backend")
        self._statuses: dict[str, Instance] = {}
        """As the monitor saw them last."""
        self._watches: dict[str, Watch] = {}

    async def start(self) -> None:
        self.spawn(self._follow_vault)
        self.spawn(self._monitor)

    async def _follow_vault(self) -> None:
        async with self.bus.subscribe(vault.SecretsChanged, limit=1, lag=Lag.DROP_OLDEST) as changes:
            self._credentials.changed()
            async for _ in changes:
                self._credentials.changed()

    @asynccontextmanager
    async def _client(self) -> "AsyncGenerator[Client]":
        """Raises NotSetUp."""
        from actors.instances.client import connected

        await self._credentials.read(self.bus)
        home = self._environment.get("HOME")
        login = account.read(account.file_in(Path(home))) if home else None
        url = self._settings().instances.url or self._environment.get(account.GATEWAY_URL, "")
        key = self._credentials.current.get(account.GATEWAY_KEY)
        async with connected(account.of_agent(url, key, login)) as client:
            yield client

    # --- for people -----------------------------------------------------------------------------------------

    @messages.ListInstances.handler
    @concurrent(AT_ONCE)
    async def list_instances(self, request: messages.ListInstances) -> tuple[Instance, ...]:
        async with self._client() as client:
            return await client.list()

    @messages.CreateInstance.handler
    @concurrent(AT_ONCE)
    async def create(self, request: messages.CreateInstance) -> Instance:
        async with self._client() as client:
            return await client.create(name=request.name, region=request.region, agent=request.agent_id)

    @messages.GetInstance.handler
    @concurrent(AT_ONCE)
    async def get(self, request: messages.GetInstance) -> Instance:
        async with self._client() as client:
            return await client.get(request.id)

    @messages.DeleteInstance.handler
    @concurrent(AT_ONCE)
    async def delete(self, request: messages.DeleteInstance) -> None:
        async with self._client() as client:
            await client.delete(request.id)

    @messages.PauseInstance.handler
    @concurrent(AT_ONCE)
    async def pause(self, request: messages.PauseInstance) -> messages.Done:
        async with self._client() as client:
            await client.pause(request.id)
        return messages.Done(status="paused")

    @messages.RestartInstance.handler
    @concurrent(AT_ONCE)
    async def restart(self, request: messages.RestartInstance) -> messages.Done:
        async with self._client() as client:
            await client.restart(request.id)
        return messages.Done(status="restarted")

    @messages.GetHealth.handler
    @concurrent(AT_ONCE)
    async def health(self, request: messages.GetHealth) -> messages.Health:
        async with self._client() as client:
            return await client.health(request.id)

    # --- the monitor ----------------------------------------------------------------------------------------

    async def _monitor(self) -> None:
        while True:
            await trio.sleep(self._settings().instances.interval_secs)
            if not self._settings().instances.monitor:
                self._statuses.clear()
                self._watches.clear()
                self.degraded(None)
                continue
            try:
                await self._look_at_all()
                self.degraded(None)
            except (BackendError, NotSetUp) as error:
                _LOG.warning("the instances could not be looked at: %s", error)
                self.degraded(str(error))

    async def _look_at_all(self) -> None:
        async with self._client() as client:
            found = {each.id: each for each in await client.list()}
            await self._tell_changes(found)
            at_once = trio.CapacityLimiter(AT_ONCE)
            async with trio.open_nursery() as nursery:
                for each in found.values():
                    if each.status == "running":
                        nursery.start_soon(self._look_at, client, each, at_once)

    async def _tell_changes(self, found: dict[str, Instance]) -> None:
        before, self._statuses = self._statuses, found
        for id in {**before, **found}:
            old, new = before.get(id), found.get(id)
            known = new or old
            status = new.status if new is not None else None
            if status in {None, "paused", "stopped", "deleting", "deleted"}:
                self._watches.pop(id, None)  # it begins anew
            if known is not None and (old.status if old is not None else None) != status:
                await self.bus.publish(
                    messages.StatusChanged(
                        instance=id,
                        name=known.name,
                        before=old.status if old is not None else None,
                        now=status,
                    )
                )

    async def _look_at(self, client: "Client", instance: Instance, at_once: trio.CapacityLimiter) -> None:
        settings = self._settings().instances
        watch = self._watches.setdefault(instance.id, Watch())
        async with at_once:
            try:
                health = await client.health(instance.id)
                verdict = watch.seen(
                    health.last_heartbeat,
                    self.bus.clock.monotonic(),
                    timeout=settings.timeout_secs,
                    attempts=settings.attempts,
                )
                if verdict is None:
                    return
                await self.bus.publish(
                    messages.Judged(instance=instance.id, name=instance.name, verdict=verdict)
                )
                if verdict == "stuck":
                    _LOG.warning("instance %s is stuck and started anew", instance.id)
                    await client.restart(instance.id)
                elif verdict == "given_up":
                    await self._give_up(instance, settings.attempts)
            except BackendError as error:
                _LOG.warning("instance %s: %s", instance.id, error)

    async def _give_up(self, instance: Instance, attempts: int) -> None:
        name = instance.name or instance.id
        try:
            await self.bus.ask(
                notify.Notify(
                    user=ADMIN,
                    key=f"instances:{instance.id}:{self.bus.ids.uuid()}",
                    source="instances",
                    title=name,
                    text=f"{name} does not answer. It was started anew {attempts} times and is left alone now.",
                    success=False,
                    session=None,
                )
            )
        except (notify.NotTold, DeliveryError) as error:
            _LOG.warning("instance %s is given up, and nobody could be told: %s", instance.id, error)
