"""Fields of what a provider sent: absent or null is empty, another kind of value is told in plain words. Pure."""

from collections.abc import Mapping
from typing import Any, cast

JsonObject = dict[str, Any]


class WrongField(ValueError):
    """A field holds something else than its format says. The text is a sentence without its full stop."""


def object_in(parent: Mapping[str, Any], key: str) -> JsonObject:
    """The object under `key`. Raises WrongField."""
    return as_object(parent.get(key) or {}, key)


def as_object(value: Any, what: str) -> JsonObject:
    """`value`, which must be an object; `what` is how an error calls it. Raises WrongField."""
    if not isinstance(value, dict):
        raise WrongField(f"{what!r} is not an object")
    return cast("JsonObject", value)


def list_in(parent: Mapping[str, Any], key: str) -> list[Any]:
    """The list under `key`. Raises WrongField."""
    value: Any = parent.get(key) or []
    if not isinstance(value, list):
        raise WrongField(f"{key!r} is not a list")
    items: list[Any] = cast("Any", value)
    return items


def text_in(parent: Mapping[str, Any], key: str) -> str:
    """The text under `key`. Raises WrongField."""
    value = parent.get(key) or ""
    if not isinstance(value, str):
        raise WrongField(f"{key!r} is not a text")
    return value


def index_in(parent: Mapping[str, Any], key: str, otherwise: int) -> int:
    """The position under `key`. Raises WrongField."""
    value = parent.get(key)
    value = otherwise if value is None else value
    if not isinstance(value, int):
        raise WrongField(f"{key!r} is not a whole number")
    return value


def count_in(parent: Mapping[str, Any], key: str) -> int:
    """The number of tokens under `key`; what is none counts as nothing, since an answer is worth more than its bill."""
    value = parent.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def counts_in(parent: Mapping[str, Any], key: str) -> JsonObject:
    """The object with numbers of tokens under `key`; what is none has no numbers, for the same reason."""
    value = parent.get(key)
    return cast("JsonObject", value) if isinstance(value, dict) else {}
