"""An agent with hooks that are functions."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import attrs
import trio

from actors.agent import messages as agent
from actors.agent.occasions import Occasions
from actors.agent.settings import Settings as AgentSettings
from actors.guarding import UNGUARDED, Allow, Ask, Deny, Guards, Proposal
from actors.hooks import guards
from actors.hooks.actor import HooksActor
from actors.hooks.armed import Armed
from actors.hooks.messages import EventName
from actors.hooks.registry import Group, Registry
from actors.hooks.settings import Settings
from actors.subagents.settings import Settings as SubagentSettings
from actors.subsystem import Given
from tests.actors.agent.world import World, say, shape, use

Told = Mapping[str, Any]


@attrs.define(eq=False)
class Hooked:
    """An agent with hooks that are functions, which note what they are told."""

    path: Path
    guards: Guards = UNGUARDED
    groups: dict[EventName, list[Group]] = attrs.field(factory=dict[EventName, list[Group]])
    told: list[Told] = attrs.field(factory=list[Told])
    subagents: SubagentSettings | None = None
    settings: Settings = attrs.field(factory=Settings)
    limits: AgentSettings = attrs.field(factory=AgentSettings)
    lives: World = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.lives = World(self.path)

    def on(self, event: EventName, answer: Any = None, *, name: str = "h", **more: Any) -> None:
        """A hook that answers so, whatever it is told; an answer may also be a function of that."""

        async def callback(told: Told, _call: str | None) -> Any:
            await trio.lowlevel.checkpoint()
            self.told.append(dict(told))
            asked = cast("Callable[[Told], Awaitable[Any]] | None", answer if callable(answer) else None)
            return answer if asked is None else await asked(told)

        group = Group(event=event, name=name, callbacks=(callback,), **more)
        self.groups.setdefault(event, []).append(group)

    @asynccontextmanager
    async def running(self, *, actor: bool = True) -> AsyncGenerator[World]:
        armed = Armed(self.path / "hooks")
        occasions = Occasions(
            said=partial(guards.said, armed, guards.Turnstiles()),
            opened=partial(guards.opened, armed),
            delegated=partial(guards.delegated, armed),
            stopped=partial(guards.stopped, armed),
            shortened=partial(guards.shortened, armed),
        )
        lives = self.lives
        lives.occasions, lives.guards = occasions, guards.hooked(self.guards, armed)
        lives.subagents, lives.settings = self.subagents, self.limits
        given = Given(data=self.path, home=self.path, environment={}, settings_of=lambda _kind: self.settings)
        async with lives.running() as world:
            registry = Registry(self.groups)
            if actor:
                await world.mesh.start(partial(HooksActor, given, armed, registry), name="hooks")
            else:
                armed.arm(registry, (), 0.0)
            yield world

    def of(self, event: EventName) -> list[Told]:
        return [each for each in self.told if each["hook_event_name"] == event]


def of_call(**fields: Any) -> dict[str, Any]:
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **fields}}


def context(event: EventName, text: str) -> dict[str, Any]:
    return {"hookSpecificOutput": {"hookEventName": event, "additionalContext": text}}


async def called(world: World, what: str = "a", **fields: Any) -> tuple[str, agent.TurnEnded]:
    """What the model is told of a call that it makes, and the end of the turn."""
    end = await world.turn("go", say(calls=[use("Tell", "c1", what=what)]), say("done"), **fields)
    assert isinstance(end, agent.TurnEnded)
    result = next((each for each in shape(world.requests[-1].messages) if each.startswith("c1")), "")
    return result, end


# --- in the place of a person -----------------------------------------------------------------------------


def asking(asked: list[Proposal]) -> Guards:
    async def ask(_bus: Any, proposal: Proposal, _question: Ask) -> Allow | Deny:
        asked.append(proposal)
        return Allow(by="person ada")

    return Guards(policy=lambda _proposal: Ask("really?"), ask=ask)
