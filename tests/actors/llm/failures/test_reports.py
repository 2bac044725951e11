from typing import Any

import pytest

from actors.llm.failures.reports import Report, read_report

FORBIDDEN = {
    "type": "extra_forbidden",
    "loc": ["body", "stream_options"],
    "msg": "Extra inputs are not permitted",
}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "no", "type": "x"}}, "no"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "Overloaded"),
        (
            {"object": "error", "message": "bad grammar", "type": "BadRequestError", "code": 400},
            "bad grammar",
        ),
        ({"error": "just words"}, "just words"),
        ({"detail": "not loaded"}, "not loaded"),
        ({"detail": [FORBIDDEN]}, "body.stream_options: Extra inputs are not permitted"),
        ({"message": {"detail": [FORBIDDEN]}}, "body.stream_options: Extra inputs are not permitted"),
        ({"errors": [{"code": 7009, "message": "Upstream"}, {"message": "Again"}]}, "Upstream: Again"),
        ({"errors": ["one", "two"]}, "one: two"),
        ({"message": "Unauthorized"}, "Unauthorized"),
        ({"Message": "Bearer token has expired"}, "Bearer token has expired"),
        ({"__type": "ValidationException", "message": "Malformed input"}, "Malformed input"),
        (
            [{"error": {"code": 400, "message": "no such field", "status": "INVALID_ARGUMENT"}}],
            "no such field",
        ),
        ({"error": '{"error": {"message": "deep", "code": 400}}'}, "deep"),
        (
            {"error": {"message": "Provider returned error", "metadata": {"raw": '{"message": "too fast"}'}}},
            "Provider returned error: too fast",
        ),
        ({"error": {"message": "no", "param": "temperature"}}, "temperature: no"),
        ({"error": {"message": "no temperature here", "param": "temperature"}}, "no temperature here"),
        ({"error": {"message": "same", "detail": "same"}}, "same"),
        ("plain   text", "plain text"),
        ("<html><h1>Bad gateway</h1></html>", "Bad gateway"),
        ("{broken", "{broken"),
        ("[1, 2]", "[1,2]"),
        ({"odd": {"shape": 1}}, '{"odd":{"shape":1}}'),
        ({"error": {"code": "no_words"}}, ""),
        ("", ""),
        (None, ""),
        (7, "7"),
    ],
)
def test_the_words_are_found_in_any_shape(body: Any, message: str) -> None:
    assert read_report(400, body).message == message


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        (None, {"error": {"code": 502, "message": "x"}}, 502),
        (None, {"error": {"code": "429", "message": "x"}}, 429),
        (None, {"object": "error", "code": 400, "message": "x"}, 400),
        (None, {"message": "x", "statusCode": 503}, 503),
        (None, {"error": {"code": "no_number"}}, None),
        (None, {"error": {"code": 7}}, None),
        (200, {"error": {"code": 429, "message": "x"}}, 429),
        (200, {"error": "x"}, 200),
        (400, {"error": {"code": 429, "message": "x"}}, 400),
    ],
)
def test_the_status_of_the_answer_counts_unless_it_means_success(
    status: int | None, body: Any, found: int | None
) -> None:
    assert read_report(status, body).status == found


def test_names_are_kept_the_more_exact_one_first() -> None:
    body = {"type": "error", "error": {"type": "invalid_request_error", "code": "context_length_exceeded"}}
    assert read_report(400, body) == Report(
        status=400, names=("context_length_exceeded", "invalid_request_error"), message=""
    )
    assert read_report(400, {"error": {"code": None, "type": True, "status": "INVALID_ARGUMENT"}}).names == (
        "INVALID_ARGUMENT",
    )


def test_what_lies_too_deep_is_not_looked_for() -> None:
    body: Any = {"message": "too deep"}
    for _ in range(20):
        body = {"error": body}
    assert read_report(400, body).names == ()
    assert read_report(400, {"code": "x", "error": body}).message == ""
