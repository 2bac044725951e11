"""Which provider and model answer: those the settings name, a key is there for, or that run locally. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, final

import attrs

from actors.llm.messages import ModelNotAllowed
from actors.llm.models.catalogue import Catalogue
from actors.llm.settings import (
    PROVIDERS,
    WHERE_KEYS_GO,
    Provider,
    Settings,
    api_key,
    key_variable,
    split_spec,
)
from bus import Data

OFFLINE: Final = "offline/basic"
"""The model that is none: it follows a few fixed phrases."""

_HEADER_SAFE: Final = frozenset(map(chr, range(0x21, 0x7F)))


class ModelSettingsError(ValueError):
    """The default model of the settings cannot be used; the text says why and what to do.

    `default` is that model, where it is known.
    """

    def __init__(self, text: str, default: str = "") -> None:
        super().__init__(text)
        self.default = default


@final
@attrs.frozen(kw_only=True)
class Selection(Data):
    """The models in use, as ``provider/model``."""

    default: str
    allowed: tuple[str, ...]
    """What a message may name, the default first."""
    compaction: str
    fallbacks: tuple[str, ...] = ()
    """Those that may answer when another cannot, in order."""
    left_out: tuple[str, ...] = ()
    """Why fallbacks that are configured cannot be used, a sentence for each."""
    note: str = ""
    """Why it is this default, when nobody chose it and a person may wonder."""
    fault: str = ""
    """Why the default, which somebody chose, cannot answer now."""

    def pick(self, wanted: str | None, *, configured: bool = False) -> str:
        """The model of a message, or one that the settings name. Raises ModelNotAllowed."""
        if wanted is None:
            return self.default
        if configured:
            return _qualified(wanted, self.default)
        if wanted not in (*self.allowed, self.compaction, *self.fallbacks):
            raise ModelNotAllowed(model=wanted, allowed=self.allowed)
        return wanted

    def chain(
        self, wanted: str | None, fallbacks: Sequence[str] | None, *, configured: bool = False
    ) -> tuple[str, ...]:
        """The model of a message and those that may take its place. Raises ModelNotAllowed for any of them."""
        first = self.pick(wanted, configured=configured)
        others = self.fallbacks if fallbacks is None else map(self.pick, fallbacks)
        return tuple(dict.fromkeys((first, *others)))


def choose(settings: Settings, env: Mapping[str, str], catalogue: Catalogue) -> Selection | None:
    """The models that the settings name, else the default model of the first provider with a key.

    None when neither says anything; then ask whether an Ollama runs and call :func:`without_key`.
    Raises ModelSettingsError, also for a provider that was named and has no key.
    """
    default = _named_default(settings, catalogue) or _first_with_key(settings, env, catalogue)
    return None if default is None else _selection(default, settings, env)


def without_key(
    settings: Settings, env: Mapping[str, str], catalogue: Catalogue, local: Sequence[str]
) -> Selection:
    """The models when nothing is named and no key is there: those of a `local` Ollama, else ``offline``.

    `local` lists the models that the Ollama answered with.
    """
    if not local or not settings.of("ollama").enabled:
        return attrs.evolve(_selection(OFFLINE, settings, env), note=_why_offline(settings, env))
    preferred = catalogue.default_model("ollama") or ""
    default = next((name for name in local if name.split(":")[0] == preferred), local[0])
    return _selection(f"ollama/{default}", settings, env, more=[f"ollama/{name}" for name in local])


def unusable(error: ModelSettingsError, settings: Settings, env: Mapping[str, str]) -> Selection:
    """The models while the default has no key: nothing else takes its place unasked. Raises `error` for want of one."""
    if not error.default:
        raise error
    spec = error.default
    fallbacks, left_out = _fallbacks(settings, env)
    return Selection(
        default=spec,
        allowed=(spec,),
        compaction=spec,
        fallbacks=fallbacks,
        left_out=left_out,
        fault=str(error),
    )


def _named_default(settings: Settings, catalogue: Catalogue) -> str | None:
    provider, model = settings.provider, settings.model
    if provider is not None:
        model = model or (
            OFFLINE.partition("/")[2] if provider == "offline" else catalogue.default_model(provider)
        )
        if model is None:
            raise ModelSettingsError(f"provider {provider!r} has no default model: set model as well")
        # Ids of OpenRouter begin with a vendor, its own name included: openrouter/auto.
        return f"{provider}/{model if provider == 'openrouter' else model.removeprefix(provider + '/')}"
    if model is not None:
        try:
            return "/".join(split_spec(model))
        except ValueError:
            raise ModelSettingsError(f"model {model!r} needs a provider: set provider as well") from None
    return settings.models[0] if settings.models else None


def _first_with_key(settings: Settings, env: Mapping[str, str], catalogue: Catalogue) -> str | None:
    for provider in PROVIDERS:
        model = catalogue.default_model(provider)
        if model and key_variable(provider) and fault(provider, settings, env) is None:
            return f"{provider}/{model}"
    return None


def _selection(
    default: str, settings: Settings, env: Mapping[str, str], more: Iterable[str] = ()
) -> Selection:
    """All models that can be used. Of those that cannot, only the default is an error."""
    if why := fault(split_spec(default)[0], settings, env):
        raise ModelSettingsError(f"model {default}: {why}", default)
    preferred = (f"{name}/{id}" for name, each in settings.providers.items() for id in each.models)
    named = dict.fromkeys((default, *settings.models, *more, *preferred))
    allowed = tuple(spec for spec in named if fault(split_spec(spec)[0], settings, env) is None)
    compaction = _qualified(settings.compaction_model or default, default)
    usable = fault(split_spec(compaction)[0], settings, env) is None
    fallbacks, left_out = _fallbacks(settings, env)
    return Selection(
        default=default,
        allowed=allowed,
        compaction=compaction if usable else default,
        fallbacks=fallbacks,
        left_out=left_out,
    )


def _fallbacks(settings: Settings, env: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those that can be used, and a sentence about each other."""
    faults = {spec: fault(split_spec(spec)[0], settings, env) for spec in settings.fallbacks}
    usable = tuple(spec for spec, why in faults.items() if why is None)
    return usable, tuple(f"fallback {spec} is left out: {why}" for spec, why in faults.items() if why)


def _qualified(model: str, default: str) -> str:
    """``provider/model``; one that is named alone is of the provider of the default."""
    try:
        return "/".join(split_spec(model))
    except ValueError:
        return f"{split_spec(default)[0]}/{model}"


def fault(provider: Provider, settings: Settings, env: Mapping[str, str]) -> str | None:
    """Why no model of `provider` can be used."""
    if not settings.of(provider).enabled:
        return f"provider {provider!r} is switched off by providers.{provider}.enabled"
    if (variable := key_variable(provider)) is None:
        return None
    if (key := api_key(provider, env)) is None:
        return f"provider {provider!r} needs its key: set {variable} {WHERE_KEYS_GO}"
    if not _HEADER_SAFE.issuperset(key):
        return f"the key in {variable} holds characters that cannot be sent"
    return None


def deaf(settings: Settings, env: Mapping[str, str]) -> str | None:
    """Why the transcriber that is set cannot be asked. A server of one's own needs no key."""
    if settings.speech.transcriber is None or settings.speech.base_url is not None:
        return None
    return fault(split_spec(settings.speech.transcriber)[0], settings, env)


def transcriber(settings: Settings, env: Mapping[str, str]) -> str | None:
    """What puts speech into words, ``provider/model``, where something is set that can be asked."""
    return None if deaf(settings, env) else settings.speech.transcriber


def _why_offline(settings: Settings, env: Mapping[str, str]) -> str:
    """What a person with a key should know."""
    faults = [fault(name, settings, env) for name in PROVIDERS if api_key(name, env)]
    return f"A key is there, but {faults[0]}." if faults else ""
