"""The keys that name models, in the ways they were written over time, brought to one.

``provider`` with ``model`` names the default; ``models`` lists all that may be chosen, the default first. Which of
them counts is decided by the subsystem; here the files are reconciled.
"""

from typing import Final, final

import attrs

from actors.llm.settings import Provider, Settings, split_spec
from actors.settings.binding import Table
from actors.settings.tomlfile import Values

FOUNDING_PROVIDER: Final[Provider] = "anthropic"
"""Provider of a model that is named alone."""
KEYS: Final = {"retry": "llm.retry", "idle_timeout": "llm.idle_timeout", "fallbacks": "llm.fallbacks"}
"""Where the settings stand whose keys would mean something else at the top of the file."""


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


def read(document: Table) -> Settings:
    """The settings of the model subsystem."""
    return unify(
        document.bind(Settings, names=KEYS),
        document.bind(CompactionProvider),
        document.table("compaction").bind(CompactionModel),
    )


def unify(settings: Settings, provider: CompactionProvider, compaction: CompactionModel) -> Settings:
    """Give a model that is named alone its provider, and the summaries the model that counts."""
    if settings.model and not settings.provider and not _is_spec(settings.model):
        settings = attrs.evolve(settings, provider=FOUNDING_PROVIDER)
    summaries = compaction.model or settings.compaction_model
    if summaries and provider.compaction_provider and not _is_spec(summaries):
        summaries = f"{provider.compaction_provider}/{summaries}"
    return attrs.evolve(settings, compaction_model=summaries)


def _is_spec(text: str) -> bool:
    try:
        split_spec(text)
    except ValueError:
        return False
    return True
