"""Having a model write a skill."""

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
