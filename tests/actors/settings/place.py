"""Two files of settings, the actor over them, and somebody who reads them."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, final

import attrs
import pytest
from attrs.validators import ge

from actors.settings import messages
from actors.settings.actor import Reader, SettingsActor
from actors.settings.current import Current
from actors.settings.document import Scheme, Section, Source, load
from actors.settings.messages import Mistake, Refused, Saved
from actors.users import messages as users
from bus import Actor
from bus.testing import MeshUnderTest
from tests.actors.users.conftest import People


@final
@attrs.frozen(kw_only=True)
class Shop:
    tills: int = attrs.field(default=1, validator=ge(1))
    """Where people pay."""
    motto: str | None = None


@final
@attrs.frozen(kw_only=True)
class Oven:
    heat: int = 180
    door: str = "shut"
    flour: str = "http://ada:secret@mill"


STARTS: list[str] = []


@final
class Baker(Actor):
    """Says when it starts; behind a broken door it does not."""

    def __init__(self, oven: Callable[[], Oven]) -> None:
        self._oven = oven

    async def start(self) -> None:
        STARTS.append(self._oven().door)
        if self._oven().door == "broken":
            raise RuntimeError("the door does not close")


READERS = (
    Reader(name="shop", kind=Shop, keys={}, fixed=frozenset({"motto"})),
    Reader(
        name="oven",
        kind=Oven,
        keys={"heat": "oven.heat", "door": "oven.door", "flour": "oven.flour"},
        restart=("baker",),
        guarded=("oven.fl*",),
    ),
)


class Place:
    """Two files, the actor over them, and what it has put in force."""

    def __init__(self, root: Path, mesh: MeshUnderTest) -> None:
        self.local, self.agent = root / "inside" / "config.local.toml", root / "agent.toml"
        self.local.parent.mkdir()
        self.agent.write_text("tills = 2\n")
        self.sources = (Source(path=self.local), Source(path=self.agent, required=True))
        self.scheme = Scheme(
            sections=(
                Section(kind=Shop),
                Section(
                    kind=Oven,
                    keys=READERS[1].keys,
                    check=lambda oven: (
                        ["no gas"] * (oven.heat > 999) + ["oven.door: it is locked"] * (oven.door == "locked")
                    ),
                ),
            ),
            secrets=(("oven.code", "ignored, it is a secret"),),
        )
        self.current = Current(load(self.sources, self.scheme).values)
        self.mesh = mesh
        self.people = People(mesh, root)

    async def start(self) -> None:
        STARTS.clear()
        await self.people.start()
        await self.mesh.start(partial(Baker, partial(self.current.of, Oven)), name="baker")
        await self.mesh.start(
            partial(SettingsActor, self.sources, self.scheme, self.current, READERS), name="settings"
        )
        await self.caught_up()

    @property
    def actor(self) -> SettingsActor:
        found = self.mesh.cell("settings").actor
        assert isinstance(found, SettingsActor)
        return found

    async def noted(self) -> list[tuple[str, str, str, str]]:
        """What the audit log has of settings, oldest first: who, how that is known, what, which."""
        found = await self.people.ask(users.ListAudit(user="admin", proof="operator"))
        rows = ((each.user, each.proof, each.event, each.detail) for each in reversed(found))
        return [row for row in rows if row[2].startswith("settings.")]

    async def restart(self) -> None:
        """Start the actor anew."""
        await self.mesh.console.restart("settings")
        await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until the actor has dealt with what it found at its start."""
        await self.mesh.settle()
        async with self.actor._changing:
            pass

    async def put(self, **changes: Any) -> Saved:
        renamed: Mapping[str, Any] = {key.replace("__", "."): value for key, value in changes.items()}
        return await self.mesh.bus.ask(messages.Put(changes=renamed))

    async def refused(self, **changes: Any) -> tuple[Mistake, ...]:
        before = self.local.read_bytes() if self.local.exists() else None
        with pytest.raises(Refused) as raised:
            await self.put(**changes)
        assert (self.local.read_bytes() if self.local.exists() else None) == before
        return raised.value.mistakes
