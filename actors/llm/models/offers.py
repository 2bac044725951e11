"""Which models an endpoint says it has, whoever it is: where to ask, and what the answer means. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast, final

import attrs

from actors import jsontext
from actors.llm.models import endpoints
from actors.llm.models.catalogue import ModelDetails
from actors.llm.models.prices import Rates
from bus import Data

_MOST: Final = 1000
"""Models of one endpoint that are listed."""
_LONGEST_ID: Final = 200
_LONGEST_WINDOW: Final = 100_000_000
_MUTE: Final = re.compile(
    r"embed|rerank|whisper|moderation|transcri|dall-e|imagen|image|\btts\b|-tts|\bsora\b|\bveo\b|realtime|davinci|babbage"
    r"|guard|\bbert\b|\bbge\b|aqa$",
    re.IGNORECASE,
)
"""Ids of models that hold no conversation."""
_WINDOWS: Final = (
    "context_length",
    "context_window",
    "max_context_length",
    "max_model_len",
    "inputTokenLimit",
    "max_input_tokens",
)
_OUTPUTS: Final = ("max_completion_tokens", "outputTokenLimit", "max_output_tokens", "max_tokens")
"""Names of one number at different houses."""
_MILLION: Final = 1_000_000


class NoList(ValueError):
    """An answer holds no models. The text is a sentence without its full stop."""


@final
@attrs.frozen(kw_only=True)
class Question(Data):
    """What to get, and with which headers."""

    url: str
    headers: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)


@final
@attrs.frozen(kw_only=True)
class Offered(Data):
    """One model of an endpoint, and what was said of it; None where nothing was."""

    id: str
    context_window: int | None = None
    max_output: int | None = None
    tools: bool | None = None
    vision: bool | None = None
    documents: bool | None = None
    input_price: float | None = None
    output_price: float | None = None
    """US dollars per million tokens."""

    def under(self, details: ModelDetails) -> ModelDetails:
        """What the catalogue says, and where it is silent what the endpoint says."""
        rates = details.rates
        if rates is None and self.input_price is not None and self.output_price is not None:
            rates = Rates(
                input=self.input_price,
                output=self.output_price,
                cache_read=self.input_price,
                cache_write=self.input_price,
            )
        return attrs.evolve(
            details,
            context_window=details.context_window or self.context_window,
            max_output=details.max_output or self.max_output,
            tools=details.tools and self.tools is not False,
            vision=details.vision or bool(self.vision),
            documents=details.documents or bool(self.documents),
            rates=rates,
        )


def question(provider: str, base_url: str, given: str | None, key: str | None) -> Question:
    """How `provider` is asked.

    Args:
      provider: its name.
      base_url: what the path of a call is added to.
      given: the address in the settings, if any.
      key: what it is asked with.
    """
    match provider:
        case "anthropic":
            headers = (("x-api-key", key or ""), ("anthropic-version", "2023-06-01"))
            return Question(url=f"{base_url}/v1/models?limit={_MOST}", headers=headers)
        case "gemini":
            return Question(
                url=f"{base_url}/models?pageSize={_MOST}", headers=(("x-goog-api-key", key or ""),)
            )
        case "ollama":
            return Question(url=f"{endpoints.ollama(given)}/api/tags")
        case _:
            authorised = (("authorization", f"Bearer {key}"),) if key else ()
            return Question(url=f"{base_url}/models", headers=authorised)


def converses(id: str) -> bool:
    """Whether a model of this name is one to talk with."""
    return 0 < len(id) <= _LONGEST_ID and not _MUTE.search(id)


def read(body: bytes) -> tuple[Offered, ...]:
    """The models in an answer that hold conversations, by name. Raises NoList."""
    try:
        value = jsontext.read(body)
    except jsontext.NotJson as error:
        raise NoList("it is not JSON") from error
    listed = cast("Any", value) if isinstance(value, list) else _field(value, "data", "models")
    if not isinstance(listed, list):
        raise NoList("it lists no models")
    items: list[Any] = cast("Any", listed)
    found = {each.id: each for each in _offered(items[:_MOST])}
    return tuple(found[id] for id in sorted(found))


def _offered(items: Iterable[Any]) -> Iterable[Offered]:
    for item in items:
        id = item if isinstance(item, str) else _field(item, "id", "name", "model")
        if not isinstance(id, str):
            continue
        id = id.removeprefix("models/")
        methods = _field(item, "supportedGenerationMethods")
        talks = not isinstance(methods, list) or "generateContent" in methods
        if talks and converses(id):
            yield _described(id, item)


def _described(id: str, item: Any) -> Offered:
    pricing, parameters = _field(item, "pricing"), _field(item, "supported_parameters")
    modalities = _field(_field(item, "architecture"), "input_modalities")
    can = _field(item, "capabilities")
    listed = isinstance(modalities, list)
    vision = "image" in modalities if listed else _flag(can, "vision")
    tools = "tools" in parameters if isinstance(parameters, list) else _flag(can, "function_calling")
    return Offered(
        id=id,
        context_window=_tokens(_field(item, *_WINDOWS)),
        max_output=_tokens(_field(item, *_OUTPUTS) or _field(_field(item, "top_provider"), *_OUTPUTS)),
        tools=tools,
        vision=vision,
        documents="file" in modalities if listed else None,
        input_price=_price(_field(pricing, "prompt")),
        output_price=_price(_field(pricing, "completion")),
    )


def _field(value: Any, *keys: str) -> Any:
    """The first of these fields that says something, of an object."""
    if not isinstance(value, dict):
        return None
    fields = cast("Mapping[str, Any]", value)
    return next((fields[key] for key in keys if fields.get(key)), None)


def _flag(value: Any, key: str) -> bool | None:
    flag = cast("Mapping[str, Any]", value).get(key) if isinstance(value, dict) else None
    return flag if isinstance(flag, bool) else None


def _tokens(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LONGEST_WINDOW
    return value if is_count else None


def _price(value: Any) -> float | None:
    """Dollars a million tokens, of a number of dollars a token as text."""
    try:
        price = float(value) * _MILLION
    except (TypeError, ValueError):
        return None
    return round(price, 6) if 0 <= price < _MILLION else None
