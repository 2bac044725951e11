"""What the Bot API answers, and what it means."""

import json
from typing import Any

import pytest

from actors.telegram.wire import (
    LONGEST_REASON,
    Conflict,
    Refused,
    TelegramError,
    TooMany,
    Unauthorized,
    Unknown,
    Unreachable,
    read,
)


def error(code: int, description: str = "no", **parameters: Any) -> bytes:
    said = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return json.dumps(said).encode()


@pytest.mark.parametrize("result", [True, [], {"id": 1}, None])
def test_a_result_is_what_was_asked_for(result: Any) -> None:
    assert read(200, json.dumps({"ok": True, "result": result}).encode()).result == result


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (409, error(409), Conflict),
        (401, error(401), Unauthorized),
        (404, error(404), Unauthorized),
        (400, error(400), Refused),
        (403, error(403), Refused),
        (500, error(500), Unreachable),
        (502, b"<html>Bad Gateway</html>", Unreachable),
        (404, b"<html>Not Found</html>", Unreachable),
        (408, b"", Unreachable),
        (200, b"<html>Welcome to the hotel</html>", Unknown),
        (200, b'{"ok": true}', Refused),
        (200, b'{"ok": false}', Refused),
        (200, b"[]", Unknown),
    ],
)
def test_each_kind_of_failure_is_told_from_the_others(
    status: int, body: bytes, kind: type[TelegramError]
) -> None:
    with pytest.raises(kind):
        read(status, body)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(7, 7.0), (0, 1.0), (-3, 1.0), (10**9, 3600.0), (1.5, 1.5), ("soon", 5.0), (None, 5.0)],
)
def test_how_long_to_wait_is_bounded(given: Any, seconds: float) -> None:
    with pytest.raises(TooMany) as caught:
        read(429, error(429, "Too Many Requests", retry_after=given))
    assert caught.value.seconds == seconds


def test_a_group_that_became_another_chat_is_named() -> None:
    with pytest.raises(Refused) as caught:
        read(400, error(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1001))
    assert (caught.value.code, caught.value.moved_to) == (400, -1001)


def test_what_is_wrong_is_quoted_in_part() -> None:
    with pytest.raises(Refused) as caught:
        read(400, error(400, "x" * 1000))
    assert str(caught.value) == "x" * LONGEST_REASON


@pytest.mark.parametrize("parameters", [None, [], "x"])
def test_odd_parameters_do_no_harm(parameters: Any) -> None:
    body = json.dumps({"ok": False, "error_code": "x", "parameters": parameters}).encode()
    with pytest.raises(Refused, match="error 400"):
        read(400, body)
