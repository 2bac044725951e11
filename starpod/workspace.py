"""Where an agent lives on disk: which kind of place the current directory is, and every path of an instance.

Three kinds of place are told apart by walking up from a directory; the nearest one wins:

* a *single agent*: a directory with ``.starpod/config/agent.toml``, the shape of a deployment;
* an *instance*: ``<workspace>/.instances/<name>``, the same shape inside a workspace;
* a *workspace*: a directory with ``starpod.toml``, which holds blueprints in ``agents/``.

Nothing here writes to the disk.
"""

import re
from pathlib import Path
from typing import Final, final

import attrs

from actors.settings.problems import show
from starpod.errors import NoProject, WorkspaceError

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def check_name(name: str) -> str:
    """Return `name` if it can name an agent, so that it is safe as a folder. Raises WorkspaceError."""
    if not _NAME.fullmatch(name):
        raise WorkspaceError(
            f"{show(name)} cannot name an agent: use 1 to 63 lowercase letters, digits and hyphens, "
            "beginning with a letter or digit"
        )
    return name


# --- paths ------------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class UserContext:
    """The files of one user of an instance. They need not exist."""

    root: Path

    @property
    def id(self) -> str:
        return self.root.name

    @property
    def profile(self) -> Path:
        return self.root / "USER.md"

    @property
    def memory(self) -> Path:
        return self.root / "MEMORY.md"

    @property
    def logs(self) -> Path:
        """Daily logs, one file a day."""
        return self.root / "memory"

    @property
    def history(self) -> Path:
        """The index of the notes, and what they have been."""
        return self.root / "memory.db"

    @property
    def env_file(self) -> Path | None:
        """Secrets of this user alone: for their own requests, never for the process."""
        return _if_file(self.root / ".env")


@final
@attrs.frozen(kw_only=True)
class Instance:
    """The directory an agent runs in, with every path inside it. They need not exist."""

    root: Path
    workspace: Path | None = None
    """The workspace that holds the instance; None for a single agent."""

    @property
    def folder_name(self) -> str | None:
        """Name of the agent by its folder; a deployment may lie in a folder of any name, so None there."""
        return self.root.name if self.workspace else None

    @property
    def agent_home(self) -> Path:
        return self.root / ".starpod"

    @property
    def config_dir(self) -> Path:
        return self.agent_home / "config"

    @property
    def agent_toml(self) -> Path:
        return self.config_dir / "agent.toml"

    @property
    def frontend_toml(self) -> Path:
        return self.config_dir / "frontend.toml"

    @property
    def local_toml(self) -> Path:
        """What a person has changed while the agent ran; no blueprint touches it."""
        return self.agent_home / "config.local.toml"

    @property
    def models_toml(self) -> Path:
        """The operator's additions to the model catalogue."""
        return self.config_dir / "models.toml"

    @property
    def soul(self) -> Path:
        return self.config_dir / "SOUL.md"

    @property
    def db_dir(self) -> Path:
        return self.agent_home / "db"

    @property
    def skills_dir(self) -> Path:
        return self.agent_home / "skills"

    @property
    def users_dir(self) -> Path:
        return self.agent_home / "users"

    @property
    def lock_file(self) -> Path:
        return self.agent_home / "daemon.lock"

    @property
    def black_box(self) -> Path:
        """What a daemon that was killed was doing."""
        return self.agent_home / "black.box"

    @property
    def home_dir(self) -> Path:
        """All that the agent's tools may see."""
        return self.root / "home"

    @property
    def env_file(self) -> Path | None:
        return _if_file(self.agent_home / ".env")

    @property
    def workspace_toml(self) -> Path | None:
        return self.workspace / "starpod.toml" if self.workspace else None

    @property
    def blueprint(self) -> Path | None:
        """Where the instance came from; outside a workspace nobody knows."""
        return self.workspace / "agents" / self.root.name if self.workspace else None

    def user(self, user: str) -> UserContext:
        """Files of the user with this id."""
        return UserContext(root=self.users_dir / user)


def instance_in(workspace: Path, name: str) -> Instance:
    """The instance of agent `name` in `workspace`, whether or not it exists. Raises WorkspaceError on a bad name."""
    return Instance(root=workspace / ".instances" / check_name(name), workspace=workspace)


def blueprint_in(workspace: Path, name: str) -> Path:
    """Folder of blueprint `name` in `workspace`, whether or not it exists. Raises WorkspaceError on a bad name."""
    return workspace / "agents" / check_name(name)


def _if_file(path: Path) -> Path | None:
    return path if path.is_file() else None


# --- where are we? ----------------------------------------------------------------------------------------


@final
@attrs.frozen
class InWorkspace:
    """Inside a workspace, with the agent that is meant. The agent need not exist."""

    root: Path
    agent: str


def find_workspace(start: Path) -> Path | None:
    """Nearest directory at or above `start` that holds ``starpod.toml``."""
    start = start.resolve()
    return next((at for at in (start, *start.parents) if (at / "starpod.toml").is_file()), None)


def detect(start: Path, agent: str | None = None) -> Instance | InWorkspace:
    """Find the agent that `start` belongs to.

    Args:
      start: usually the current directory.
      agent: name given by the person. It chooses among the agents of a workspace and means nothing to a
        single agent.

    Elsewhere in a workspace its only agent is meant. Raises NoProject when there is nothing at all, WorkspaceError
    when none was named in a workspace that has not exactly one, or when what was found is incomplete or has the
    layout of an earlier version.
    """
    start = start.resolve()
    for at in (start, *start.parents):
        if (found := _instance_at(at)) is not None:
            if found.workspace and agent not in (None, found.folder_name):
                return InWorkspace(found.workspace, agent)
            return found
        if (at / "starpod.toml").is_file():
            return InWorkspace(at, agent_around(start, at) if agent is None else agent)
    if (start / ".starpod").is_dir():
        raise WorkspaceError(
            f"no agent.toml in {start / '.starpod' / 'config'}: this is not a complete instance; "
            "make one with `starpod build`"
        )
    raise NoProject(
        f"No starpod.toml in {start} or above it, and no .starpod: there is no agent here. "
        "For a new one: `starpod init`, then `starpod agent new NAME`, then `starpod dev NAME`. "
        "For one that exists: enter its workspace, or make a folder to serve it from with "
        "`starpod build --agent PATH --output FOLDER`"
    )


def _instance_at(at: Path) -> Instance | None:
    in_workspace = at.parent.name == ".instances" and (at.parent.parent / "starpod.toml").is_file()
    found = Instance(root=at, workspace=at.parent.parent if in_workspace else None)
    refuse_old_layout(found)
    return found if in_workspace or found.agent_toml.is_file() else None


def refuse_old_layout(instance: Instance) -> None:
    """Raise WorkspaceError when ``agent.toml`` lies where earlier versions put it."""
    old = instance.agent_home / "agent.toml"
    if old.is_file() and not instance.agent_toml.is_file():
        raise WorkspaceError(
            f"{old} has the layout of an earlier version: move it with "
            f"`mkdir -p {instance.config_dir} && mv {old} {instance.agent_toml}`"
        )


def agent_around(start: Path, workspace: Path) -> str:
    """The agent that is meant at a place of a workspace where none is named. Raises WorkspaceError."""
    parts = start.relative_to(workspace).parts
    if len(parts) >= 2 and parts[0] == "agents":
        return parts[1]
    known = _agents_of(workspace)
    if len(known) == 1:
        return known[0]
    there = (
        f"which has {', '.join(map(show, known))}" if known else "which has none: `starpod agent new NAME`"
    )
    raise WorkspaceError(
        f"no agent name: {workspace} is a workspace, {there}. Say which agent with --agent NAME, enter its folder in "
        "agents/, or start it with `starpod dev NAME`"
    )


def _agents_of(workspace: Path) -> list[str]:
    """Names of those with a blueprint, and of those whose blueprint is gone but that live."""
    blueprints = [found.parent.name for found in (workspace / "agents").glob("*/agent.toml")]
    instances = [at.name for at in workspace.glob(".instances/*") if Instance(root=at).agent_toml.is_file()]
    return sorted({*blueprints, *instances})
