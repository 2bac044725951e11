from datetime import UTC, datetime

import pytest

from actors.webpush.verdict import (
    LATEST,
    LONGEST,
    LONGEST_REASON,
    Gone,
    Later,
    Refused,
    Sent,
    Verdict,
    again,
    judged,
    seconds_of,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "found"),
    [
        *((status, Sent()) for status in (200, 201, 202, 204)),
        *((status, Gone()) for status in (404, 410)),
        *(
            (status, Refused(f"the push service answers {status}: no"))
            for status in (301, 302, 307, 400, 401, 403, 413)
        ),
        *(
            (status, Later(f"the push service answers {status}: no", 30.0))
            for status in (408, 425, 429, 500, 503)
        ),
    ],
)
def test_what_a_status_means(status: int, found: Verdict) -> None:
    assert judged(status, None, "no", 1, NOW) == found


def test_a_reason_is_one_short_line() -> None:
    refused = judged(400, None, "a\n\tb\0" + "c" * 999, 1, NOW)
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("the push service answers 400: a b ccc")
    assert len(refused.reason) == LONGEST_REASON
    assert judged(400, None, " \n", 1, NOW) == Refused("the push service answers 400")


def test_a_service_that_wants_to_be_left_alone_is() -> None:
    for wanted, seconds in (("120", 120.0), ("1", 60.0), ("999999999999", LATEST), (None, 60.0)):
        later = judged(429, wanted, "", 2, NOW)
        assert isinstance(later, Later)
        assert later.seconds == seconds


def test_each_attempt_waits_longer_up_to_an_hour() -> None:
    assert [again(attempt) for attempt in (1, 2, 3, 7, 8, 9, 10**6)] == [
        30,
        60,
        120,
        1920,
        LONGEST,
        LONGEST,
        LONGEST,
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, 0.0),
        ("", 0.0),
        ("17", 17.0),
        (" 17 ", 17.0),
        ("-3", 0.0),
        ("soon", 0.0),
        ("٣", 0.0),
        ("Mon, 01 Jun 2026 12:01:00 GMT", 60.0),
        ("Mon, 01 Jun 2026 12:01:00 -0000", 60.0),
        ("Mon, 01 Jun 2026 11:00:00 GMT", 0.0),
        ("Mon, 99 Jun 2026 11:00:00 GMT", 0.0),
    ],
)
def test_how_long_a_service_wants_to_be_left_alone(text: str | None, seconds: float) -> None:
    assert seconds_of(text, NOW) == seconds
