"""What is known of models: windows, prices, what they can do. Pure.

The table ships as ``config/models.toml``; an instance may lay its own file of the same form over it.
"""

import re
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, final

import attrs
from attrs.validators import ge, optional

from actors.llm.models.prices import FREE, Rates
from actors.llm.settings import Provider
from actors.shapes import Mistakes, shape_of
from bus import Data

_DATED = re.compile(r"[-@:](latest|\d{4,}(-\d\d){0,2})")
"""What may follow a catalogued id in the name of one of its snapshots: ``-20251001``, ``-2026-03-05``, ``-latest``."""

_NO_PRICE: Final = ("ollama", "offline")


ThinkingForm = Literal["none", "budget", "adaptive", "level"]
"""How a provider's own interface is told how much to think: not at all; by a number of tokens (Claude up to 4.6,
Gemini 2.5); by the model itself, within an effort (Claude since 4.7); by a word (Gemini 3)."""


class CatalogueError(ValueError):
    """A catalogue file cannot be used. The text names every mistake, each on a line of its own."""


@attrs.frozen(kw_only=True)
class Abilities(Data):
    """What may be sent to a model. What is None is said by its family, by its provider, or not known."""

    context_window: int | None = attrs.field(default=None, validator=optional(ge(1)))
    """Tokens of prompt and answer together."""
    max_output: int | None = attrs.field(default=None, validator=optional(ge(1)))
    """Tokens of an answer; None where the provider's limit is far away."""
    supports_tool_use: bool | None = None
    supports_vision: bool | None = None
    supports_documents: bool | None = None
    """Whether PDF files may be sent as they are."""
    supports_effort: bool | None = None
    """Whether an OpenAI-style request may say ``reasoning_effort``."""
    supports_effort_with_tools: bool | None = None
    """Whether it may do so beside tools; where not, both go by OpenAI's Responses interface only."""
    thinking: ThinkingForm | None = None


@final
@attrs.frozen(kw_only=True)
class Model(Abilities):
    """One model of one provider. Prices are US dollars per million tokens."""

    input: float = attrs.field(validator=ge(0))
    output: float = attrs.field(validator=ge(0))
    cache_read_multiplier: float | None = attrs.field(default=None, validator=optional(ge(0)))
    """Price of cached input in units of `input`; None takes the provider's."""
    cache_creation_multiplier: float | None = attrs.field(default=None, validator=optional(ge(0)))
    """Price of input that is put into the cache, likewise."""


@final
@attrs.frozen(kw_only=True)
class ProviderTable(Data):
    default_model: str | None = None
    api_key_env: str | None = None
    """For readers of the file; the variable is fixed by the provider's name."""
    cache_read_multiplier: float | None = attrs.field(default=None, validator=optional(ge(0)))
    cache_creation_multiplier: float | None = attrs.field(default=None, validator=optional(ge(0)))
    supports_vision: bool | None = None
    """Of models that do not say themselves, unknown ones included."""
    families: Mapping[str, Abilities] = attrs.field(factory=dict[str, Abilities])
    """By pattern of ids, in which ``*`` stands for anything: what models have that do not say it themselves, unknown
    ones included. The first that fits counts."""
    models: Mapping[str, Model] = attrs.field(factory=dict[str, Model])


_UNKNOWN: Final = ProviderTable()


@final
@attrs.frozen(kw_only=True)
class ModelDetails(Data):
    """What the catalogue says of one model, asked before anything is sent; by default what the plainest one can.

    :class:`Abilities` explains the fields.
    """

    context_window: int | None = None
    max_output: int | None = None
    tools: bool = True
    """Taken for granted, since an agent is little without; a server that refuses them is asked without them."""
    vision: bool = False
    documents: bool = False
    effort: bool = False
    effort_with_tools: bool = True
    thinking: ThinkingForm = "none"
    rates: Rates | None = None

    @property
    def takes_effort(self) -> bool:
        """Whether it can be told how much to think, in whatever form its provider has for that."""
        return self.effort or self.thinking != "none"


@final
@attrs.frozen
class Catalogue(Data):
    """All tables, by provider."""

    providers: Mapping[str, ProviderTable] = attrs.field(factory=dict[str, ProviderTable])

    def overlaid(self, other: "Catalogue") -> "Catalogue":
        """This catalogue with `other` on top.

        Its models and families replace whole entries, its provider fields single ones; its families come first.
        """
        merged = dict(self.providers)
        for name, table in other.providers.items():
            merged[name] = _overlaid(merged.get(name, _UNKNOWN), table)
        return Catalogue(merged)

    def default_model(self, provider: str) -> str | None:
        return self._table(provider).default_model

    def ids(self, provider: str) -> tuple[str, ...]:
        """The models of `provider` that have an entry."""
        return tuple(self._table(provider).models)

    def look_up(self, provider: str, model: str) -> ModelDetails:
        """What is known of `model`: by its id, else as a dated snapshot of the longest id that fits.

        What the entry does not say its family says. Dots and dashes count as equal. Local models cost nothing; the
        price of an unknown one is unknown.
        """
        table = self._table(provider)
        entry, family = _entry(table.models, model), _family(table.families, model)
        said = tuple(each for each in (entry, family) if each is not None)
        rates = FREE if provider in _NO_PRICE else None
        return ModelDetails(
            context_window=_first(*(each.context_window for each in said)),
            max_output=_first(*(each.max_output for each in said)),
            tools=_first(*(each.supports_tool_use for each in said), True),
            vision=_first(*(each.supports_vision for each in said), table.supports_vision, False),
            documents=_first(*(each.supports_documents for each in said), False),
            effort=_first(*(each.supports_effort for each in said), False),
            effort_with_tools=_first(*(each.supports_effort_with_tools for each in said), True),
            thinking=_first(*(each.thinking for each in said), "none"),
            rates=_rates(entry, table) if entry is not None else rates,
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
    families = {**top.families, **{id: each for id, each in base.families.items() if id not in top.families}}
    return attrs.evolve(base, **said, models={**base.models, **top.models}, families=families)


def _entry(models: Mapping[str, Model], wanted: str) -> Model | None:
    if wanted in models:
        return models[wanted]
    plain = _plain(wanted)
    fitting = [id for id in models if _is_snapshot(plain, _plain(id))]
    return models[min(fitting, key=lambda id: (-len(id), id))] if fitting else None


def _is_snapshot(name: str, id: str) -> bool:
    return name == id or (name.startswith(id) and _DATED.fullmatch(name, len(id)) is not None)


def _family(families: Mapping[str, Abilities], wanted: str) -> Abilities | None:
    plain = _plain(wanted)
    return next((family for like, family in families.items() if fnmatchcase(plain, _plain(like))), None)


def _plain(id: str) -> str:
    return id.replace(".", "-").lower()


def _rates(model: Model, table: ProviderTable) -> Rates:
    read = _first(model.cache_read_multiplier, table.cache_read_multiplier, 1.0)
    write = _first(model.cache_creation_multiplier, table.cache_creation_multiplier, 1.0)
    return Rates(
        input=model.input, output=model.output, cache_read=model.input * read, cache_write=model.input * write
    )


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
