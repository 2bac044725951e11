"""How fast messages may be sent."""

import pytest

from actors.telegram.pace import ALL, GROUP, Pace


def places(pace: Pace, chat: int, count: int, now: float = 0.0) -> list[float]:
    return [round(pace.place(chat, now), 3) for _ in range(count)]


def test_a_chat_gets_a_few_at_once_and_then_one_a_second() -> None:
    assert places(Pace(), 7, 6) == [0.0, 0.0, 0.0, 1.0, 2.0, 3.0]


def test_a_group_gets_twenty_a_minute() -> None:
    assert places(Pace(), -7, 7) == [0.0] * GROUP.burst + [3.0, 6.0]


def test_after_a_silence_there_may_be_a_few_at_once_again() -> None:
    pace = Pace()
    places(pace, 7, 5)
    assert places(pace, 7, 5, now=100.0) == [0.0, 0.0, 0.0, 1.0, 2.0]


def test_many_chats_together_get_no_more_than_telegram_takes_in_all() -> None:
    pace = Pace()
    waits = [pace.place(chat, 0.0) for chat in range(1, 101)]
    assert waits[: ALL.burst] == pytest.approx([0.0] * ALL.burst)
    assert waits[-1] == pytest.approx((100 - ALL.burst) * ALL.seconds)


def test_what_telegram_wants_of_one_chat_counts_for_that_chat() -> None:
    pace = Pace()
    pace.hold(7, 30.0, now=0.0)
    assert places(pace, 7, 2) == [30.0, 30.0]
    assert (pace.held_until(7), pace.held_until(8)) == (30.0, 0.0)


def test_what_it_wants_of_many_chats_at_the_same_time_counts_for_all() -> None:
    pace = Pace()
    for chat in 1, 2:
        pace.hold(chat, 30.0, now=0.0)
    assert pace.held_until(9) == 0.0
    pace.hold(3, 20.0, now=31.0)
    assert pace.held_until(9) == 0.0, "the others are over"
    for chat in 4, 5:
        pace.hold(chat, 10.0, now=32.0)
    assert pace.held_until(9) == 42.0


def test_what_is_not_important_goes_while_there_is_plenty_of_room() -> None:
    pace = Pace()
    taken = [pace.spare(0.0) for _ in range(ALL.burst)]
    assert taken.count(True) == ALL.burst // 2
    assert pace.spare(10.0)
    places(pace, 7, 1, now=20.0)
    for chat in range(100, 130):
        pace.place(chat, 20.0)
    assert not pace.spare(20.0)
    for chat in 1, 2, 3:
        pace.hold(chat, 10.0, now=100.0)
    assert not pace.spare(105.0)


def test_chats_that_have_been_silent_for_long_are_forgotten() -> None:
    pace = Pace()
    for chat in range(1, 5000):
        pace.place(chat, float(chat))
    assert len(pace._due) < 1100
