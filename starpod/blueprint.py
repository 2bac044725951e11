"""From a blueprint to an instance.

A blueprint is the design of an agent and is only read; an instance is where the agent lives. Applying a
blueprint again renews what the blueprint owns and leaves alone what belongs to the agent, its users and the
machine:

==================  ===========================================================================
``config/``         the blueprint's: overwritten, but for prompts of the agent's own jobs that were
                    changed here
``skills/``         shared: a skill of the blueprint's workspace replaces the one of the same name
``.env``            the machine's: written once
``db/``, ``users/`` the agent's: never touched once there
``home/``           the agent's: template files are added where nothing is
==================  ===========================================================================

Everything that can be refused is refused before the first write. ``agent.toml`` is written last, so a run that
was cut short is not taken for an instance.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import attrs

from actors import atomic
from actors.vocabulary import ADMIN
from starpod.applied import Applied, digest
from starpod.errors import WorkspaceError
from starpod.templates import Tree, install_skills, install_template, read_skills, read_template
from starpod.users import seed_user
from starpod.workspace import Instance, InWorkspace, blueprint_in, instance_in, refuse_old_layout

HOME_FOLDERS: Final = ("desktop", "documents", "projects", "downloads")
PROMPTS: Final = ("HEARTBEAT.md", "BOOT.md", "BOOTSTRAP.md")
"""What the agent does by itself. People change it where it runs, so what they made of it is not the blueprint's."""
OWNED: Final = ("agent.toml", "SOUL.md", "frontend.toml", *PROMPTS)
"""Files of a blueprint whose change is told of where it was not applied yet."""
EnvSource = Literal["dev", "prod"]


# --- what people call -------------------------------------------------------------------------------------


def apply_blueprint(blueprint: Path, instance: Instance, workspace: Path, env_source: EnvSource) -> None:
    """Create `instance` from `blueprint`, or renew what the blueprint owns in it.

    Args:
      blueprint: folder with ``agent.toml``.
      instance: need not exist.
      workspace: gives the skills in ``skills/`` and the secrets a new instance begins with.
      env_source: ``dev`` takes ``.env.dev`` and falls back to ``.env``; ``prod`` takes ``.env`` alone.

    Raises WorkspaceError when there is no such blueprint or it holds links that lead out of it.
    """
    plan = _plan(
        blueprint, instance, skills=workspace / "skills", env_file=workspace_env(workspace, env_source)
    )
    _carry_out(plan)


def workspace_env(workspace: Path, env_source: EnvSource) -> Path | None:
    """The file with the workspace's secrets, if there is one."""
    names = (".env.dev", ".env") if env_source == "dev" else (".env",)
    return next((workspace / name for name in names if (workspace / name).is_file()), None)


def build_standalone(
    blueprint: Path,
    output: Path,
    *,
    skills: Path | None = None,
    env_file: Path | None = None,
    force: bool = False,
    overwrite_env: bool = False,
) -> Instance:
    """Create an instance that needs no workspace, ready for ``starpod serve`` from `output`.

    Args:
      blueprint: folder with ``agent.toml``.
      output: directory that gets ``.starpod/`` and ``home/``.
      skills: folder of skills to bring along.
      env_file: secrets to begin with.
      force: renew an instance that is already there; what is not the blueprint's stays.
      overwrite_env: let `env_file` replace the secrets of an instance that is already there.

    Raises WorkspaceError, before anything is written, when `output` holds an instance and `force` is not
    given, or when an input is missing.
    """
    instance = Instance(root=output.resolve())
    if instance.agent_home.exists() and not force:
        raise WorkspaceError(
            f"{instance.agent_home} already exists: use --force to renew its blueprint files and keep the rest"
        )
    if skills is not None and not skills.is_dir():
        raise WorkspaceError(f"skills folder not found: {skills}")
    if env_file is not None and not env_file.is_file():
        raise WorkspaceError(f"env file not found: {env_file}")
    refuse_old_layout(instance)
    plan = _plan(blueprint, instance, skills=skills, env_file=env_file)
    _carry_out(attrs.evolve(plan, overwrite_env=overwrite_env))
    return instance


@contextmanager
def ephemeral_instance() -> Generator[Instance]:
    """A bare agent in a temporary directory that is gone afterwards, for a question asked outside any project."""
    instance = Instance(root=Path(tempfile.gettempdir()).resolve() / f"starpod-{secrets.token_hex(8)}")
    try:  # before it is made: Ctrl-C may come right after
        instance.root.mkdir(mode=0o700)
        _make_folders(instance)
        atomic.write(instance.soul, "")
        atomic.write(instance.agent_toml, 'agent_name = "Starpod"\n')
        yield instance
    finally:
        if instance.root.exists():
            shutil.rmtree(instance.root)


def open_instance(found: Instance | InWorkspace) -> Instance:
    """The instance that was detected; in a workspace it is made from its blueprint when it was never started.

    Raises WorkspaceError when the workspace has neither an instance nor a blueprint of that name.
    """
    if isinstance(found, Instance):
        return found
    instance = instance_in(found.root, found.agent)
    refuse_old_layout(instance)
    if instance.agent_toml.is_file():
        return instance
    blueprint = blueprint_in(found.root, found.agent)
    if not (blueprint / "agent.toml").is_file():
        raise WorkspaceError(
            f"agent {found.agent!r} not found: there is neither {instance.agent_toml} nor {blueprint / 'agent.toml'}; "
            f"make it with `starpod agent new {found.agent}`"
        )
    apply_blueprint(blueprint, instance, found.root, "dev")
    return instance


def changed_since(instance: Instance) -> list[str]:
    """Files of the blueprint of `instance` that are not as they were when it was applied; none outside a workspace."""
    if instance.blueprint is None:
        return []
    brought = Applied.read(instance).prompts
    now = {name: _digest(instance.blueprint / name) for name in OWNED}
    return [
        name
        for name, there in now.items()
        if there is not None and there != (brought.get(name) or _digest(instance.config_dir / name))
    ]


def kept_prompts(instance: Instance, blueprint: Path) -> list[str]:
    """Prompts that `blueprint` brings and that were changed in `instance`, which stay as they are there."""
    pairs = [(name, _digest(blueprint / name), _digest(instance.config_dir / name)) for name in PROMPTS]
    return [name for name, source, target in pairs if source is not None and source != target]


# --- how it is done ---------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class _Plan:
    blueprint: Path
    instance: Instance
    template: Tree
    skills: Mapping[str, Tree]
    env_file: Path | None
    overwrite_env: bool = False


def _plan(blueprint: Path, instance: Instance, *, skills: Path | None, env_file: Path | None) -> _Plan:
    """Read all inputs, so that whatever is wrong with them is said before anything is written."""
    if not (blueprint / "agent.toml").is_file():
        raise WorkspaceError(f"{blueprint} is not a blueprint: it has no agent.toml")
    return _Plan(
        blueprint=blueprint,
        instance=instance,
        template=read_template(blueprint),
        skills=read_skills(skills) if skills is not None else {},
        env_file=env_file,
    )


def _carry_out(plan: _Plan) -> None:
    instance = plan.instance
    _make_folders(instance)
    _install_prompts(plan.blueprint, instance)
    _install_env(plan)
    install_template(plan.template, instance.home_dir)
    install_skills(plan.skills, instance.skills_dir)
    seed_user(instance.user(ADMIN))
    _renew(plan.blueprint / "agent.toml", instance.agent_toml)


def _make_folders(instance: Instance) -> None:
    instance.root.mkdir(parents=True, exist_ok=True)
    instance.agent_home.mkdir(mode=0o700, exist_ok=True)
    for folder in (
        instance.config_dir,
        instance.db_dir,
        instance.users_dir,
        instance.skills_dir,
        instance.home_dir,
    ):
        folder.mkdir(mode=0o700, exist_ok=True)
    for name in HOME_FOLDERS:
        if not os.path.lexists(instance.home_dir / name):
            (instance.home_dir / name).mkdir()


def _install_prompts(blueprint: Path, instance: Instance) -> None:
    """Persona, start page and the agent's own jobs. What left the blueprint stays in the instance."""
    if (blueprint / "SOUL.md").is_file():
        _renew(blueprint / "SOUL.md", instance.soul)
    if (blueprint / "frontend.toml").is_file():
        _renew(blueprint / "frontend.toml", instance.frontend_toml)
    elif not instance.frontend_toml.exists():
        atomic.write(instance.frontend_toml, "")
    applied = Applied.read(instance)
    brought = {
        name: _bring(blueprint / name, instance.config_dir / name, applied.prompts.get(name))
        for name in PROMPTS
    }
    if brought != applied.prompts:
        attrs.evolve(applied, prompts=brought).write(instance)


def _bring(source: Path, target: Path, before: str | None) -> str | None:
    """Renew a prompt that is as the blueprint brought it.

    `before` is the digest of what that was, as far as it is known; returned is that of what it brings by now.
    """
    wanted, there = _digest(source), _digest(target)
    if wanted is None:
        if there is not None:
            return before
        atomic.write(target, "")
        return digest(b"")
    if there in {None, before} or before is None:
        _renew(source, target)
    return wanted


def _renew(source: Path, target: Path) -> None:
    """Make `target` the same as `source`, without a write when it is."""
    if _digest(source) != _digest(target):
        atomic.copy(source, target)


def _digest(path: Path) -> str | None:
    """None where there is no file."""
    return digest(path.read_bytes()) if path.is_file() else None


def _install_env(plan: _Plan) -> None:
    target = plan.instance.agent_home / ".env"
    if plan.env_file is None or (target.exists() and not plan.overwrite_env):
        return
    content = plan.env_file.read_bytes()
    atomic.write(target, content, mode=0o600)
    attrs.evolve(Applied.read(plan.instance), env=digest(content)).write(plan.instance)
