"""Having a model write a skill, or all that an agent is to be."""

from typing import Annotated, ClassVar, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Role, Usage
from bus import Data, Request


@final
@attrs.frozen(kw_only=True)
class Draft(Data):
    """What a model has written. Nothing is stored."""

    description: str
    body: str
    usage: Usage
    """What it took."""


@endpoint("POST", "/api/settings/skills/generate", access="admin")
@final
@attrs.frozen(kw_only=True)
class GenerateSkill(Request[Draft]):
    """Have a model write description and instructions, and store neither.

    Raises BadSkill and SkillExists before anything is paid; NotGenerated, and what llm.Complete raises.
    """

    within: ClassVar[float] = 300.0
    name: str
    description: Annotated[str | None, described("Taken as it is when it is given.")] = None
    prompt: Annotated[str | None, described("What else the model should know.", max_length=20_000)] = None
    user: str
    role: Annotated[Role, from_context("role")]


@final
@attrs.frozen(kw_only=True)
class RoleSkill(Data):
    """A skill that was written for a role."""

    name: str
    description: str
    body: str


@final
@attrs.frozen(kw_only=True)
class RoleDraft(Data):
    """What a model has written. Nothing is stored."""

    soul_md: str
    """For SOUL.md."""
    heartbeat_md: str
    """For HEARTBEAT.md; empty where the role has nothing to look after by itself."""
    skills: tuple[RoleSkill, ...]
    usage: Usage
    """What it took."""


@endpoint("POST", "/api/settings/setup/generate-role", access="admin")
@final
@attrs.frozen(kw_only=True)
class GenerateRole(Request[RoleDraft]):
    """Have a model write SOUL.md, HEARTBEAT.md and skills from what the agent is to be, and store none of it.

    Raises BadSkill before anything is paid; NotGenerated, and what llm.Complete raises.
    """

    within: ClassVar[float] = 300.0
    prompt: Annotated[str, described("What the agent is to be.", max_length=20_000)]
    agent_name: Annotated[str | None, described(max_length=100)] = None
    user: str
    role: Annotated[Role, from_context("role")]
