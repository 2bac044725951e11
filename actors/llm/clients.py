"""The clients of the providers: each is made when it is first asked for and kept while its settings stay the same."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, Protocol, final

import attrs
import trio

from actors.llm import messages
from actors.llm.provider import Provider
from actors.llm.settings import Provider as Name
from actors.llm.settings import Settings, api_key

Keys = Mapping[str, str]
"""By name of the variable."""


class Spawn(Protocol):
    """Runs something beside whoever asks for it."""

    def __call__(self, function: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> None: ...


@final
@attrs.define(eq=False)
class _Client:
    """A provider that is being made, was made, or could not be made."""

    made_from: object = attrs.field(repr=False)
    """The settings and the key that it goes by, reduced to what matters to it."""
    ready: trio.Event = attrs.field(factory=trio.Event)
    provider: Provider | None = None
    fault: str = ""
    users: int = 0
    closing: bool = False


@final
class Clients:
    """One client a provider for new requests. After a change of settings or key, old ones end on the one they have."""

    def __init__(
        self,
        new_id: Callable[[], str],
        spawn: Spawn,
        failed: Callable[[Name, str], None],
    ) -> None:
        """`failed` is told of a client that could not be made."""
        self._new_id = new_id
        self._spawn = spawn
        self._failed: Final = failed
        self._current: dict[Name, _Client] = {}
        self._old = set[_Client]()

    def names(self) -> list[Name]:
        """The providers that have a client."""
        return sorted(self._current)

    @asynccontextmanager
    async def using(self, name: Name, settings: Settings, keys: Keys) -> AsyncGenerator[Provider]:
        """The provider `name`, which stays open within. Raises ModelError when its client cannot be made."""
        client = self._client(name, settings, keys)
        client.users += 1
        try:
            await client.ready.wait()
            if client.provider is None:
                raise messages.ModelError(reason="network", provider=name, detail=client.fault)
            yield client.provider
        finally:
            client.users -= 1
            self._tidy()

    async def prepare(self, name: Name, settings: Settings, keys: Keys) -> None:
        """Have a client before it is needed."""
        await self._client(name, settings, keys).ready.wait()

    async def close(self) -> None:
        """Close every connection."""
        for client in (*self._current.values(), *self._old):
            await _close(client)

    def _client(self, name: Name, settings: Settings, keys: Keys) -> _Client:
        """Its making goes on when whoever asked for it leaves."""
        own = settings.of(name)
        made_from = (own.base_url, own.options, settings.idle_timeout, api_key(name, keys))
        client = self._current.get(name)
        if client is None or client.made_from != made_from:
            if client is not None:
                self._old.add(client)
            client = self._current[name] = _Client(made_from)
            self._spawn(self._make, name, settings, keys, client)
            self._tidy()
        return client

    async def _make(self, name: Name, settings: Settings, keys: Keys, client: _Client) -> None:
        make = partial(_connected, new_id=self._new_id, within=trio.move_on_after, clock=trio.current_time)
        try:
            client.provider = await trio.to_thread.run_sync(
                make, name, settings, keys, abandon_on_cancel=True
            )
        except Exception as error:  # noqa: BLE001 - a broken SDK is the trouble of whoever asks for it, not of all
            client.fault = f"its client could not be made: {error}"
            if self._current.get(name) is client:
                del self._current[name]  # whoever asks next tries again
            self._failed(name, client.fault)
        client.ready.set()
        self._tidy()

    def _tidy(self) -> None:
        """Close the old clients that are made and that nobody uses any more."""
        for client in self._old:
            if client.ready.is_set() and not client.users and not client.closing:
                client.closing = True
                self._spawn(self._discard, client)

    async def _discard(self, client: _Client) -> None:
        await _close(client)
        self._old.remove(client)  # only now: who stops meanwhile closes it


async def _close(client: _Client) -> None:
    if client.provider is not None:
        await client.provider.close()


def _connected(name: Name, settings: Settings, keys: Keys, **given: Any) -> Provider:
    """As :func:`providers.connect`, which is imported with the formats of all of them only where one is needed."""
    from actors.llm import providers

    return providers.connect(name, settings, keys, **given)
