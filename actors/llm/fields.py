"""Fields of what a provider sent: absent or null is empty, another kind of value is told in plain words. Pure."""

from collections.abc import Mapping
from typing import Any, Final, cast

from actors import jsontext

MOST_TOKENS: Final = 20_000_000
"""Of one prompt or answer; more is a mistake."""
_DIGITS: Final = 19

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


def objects_in(parent: Mapping[str, Any], key: str) -> list[JsonObject]:
    """The objects in the list under `key`; one by itself is such a list, and what is none is passed over."""
    value: Any = parent.get(key)
    items: list[Any] = cast("Any", value) if isinstance(value, list) else [value]
    return [cast("JsonObject", each) for each in items if isinstance(each, dict)]


def text_in(parent: Mapping[str, Any], key: str) -> str:
    """The text under `key`, which may be a number that a server took its words for. Raises WrongField."""
    value = parent.get(key)
    if isinstance(value, int | float):
        return jsontext.write(value)
    value = value or ""
    if not isinstance(value, str):
        raise WrongField(f"{key!r} is not a text")
    return value


def index_in(parent: Mapping[str, Any], key: str, otherwise: int) -> int:
    """The position under `key`. Raises WrongField."""
    value = parent.get(key)
    value = otherwise if value is None else _whole(value)
    if value is None:
        raise WrongField(f"{key!r} is not a whole number")
    return value


def _whole(value: Any) -> int | None:
    """A whole number, which some servers write as a fraction or as a text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value[:_DIGITS])
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        return int(value)
    return None


def count_in(parent: Mapping[str, Any], key: str) -> int:
    """The number of tokens under `key`; what is none counts as nothing, since an answer is worth more than its bill.

    So does more than any model can take: nobody is to be kept from all models by one number that a server made up.
    """
    value = _whole(parent.get(key))
    return value if value is not None and 0 < value <= MOST_TOKENS else 0


def counts_in(parent: Mapping[str, Any], key: str) -> JsonObject:
    """The object with numbers of tokens under `key`; what is none has no numbers, for the same reason."""
    value = parent.get(key)
    return cast("JsonObject", value) if isinstance(value, dict) else {}
