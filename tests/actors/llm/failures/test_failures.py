import json
from typing import Any

import pytest

from actors.llm.failures.failures import failure, garbled, lost, read_report, retry_after
from actors.llm.failures.reports import Report
from actors.llm.messages import ModelError, ModelUnavailable, Reason


def body(message: str = "", type: str = "", code: str | None = None) -> str:
    return json.dumps({"type": "error", "error": {"type": type, "message": message, "code": code}})


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (400, body("max_tokens: must be positive", "invalid_request_error"), "invalid_request"),
        (404, body("model: nonsense", "not_found_error"), "invalid_request"),
        (413, body("too big", "request_too_large"), "context_length"),
        (418, "I am a teapot", "invalid_request"),
        (
            400,
            body("prompt is too long: 210000 tokens > 200000 maximum", "invalid_request_error"),
            "context_length",
        ),
        (400, body("too long", "invalid_request_error", "context_length_exceeded"), "context_length"),
        (400, body("This model's maximum context length is 8192 tokens."), "context_length"),
        (401, body("invalid x-api-key", "authentication_error"), "authentication"),
        (403, body("not yours", "permission_error"), "authentication"),
        (402, body("Insufficient Balance"), "billing"),
        (400, body("Your credit balance is too low to access the API.", "invalid_request_error"), "billing"),
        (429, body("You exceeded your current quota", "insufficient_quota", "insufficient_quota"), "billing"),
    ],
)
def test_what_asking_again_does_not_help(status: int, text: str, kind: Reason) -> None:
    error = failure("anthropic", read_report(status, text))
    assert isinstance(error, ModelError)
    assert (error.reason, error.status, error.provider) == (kind, status, "anthropic")
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (429, body("slow down", "rate_limit_error"), "rate_limited"),
        (429, "plain text", "rate_limited"),
        (529, body("Overloaded", "overloaded_error"), "overloaded"),
        (503, "", "overloaded"),
        (500, body("oops", "api_error"), "server"),
        (502, "<html><head><style>x{}</style></head><body><h1>Bad gateway</h1></body></html>", "server"),
        (504, "", "server"),
        (408, "", "server"),
    ],
)
def test_what_may_pass_when_asked_again(status: int, text: str, kind: Reason) -> None:
    error = failure("openai", read_report(status, text), retry_after=3.0)
    assert isinstance(error, ModelUnavailable)
    assert (error.reason, error.status, error.retry_after) == (kind, status, 3.0)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "overloaded"),
        ({"type": "error", "error": {"type": "brand_new_error", "message": "?"}}, "server"),
        ({"error": {"code": 502, "message": "upstream"}}, "server"),
        ({"error": {"code": "rate_limit_exceeded", "message": "slow"}}, "rate_limited"),
        ({"error": {"code": 429, "message": "slow"}}, "rate_limited"),
        ({"error": "just words"}, "server"),
    ],
)
def test_an_error_inside_a_stream_is_told_by_its_type(event: dict[str, Any], kind: Reason) -> None:
    error = failure("openrouter", read_report(None, event))
    assert error.reason == kind
    assert isinstance(error, ModelUnavailable)


def test_a_final_error_inside_a_stream_is_final() -> None:
    report = read_report(None, {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}})
    assert isinstance(failure("anthropic", report), ModelError)


def test_the_text_is_for_people() -> None:
    error = failure("openai", read_report(502, "<html><body>\n<h1>Bad   gateway</h1></body></html>"))
    assert str(error) == "openai: Bad gateway (HTTP 502)"
    assert str(failure("openai", Report(status=500))) == "openai: no reason given (HTTP 500)"
    assert len(str(failure("openai", read_report(500, "x" * 5000)))) < 500


def test_a_refused_key_is_named_by_its_variable() -> None:
    error = failure("groq", read_report(401, body("Invalid API Key")))
    assert "GROQ_API_KEY" in str(error)


def test_a_long_report_ends_with_a_whole_word() -> None:
    error = failure("openai", read_report(500, f"{'x ' * 190}{'secret' * 10}"))
    assert "secre" not in str(error)
    assert "x x…" in str(error)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-1"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT", "date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, None),
    ],
)
def test_how_long_the_provider_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_lost_connections_and_garbled_streams_may_be_repeated() -> None:
    assert lost("anthropic", "x").reason == "network"
    assert garbled("anthropic", "x").reason == "protocol"


def test_what_a_page_does_not_say_is_left_out() -> None:
    page = "<style>b{a}</style><P>Bad <b>gateway</b></p><SCRIPT src=x>let a = 1 < 2;</script > at 5 < 6"
    assert read_report(502, page).message == "Bad gateway at 5 < 6"
    assert read_report(502, "<script " * 12_500).message == ""


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Rate limit reached. Please try again in 7.66s.", 7.66),
        ("Rate limit reached. Please try again in 6ms.", 0.006),
        ("Rate limit reached. Please try again in 1m30.5s.", 90.5),
        ("Rate limit reached. Please try again in 2h5m.", 7500),
        ("You exceeded your current quota, please check your plan. Please retry in 34.07s.", 34.07),
        ("Please try again in a while.", None),
        ("Please try again in 1.2.3s.", None),
        ("Please try again later.", None),
    ],
)
def test_the_words_may_say_how_long_to_wait(said: str, seconds: float | None) -> None:
    error = failure("groq", read_report(429, body(said)))
    assert isinstance(error, ModelUnavailable)
    assert error.reason == "rate_limited"
    assert error.retry_after == (pytest.approx(seconds) if seconds else None)
    assert failure("groq", read_report(429, body(said)), retry_after=1.0).retry_after == 1.0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("RESOURCE_EXHAUSTED", "rate_limited"),
        ("UNAVAILABLE", "overloaded"),
        ("ThrottlingException", "rate_limited"),
        ("ServiceUnavailableException", "overloaded"),
        ("RateLimitError", "rate_limited"),
        ("BadRequestError", "invalid_request"),
        ("AuthenticationError", "authentication"),
        ("InternalServerError", "server"),
        ("INVALID_ARGUMENT", "invalid_request"),
        ("ContextWindowExceededError", "context_length"),
        ("insufficient_balance", "billing"),
        ("brand_new", "server"),
    ],
)
def test_names_of_every_house_are_known(name: str, kind: Reason) -> None:
    assert failure("openai", read_report(None, {"error": {"type": name, "message": "no"}})).reason == kind


def test_too_many_tokens_in_a_minute_is_a_matter_of_time_whatever_the_status() -> None:
    said = "Request too large for model `llama` on tokens per minute (TPM): Limit 6000, Requested 7431"
    error = failure("groq", read_report(413, body(said, "tokens", "rate_limit_exceeded")))
    assert error.reason == "rate_limited"


def test_an_error_inside_a_success_is_told_by_its_code() -> None:
    error = failure(
        "openai", read_report(200, '{"error": {"code": 429, "message": "Rate limited, try again"}}')
    )
    assert isinstance(error, ModelUnavailable)
    assert (error.reason, error.status) == ("rate_limited", 429)


@pytest.mark.parametrize("status", [400, None])
@pytest.mark.parametrize("name", ["tool_use_failed", "output_parse_failed"])
def test_a_slip_of_the_model_that_is_told_as_one_of_the_request_is_asked_again(
    name: str, status: int | None
) -> None:
    text = json.dumps(
        {"error": {"message": "Failed to call a function.", "code": name, "failed_generation": "x"}}
    )
    error = failure("groq", read_report(status, text))
    assert isinstance(error, ModelUnavailable)
    assert (error.reason, error.detail) == ("protocol", "Failed to call a function.")


@pytest.mark.parametrize(
    "text",
    [
        "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO",
        'openai/gpt requires moderation on OpenAI. Your input was flagged for "violence".',
    ],
)
def test_words_that_are_not_wanted_are_nothing_against_the_key(text: str) -> None:
    error = failure("openai", read_report(403, json.dumps({"error": text})))
    assert error.reason == "invalid_request"
    assert "KEY" not in error.detail


def test_an_account_that_is_not_wanted_is_another_thing() -> None:
    error = failure(
        "openai", read_report(403, "Your account was flagged for a violation of the usage policy.")
    )
    assert error.reason == "authentication"


def test_a_tier_without_room_is_asked_again() -> None:
    assert failure("groq", read_report(498, "Flex tier capacity exceeded")).reason == "overloaded"


def test_the_exact_wait_counts_more() -> None:
    assert retry_after({"retry-after-ms": "1500", "retry-after": "2"}) == 1.5
    assert retry_after({"retry-after-ms": "soon", "retry-after": "2"}) == 2
