"""The actor that asks the hosting backend for people, and looks after what runs there."""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, final

import attrs
import trio

from actors.credentials import Credentials
from actors.instances import account, messages, ssh
from actors.instances.history import History
from actors.instances.lines import without_codes
from actors.instances.messages import BackendError, Instance, NotSetUp, Overview, Status
from actors.instances.monitoring import Watch
from actors.instances.settings import Settings
from actors.notify import messages as notify
from actors.subsystem import Given
from actors.vault import messages as vault
from actors.vocabulary import ADMIN
from bus import Actor, DeliveryError, Lag, Sink, concurrent, mask_text

if TYPE_CHECKING:
    from actors.instances.client import Client

AT_ONCE: Final = 8
"""Requests of people, and questions of the monitor, that are under way at once."""
LOGS: Final = 8
"""Logs that are followed at once."""
_TROUBLES: Final[Mapping[type[BackendError], messages.Trouble]] = {
    messages.NotReached: "not_reached",
    messages.KeyRefused: "key_refused",
}
NoticeOf = Literal["status"] | messages.Verdict
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
        self._history = History()

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

        async with connected(await self._backend()) as client:
            yield client

    async def _backend(self) -> account.Backend:
        """Whom to ask. Raises NotSetUp."""
        await self._credentials.read(self.bus)
        home = self._environment.get("HOME")
        login = account.read(account.file_in(Path(home))) if home else None
        url = self._settings().instances.url or self._environment.get(account.GATEWAY_URL, "")
        key = self._credentials.current.get(account.GATEWAY_KEY)
        return account.of_agent(url, key, login)

    # --- for people -----------------------------------------------------------------------------------------

    @messages.ListInstances.handler
    @concurrent(AT_ONCE)
    async def list_instances(self, request: messages.ListInstances) -> tuple[Instance, ...]:
        async with self._client() as client:
            return await client.list()

    @messages.Look.handler
    @concurrent(AT_ONCE)
    async def look(self, request: messages.Look) -> Overview:
        from actors.instances.client import connected

        monitored, notices = self._settings().instances.monitor, self._history.notices
        seen = partial(Overview, monitored=monitored, notices=notices)
        try:
            backend = await self._backend()
        except NotSetUp as error:
            reason = "" if error.missing else error.reason
            return seen(url=None, instances=(), trouble="not_set_up", reason=reason)
        try:
            async with connected(backend) as client:
                return seen(url=backend.url, instances=await client.list())
        except BackendError as error:
            trouble: messages.Trouble = _TROUBLES.get(type(error), "refused")
            return seen(url=backend.url, instances=(), trouble=trouble, reason=str(error))

    @messages.ListAgents.handler
    @concurrent(AT_ONCE)
    async def list_agents(self, request: messages.ListAgents) -> tuple[messages.RemoteAgent, ...]:
        async with self._client() as client:
            try:
                return await client.agents()
            except messages.NotThere:
                return ()

    @messages.CreateInstance.handler
    @concurrent(AT_ONCE)
    async def create(self, request: messages.CreateInstance) -> Instance:
        async with self._client() as client:
            return await client.create(
                name=request.name, region=request.region, agent=request.agent_id, machine=request.machine_type
            )

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

    @messages.ShowHistory.handler
    @concurrent(AT_ONCE)
    async def history(self, request: messages.ShowHistory) -> tuple[messages.Sample, ...]:
        found = self._history.samples(request.id)
        if not found:
            async with self._client() as client:
                await client.get(request.id)  # there may be none of this id
        return found

    @messages.GetWayIn.handler
    @concurrent(AT_ONCE)
    async def way_in(self, request: messages.GetWayIn) -> messages.WayIn:
        async with self._client() as client:
            return ssh.way_in(await client.ssh(request.id), request.id)

    @messages.FollowLogs.handler
    @concurrent(LOGS)
    async def follow_logs(self, request: messages.FollowLogs, sink: Sink[messages.LogLine]) -> None:
        async with self._client() as client, aclosing(client.logs(request.id, tail=request.tail)) as lines:
            async for line in lines:
                message = mask_text(without_codes(line.message))
                await sink.send(attrs.evolve(line, message=message))

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
            self._history.keep_only(found)
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
            was = old.status if old is not None else None
            if known is not None and was != status:
                told = partial(messages.StatusChanged, instance=id, name=known.name)
                self._notice(known, "status", was, status)
                await self.bus.publish(told(before=was, now=status))

    def _notice(
        self, of: Instance, what: NoticeOf, before: Status | None = None, now: Status | None = None
    ) -> None:
        at = self.bus.clock.now().timestamp()
        self._history.notice(
            messages.Notice(at=at, instance=of.id, name=of.name, what=what, before=before, now=now)
        )

    async def _look_at(self, client: "Client", instance: Instance, at_once: trio.CapacityLimiter) -> None:
        settings = self._settings().instances
        watch = self._watches.setdefault(instance.id, Watch())
        async with at_once:
            try:
                health = await client.health(instance.id)
                self._history.sample(instance.id, self.bus.clock.now().timestamp(), health)
                verdict = watch.seen(
                    health.last_heartbeat,
                    self.bus.clock.monotonic(),
                    timeout=settings.timeout_secs,
                    attempts=settings.attempts,
                )
                if verdict is None:
                    return
                self._notice(instance, verdict)
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
