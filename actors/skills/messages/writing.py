"""Changing skills. An admin changes shared ones, everybody their own."""

from typing import Annotated, ClassVar, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import UNCHANGED, Role
from bus import Abandon, Data, Event, Request

from .listing import LARGEST, Owner, Skill, SkillDetail


@final
@attrs.frozen(kw_only=True)
class Changed(Data):
    """It is done."""

    status: Literal["ok"] = "ok"
    revision: int
    digest: str


@endpoint("POST", "/api/skills", status=201)
@endpoint("POST", "/api/settings/skills", access="admin", status=201)
@final
@attrs.frozen(kw_only=True)
class CreateSkill(Request[SkillDetail]):
    """Make a skill: an admin a shared one, everybody else one of their own. Raises BadSkill, SkillExists."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = LARGEST
    name: Annotated[str, described("1 to 64 of the letters a to z, digits, and - between them.")]
    description: Annotated[str, described("What it does and when to use it, in at most 1024 characters.")]
    body: Annotated[str, described("The instructions, in Markdown.")] = ""
    skill_version: str | None = None
    owner: Owner = None
    user: str
    role: Annotated[Role, from_context("role")]


@endpoint("PUT", "/api/skills/{name}")
@endpoint("PUT", "/api/settings/skills/{name}", access="admin")
@final
@attrs.frozen(kw_only=True)
class UpdateSkill(Request[Changed]):
    """Change what is given of a skill; all else stays, what we do not know of it included.

    Raises BadSkill, NothingToChange, NotYours, ChangedMeanwhile.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = LARGEST
    name: str
    description: str | None = None
    body: str | None = None
    skill_version: Annotated[str | None, described("Null removes it.")] = UNCHANGED
    raw_content: Annotated[str | None, described("All of SKILL.md, instead of single parts.")] = None
    if_digest: Annotated[
        str | None, described("What the text was when it was read; refused when it is another by now.")
    ] = None
    owner: Owner = None
    user: str
    role: Annotated[Role, from_context("role")]


@endpoint("DELETE", "/api/skills/{name}", status=204)
@endpoint("DELETE", "/api/settings/skills/{name}", access="admin", status=204)
@final
@attrs.frozen(kw_only=True)
class DeleteSkill(Request[None]):
    """Remove a skill with its files; its history stays. Raises BadSkill, NothingToChange, NotYours."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: str
    owner: Owner = None
    user: str
    role: Annotated[Role, from_context("role")]


@endpoint("POST", "/api/settings/skills/{name}/approve", access="admin")
@final
@attrs.frozen(kw_only=True)
class ApproveSkill(Request[Skill]):
    """Make the skill of one user a shared one, in place of a shared one of that name.

    Raises BadSkill, UnknownSkill, NotYours where that would replace what comes with Starpod or the blueprint.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: str
    owner: Annotated[str, described("The user whose it is.")]
    if_digest: Annotated[
        str | None, described("The text that was looked at; refused when it is another by now.")
    ] = None
    user: str
    role: Annotated[Role, from_context("role")]


@final
@attrs.frozen(kw_only=True)
class SkillsChanged(Event):
    """A skill was made, changed, approved or deleted."""

    name: str
    owner: str
    """The user whose it is; empty for a shared one."""
