"""Reading what clients send: every mistake at once, each with its field."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast

import attrs

from actors import jsontext
from actors.shapes import Mistakes, Record
from bus import ActorError

T = TypeVar("T", bound=attrs.AttrsInstance)


@attrs.define(eq=False)
class BadMessage(ActorError):
    """What a client sent cannot be understood. The text is meant for the person who wrote the client."""

    reason: str
    field: str = ""

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.field else self.reason


def parse_object(text: str | bytes) -> Mapping[str, Any]:
    """Read one JSON object. Raises BadMessage."""
    try:
        return jsontext.read_object(text)
    except jsontext.NotJson as error:
        raise BadMessage(f"malformed JSON: {error}") from None


record_of = cache(Record)


def read(kind: type[T], fields: Mapping[str, Any], **supplied: Any) -> T:
    """An instance of an attrs class from the fields of a client and what it gets from us. Raises BadMessage.

    What the class does not have is passed over: a client may be newer than we are.
    """
    try:
        return cast("T", record_of(kind).load(fields, supplied, unknown="ignored"))
    except Mistakes as mistakes:
        raise BadMessage(str(mistakes)) from None
