"""Skills from elsewhere: a folder or a zip archive on this machine, looked at first and installed then."""

from typing import Annotated, ClassVar, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Role
from bus import Abandon, Data, Request

from .listing import LARGEST, Resource, Skill

FindingKind = Literal["hidden", "injection", "remote_code", "network", "problem"]
"""``hidden``: characters that nobody sees, or that turn text around. ``injection``: words that speak to a model over
the head of its owner. ``remote_code``: code that is fetched and run. ``network``: a script that fetches."""


@final
@attrs.frozen(kw_only=True)
class Finding(Data):
    """Something in a file that a person should look at before the skill is used."""

    file: str
    line: int
    kind: FindingKind
    text: str
    """A sentence for a person."""


@final
@attrs.frozen(kw_only=True)
class Asks(Data):
    """What a skill wants to use."""

    tools: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    """Named in addresses of its files."""
    secrets: tuple[str, ...] = ()
    """Variables of the environment that look like keys, tokens and passwords."""
    variables: tuple[str, ...] = ()
    """Other variables of the environment."""
    scripts: tuple[str, ...] = ()
    compatibility: str | None = None


@final
@attrs.frozen(kw_only=True)
class Candidate(Data):
    """A skill that a package holds."""

    name: str
    description: str
    license: str | None
    digest: str
    """Of all its files; what is installed has to have it."""
    size: int
    """Bytes of all files."""
    files: tuple[Resource, ...]
    asks: Asks
    findings: tuple[Finding, ...]
    exists: bool
    """Whether a shared skill of that name would be replaced."""
    refused: str | None = None
    """Why it cannot be installed."""


@endpoint("POST", "/api/settings/skills/inspect", access="operator")
@final
@attrs.frozen(kw_only=True)
class InspectPackage(Request[tuple[Candidate, ...]]):
    """What a folder or a zip archive of this machine holds. Raises PackageRefused."""

    within: ClassVar[float] = 60.0
    max_bytes: ClassVar[int] = LARGEST
    path: Annotated[str, described("An absolute path on the machine of the agent.")]
    user: str
    role: Annotated[Role, from_context("role")]


@endpoint("POST", "/api/settings/skills/install", access="operator", status=201)
@final
@attrs.frozen(kw_only=True)
class InstallSkill(Request[Skill]):
    """Install a skill of a package that was looked at, as a shared one.

    Raises PackageRefused, SkillExists, NotYours.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    within: ClassVar[float] = 60.0
    path: Annotated[str, described("As it was looked at.")]
    name: str
    digest: Annotated[str, described("What the look said.")]
    source: Annotated[str, described("Where it is from, as a person says it.", max_length=500)] = ""
    replace: bool = False
    user: str
    role: Annotated[Role, from_context("role")]
