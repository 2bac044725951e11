"""What is known of models: windows, prices, what they can do. Pure.

The table ships as ``config/models.toml``; an instance may lay its own file of the same form over it.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final, final

import attrs
from attrs.validators import ge, optional

from actors.llm.prices import FREE, Rates
from actors.llm.settings import Provider
from actors.shapes import Mistakes, shape_of

_DATED = re.compile(r"[-@:](latest|\d{4,}(-\d\d){0,2})")
"""What may follow a catalogued id in the name of one of its snapshots: ``-20251001``, ``-2026-03-05``, ``-latest``."""

_NO_PRICE: Final = ("ollama", "offline")


class CatalogueError(ValueError):
    """A catalogue file cannot be used. The text names every mistake, each on a line of its own."""


@final
@attrs.frozen(kw_only=True)
class Model:
    """One model of one provider. Prices are US dollars per million tokens."""

    input: float = attrs.field(validator=ge(0))
    output: float = attrs.field(validator=ge(0))
    cache_read_multiplier: float | None = attrs.field(default=None, validator=optional(ge(0)))
    """Price of cached input in units of `input`; None takes the provider's."""
    cache_creation_multiplier: float | None = attrs.field(default=None, validator=optional(ge(0)))
    """Price of input that is put into the cache, likewise."""
    context_window: int | None = attrs.field(default=None, validator=optional(ge(1)))
    """Tokens of prompt and answer together."""
    max_output: int | None = attrs.field(default=None, validator=optional(ge(1)))
    """Tokens of an answer; None where the provider's limit is far away."""
    supports_tool_use: bool = True
    supports_vision: bool | None = None
    """None takes the provider's."""
    supports_effort: bool = False
    """Whether an OpenAI-style request may say ``reasoning_effort``."""


@final
@attrs.frozen(kw_only=True)
class ProviderTable:
    default_model: str | None = None
    api_key_env: str | None = None
    """For readers of the file; the variable is fixed by the provider's name."""
    cache_read_multiplier: float | None = attrs.field(default=None, validator=optional(ge(0)))
    cache_creation_multiplier: float | None = attrs.field(default=None, validator=optional(ge(0)))
    supports_vision: bool | None = None
    """Of models that do not say themselves, unknown ones included."""
    models: Mapping[str, Model] = attrs.field(factory=dict[str, Model])


_UNKNOWN: Final = ProviderTable()


@final
@attrs.frozen(kw_only=True)
class ModelDetails:
    """What the catalogue says of one model; of an unknown model only what its provider's table says."""

    context_window: int | None = None
    max_output: int | None = None
    vision: bool = False
    effort: bool = False
    rates: Rates | None = None


@final
@attrs.frozen
class Catalogue:
    """All tables, by provider."""

    providers: Mapping[str, ProviderTable] = attrs.field(factory=dict[str, ProviderTable])

    def overlaid(self, other: "Catalogue") -> "Catalogue":
        """This catalogue with `other` on top: its models replace whole entries, its provider fields single ones."""
        merged = dict(self.providers)
        for name, table in other.providers.items():
            merged[name] = _overlaid(merged.get(name, _UNKNOWN), table)
        return Catalogue(merged)

    def default_model(self, provider: str) -> str | None:
        return self._table(provider).default_model

    def look_up(self, provider: str, model: str) -> ModelDetails:
        """What is known of `model`: by its id, else as a dated snapshot of the longest id that fits.

        Dots and dashes count as equal. Local models cost nothing; the price of an unknown one is unknown.
        """
        table = self._table(provider)
        entry = _entry(table.models, model)
        if entry is None:
            rates = FREE if provider in _NO_PRICE else None
            return ModelDetails(vision=bool(table.supports_vision), rates=rates)
        return ModelDetails(
            context_window=entry.context_window,
            max_output=entry.max_output,
            vision=bool(_first(entry.supports_vision, table.supports_vision)),
            effort=entry.supports_effort,
            rates=_rates(entry, table),
        )

    def _table(self, provider: str) -> ProviderTable:
        return self.providers.get(provider, _UNKNOWN)


def parse(text: str, name: str) -> Catalogue:
    """Read a catalogue file; `name` is how errors call it. Raises CatalogueError."""
    try:
        return Catalogue(_FILE.load(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{name}: {error}") from error
    except Mistakes as mistakes:
        raise CatalogueError("\n".join(f"{name}: {problem}" for problem in mistakes.problems)) from None


_FILE: Final = shape_of(Mapping[Provider, ProviderTable])


def _overlaid(base: ProviderTable, top: ProviderTable) -> ProviderTable:
    fields = (
        "default_model",
        "api_key_env",
        "cache_read_multiplier",
        "cache_creation_multiplier",
        "supports_vision",
    )
    said = {field: value for field in fields if (value := getattr(top, field)) is not None}
    return attrs.evolve(base, **said, models={**base.models, **top.models})


def _entry(models: Mapping[str, Model], wanted: str) -> Model | None:
    if wanted in models:
        return models[wanted]
    plain = _plain(wanted)
    fitting = [id for id in models if _is_snapshot(plain, _plain(id))]
    return models[min(fitting, key=lambda id: (-len(id), id))] if fitting else None


def _is_snapshot(name: str, id: str) -> bool:
    return name == id or (name.startswith(id) and _DATED.fullmatch(name, len(id)) is not None)


def _plain(id: str) -> str:
    return id.replace(".", "-")


def _rates(model: Model, table: ProviderTable) -> Rates:
    read = _first(model.cache_read_multiplier, table.cache_read_multiplier, 1.0)
    write = _first(model.cache_creation_multiplier, table.cache_creation_multiplier, 1.0)
    return Rates(
        input=model.input, output=model.output, cache_read=model.input * read, cache_write=model.input * write
    )


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
