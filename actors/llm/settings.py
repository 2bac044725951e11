"""Settings of the model subsystem: which provider and model answer, and where they are reached."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, final, get_args
from urllib.parse import urlsplit

import attrs
from attrs.validators import deep_iterable, ge, gt, optional

from bus import Data

Provider = Literal["anthropic", "openai", "gemini", "groq", "deepseek", "openrouter", "ollama", "offline"]
PROVIDERS: Final[tuple[Provider, ...]] = get_args(Provider)
"""Every provider, in the order in which the first one with a key is chosen."""

KEYLESS: Final[frozenset[Provider]] = frozenset({"ollama", "offline"})
"""Providers that work without a key."""

DEAF: Final[frozenset[Provider]] = frozenset({"anthropic", "gemini", "offline"})
"""Providers that are never asked for the words of a recording: they have no such call."""

WHERE_KEYS_GO: Final = (
    "with `starpod vault set`, in `.env.dev` beside `starpod.toml` (without a workspace: in `.starpod/.env`) "
    "or in the environment"
)
"""Continues a sentence that says to set a variable."""


def key_variable(provider: str) -> str | None:
    """Environment variable that holds the key of `provider`; None for one that needs no key."""
    return None if provider in KEYLESS else f"{provider.upper()}_API_KEY"


def api_key(provider: str, env: Mapping[str, str]) -> str | None:
    """Key of `provider`, without the white space that copying brings along; None when there is none."""
    variable = key_variable(provider)
    return (env.get(variable, "").strip() or None) if variable else None


def split_spec(spec: str) -> tuple[Provider, str]:
    """Split ``provider/model`` at the first slash; a model id may hold more of them.

    Raises ValueError when a part is missing or the provider is unknown.
    """
    provider, _, model = spec.partition("/")
    if provider not in PROVIDERS or not model:
        raise ValueError(
            f"must be written provider/model with one of {', '.join(PROVIDERS)}, unlike {spec!r}"
        )
    return provider, model


def _is_spec(_instance: object, _field: "attrs.Attribute[Any]", value: str) -> None:
    split_spec(value)


def _hears(_instance: object, _field: "attrs.Attribute[Any]", value: str) -> None:
    provider, _ = split_spec(value)
    if provider in DEAF:
        raise ValueError(
            f"must be of a provider that puts speech into words, such as openai; {provider} does not"
        )


def _is_filled(_instance: object, _field: "attrs.Attribute[Any]", value: str) -> None:
    if not value.strip():
        raise ValueError("must not be empty")


def _is_url(_instance: object, _field: "attrs.Attribute[Any]", value: str) -> None:
    if not re.fullmatch(r"https?://[^\s/]+\S*", value):
        raise ValueError("must be an address that begins with http:// or https://")
    try:
        url = urlsplit(value)
        if not (url.hostname or "").encode("idna") or url.port == 0:
            raise ValueError("it names no host or no port")
    except ValueError as error:
        raise ValueError(f"must be an address that can be reached: {error}") from None


@final
@attrs.frozen(kw_only=True)
class ProviderSettings(Data):
    """One provider. Its key comes from the environment, never from here."""

    enabled: bool = True
    """Models of a disabled provider are refused."""
    base_url: str | None = attrs.field(default=None, validator=optional(_is_url))
    """Endpoint to use instead of the provider's own, with or without the path of the call."""
    models: tuple[str, ...] = ()
    """Ids of this provider that a message may name, besides the ones of `Settings.models`."""
    options: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    """Added to the body of each request as they are; they win over what would be sent."""


@final
@attrs.frozen(kw_only=True)
class Retry(Data):
    """How long a failing provider is asked again before the failure is reported."""

    max_retries: int = attrs.field(default=5, validator=ge(0))
    """Requests after the first one."""
    first_wait: float = attrs.field(default=1.0, validator=gt(0))
    """Seconds before the first repetition; each further one waits twice as long."""
    max_wait: float = attrs.field(default=60.0, validator=gt(0))
    """Seconds no wait exceeds. A provider that asks for a longer one is not asked again."""
    patience: float = attrs.field(default=10.0, validator=ge(0))
    """Seconds from the first request within which the last one begins where another model could answer, or where the
    provider has failed before."""


@final
@attrs.frozen(kw_only=True)
class Speech(Data):
    """What puts speech into words."""

    transcriber: str | None = attrs.field(default=None, validator=optional(_hears))
    """``provider/model`` that transcribes what is said in the page and in voice messages; None leaves it as it is."""
    base_url: str | None = attrs.field(default=None, validator=optional(_is_url))
    """Server of one's own that does so, asked in the place of the provider and without its key."""


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    """What was set on purpose; the subsystem chooses where something is None."""

    provider: Provider | None = None
    """Provider of the default model; None lets the subsystem choose one that can answer."""
    model: str | None = attrs.field(default=None, validator=optional(_is_filled))
    """Id of the default model; None takes the catalogue's default of the provider. Without `provider` it must be
    written ``provider/model``."""
    models: tuple[str, ...] = attrs.field(default=(), validator=deep_iterable(_is_spec))
    """``provider/model`` a message may name; those without a key are left out. The first is the default, unless
    `provider` or `model` says otherwise."""
    compaction_model: str | None = None
    """Writes summaries: ``provider/model``, or an id of the default provider; None takes the default model."""
    providers: Mapping[Provider, ProviderSettings] = attrs.field(factory=dict[Provider, ProviderSettings])
    """By name of the provider; those left out keep their defaults."""
    fallbacks: tuple[str, ...] = attrs.field(default=(), validator=deep_iterable(_is_spec))
    """``provider/model`` that are asked in this order when the model that was chosen cannot answer; those without a key
    are left out."""
    retry: Retry = Retry()
    speech: Speech = Speech()
    idle_timeout: float = attrs.field(default=90.0, validator=gt(0))
    """Seconds without a byte after which a request counts as lost. Local models and models that think in silence get
    at least 300."""

    def of(self, provider: Provider) -> ProviderSettings:
        """What was set for `provider`, or the defaults."""
        return self.providers.get(provider, ProviderSettings())
