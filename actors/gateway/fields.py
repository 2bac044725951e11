"""Reading JSON that came from outside: every mistake names the field and what was expected."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn, cast, final

import attrs


@attrs.define(eq=False)
class Malformed(Exception):
    """What a client sent cannot be understood. `reason` is meant for the person who wrote the client."""

    reason: str
    field: str | None = None

    def __str__(self) -> str:
        return self.reason if self.field is None else f"{self.field}: {self.reason}"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def parse_object(raw: str | bytes) -> "Fields":
    """Read one JSON object. Raises Malformed."""
    try:
        data: Any = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"malformed JSON: {error}") from None
    if not isinstance(data, dict):
        raise Malformed("expected a JSON object")
    return Fields(cast("Mapping[str, Any]", data))


@final
@attrs.frozen
class Fields:
    """The fields of one JSON object. A field that is null counts as absent; unknown fields are ignored."""

    data: Mapping[str, Any]
    prefix: str = ""
    """Path of this object within the message, as it appears in errors."""

    def _wrong(self, name: str, expected: str) -> Malformed:
        return Malformed(f"expected {expected}", self.prefix + name)

    def text(self, name: str, *, longest: int | None = None) -> str | None:
        """A string of at most `longest` characters, or None when absent."""
        value = self.data.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self._wrong(name, "a string")
        if longest is not None and len(value) > longest:
            raise self._wrong(name, f"at most {longest} characters")
        try:
            value.encode()
        except UnicodeEncodeError:  # half a surrogate pair is legal in JSON and poison to a database
            raise self._wrong(name, "valid Unicode text") from None
        return value

    def required_text(self, name: str, *, longest: int | None = None) -> str:
        """A string; an absent one is a mistake."""
        value = self.text(name, longest=longest)
        if value is None:
            raise self._wrong(name, "a string")
        return value

    def integer(self, name: str, *, least: int | None = None) -> int | None:
        value = self.data.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, "an integer")
        if least is not None and value < least:
            raise self._wrong(name, f"an integer of at least {least}")
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        value = self.data.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def objects(self, name: str, *, most: int) -> tuple["Fields", ...]:
        """A list of at most `most` objects; empty when absent."""
        value = self.data.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self._wrong(name, "a list of objects")
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        if len(items) > most:
            raise self._wrong(name, f"at most {most} items")
        for index, item in enumerate(items):
            if not isinstance(item, dict):
                raise self._wrong(f"{name}[{index}]", "an object")
        return tuple(Fields(item, f"{self.prefix}{name}[{index}].") for index, item in enumerate(items))
