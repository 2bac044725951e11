"""The two ways to say which model answers, brought to one.

``provider`` with ``model`` names the default; ``models`` lists all that may be used, the default first. Either may
be left out.
"""

from collections.abc import Mapping
from typing import Final, final

import attrs

from actors.llm.settings import Provider, Settings, key_variable, split_spec
from starpod.tomlfile import Values

FOUNDING_PROVIDER: Final[Provider] = "anthropic"
"""Provider of a model that is named alone."""


@final
@attrs.frozen(kw_only=True)
class CompactionProvider:
    """At the top level of the file."""

    compaction_provider: Provider | None = None


@final
@attrs.frozen(kw_only=True)
class CompactionModel:
    """In the table ``[compaction]``; beats the ``compaction_model`` of the top level."""

    model: str | None = None


def without_overruled(base: Values, overlay: Values) -> Values:
    """`base` less what `overlay` makes meaningless: a model belongs to the provider it was named with."""
    overruled: set[str] = set()
    if "provider" in overlay:
        overruled = {"model"}
    elif "models" in overlay and "model" not in overlay:
        overruled = {"provider", "model"}
    return {key: value for key, value in base.items() if key not in overruled}


def unify(settings: Settings, provider: CompactionProvider, compaction: CompactionModel) -> Settings:
    """Fill in what each way of naming a model says about the other."""
    default = _default(settings)
    models = settings.models
    if default[0] and default[1] and models:
        spec = f"{default[0]}/{default[1]}"
        models = (spec, *(other for other in models if other != spec))
    summaries = compaction.model or settings.compaction_model
    if summaries and not _is_spec(summaries) and (named := provider.compaction_provider or default[0]):
        summaries = f"{named}/{summaries}"
    return attrs.evolve(
        settings, provider=default[0], model=default[1], models=models, compaction_model=summaries
    )


def _default(settings: Settings) -> tuple[Provider | None, str | None]:
    provider, model, models = settings.provider, settings.model, settings.models
    if model:
        if provider:
            return provider, model
        return split_spec(model) if _is_spec(model) else (FOUNDING_PROVIDER, model)
    listed = [split_spec(spec) for spec in models]
    return next((pair for pair in listed if provider in (None, pair[0])), (provider, None))


def _is_spec(text: str) -> bool:
    try:
        split_spec(text)
    except ValueError:
        return False
    return True


def missing_key(provider: Provider, environment: Mapping[str, str]) -> str | None:
    """The variable that should hold the key of `provider` and does not; None when nothing is missing."""
    variable = key_variable(provider)
    return None if variable is None or environment.get(variable) else variable


def named_providers(settings: Settings) -> list[Provider]:
    """Providers of the models that were named besides the default, each once."""
    specs = [*settings.models, *([settings.compaction_model] if settings.compaction_model else [])]
    names: dict[Provider, None] = dict.fromkeys(split_spec(spec)[0] for spec in specs if _is_spec(spec))
    return [name for name in names if name != settings.provider]
