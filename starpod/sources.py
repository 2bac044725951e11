"""Which files the configuration of an instance is read from, and which of them counts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from actors.settings.document import Source
from actors.settings.tomlfile import TomlFile
from starpod.workspace import Instance

AGENT_ONLY: Final[tuple[str, ...]] = ("name", "agent_name", "channels")
"""Keys that belong to one agent and are left out of a workspace's defaults."""
PAGE_ONLY: Final[tuple[str, ...]] = ("greeting", "prompts")
"""Keys of the empty page, which has a file of its own."""
_FOR_THE_AGENT: Final[Mapping[str, str]] = dict.fromkeys(
    AGENT_ONLY, "belongs in the agent.toml of one agent, ignored"
)
_FOR_THE_PAGE: Final[Mapping[str, str]] = dict.fromkeys(PAGE_ONLY, "belongs in frontend.toml, ignored")


def sources(instance: Instance) -> tuple[Source, ...]:
    """The files of `instance`, the one that counts most first."""
    found = [
        Source(path=instance.local_toml),
        Source(
            path=instance.frontend_toml,
            original=_original(instance, "frontend.toml"),
            lenient=True,
            only=frozenset(PAGE_ONLY),
        ),
        Source(
            path=instance.agent_toml,
            original=_original(instance, "agent.toml"),
            required=True,
            refuses=_FOR_THE_PAGE,
        ),
    ]
    if instance.workspace_toml:
        found.append(
            Source(path=instance.workspace_toml, required=True, refuses={**_FOR_THE_AGENT, **_FOR_THE_PAGE})
        )
    return tuple(found)


def _original(instance: Instance, name: str) -> Path | None:
    return instance.blueprint / name if instance.blueprint else None


def lost_defaults(blueprint: Path, workspace: Path) -> list[str]:
    """Keys that an agent has from its workspace alone and would lose elsewhere. Raises ConfigError."""
    own = TomlFile.read(blueprint / "agent.toml")
    shared = TomlFile.read(workspace / "starpod.toml")
    return [".".join(key) for key in shared.leaves() if key[0] not in AGENT_ONLY and not own.has(key)]


def decided_here(instance: Instance) -> list[str]:
    """Keys that the blueprint of `instance` sets and no longer decides, since they were changed while it ran.

    Raises ConfigError.
    """
    if not instance.local_toml.exists():
        return []
    blueprint = [
        TomlFile.read(path) for path in (instance.agent_toml, instance.frontend_toml) if path.exists()
    ]
    local = TomlFile.read(instance.local_toml)
    return [".".join(key) for key in local.leaves() if any(file.has(key) for file in blueprint)]
