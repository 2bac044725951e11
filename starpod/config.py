"""The configuration of an instance: its files, merged, checked and handed to each subsystem as its settings.

``agent.toml`` says what an agent is; inside a workspace ``starpod.toml`` gives the defaults below it;
``frontend.toml`` is the start page. Keys are never secrets: those come from the environment.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, final

import attrs

from actors.agent import settings as agent
from actors.gateway import settings as gateway
from actors.llm import settings as llm
from actors.session import settings as session
from actors.tools import settings as tools
from starpod import modelkeys
from starpod.binding import Findings, Table
from starpod.environment import load_environment
from starpod.problems import ConfigError, Problem
from starpod.tomlfile import TomlFile, Values, is_table
from starpod.upcoming import Upcoming
from starpod.workspace import Instance

AGENT_ONLY: Final = ("name", "agent_name", "channels")
"""Keys that belong to one agent and are left out of a workspace's defaults."""


@final
@attrs.frozen(kw_only=True)
class Config:
    """What an instance runs with."""

    file: Path
    """The ``agent.toml`` to mend when something is wrong with it."""
    name: str
    """Internal name of the agent; people see ``agent.agent_name``."""
    agent: agent.Settings
    gateway: gateway.Settings
    llm: llm.Settings
    session: session.Settings
    tools: tools.Settings
    upcoming: Upcoming
    environment: Mapping[str, str] = attrs.field(repr=False)
    """Variables for providers and tools, secrets among them; not the environment of the process."""
    warnings: tuple[Problem, ...] = ()
    """What was odd but does no harm."""


@final
@attrs.frozen(kw_only=True)
class Frontend:
    """The start page of the web client."""

    greeting: str | None = None
    prompts: tuple[str, ...] = ()


@final
@attrs.frozen(kw_only=True)
class _Identity:
    name: str | None = attrs.field(default=None, validator=attrs.validators.optional(agent.is_name))


def load(instance: Instance, exported: Mapping[str, str]) -> Config:
    """Read and check the configuration of `instance`.

    Args:
      instance: its ``agent.toml`` must exist.
      exported: the environment of the process.

    Raises ConfigError with every mistake in every file.
    """
    environment = load_environment(instance, exported)
    agent_file, workspace_file = _read_files(instance)
    findings = Findings([agent_file, workspace_file] if workspace_file else [agent_file])
    values = dict(agent_file.values)
    if workspace_file is not None:
        values = merge(modelkeys.without_overruled(_defaults(workspace_file, findings), values), values)
    document = Table(values, findings)
    _ignore_secrets(document)
    config = _bind(document, findings, instance, environment.values)
    document.report_unknown()
    if findings.errors:
        raise ConfigError(findings.errors, findings.warnings)
    frontend, frontend_warnings = load_frontend(instance)
    return attrs.evolve(
        config,
        gateway=attrs.evolve(config.gateway, greeting=frontend.greeting, prompts=frontend.prompts),
        warnings=(*environment.warnings, *findings.warnings, *frontend_warnings),
    )


def load_frontend(instance: Instance) -> tuple[Frontend, tuple[Problem, ...]]:
    """The start page of `instance`. It is never worth a refusal: what is wrong keeps its default and is a warning."""
    path = instance.frontend_toml
    if not path.exists():
        return Frontend(), ()
    try:
        file = TomlFile.read(path, original=_original(instance, path.name))
    except ConfigError as error:
        return Frontend(), error.problems
    findings = Findings([file])
    table = Table(file.values, findings)
    frontend = table.bind(Frontend)
    table.report_unknown()
    return frontend, (*findings.errors, *findings.warnings)


def lost_defaults(blueprint: Path, workspace: Path) -> list[str]:
    """Keys that an agent has from its workspace alone and would lose elsewhere. Raises ConfigError."""
    own = TomlFile.read(blueprint / "agent.toml")
    shared = TomlFile.read(workspace / "starpod.toml")
    return [".".join(key) for key in shared.leaves() if key[0] not in AGENT_ONLY and not own.has(key)]


def merge(base: Values, overlay: Values) -> Values:
    """`overlay` over `base`: tables join, anything else is replaced, lists included."""
    merged: Values = dict(base)
    for key, value in overlay.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if is_table(below) and is_table(value) else value
    return merged


def _read_files(instance: Instance) -> tuple[TomlFile, TomlFile | None]:
    """Read ``agent.toml`` and, where there is one, ``starpod.toml``. Raises ConfigError about both."""
    files, problems = list[TomlFile](), list[Problem]()
    sources: list[tuple[Path, Path | None]] = [(instance.agent_toml, _original(instance, "agent.toml"))]
    if instance.workspace_toml:
        sources.append((instance.workspace_toml, None))
    for path, original in sources:
        try:
            files.append(TomlFile.read(path, original=original))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return files[0], files[1] if len(files) > 1 else None


def _original(instance: Instance, name: str) -> Path | None:
    return instance.blueprint / name if instance.blueprint else None


def _defaults(file: TomlFile, findings: Findings) -> Values:
    """What a workspace gives all its agents."""
    for key in AGENT_ONLY:
        if key in file.values:
            warning = Problem(
                file=file.path,
                key=key,
                line=file.line_of((key,)),
                expected="belongs in the agent.toml of one agent, ignored",
            )
            findings.warnings.append(warning)
    return {key: value for key, value in file.values.items() if key not in AGENT_ONLY}


def _ignore_secrets(document: Table) -> None:
    """Secrets in these files would be copied, committed and shown."""
    why = "ignored, secrets do not belong here: set {} in .env instead"
    providers = document.table("providers")
    for name in providers.names():
        providers.table(name).ignore("api_key", why.format(f"{name.upper()}_API_KEY"))
    document.table("channels").table("telegram").ignore("bot_token", why.format("TELEGRAM_BOT_TOKEN"))


def _bind(document: Table, findings: Findings, instance: Instance, environment: Mapping[str, str]) -> Config:
    agent_settings = document.bind(agent.Settings)
    models = modelkeys.unify(
        document.bind(llm.Settings, names={"retry": "llm.retry", "idle_timeout": "llm.idle_timeout"}),
        document.bind(modelkeys.CompactionProvider),
        document.table("compaction").bind(modelkeys.CompactionModel),
    )
    return Config(
        file=findings.files[0].path,
        name=_name(document, instance, agent_settings),
        agent=agent_settings,
        gateway=document.bind(gateway.Settings, leave_out=("greeting", "prompts")),
        llm=models,
        session=document.bind(
            session.Settings, names={"telegram_gap_minutes": "channels.telegram.gap_minutes"}
        ),
        tools=document.bind(tools.Settings),
        upcoming=document.bind(Upcoming),
        environment=environment,
    )


def _name(document: Table, instance: Instance, settings: agent.Settings) -> str:
    named = document.bind(_Identity).name or (settings.agent_name if "agent_name" in document else None)
    return named or instance.folder_name or settings.agent_name
