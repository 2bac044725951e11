"""What the model may do with skills. What it writes is its user's alone until an admin approves it."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, final

import attrs

from actors.tooling import described, from_context, tool
from actors.vocabulary import Role
from bus import Abandon, Data, Request

from .listing import LARGEST

_NAME: Final = described("Of the skill.")
_NEW_NAME: Final = described("Letters a to z, digits, and - between them.", max_length=64)
_DESCRIPTION: Final = described(
    "What it does and when to use it, with the words that tell such a task; at most 1024 characters."
)
_BODY: Final = described("The instructions, in Markdown.")


@tool(
    "SkillActivate",
    "Read the instructions of a skill, before a task that its description fits.",
    effect="pure",
)
@final
@attrs.frozen(kw_only=True)
class SkillActivate(Request[str]):
    """The instructions, and which files there are. Raises BadSkill, UnknownSkill."""

    max_bytes: ClassVar[int] = LARGEST
    name: Annotated[str, _NAME]
    user: Annotated[str, from_context("user")]


@tool("SkillRead", "Read a text file of a skill, as its instructions name it.", effect="pure")
@final
@attrs.frozen(kw_only=True)
class SkillRead(Request[str]):
    """The lines that were asked for. Raises BadSkill, UnknownSkill, UnknownResource."""

    max_bytes: ClassVar[int] = LARGEST
    name: Annotated[str, _NAME]
    path: Annotated[str, described("Within the skill, such as references/api.md.")]
    offset: Annotated[int, described("First line, counted from 1.", ge=1)] = 1
    limit: Annotated[int | None, described("Most lines; all by default.", ge=1)] = None
    user: Annotated[str, from_context("user")]


@final
@attrs.frozen(kw_only=True)
class Listed(Data):
    """One line of a list."""

    name: str
    description: str
    created_at: datetime


@tool("SkillList", "List all skills.", effect="pure")
@final
@attrs.frozen(kw_only=True)
class SkillList(Request[tuple[Listed, ...]]):
    """The skills that this user's agent may use, by name."""

    max_bytes: ClassVar[int] = LARGEST
    user: Annotated[str, from_context("user")]


@tool(
    "SkillCreate",
    "Keep a procedure as a new skill, to be followed again. Never put secrets into it.",
    effect="local",
)
@final
@attrs.frozen(kw_only=True)
class SkillCreate(Request[str]):
    """Raises BadSkill, SkillExists."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = LARGEST
    name: Annotated[str, _NEW_NAME]
    description: Annotated[str, _DESCRIPTION]
    body: Annotated[str, _BODY]
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]
    session: Annotated[str, from_context("session")]
    turn: Annotated[str, from_context("turn")]
    call: Annotated[str, from_context("call")]


@tool(
    "SkillUpdate",
    "Correct a skill that proved wrong or incomplete. What you leave out stays as it is.",
    effect="local",
    offer="searched",
)
@final
@attrs.frozen(kw_only=True)
class SkillUpdate(Request[str]):
    """A shared skill stays; this user gets a corrected one instead. Raises BadSkill, NothingToChange, NotYours."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = LARGEST
    name: Annotated[str, _NAME]
    description: Annotated[str | None, described("As of SkillCreate.")] = None
    body: Annotated[str | None, _BODY] = None
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]
    session: Annotated[str, from_context("session")]
    turn: Annotated[str, from_context("turn")]
    call: Annotated[str, from_context("call")]


@tool(
    "SkillDelete",
    "Delete a skill that you have written for this person. Ask the person before you do.",
    effect="local",
    offer="searched",
)
@final
@attrs.frozen(kw_only=True)
class SkillDelete(Request[str]):
    """Raises BadSkill, NothingToChange, NotYours."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: Annotated[str, _NAME]
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]
    session: Annotated[str, from_context("session")]
    turn: Annotated[str, from_context("turn")]
    call: Annotated[str, from_context("call")]
