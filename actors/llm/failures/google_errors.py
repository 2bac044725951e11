"""What Google adds to a report of a failure: what kind it is, which quota is used up, how long to wait. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

EXHAUSTED: Final = "RESOURCE_EXHAUSTED"
"""Some quota is used up."""

_DELAY: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_LASTING: Final = re.compile(r"limit: 0\b|credits are depleted|spending (cap|limit)", re.IGNORECASE)
"""Of messages about a quota that waiting does not fill again."""


def names(error: Mapping[str, Any]) -> tuple[str, ...]:
    """What kind of failure `error` is, beyond its code and its status; none when it is not in Google's form.

    One message stands for all quotas. What is left of a minute's comes back by itself; a day's, or one of nothing, is
    told as that of other providers which is used up.
    """
    reasons = tuple(str(each["reason"]) for each in _details(error, "ErrorInfo") if each.get("reason"))
    if error.get("status") != EXHAUSTED:
        return reasons
    quotas = [str(each.get("quotaId")) for each in _violations(error)]
    lasting = any("PerDay" in quota for quota in quotas) or _LASTING.search(str(error.get("message")))
    return (*reasons, "insufficient_quota") if lasting else reasons


def wait(error: Mapping[str, Any]) -> float | None:
    """Seconds after which to ask again, where the error says so."""
    for each in _details(error, "RetryInfo"):
        if found := _DELAY.fullmatch(str(each.get("retryDelay"))):
            return float(found[1])
    return None


def _violations(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for each in _details(error, "QuotaFailure"):
        yield from _objects(each.get("violations"))


def _details(error: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    for each in _objects(error.get("details")):
        if str(each.get("@type")).endswith(f".{kind}"):
            yield each


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (
            cast("Mapping[str, Any]", each) for each in cast("list[object]", value) if isinstance(each, dict)
        )
