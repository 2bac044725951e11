"""What went wrong with a provider, in its own words and ours. The one place where a reason is chosen. Pure."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from actors.llm.failures.overflow import is_overflow
from actors.llm.failures.reports import Report, read_report
from actors.llm.messages import Failure, ModelError, ModelUnavailable, Reason
from actors.llm.settings import key_variable

__all__ = [
    "Report",
    "failure",
    "garbled",
    "lost",
    "read_report",
    "retry_after",
]

_RETRYABLE: Final[frozenset[Reason]] = frozenset({"rate_limited", "overloaded", "server", "network"})

_BY_NAME: Final[Mapping[str, Reason]] = {
    "insufficientquota": "billing",
    "billing": "billing",
    "billinghardlimitreached": "billing",
    "insufficientbalance": "billing",
    "authentication": "authentication",
    "unauthenticated": "authentication",
    "unauthorized": "authentication",
    "permission": "authentication",
    "permissiondenied": "authentication",
    "accessdenied": "authentication",
    "invalidapikey": "authentication",
    "apikeyinvalid": "authentication",
    "ratelimit": "rate_limited",
    "ratelimitexceeded": "rate_limited",
    "toomanyrequests": "rate_limited",
    "resourceexhausted": "rate_limited",
    "throttling": "rate_limited",
    "overloaded": "overloaded",
    "unavailable": "overloaded",
    "serviceunavailable": "overloaded",
    "api": "server",
    "server": "server",
    "internal": "server",
    "internalserver": "server",
    "timeout": "server",
    "deadlineexceeded": "server",
    "modeltimeout": "server",
    "invalidrequest": "invalid_request",
    "invalidargument": "invalid_request",
    "badrequest": "invalid_request",
    "validation": "invalid_request",
    "failedprecondition": "invalid_request",
    "unprocessableentity": "invalid_request",
    "notfound": "invalid_request",
    "modelnotfound": "invalid_request",
    "unsupportedparameter": "invalid_request",
    "unsupportedvalue": "invalid_request",
}
"""By what a body calls the failure, in small letters alone, without what says that it is one."""

_BY_STATUS: Final[Mapping[int, Reason]] = {
    401: "authentication",
    402: "billing",
    403: "authentication",
    408: "server",
    409: "server",
    425: "server",
    429: "rate_limited",
    498: "overloaded",
    503: "overloaded",
    529: "overloaded",
}

_NO_MONEY: Final = re.compile(
    r"credit balance|insufficient (?:account )?(?:credit|balance|funds)|exceeded your current quota|out of credits"
    r"|requires more credits",
    re.IGNORECASE,
)
_MODERATED: Final = re.compile(
    r"flagged|moderation|safety[ _]check|usage (?:guideline|polic)|content (?:management )?polic|content[ _]filter"
    r"|inappropriate content|data[ _]?inspection",
    re.IGNORECASE,
)
"""What was said is not wanted, which is nothing against the key."""
_SLIPS: Final = frozenset({"tool_use_failed", "output_parse_failed"})
"""Mistakes of the model that Groq tells as those of the request; asked again it rarely makes them again."""
_COME_BACK: Final = re.compile(
    r"(?:retry|try again) (?:in|after) (?:([0-9]{1,3})h)?(?:([0-9]{1,4})m(?![a-z]))?(?:([0-9.]{1,12}) ?(ms|s))?",
    re.IGNORECASE,
)
_MILLISECONDS: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)")
_KIND_OF_FAILURE: Final = re.compile(r"(?:error|exception)$")


def failure(provider: str, report: Report, retry_after: float | None = None) -> Failure:
    """The error to raise for an answer that was a refusal."""
    reason = _reason(report)
    if not _SLIPS.isdisjoint(report.names):
        return garbled(provider, report.message or "the model made a call that cannot be read")
    if retry_after is None:
        retry_after = _asked_to_wait(report)
    detail = report.message or ", ".join(report.names) or "no reason given"
    if report.status is not None:
        detail = f"{detail} (HTTP {report.status})"
    if reason == "authentication" and (variable := key_variable(provider)):
        detail = f"{detail}; is {variable} right?"
    if reason in _RETRYABLE:
        return ModelUnavailable(
            reason=reason, provider=provider, detail=detail, status=report.status, retry_after=retry_after
        )
    return ModelError(reason=reason, provider=provider, detail=detail, status=report.status)


def lost(provider: str, detail: str) -> ModelUnavailable:
    """The connection could not be made, or broke."""
    return ModelUnavailable(reason="network", provider=provider, detail=detail)


def garbled(provider: str, detail: str) -> ModelUnavailable:
    """A stream broke its own rules in the middle; the next attempt may not."""
    return ModelUnavailable(reason="protocol", provider=provider, detail=detail)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the provider asks to wait, given as such or as a date, which is compared with the provider's clock."""
    exact = _MILLISECONDS.fullmatch(headers.get("retry-after-ms", "").strip())
    if exact is not None:
        return float(exact[1]) / 1000
    value = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(
            0.0, (parsedate_to_datetime(value) - parsedate_to_datetime(headers["date"])).total_seconds()
        )
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def _reason(report: Report) -> Reason:
    if _NO_MONEY.search(report.message) and _asked_to_wait(report) is None:
        return "billing"
    named: Reason | None = next((_BY_NAME[key] for key in map(_key, report.names) if key in _BY_NAME), None)
    if named == "billing" or (named == "authentication" and report.status == 400):
        return named
    if is_overflow(report.status, report.names, report.message):
        return "context_length"
    if report.status is None or report.status < 400:
        return named or "server"
    if report.status == 413 and named is not None:
        return named
    if report.status == 403 and _is_moderated(report):
        return "invalid_request"
    if report.status in _BY_STATUS:
        return _BY_STATUS[report.status]
    return "server" if report.status >= 500 else "invalid_request"


def _is_moderated(report: Report) -> bool:
    said = " ".join((report.message, *report.names))
    return _MODERATED.search(said) is not None and "account" not in said.lower()


def _key(name: str) -> str:
    letters = "".join(filter(str.isalnum, name.lower()))
    return _KIND_OF_FAILURE.sub("", letters)


def _asked_to_wait(report: Report) -> float | None:
    """Seconds that a field or the words ask to wait."""
    if report.wait is not None:
        return report.wait
    for hours, minutes, rest, unit in _COME_BACK.findall(report.message):
        try:
            seconds = float(rest or 0) / (1000 if unit.lower() == "ms" else 1)
        except ValueError:
            continue
        if hours or minutes or rest:
            return int(hours or 0) * 3600 + int(minutes or 0) * 60 + seconds
    return None
