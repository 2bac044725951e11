"""What the strict servers of all vendors have in common."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Refused(ValueError):
    """A server would answer 400, for this reason."""


def demand(condition: object, why: str) -> None:
    if not condition:
        raise Refused(why)


def only(fields: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    """Servers refuse fields that they do not know."""
    demand(set(fields) <= set(known), f"{where}: unknown fields {sorted(set(fields) - set(known))}")


def is_said(text: object) -> bool:
    """Whether there is a visible character."""
    return isinstance(text, str) and bool(text.strip())


def is_plain_json(value: object) -> None:
    """JSON as every language reads it: no NaN, no Infinity, no half of a character."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError as error:
        raise Refused(f"the body cannot be parsed: {error}") from None


def strict_object(text: object) -> None:
    """The arguments of a call."""
    try:
        value: object = json.loads(str(text))
    except ValueError as error:
        raise Refused(f"arguments are not JSON: {error}") from None
    demand(isinstance(value, dict), "arguments are not an object")
    is_plain_json(value)


def is_base64(text: object) -> bool:
    """Whether it is base64, in either alphabet."""
    try:
        return bool(base64.b64decode(str(text).replace("-", "+").replace("_", "/"), validate=True))
    except binascii.Error:
        return False
