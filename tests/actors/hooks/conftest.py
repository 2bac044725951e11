"""Hooks with the real store of conversations, in a folder of their own."""

import os
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

from actors.hooks import manifest
from actors.hooks import messages as hooks
from actors.hooks.actor import FOLDER, HooksActor
from actors.hooks.armed import Armed
from actors.hooks.registry import EMPTY, Registry
from actors.hooks.settings import Hooks, Settings
from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.shell.actor import ShellActor
from actors.shell.settings import Settings as ShellSettings
from actors.shell.settings import Shell
from actors.subsystem import Given
from actors.vocabulary import Text, ToolUse, Usage
from bus.testing import MeshUnderTest
from tests.actors.hooks.hooked import Hooked

CHANNELS = (session.ChannelPolicy("main"), session.ChannelPolicy("telegram", gap=timedelta(hours=6)))


class World:
    """A folder of hooks, the actor that calls them, and a conversation of Ada's."""

    def __init__(self, mesh: MeshUnderTest, root: Path) -> None:
        self.mesh, self.bus = mesh, mesh.bus
        self.data, self.home = root / ".starpod", root / "home"
        self.folder = self.data / FOLDER
        self.home.mkdir(parents=True)
        self.settings = Settings(hooks=Hooks(trusted=("a", "b")))
        self.environment = {"PATH": os.environ["PATH"], "TOKEN": "a-token-of-mine", "OTHER": "another"}
        self.given = Given(
            data=self.data,
            home=self.home,
            environment=self.environment,
            settings_of=lambda _kind: self.settings,
        )
        self.shell = Shell()
        self.armed = Armed(self.folder, lambda: self.settings.hooks.enabled)

    def configure(self, **changes: Any) -> None:
        self.settings = Settings(hooks=attrs.evolve(self.settings.hooks, **changes))

    def write(self, name: str, event: str, command: str = "cat > told", **fields: Any) -> Path:
        """A hook, by its name in a folder of that name."""
        path = self.folder / name / manifest.NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        more = "".join(f"{key} = {_toml(value)}\n" for key, value in fields.items())
        path.write_text(
            f'+++\nname = "{name}"\nevent = "{event}"\ncommand = {_toml(command)}\n{more}+++\nSays what it does.\n'
        )
        return path

    async def start(self, programs: Registry = EMPTY) -> None:
        await self.start_session()
        await self.start_shell()
        await self.start_hooks(programs)

    async def start_shell(self) -> None:
        given = attrs.evolve(self.given, settings_of=lambda _kind: ShellSettings(shell=self.shell))
        await self.mesh.start(partial(ShellActor, given, lambda: 50_000, {}), name="shell")

    async def start_session(self) -> None:
        (self.data / "db").mkdir(parents=True, exist_ok=True)
        factory = partial(SessionActor, self.data / "db" / "session.db", lambda: CHANNELS)
        await self.mesh.start(factory, name="session")

    async def start_hooks(self, programs: Registry = EMPTY) -> None:
        await self.mesh.start(partial(HooksActor, self.given, self.armed, programs), name="hooks")

    async def fire(self, told: hooks.Input, **more: str) -> hooks.Outcome:
        return await self.bus.ask(hooks.fire(told, **more))

    async def call(self, tool: str = "Bash", **more: str) -> hooks.Outcome:
        told = hooks.PreToolUse(tool_name=tool, tool_input={"command": "ls"}, tool_use_id="t1")
        return await self.fire(told, **more)

    async def runs(self, hook: str | None = None) -> tuple[hooks.Run, ...]:
        return await self.bus.ask(hooks.ListRuns(hook=hook, limit=500))

    async def shown(self) -> dict[str, hooks.Hook]:
        return {each.name: each for each in await self.bus.ask(hooks.ListHooks())}

    def called(self) -> list[hooks.Run]:
        return [each.run for each in self.mesh.published(hooks.Called)]

    # --- conversations ------------------------------------------------------------------------------------

    async def accept(self, text: str, **more: Any) -> session.Accepted:
        incoming = session.Incoming(**{"text": text, "user": "ada", "key": "chat", **more})
        return await self.bus.ask(session.Accept(incoming=incoming))

    async def turn(
        self, text: str, answer: str = "done", state: session.EndState = "done", **more: Any
    ) -> session.Accepted:
        """One turn from its beginning to its end."""
        accepted = await self.accept(text, **more)
        begun = await self.bus.ask(session.Begin(turn=accepted.turn, boot=self.bus.boot_id, runner="r"))
        await self.bus.ask(
            session.Finish(
                turn=accepted.turn,
                attempt=begun.turn.attempt,
                boot=self.bus.boot_id,
                state=state,
                outcome="success",
                content=(Text(text=answer),),
                last_event=0,
            )
        )
        return accepted

    async def delegating(self) -> tuple[str, str, int]:
        """A turn that calls a subagent: its conversation, itself and the number of the call."""
        accepted = await self.accept("one")
        begun = await self.bus.ask(session.Begin(turn=accepted.turn, boot=self.bus.boot_id))
        call = ToolUse(id="c1", name="Agent", input={"prompt": "do a part"})
        saved = await self.bus.ask(
            session.SaveCompletion(
                turn=accepted.turn,
                boot=self.bus.boot_id,
                attempt=begun.turn.attempt,
                iteration=1,
                content=(),
                calls=((call, "keyed"),),
                usage=Usage(model="m"),
                last_event=0,
            )
        )
        await self.bus.ask(
            session.BeginStep(
                turn=accepted.turn,
                boot=self.bus.boot_id,
                attempt=begun.turn.attempt,
                n=saved.calls[0].n,
            )
        )
        return accepted.session, accepted.turn, saved.calls[0].n


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f"'''{value}'''" if isinstance(value, str) else str(value)


@pytest.fixture
def world(mesh: MeshUnderTest, tmp_path: Path) -> World:
    return World(mesh, tmp_path)


@pytest.fixture
def hooked(tmp_path: Path) -> Hooked:
    return Hooked(tmp_path)
