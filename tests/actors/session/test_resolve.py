"""Which conversation a message belongs to, and what a new one is called."""

from datetime import UTC, datetime, timedelta

import pytest

from actors.session import resolve
from actors.session.messages import ChannelPolicy
from actors.session.resolve import Continue, Open, Start

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def decide(elapsed: timedelta, gap: timedelta | None) -> Continue | Start:
    return resolve.decide(Open(id="old", last_message_at=NOW - elapsed), now=NOW, gap=gap)


def test_without_an_open_conversation_one_is_started() -> None:
    assert resolve.decide(None, now=NOW, gap=timedelta(minutes=360)) == Start()


@pytest.mark.parametrize(
    ("elapsed", "gap"),
    [
        (timedelta(minutes=359, seconds=59), 360),
        (timedelta(minutes=360) - timedelta(microseconds=1), 360),
        (timedelta(hours=2), 180),
        (timedelta(0), 1),
        (timedelta(hours=-3), 360),
        (timedelta(hours=48), None),
    ],
)
def test_a_shorter_silence_than_the_gap_continues(elapsed: timedelta, gap: int | None) -> None:
    assert decide(elapsed, None if gap is None else timedelta(minutes=gap)) == Continue("old")


@pytest.mark.parametrize(
    ("elapsed", "gap"),
    [
        (timedelta(minutes=360), 360),
        (timedelta(hours=7), 360),
        (timedelta(hours=2), 60),
        (timedelta(0), 0),
    ],
)
def test_a_silence_as_long_as_the_gap_closes_the_old_one(elapsed: timedelta, gap: int) -> None:
    assert decide(elapsed, timedelta(minutes=gap)) == Start(closing="old")


def test_without_a_key_the_user_names_the_conversation_where_silence_parts_them() -> None:
    assert resolve.key_of(ChannelPolicy("main"), "chosen", "ada", "fresh") == "chosen"
    assert resolve.key_of(ChannelPolicy("main"), None, "ada", "fresh") == "fresh"
    assert resolve.key_of(ChannelPolicy("telegram", gap=timedelta(hours=6)), "42", "ada", "fresh") == "42"
    assert resolve.key_of(ChannelPolicy("telegram", gap=timedelta(hours=6)), None, "ada", "fresh") == "ada"
