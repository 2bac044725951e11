"""The configuration of an instance: its files, merged, checked and handed to each subsystem as its settings.

``agent.toml`` says what an agent is, ``frontend.toml`` what its empty page shows; inside a workspace ``starpod.toml``
gives the defaults below them. What a person changes while the agent runs stands in ``config.local.toml``, above all of
them. Keys are never secrets: those come from the environment.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar, final

import attrs

from actors.persona import settings as persona
from actors.settings.current import Current
from actors.settings.document import Loaded, Scheme, Section
from actors.settings.document import load as load_files
from actors.settings.problems import ConfigError, Problem
from actors.subsystem import Given, Subsystem
from actors.tools.settings import Settings as ToolsSettings
from actors.users.bootstrap import VARIABLE, may_be_found, weakness
from starpod import modelkeys
from starpod.environment import Environment, granted, load_environment
from starpod.models import load_catalogue
from starpod.sources import sources
from starpod.tree import SUBSYSTEMS
from starpod.upcoming import Upcoming
from starpod.workspace import Instance

T = TypeVar("T")

SECRETS: Final = (
    ("providers.*.api_key", "ignored, secrets do not belong here: set *_API_KEY in .env instead"),
    (
        "channels.telegram.bot_token",
        "ignored, secrets do not belong here: set TELEGRAM_BOT_TOKEN in .env instead",
    ),
    *(
        (f"channels.email.{key}", "ignored, secrets do not belong here: set EMAIL_PASSWORD in .env instead")
        for key in ("password", "smtp_password", "imap_password")
    ),
)
"""They would be copied, committed and shown."""


@final
@attrs.frozen(kw_only=True)
class Identity:
    name: str | None = attrs.field(default=None, validator=attrs.validators.optional(persona.is_name))
    """Internal name of the agent."""
    agent_name: str | None = None


@final
@attrs.frozen(kw_only=True)
class Config:
    """What an instance runs with."""

    instance: Instance
    name: str
    """Internal name of the agent; people see the ``agent_name`` of its settings."""
    current: Current = attrs.field(repr=False)
    """The settings in force."""
    scheme: Scheme = attrs.field(repr=False)
    given: Given
    """What the subsystems get."""
    secrets: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    """Names and values that no text may show."""
    warnings: tuple[Problem, ...] = ()
    """What was odd but does no harm."""

    def of(self, kind: type[T]) -> T:
        """The settings of this class."""
        return self.current.of(kind)


def load(instance: Instance, exported: Mapping[str, str]) -> Config:
    """Read and check the configuration of `instance`.

    Args:
      instance: its ``agent.toml`` must exist.
      exported: the environment of the process.

    Raises ConfigError with every mistake in every file.
    """
    environment = load_environment(instance, exported)
    current = Current({})
    given = Given(
        data=instance.agent_home,
        home=instance.home_dir,
        environment=environment.values,
        settings_of=current.of,
    )
    scheme = scheme_for(given)
    loaded = _loaded(instance, scheme, _weak_key(environment))
    current.replace(loaded.values)
    current.taken()
    _, catalogue_warnings = load_catalogue(instance.models_toml)
    return Config(
        instance=instance,
        name=_name(current.of(Identity), current.of(persona.Settings), instance),
        current=current,
        scheme=scheme,
        given=given,
        secrets=_secrets(environment, current.of(ToolsSettings)),
        warnings=(*environment.warnings, *loaded.warnings, *catalogue_warnings),
    )


def _loaded(instance: Instance, scheme: Scheme, problems: list[Problem]) -> Loaded:
    """What the files of settings come to. Raises ConfigError with their mistakes and those `problems`."""
    try:
        loaded = load_files(sources(instance), scheme)
    except ConfigError as error:
        raise ConfigError([*error.problems, *problems], error.warnings) from None
    if problems:
        raise ConfigError(problems, loaded.warnings)
    return loaded


def _weak_key(environment: Environment) -> list[Problem]:
    source = environment.source(VARIABLE)
    return [Problem(file=source, expected=words) for words in weakness(environment.values.get(VARIABLE))]


def _secrets(environment: Environment, settings: ToolsSettings) -> tuple[tuple[str, str], ...]:
    """Those of the environment, less what the owner lets tools and so the model know, and what hiding would betray."""
    known = granted(settings.tools.env_allowed, environment.values).values()
    return tuple(
        (name, value)
        for name, value in environment.secrets
        if value not in known and not may_be_found(name, value)
    )


def scheme_for(given: Given) -> Scheme:
    """All that the files of an instance may say: the settings of every subsystem, and those still to come."""
    return Scheme(
        sections=(
            *(_section(each, given) for each in SUBSYSTEMS if each.settings),
            Section(kind=Identity),
            Section(kind=Upcoming),
        ),
        secrets=SECRETS,
        overruled=modelkeys.without_overruled,
    )


def _section(subsystem: Subsystem, given: Given) -> Section:
    kind: type[Any] = subsystem.settings or type(None)
    return Section(
        kind=kind,
        keys=subsystem.keys,
        read=subsystem.read,
        check=lambda settings: subsystem.check(settings, given),
    )


def _name(identity: Identity, settings: persona.Settings, instance: Instance) -> str:
    return identity.name or identity.agent_name or instance.folder_name or settings.agent_name
