"""The skills of an agent in a folder of its own: a real database, real files."""

import itertools
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, final

import attrs
import pytest

from actors.skills import messages as skills
from actors.skills.actor import SkillsActor
from actors.skills.settings import Settings
from actors.subsystem import Given
from actors.users import messages as users
from bus import Actor, Request
from bus.testing import MeshUnderTest, open_test_mesh

ReplyT = TypeVar("ReplyT")
_SEEDS = itertools.count(5000 * os.getpid())
ADMIN: dict[str, Any] = {"user": "admin", "role": "admin"}
ADA: dict[str, Any] = {"user": "ada", "role": "user"}
BOB: dict[str, Any] = {"user": "bob", "role": "user"}


def lay(folder: Path, text: str | bytes, **files: str | bytes) -> Path:
    """A skill as somebody else has left it; of the other files `__` stands for a slash, and `_0_` for a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {"SKILL.md": text, **files}.items():
        path = folder / name.replace("__", "/").replace("_0_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def md(name: str = "x", description: str = "Does it.", body: str = "Do it.", **keys: str) -> str:
    more = "".join(f"{key}: {value}\n" for key, value in keys.items())
    return f"---\nname: {name}\ndescription: {description}\n{more}---\n\n{body}"


class Accounts(Actor):
    """Knows Ada and Bob."""

    @users.GetUser.handler
    async def get(self, request: users.GetUser) -> users.User:
        if request.id not in {"ada", "bob"}:
            raise users.UnknownUser(id=request.id)
        return users.User(
            id=request.id,
            email=None,
            display_name=None,
            role="user",
            is_active=True,
            filesystem_enabled=False,
            created_at=self.bus.clock.now(),
            updated_at=self.bus.clock.now(),
        )


@final
class Skills:
    """What is told to the actor, in few words."""

    def __init__(self, mesh: MeshUnderTest, data: Path) -> None:
        self.mesh = mesh
        self.data = data
        self.shared = data / "skills"
        (data / "db").mkdir(exist_ok=True)
        self.settings = Settings(bundled_skills=False)
        self.calls = itertools.count()

    async def start(self) -> None:
        settings: Callable[[type[Any]], Any] = lambda _kind: self.settings  # noqa: E731
        given = Given(data=self.data, home=self.data / "home", environment={}, settings_of=settings)
        await self.mesh.start(Accounts, name="users")
        await self.mesh.start(partial(SkillsActor, given), name="skills")

    def set(self, **settings: Any) -> None:
        self.settings = attrs.evolve(self.settings, **settings)

    def own(self, user: str) -> Path:
        return self.data / "users" / user / "skills"

    async def ask(self, request: Request[ReplyT]) -> ReplyT:
        return await self.mesh.bus.ask(request)

    async def create(self, name: str, description: str = "Does it.", body: str = "Do it.", **who: Any) -> Any:
        return await self.ask(
            skills.CreateSkill(name=name, description=description, body=body, **{**ADMIN, **who})
        )

    async def update(self, name: str, **changes: Any) -> skills.Changed:
        return await self.ask(skills.UpdateSkill(name=name, **{**ADMIN, **changes}))

    async def delete(self, name: str, **who: Any) -> None:
        await self.ask(skills.DeleteSkill(name=name, **{**ADMIN, **who}))

    async def get(self, name: str, **who: Any) -> skills.SkillDetail:
        return await self.ask(skills.GetSkill(name=name, **{**ADMIN, **who}))

    async def names(self, **who: Any) -> list[str]:
        return [each.name for each in await self.ask(skills.ListSkills(**{**ADMIN, **who}))]

    async def everything(self) -> dict[tuple[str, str], skills.Skill]:
        return {(each.owner, each.name): each for each in await self.ask(skills.ListAllSkills(**ADMIN))}

    async def history(self, name: str, **who: Any) -> list[skills.Revision]:
        return list(await self.ask(skills.ListRevisions(name=name, **{**ADMIN, **who})))

    async def section(self, user: str = "ada", called: str = "") -> str:
        return (await self.ask(skills.Skills(user=user, called=called))).text

    def by_model(self, call: str | None, who: Mapping[str, Any] = ADA) -> dict[str, Any]:
        return {**who, "session": "s1", "turn": "t1", "call": call or f"t1:{next(self.calls)}"}

    async def model_creates(
        self,
        name: str,
        description: str = "Does it.",
        body: str = "Do it.",
        call: str | None = None,
        **who: Any,
    ) -> str:
        fields = self.by_model(call, {**ADA, **who})
        return await self.ask(skills.SkillCreate(name=name, description=description, body=body, **fields))

    async def model_updates(self, name: str, call: str | None = None, **changes: Any) -> str:
        who: dict[str, Any] = {key: changes.pop(key) for key in ("user", "role") if key in changes}
        return await self.ask(skills.SkillUpdate(name=name, **changes, **self.by_model(call, {**ADA, **who})))

    async def model_deletes(self, name: str, call: str | None = None, **who: Any) -> str:
        return await self.ask(skills.SkillDelete(name=name, **self.by_model(call, {**ADA, **who})))


@pytest.fixture
async def stopped(mesh: MeshUnderTest, tmp_path: Path) -> Skills:
    """Before the start."""
    return Skills(mesh, tmp_path)


@pytest.fixture
async def shelf(stopped: Skills) -> Skills:
    await stopped.start()
    return stopped


@asynccontextmanager
async def life(folder: Path) -> AsyncGenerator[Skills]:
    """The actor from a start to its end, on files that may have been there before."""
    async with open_test_mesh(seed=next(_SEEDS)) as mesh:
        found = Skills(mesh, folder)
        await found.start()
        yield found
