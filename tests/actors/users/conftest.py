import pathlib
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar, final

import pytest

from actors.users import messages as users
from actors.users.actor import UsersActor
from actors.vocabulary import ADMIN, Role
from bus import Request
from bus.testing import MeshUnderTest, open_test_mesh

ReplyT = TypeVar("ReplyT")

ASKS: dict[str, Any] = {"user": ADMIN, "proof": "operator", "address": "192.0.2.7"}
"""Who asks with the operator's token."""


@final
class People:
    """The users actor on a file of its own, and what it is asked for."""

    def __init__(self, mesh: MeshUnderTest, folder: pathlib.Path) -> None:
        self.mesh = mesh
        self.path = folder / "db" / "users.db"
        self.path.parent.mkdir(exist_ok=True)
        self.key_file = folder / "admin.key"
        self.folders: list[str] = []
        """Of whom a folder was asked for, in order."""
        self.left: set[str] = set()
        """Ids of those of whom there is something from before."""
        self.first_key: str | None = None
        """Of the admin whom the actor has made as it started."""
        self.seed: Callable[[str], None] = self.folders.append

    async def start(self, chosen: str | None = None) -> str | None:
        """Start the actor; the key of the first admin, if it made one."""
        factory = partial(
            UsersActor,
            self.path,
            chosen=chosen,
            key_file=self.key_file,
            on_first_key=self._show,
            seed=lambda user: self.seed(user),  # noqa: PLW0108 - as it is by then
            has_left=lambda user: user.lower() in self.left,
        )
        await self.mesh.start(factory, name="users")
        return self.first_key

    def _show(self, key: str) -> None:
        self.first_key = key

    async def ask(self, request: Request[ReplyT]) -> ReplyT:
        return await self.mesh.bus.ask(request)

    async def add(self, id: str, role: Role = "user") -> users.User:
        return await self.ask(users.AddUser(id=id, role=role, **ASKS))

    async def key_of(self, id: str, days: int | None = None) -> users.CreatedKey:
        return await self.ask(users.NewKey(id=id, expires_in_days=days, **ASKS))

    async def identify(self, key: str | None = None, **shown: Any) -> users.Identity:
        return await self.ask(users.Identify(key=key, **shown))

    async def knows(self, key: str | None = None, **shown: Any) -> bool:
        try:
            await self.identify(key, **shown)
        except users.NotKnown:
            return False
        return True

    async def audit(self) -> list[tuple[str, str, str]]:
        """Who did what to whom, newest first."""
        entries = await self.ask(users.ListAudit(user=ADMIN, proof="operator"))
        return [(each.user, each.event, each.subject) for each in entries]

    def told(self) -> list[tuple[str, str | None, str]]:
        """What others were told to forget, but for what is told at each start."""
        events = self.mesh.published(users.AccessChanged)
        return [(each.user, each.credential, each.why) for each in events if each.user]


@asynccontextmanager
async def life(folder: pathlib.Path, chosen: str | None = None) -> AsyncGenerator[People]:
    """The actor from a start to its end, on files that may have been there before. Its ids and keys are new ones."""
    async with open_test_mesh(seed=secrets.randbits(64)) as mesh:
        people = People(mesh, folder)
        await people.start(chosen)
        yield people


@pytest.fixture
def people(mesh: MeshUnderTest, tmp_path: pathlib.Path) -> People:
    return People(mesh, tmp_path)
