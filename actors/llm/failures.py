"""What went wrong with a provider, in its own words and ours. The one place where a reason is chosen. Pure."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast, final

import attrs

from actors import jsontext
from actors.llm.messages import ModelError, ModelUnavailable, Reason
from actors.llm.settings import key_variable

Failure = ModelError | ModelUnavailable

_RETRYABLE: Final[frozenset[Reason]] = frozenset({"rate_limited", "overloaded", "server", "network"})

_BY_NAME: Final[Mapping[str, Reason]] = {
    "insufficient_quota": "billing",
    "billing_error": "billing",
    "billing_hard_limit_reached": "billing",
    "context_length_exceeded": "context_length",
    "model_context_window_exceeded": "context_length",
    "authentication_error": "authentication",
    "permission_error": "authentication",
    "invalid_api_key": "authentication",
    "rate_limit_error": "rate_limited",
    "rate_limit_exceeded": "rate_limited",
    "overloaded_error": "overloaded",
    "api_error": "server",
    "server_error": "server",
    "timeout_error": "server",
    "invalid_request_error": "invalid_request",
    "not_found_error": "invalid_request",
    "request_too_large": "invalid_request",
}
"""By ``error.code`` or ``error.type`` of a body."""

_BY_STATUS: Final[Mapping[int, Reason]] = {
    401: "authentication",
    402: "billing",
    403: "authentication",
    408: "server",
    409: "server",
    425: "server",
    429: "rate_limited",
    503: "overloaded",
    529: "overloaded",
}

_TOO_LONG: Final = re.compile(
    r"prompt is too long|context[ _](length|window)|maximum context|too many (input )?tokens|input is too long",
    re.IGNORECASE,
)
_NO_MONEY: Final = re.compile(
    r"credit balance|insufficient (credit|balance|funds)|exceeded your current quota", re.IGNORECASE
)
_STATUS: Final = re.compile(r"[1-5][0-9]{2}")
_TAG_NAME: Final = re.compile(r"/?[a-z]{0,20}", re.IGNORECASE)
_UNSPOKEN: Final = ("script", "style")
_LONGEST_DETAIL: Final = 400


@final
@attrs.frozen(kw_only=True)
class Report:
    """What a provider said about a failure."""

    status: int | None = None
    """HTTP status; None for an error inside a stream that began well."""
    names: tuple[str, ...] = ()
    """``error.code`` and ``error.type``, the more exact one first."""
    message: str = ""


def read_report(status: int | None, body: Any) -> Report:
    """Understand an error body: JSON of either vendor, or any text. `body` is decoded JSON or text."""
    if isinstance(body, str):
        try:
            body = jsontext.read(body)
        except jsontext.NotJson:
            return Report(status=status, message=_plain(body))
    fields = _fields(_fields(body).get("error", body))
    if not fields:
        return Report(status=status, message=_plain(jsontext.write(body)) if body else "")
    names = tuple(str(fields[key]) for key in ("code", "type") if fields.get(key))
    if status is None and names and _STATUS.fullmatch(names[0]):
        status = int(names[0])
    return Report(status=status, names=names, message=_plain(str(fields.get("message") or "")))


def _fields(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def failure(provider: str, report: Report, retry_after: float | None = None) -> Failure:
    """The error to raise for an answer that was a refusal."""
    reason = _reason(report)
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


def no_embeddings(provider: str) -> ModelError:
    """The provider was asked for what it does not have."""
    return ModelError(reason="invalid_request", provider=provider, detail="it makes no vectors of texts")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the provider asks to wait, given as such or as a date, which is compared with the provider's clock."""
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
    if _NO_MONEY.search(report.message):
        return "billing"
    named: Reason | None = next((_BY_NAME[name] for name in report.names if name in _BY_NAME), None)
    if named is not None and named in ("billing", "context_length"):
        return named
    if report.status in (None, 400, 413, 422) and _TOO_LONG.search(report.message):
        return "context_length"
    if report.status is None:
        return named or "server"
    if report.status in _BY_STATUS:
        return _BY_STATUS[report.status]
    return "server" if report.status >= 500 else "invalid_request"


def _plain(text: str) -> str:
    """Text on one line, without HTML, not longer than a person reads; a word is whole, and a secret would be found."""
    words = " ".join(_without_tags(text).split())
    if len(words) <= _LONGEST_DETAIL:
        return words
    shown = words[:_LONGEST_DETAIL]
    return f"{shown.rpartition(' ')[0] or shown}…"


def _without_tags(text: str) -> str:
    first, *parts = text.split("<")
    said, inside = [first], ""
    for part in parts:
        tag, closed, rest = part.partition(">")
        name = _TAG_NAME.match(tag)
        called = name[0].lower() if name else ""
        if inside:
            inside = "" if called == f"/{inside}" else inside
        elif called in _UNSPOKEN:
            inside = called
        elif not closed:
            said.append(f"<{tag}")
        if not inside:
            said.append(rest)
    return " ".join(said)
