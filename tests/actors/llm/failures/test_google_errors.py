"""What Google's reports of failures mean."""

from typing import Any

import pytest

from actors.llm.failures import google_errors
from actors.llm.failures.failures import failure, read_report
from actors.llm.messages import ModelUnavailable

QUOTA = (
    "You exceeded your current quota, please check your plan and billing details.\n"
    "* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content, limit: {limit}, model: m"
)


def detail(kind: str, **fields: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **fields}


def body(code: int, status: str, message: str = "no", *details: Any) -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "message": message, "details": list(details)}}


def exhausted(limit: int, *quotas: str) -> dict[str, Any]:
    violations = [{"quotaId": quota} for quota in quotas]
    return body(
        429,
        "RESOURCE_EXHAUSTED",
        QUOTA.format(limit=limit),
        detail("Help", links=[]),
        detail("QuotaFailure", violations=violations),
        detail("RetryInfo", retryDelay="34.5s"),
    )


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (body(400, "INVALID_ARGUMENT"), "invalid_request"),
        (body(400, "INVALID_ARGUMENT", "API key not valid.", detail("ErrorInfo", reason="API_KEY_INVALID")),
            "authentication"),
        (body(400, "INVALID_ARGUMENT",
            "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576)."),
            "context_length"),
        (body(400, "FAILED_PRECONDITION", "User location is not supported."), "invalid_request"),
        (body(401, "UNAUTHENTICATED"), "authentication"),
        (body(403, "PERMISSION_DENIED"), "authentication"),
        (body(404, "NOT_FOUND", "models/x is not found"), "invalid_request"),
        (exhausted(5, "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"), "rate_limited"),
        (exhausted(250, "GenerateRequestsPerDayPerProjectPerModel-FreeTier"), "billing"),
        (exhausted(0), "billing"),
        (body(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."), "billing"),
        (body(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."), "rate_limited"),
        (body(500, "INTERNAL"), "server"),
        (body(503, "UNAVAILABLE", "The model is overloaded."), "overloaded"),
        (body(504, "DEADLINE_EXCEEDED"), "server"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("listed", [True, False])
def test_each_kind_of_failure_has_its_reason(
    report: dict[str, Any],
    reason: str,
    streamed: bool,  # noqa: FBT001
    listed: bool,  # noqa: FBT001
) -> None:
    status = None if streamed else report["error"]["code"]
    error = failure("gemini", read_report(status, [report] if listed else report))
    assert error.reason == reason
    assert error.status == report["error"]["code"]
    assert report["error"]["message"].split("\n")[0] in error.detail
    assert "@type" not in error.detail


def test_the_wait_that_it_asks_for_is_told_unless_a_header_says_another() -> None:
    report = read_report(429, exhausted(5))
    error = failure("gemini", report)
    assert isinstance(error, ModelUnavailable)
    assert error.retry_after == 34.5
    error = failure("gemini", report, 3.0)
    assert isinstance(error, ModelUnavailable)
    assert error.retry_after == 3.0


@pytest.mark.parametrize("delay", [None, "soon", "-1s", "1e9s", "9" * 20 + "s", 3])
def test_a_wait_that_is_none_is_passed_over(delay: Any) -> None:
    assert google_errors.wait({"details": [detail("RetryInfo", retryDelay=delay)]}) is None


@pytest.mark.parametrize(
    "error",
    [
        {"status": "RESOURCE_EXHAUSTED", "details": "none"},
        {"status": "RESOURCE_EXHAUSTED", "details": [3, None, {}, detail("QuotaFailure", violations=[3])]},
    ],
)
def test_details_of_another_shape_do_no_harm(error: dict[str, Any]) -> None:
    assert google_errors.names(error) == ()
    assert google_errors.wait(error) is None


def test_what_is_not_of_google_has_no_names_of_it() -> None:
    assert google_errors.names({"code": "x", "type": "y"}) == ()
    assert google_errors.names({"status": 400}) == ()
