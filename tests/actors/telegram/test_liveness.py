"""Whether the bot receives, and how soon it is tried again."""

from datetime import UTC, datetime
from typing import Final

import pytest

from actors.telegram.liveness import (
    CALL,
    LONG_POLL,
    LONGEST_PAUSE,
    MARGIN,
    STALE,
    Goal,
    Liveness,
    goal,
    pause,
)
from actors.telegram.settings import TOKEN, Telegram

WALL: Final = datetime(2026, 1, 2, tzinfo=UTC)
GOOD: Final = "123:abc_DEF-4"
RECEIVE: Final = Goal(phase="receiving", token=GOOD)


def test_what_is_wanted_follows_settings_and_secrets() -> None:
    found = goal(Telegram(api_url="http://own:1"), {TOKEN: f" {GOOD}\n"}, {})
    assert found == Goal(phase="receiving", api_url="http://own:1", token=GOOD)
    assert GOOD not in repr(found)
    assert goal(Telegram(enabled=False), {TOKEN: GOOD}, {}) == Goal(phase="off")
    none = goal(Telegram(), {}, {})
    assert (none.phase, none.token) == ("no_token", "")
    assert f"starpod vault set {TOKEN}" in (none.why or "")
    wanted = {found, none, goal(Telegram(), {TOKEN: "no token"}, {}), goal(Telegram(enabled=False), {}, {})}
    assert {each.phase for each in wanted if each.is_wanted} == {"receiving", "unauthorized"}


@pytest.mark.parametrize("token", ["abc", "123:", "123:a b", "https://x", "123:a/../b"])
def test_what_cannot_be_a_token_is_sent_nowhere(token: str) -> None:
    found = goal(Telegram(), {TOKEN: token}, {})
    assert (found.phase, found.token) == ("unauthorized", "")
    assert token not in (found.why or "").replace("123:ABC-DEF", "")


def test_a_token_that_cannot_be_read_is_not_silence() -> None:
    assert goal(Telegram(), {}, {TOKEN: "its key is gone"}) == Goal(
        phase="unauthorized", why="its key is gone"
    )
    assert goal(Telegram(), {TOKEN: GOOD}, {TOKEN: "its key is gone"}).phase == "receiving"


def test_pauses_grow_to_their_bound() -> None:
    assert [pause(n, 0.5) for n in range(7)] == [1, 1, 2, 4, 8, 16, 20]
    assert [pause(1, 0.0), pause(1, 0.999)] == [0.75, pytest.approx(1.25, abs=0.01)]
    assert pause(10**9, 0.999) == LONGEST_PAUSE


def test_whatever_a_fault_hits_it_costs_less_than_a_minute_after_its_end() -> None:
    """A poll was just begun when it ended, after the first failure; or an attempt to connect, after many."""
    assert LONG_POLL + MARGIN + pause(1, 0.999) + 2 < STALE
    assert CALL + LONGEST_PAUSE + 3 * CALL <= STALE


def test_only_a_completed_poll_says_that_it_receives() -> None:
    live = Liveness()
    assert live.state(0) == "off"
    live.begin(RECEIVE, 100)
    assert (live.state(100 + STALE), live.trouble(100 + STALE)) == ("connecting", None)
    assert live.state(101 + STALE) == "stalled"
    live.fail("nobody answers")
    assert live.state(101) == "connecting"
    assert live.trouble(101 + STALE) == "Telegram was not reached for more than 60 s: nobody answers"
    live.complete(200, WALL)
    assert (live.state(200 + STALE), live.completed_at, live.why) == ("polling", WALL, None)
    assert live.trouble(201 + STALE) == "Telegram was not reached for more than 60 s: no poll was completed"
    live.begin(RECEIVE, 300)
    assert (live.state(301), live.completed_at) == ("connecting", WALL)


def test_what_only_a_person_can_change_is_said_at_once() -> None:
    live = Liveness()
    live.begin(RECEIVE, 0)
    live.fail("somebody else polls", "conflict")
    assert (live.state(1), live.trouble(1)) == ("conflict", "somebody else polls")
    live.begin(Goal(phase="no_token", why="there is none"), 5)
    assert (live.state(500), live.trouble(500), live.why) == ("no_token", None, "there is none")
