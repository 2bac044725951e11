"""A vault on a folder of its own, with a real database and a real file for its key."""

import sqlite3
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import keyring.errors
import pytest

from actors.subsystem import Given
from actors.vault import messages as vault
from actors.vault.actor import VaultActor
from actors.vault.settings import Settings
from bus.testing import MeshUnderTest
from tests.actors.users.conftest import People


class Vault:
    """What is told to the vault, in few words."""

    def __init__(self, mesh: MeshUnderTest, data: Path) -> None:
        self.mesh = mesh
        self.data = data
        self.key = data / "vault.key"
        self.database = data / "db" / "vault.db"
        self.database.parent.mkdir()
        self.environment: dict[str, str] = {}
        self.settings = Settings()

    async def start(self) -> None:
        settings: Callable[[type[Any]], Any] = lambda _kind: self.settings  # noqa: E731
        given = Given(data=self.data, home=self.data, environment=self.environment, settings_of=settings)
        await self.mesh.start(partial(VaultActor, given), name="vault")

    async def know_people(self) -> None:
        """Make accounts of Ada and Bob."""
        folder = self.data / "people"
        folder.mkdir()
        people = People(self.mesh, folder)
        await people.start()
        for each in ("ada", "bob"):
            await people.add(each)

    async def set(self, name: str, value: str, owner: str = "", **more: Any) -> vault.Entry:
        fields: dict[str, Any] = {"user": "admin", "role": "admin", **more}
        return await self.mesh.bus.ask(vault.SetSecret(name=name, value=value, owner=owner, **fields))

    async def read(self, *names: str, user: str | None = None, role: Any = "user") -> dict[str, str]:
        found = await self.look(*names, user=user, role=role)
        return {each.name: each.value for each in found.secrets}

    async def look(self, *names: str, user: str | None = None, role: Any = "user") -> vault.Found:
        return await self.mesh.bus.ask(vault.Read(names=names, why="a test", user=user, role=role))

    async def hosts(self, name: str, *hosts: str, **more: Any) -> vault.Entry:
        fields: dict[str, Any] = {"user": "admin", "role": "admin", **more}
        return await self.mesh.bus.ask(vault.UpdateHosts(name=name, hosts=hosts, **fields))

    async def rotate(self) -> int:
        return await self.mesh.bus.ask(vault.Rotate(user="admin"))

    async def entries(self, user: str = "admin", role: Any = "admin") -> list[tuple[str, str]]:
        return [
            (each.owner, each.name)
            for each in await self.mesh.bus.ask(vault.ListSecrets(user=user, role=role))
        ]

    async def log(self) -> list[tuple[str, str, str, str]]:
        """Oldest first: action, name, user, why."""
        found = await self.mesh.bus.ask(vault.ListAccesses())
        return [(each.action, each.name, each.user, each.why) for each in reversed(found)]


def change(safe: Vault, statement: str, *values: Any) -> None:
    """What somebody does to the file, who is not us."""
    with sqlite3.connect(safe.database) as connection:
        assert connection.execute(statement, values).rowcount > 0


class Ring(keyring.backend.KeyringBackend):
    """The keyring of a system, in memory; locked, or deaf, on request."""

    priority = 1  # pyright: ignore[reportAssignmentType, reportIncompatibleVariableOverride]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False
        self.deaf = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked("somebody has to unlock it")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if not self.deaf:
            self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def ring() -> Generator[Ring]:
    """Takes the place of the keyring of this machine."""
    before = keyring.get_keyring()
    keyring.set_keyring(ring := Ring())
    yield ring
    keyring.set_keyring(before)


@pytest.fixture
async def stopped(mesh: MeshUnderTest, tmp_path: Path) -> Vault:
    """A vault before its start."""
    return Vault(mesh, tmp_path)


@pytest.fixture
async def safe(stopped: Vault) -> Vault:
    """A vault that runs."""
    await stopped.start()
    return stopped
