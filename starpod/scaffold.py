"""New workspaces and new blueprints."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, final

import attrs

from actors import atomic
from actors.llm.settings import KEYLESS, Provider, split_spec
from actors.persona.settings import check_name
from actors.settings.problems import show
from actors.settings.tomlfile import TomlFile
from starpod.blueprint import PROMPTS
from starpod.errors import WorkspaceError
from starpod.modelkeys import FOUNDING_PROVIDER
from starpod.resources import resource
from starpod.workspace import blueprint_in

IGNORED: Final = (".env", ".env.dev", ".instances/", ".starpod/")
"""What a workspace keeps out of version control."""
BAKED: Final = ("provider", "model", "max_turns", "server_addr")
"""Workspace defaults that a new blueprint writes down for itself, so that it means the same elsewhere."""

_FRONTEND: Final = """\
# What an empty conversation shows.

#greeting = "What shall we do?"
prompts = [
    "help",
    "list my files",
]
"""


@final
@attrs.frozen(kw_only=True)
class Choices:
    """What the person wants of a new workspace; None where nothing was said."""

    provider: Provider | None = None
    model: str | None = None
    api_key: str | None = attrs.field(default=None, repr=False)
    brave_key: str | None = attrs.field(default=None, repr=False)


def create_workspace(root: Path, choices: Choices) -> None:
    """Make `root` a workspace. Files that are there are added to, never replaced.

    Raises WorkspaceError, before anything is written, when it already is one.
    """
    if (root / "starpod.toml").exists():
        raise WorkspaceError(f"{root} is already initialised: it has a starpod.toml")
    for folder in ("agents", "skills"):
        (root / folder).mkdir(exist_ok=True)
    secrets = _secrets(choices)
    _add_lines(root / ".env", ["# Secrets of production.", *secrets], mode=0o600)
    _add_lines(
        root / ".env.dev", ["# Development overrides: read instead of .env here.", *secrets], mode=0o600
    )
    _add_lines(root / ".gitignore", IGNORED)
    settings = {"provider": choices.provider, "model": choices.model}
    atomic.write(root / "starpod.toml", _configuration(settings))


def check_agent_name(name: str) -> str:
    """Return `name` if people can be shown it as the name of an agent. Raises WorkspaceError."""
    try:
        check_name(name)
    except ValueError as error:
        raise WorkspaceError(f"the name that people are shown {error}, found {show(name)}") from error
    return name


def create_blueprint(
    workspace: Path,
    name: str,
    *,
    agent_name: str | None = None,
    soul: str | None = None,
    model: str | None = None,
) -> Path:
    """Make the blueprint `name` in `workspace` and return its folder.

    Args:
      workspace: gives the model and other defaults.
      name: of its folder, and what the agent is called unless `agent_name` says so.
      agent_name: name shown to people.
      soul: a sentence or two about who the agent is.
      model: id, or ``provider/model``; wins over the workspace's.

    Raises WorkspaceError when a name cannot be one or is taken; ConfigError when ``starpod.toml`` is broken.
    """
    blueprint = blueprint_in(workspace, name)
    if agent_name is not None:
        check_agent_name(agent_name)
    if blueprint.exists():
        raise WorkspaceError(f"{blueprint} already exists")
    defaults = TomlFile.read(workspace / "starpod.toml").values
    settings: dict[str, Any] = {"agent_name": agent_name or name, **{key: defaults.get(key) for key in BAKED}}
    if model is not None:
        settings |= _model_keys(model, settings["provider"])
    (blueprint / "files").mkdir(parents=True)
    atomic.write(blueprint / "SOUL.md", _soul(agent_name or name, soul))
    for prompt in PROMPTS:
        atomic.write(blueprint / prompt, resource(f"agents/aster/{prompt}").read_bytes())
    atomic.write(blueprint / "frontend.toml", _FRONTEND)
    atomic.write(blueprint / "agent.toml", _configuration(settings))
    return blueprint


def _secrets(choices: Choices) -> list[str]:
    """Lines for an env file; a placeholder stands where nothing was said."""
    provider = choices.provider or FOUNDING_PROVIDER
    if provider in KEYLESS:
        lines = [f"# {provider} needs no key."]
    else:
        lines = [_assignment(f"{provider.upper()}_API_KEY", choices.api_key)]
    return [*lines, _assignment("BRAVE_API_KEY", choices.brave_key)]


def _assignment(variable: str, value: str | None) -> str:
    return f"{variable}={json.dumps(value)}" if value else f"#{variable}="


def _add_lines(path: Path, lines: Sequence[str], *, mode: int = 0o644) -> None:
    """Add the lines that `path` does not have yet."""
    there = path.read_bytes() if path.exists() else b""  # in whatever encoding its owner writes
    missing = [line.encode() for line in lines if line.encode() not in there.splitlines()]
    if missing:
        separator = b"" if not there or there.endswith(b"\n") else b"\n"
        atomic.write(path, b"\n".join([there + separator + missing[0], *missing[1:], b""]), mode=mode)


def _configuration(settings: Mapping[str, Any]) -> str:
    """The annotated configuration with `settings` switched on where they stand; None leaves one switched off."""
    text = resource("config/starpod.toml").read_text(encoding="utf-8")
    for key, value in settings.items():
        if value is not None:
            line = f"{key} = {json.dumps(value, ensure_ascii=False)}".replace("\\", r"\\")
            text = re.sub(rf"^#{key} = .*$", line, text, count=1, flags=re.MULTILINE)
    return text


def _model_keys(model: str, provider: Any) -> dict[str, str]:
    """What to write for a model that was asked for by id or as ``provider/model``."""
    try:
        named, id = split_spec(model)
    except ValueError:
        return {"provider": provider or FOUNDING_PROVIDER, "model": model}
    return {"provider": named, "model": id}


def _soul(name: str, persona: str | None) -> str:
    """The persona of the shipped agent under another name, or with another first paragraph."""
    title, opening, *rest = resource("agents/aster/SOUL.md").read_text(encoding="utf-8").split("\n\n")
    opening = f"You are {name}. {persona.strip()}" if persona else opening.replace("Aster", name)
    return "\n\n".join([title, opening, *rest])
