"""What an Ollama says of its models, read without trusting any of it. Pure."""

from collections.abc import Mapping
from typing import Any, Final, cast, final

import attrs

from actors.llm.models.catalogue import ModelDetails
from bus import Data

_MOST: Final = 1000
"""Models of one Ollama that are listed."""
_LONGEST_WINDOW: Final = 100_000_000
"""Tokens beyond which a window is no number to go by."""


@final
@attrs.frozen(kw_only=True)
class Facts(Data):
    """What was said of one model; None where nothing was."""

    context_window: int | None = None
    tools: bool | None = None
    vision: bool | None = None
    thinking: bool | None = None

    def over(self, details: ModelDetails, fixed: int | None) -> ModelDetails:
        """`details` with what was said. A window that the catalogue has counts more: somebody wrote it on purpose.

        `fixed`: tokens of context that the settings demand in every request, if they do.
        """
        windows = (details.context_window or self.context_window, fixed)
        return attrs.evolve(
            details,
            context_window=min((each for each in windows if each), default=None),
            tools=details.tools and self.tools is not False,
            vision=details.vision or bool(self.vision),
            effort=details.effort or bool(self.thinking),
        )


def names(listed: Any) -> tuple[str, ...]:
    """Names of the models that talk, from ``GET /api/tags``, as they are ordered there."""
    models = _field(listed, "models")
    each_one: list[Any] = cast("Any", models[:_MOST]) if isinstance(models, list) else []
    found = [_name(each) for each in each_one if not _embeds(each)]
    return tuple(name for name in found if name)


def facts(shown: Any) -> Facts:
    """What ``POST /api/show`` says of a model."""
    info = _mapping(_field(shown, "model_info"))
    can = _field(shown, "capabilities")
    eyes = [value for key, value in info.items() if str(key).endswith(".vision.block_count")]
    has_eyes = any(isinstance(value, int) and value > 0 for value in eyes) if eyes else None
    windows = (_tokens(value) for key, value in info.items() if str(key).endswith(".context_length"))
    if not isinstance(can, list):
        return Facts(context_window=next(windows, None), vision=has_eyes)
    return Facts(
        context_window=next(windows, None),
        tools="tools" in can,
        vision="vision" in can or bool(has_eyes),
        thinking="thinking" in can,
    )


def _tokens(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LONGEST_WINDOW
    return value if is_count else None


def _name(model: Any) -> str:
    name = _field(model, "name") or _field(model, "model")
    return name if isinstance(name, str) else ""


def _embeds(model: Any) -> bool:
    """Whether it makes vectors instead of words."""
    return "embed" in _name(model) or "bert" in str(_field(_field(model, "details"), "family"))


def _field(value: Any, key: str) -> Any:
    return _mapping(value).get(key)


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
