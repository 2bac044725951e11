"""What the Bot API answers instead of a result, with the words of the real one: clients decide by them."""

from collections.abc import Mapping
from typing import Final, final

import attrs

REASONS: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    429: "Too Many Requests",
}


@final
@attrs.define(eq=False)
class Refusal(Exception):
    """A request is refused. `parameters` are what a client may act on: ``retry_after``, ``migrate_to_chat_id``."""

    code: int
    description: str
    parameters: Mapping[str, int] = attrs.field(factory=dict[str, int])

    def __str__(self) -> str:
        return self.description

    def body(self) -> dict[str, object]:
        """The JSON object of the answer."""
        more = {"parameters": dict(self.parameters)} if self.parameters else {}
        return {"ok": False, "error_code": self.code, "description": self.description, **more}


def refusal(code: int, why: str = "", **parameters: int) -> Refusal:
    """A refusal with `why` behind the words that belong to `code`."""
    return Refusal(code, f"{REASONS[code]}: {why}" if why else REASONS[code], parameters)


def bad_request(why: str) -> Refusal:
    return refusal(400, why)
