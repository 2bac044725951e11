"""Which limit ends a turn, and what is told of it."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.acting.circles import STOPPED, Round
from actors.agent.settings import Limits, Settings
from actors.agent.spending import limits
from actors.agent.spending.limits import (
    ATTEMPTS,
    LAST_WORDS,
    UNKNOWN,
    Price,
    Soon,
    Stop,
    at_most,
    attempts,
    cut_after,
    day_of,
    dearest,
    others_end,
    overdue,
    size,
    times,
    today,
    turn_ends,
)
from actors.llm.messages import ModelInfo, SystemText
from actors.session.messages import Consumed, Consumption, Spent, TurnOptions
from actors.vocabulary import ToolSpec, Usage
from tests.actors.agent.test_ending import a_run

UNLIMITED = Limits(
    calls_per_turn=0,
    seconds_per_turn=0,
    tokens_per_turn=0,
    usd_per_turn=0,
    tokens_per_conversation=0,
    usd_per_conversation=0,
    tokens_per_day=0,
    usd_per_day=0,
)
NOTHING = Consumed()
MIDNIGHT = datetime(2026, 3, 2, tzinfo=ZoneInfo("Europe/Vienna"))


def ends(used: Consumed = NOTHING, seconds: float = 0.0, **given: Any) -> Stop | None:
    """The end of a turn with these limits; what is no limit is said of the turn."""
    of_limits = {name: given.pop(name) for name in list(given) if name.endswith("_per_turn")}
    options = {name: given.pop(name) for name in ("budget_usd", "deadline_s") if name in given}
    run = a_run(**options)
    max_turns = given.pop("max_turns", 30)
    for name, value in given.items():
        setattr(run, name, value)
    settings = Settings(max_turns=max_turns, limits=attrs.evolve(UNLIMITED, **of_limits))
    found = turn_ends(settings, run, used, seconds)
    assert not isinstance(found, Soon)
    return found


@pytest.mark.parametrize(
    ("given", "outcome", "told"),
    [
        ({"max_turns": 3, "rounds": 3}, "max_turns", "3 rounds of tool calls (max_turns)"),
        ({"calls_per_turn": 9, "calls": 9}, "max_turns", "9 tool calls (limits.calls_per_turn)"),
        ({"seconds_per_turn": 60, "seconds": 60.0}, "deadline", "60 seconds (limits.seconds_per_turn)"),
        (
            {"tokens_per_turn": 5000, "used": Consumed(tokens=4000), "last": Consumed(tokens=1000)},
            "budget",
            "5,000 tokens (limits.tokens_per_turn)",
        ),
        (
            {"usd_per_turn": 1.5, "used": Consumed(usd=1.0), "last": Consumed(usd=0.5)},
            "budget",
            "$1.5 (limits.usd_per_turn)",
        ),
        (
            {"budget_usd": 0.25, "used": Consumed(usd=0.2), "last": Consumed(usd=0.2)},
            "budget",
            "$0.25 (budget)",
        ),
    ],
)
def test_at_a_limit_of_a_turn_there_is_a_last_answer(given: dict[str, Any], outcome: str, told: str) -> None:
    stop = ends(**given)
    assert stop is not None
    assert (stop.outcome, stop.notice) == (
        outcome,
        f"Stopped at the limit of one turn: {told}. {limits.GO_ON}",
    )
    assert stop.last is not None
    assert "Do not call tools now." in stop.last


@pytest.mark.parametrize(
    "given",
    [
        {"max_turns": 3, "rounds": 2},
        {"calls_per_turn": 9, "calls": 8},
        {"calls": 10_000},
        {"seconds_per_turn": 60, "seconds": 59.0},
        {"seconds_per_turn": 60, "seconds": 61.0, "deadline_s": 90.0},
        {"seconds": 1e9},
        {"tokens_per_turn": 5000, "used": Consumed(tokens=3999), "last": Consumed(tokens=1000)},
        {"used": Consumed(tokens=10**12, usd=1e9)},
        {"made": [Round(frozenset(), failed=False)] * (STOPPED - 1)},
    ],
)
def test_below_it_the_turn_goes_on(given: dict[str, Any]) -> None:
    assert ends(**given) is None


def test_once_it_is_used_up_there_is_none() -> None:
    stop = ends(usd_per_turn=1.0, used=Consumed(usd=1.0))
    assert stop is not None
    assert stop.last is None


def test_once_it_is_used_up_there_is_none_for_another_reason_either() -> None:
    stop = ends(usd_per_turn=1.0, used=Consumed(usd=1.0), max_turns=3, rounds=3)
    assert stop is not None
    assert (stop.outcome, stop.last) == ("budget", None)


def test_a_circle_is_the_end() -> None:
    stop = ends(made=[Round(frozenset(), failed=True)] * STOPPED)
    assert stop is not None
    assert (stop.outcome, "round in circles" in stop.notice, bool(stop.last)) == ("loop", True, True)


@given(st.lists(st.integers(1, 400), max_size=60), st.integers(1, 1000))
def test_what_is_spent_is_at_most_the_limit_and_one_completion(costs: list[int], limit: int) -> None:
    used, last = 0, 0
    for cost in costs:
        stop = ends(
            tokens_per_turn=limit, used=Consumed(tokens=used), last=Consumed(tokens=last), max_turns=100
        )
        if stop is None or stop.last is not None:
            used, last = used + cost, cost
        if stop is not None:
            break
    assert used < limit + max(costs, default=1)


# --- a conversation, a day --------------------------------------------------------------------------------


def others(
    *,
    conversation: Consumed = NOTHING,
    day: Consumed = NOTHING,
    reserved: Consumed = NOTHING,
    beside: Consumed = NOTHING,
    **of_limits: Any,
) -> Stop | Soon | None:
    found = Consumption(turn=NOTHING, conversation=conversation, day=day)
    return others_end(attrs.evolve(UNLIMITED, **of_limits), found, reserved, beside, MIDNIGHT)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"conversation": Consumed(tokens=10), "tokens_per_conversation": 10},
            "one conversation: 10 tokens (limits.tokens_per_conversation). A new conversation can go on.",
        ),
        (
            {"conversation": Consumed(usd=2.0), "usd_per_conversation": 2},
            "one conversation: $2 (limits.usd_per_conversation). A new conversation can go on.",
        ),
        (
            {"day": Consumed(tokens=12_000), "tokens_per_day": 10_000},
            "one user and day: 10,000 tokens (limits.tokens_per_day). It is over at 00:00 on Monday (Europe/Vienna)",
        ),
        (
            {"day": Consumed(usd=2.5), "usd_per_day": 2.5},
            "one user and day: $2.5 (limits.usd_per_day). It is over",
        ),
    ],
)
def test_at_a_limit_of_more_than_a_turn_nothing_is_asked(given: dict[str, Any], told: str) -> None:
    stop = others(**given)
    assert isinstance(stop, Stop)
    assert (stop.outcome, stop.last) == ("budget", None)
    assert f"Stopped at the limit of {told}" in stop.notice


def test_below_them_it_may_be_asked_and_0_is_no_limit() -> None:
    much = Consumed(tokens=10**9, usd=1e6)
    assert others(conversation=much, day=much, reserved=much, beside=much) is None
    little = Consumed(tokens=9, usd=0.9)
    assert others(day=little, tokens_per_day=10, usd_per_day=1, conversation=much) is None


@pytest.mark.parametrize(
    "given",
    [
        {"day": Consumed(tokens=9), "reserved": Consumed(tokens=1), "tokens_per_day": 10},
        {"day": Consumed(usd=0.5), "reserved": Consumed(usd=0.75), "usd_per_day": 1},
        {"conversation": Consumed(tokens=9), "beside": Consumed(tokens=1), "tokens_per_conversation": 10},
        {"conversation": Consumed(usd=0.5), "beside": Consumed(usd=0.75), "usd_per_conversation": 1},
    ],
)
def test_what_others_have_under_way_is_waited_for_where_it_may_reach_the_limit(given: dict[str, Any]) -> None:
    assert others(**given) == Soon()


@given(st.data())
def test_eight_at_once_spend_at_most_the_limit_and_one_completion(data: st.DataObject) -> None:
    limit, most = data.draw(st.integers(1, 200)), data.draw(st.integers(1, 50))
    used, under_way = 0, dict[int, int]()
    for who in data.draw(st.lists(st.integers(0, 7), max_size=80)):
        if who in under_way:
            used += under_way.pop(who)
        elif (
            others(
                day=Consumed(tokens=used),
                reserved=Consumed(tokens=most * len(under_way)),
                tokens_per_day=limit,
            )
            is None
        ):
            under_way[who] = data.draw(st.integers(0, most))
    assert used + sum(under_way.values()) < limit + most


@pytest.mark.parametrize(
    ("now", "zone", "began", "ended"),
    [
        (datetime(2026, 3, 1, 22, 59, tzinfo=UTC), "Europe/Vienna", (2026, 2, 28, 23), (2026, 3, 1, 23)),
        (datetime(2026, 3, 1, 23, 0, tzinfo=UTC), "Europe/Vienna", (2026, 3, 1, 23), (2026, 3, 2, 23)),
        (datetime(2026, 3, 29, 12, tzinfo=UTC), "Europe/Vienna", (2026, 3, 28, 23), (2026, 3, 29, 22)),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), "UTC", (2026, 3, 1, 0), (2026, 3, 2, 0)),
    ],
)
def test_a_day_is_one_of_the_calendar(
    now: datetime, zone: str, began: tuple[int, ...], ended: tuple[int, ...]
) -> None:
    found = [each.astimezone(UTC) for each in day_of(now, ZoneInfo(zone))]
    assert found == [datetime(*each, tzinfo=UTC) for each in (began, ended)]  # type: ignore[misc,arg-type]


def test_without_a_zone_the_day_is_that_of_the_machine() -> None:
    began, ended = day_of(datetime(2026, 3, 1, 12, tzinfo=UTC), None)
    assert began <= datetime(2026, 3, 1, 12, tzinfo=UTC) < ended
    assert ended - began <= timedelta(hours=25)


def test_what_is_under_way_is_counted_at_the_dearest_price() -> None:
    def info(price: float | None) -> ModelInfo:
        return ModelInfo(
            spec="a/b", context_window=None, vision=False, input_price=price, output_price=price and price * 5
        )

    assert dearest([]) == dearest([info(None)]) == Price()
    price = dearest([info(3.0), info(None), info(1.0)])
    assert price == Price(input=3.0, output=15.0)
    most = at_most(1000, 100, price)
    assert most.tokens == 1100
    assert most.usd == pytest.approx(0.00525)


def test_what_nobody_could_be_asked_for_may_cost_anything() -> None:
    most = at_most(0, 1, UNKNOWN)
    assert (most.tokens, most.usd) == (1, math.inf)
    assert others(day=NOTHING, reserved=most, usd_per_day=25.0) == Soon()


@pytest.mark.parametrize(
    ("of_limits", "used", "wanted"),
    [
        ({}, NOTHING, ATTEMPTS),
        ({"usd_per_turn": 10.0}, NOTHING, ATTEMPTS),
        ({"usd_per_turn": 3.0}, NOTHING, 3),
        ({"usd_per_turn": 3.0}, Consumed(usd=1.5), 1),
        ({"usd_per_turn": 3.0}, Consumed(usd=2.9), 1),
        ({"tokens_per_turn": 300}, NOTHING, 3),
        ({"usd_per_conversation": 2.5}, Consumed(usd=0.5), 2),
        ({"tokens_per_conversation": 500}, Consumed(tokens=100), 4),
        ({"usd_per_day": 17.0}, NOTHING, 2),  # of which there is something for others
        ({"tokens_per_day": 1700}, NOTHING, 2),
    ],
)
def test_as_many_attempts_at_a_completion_as_there_is_room_for(
    of_limits: dict[str, Any], used: Consumed, wanted: int
) -> None:
    found = Consumption(turn=used, conversation=used, day=used)
    bounds = attrs.evolve(UNLIMITED, **of_limits)
    most = Consumed(tokens=100, usd=1.0)
    assert attempts(bounds, a_run().turn, found, NOTHING, NOTHING, most) == wanted
    assert attempts(bounds, a_run().turn, found, NOTHING, NOTHING, Consumed(usd=math.inf)) == (
        ATTEMPTS if "usd" not in str(of_limits) else 1
    )
    assert times(3, most) == Consumed(tokens=300, usd=3.0)


def test_all_that_is_told_counts() -> None:
    tool = ToolSpec(name="Peek", description="Reads.", input_schema={"type": "object"})
    assert size([SystemText(text="Be kind.")], [tool]) == 8 + 4 + 6 + 18


def test_a_turn_is_cut_off_some_time_after_its_last_answer_was_due() -> None:
    assert cut_after(Limits(seconds_per_turn=60), TurnOptions()) == 60 + LAST_WORDS
    assert cut_after(UNLIMITED, TurnOptions()) is None
    assert cut_after(Limits(seconds_per_turn=60), TurnOptions(deadline_s=90.0)) == 90


def test_a_turn_that_is_cut_off_says_how_long_it_had() -> None:
    assert overdue(60).startswith("Stopped at the limit of one turn: 60 seconds (limits.seconds_per_turn).")


def test_what_people_are_told_of_their_day() -> None:
    used = Usage(input_tokens=60, output_tokens=40, cache_read_tokens=900, cost_usd=0.5)
    told = today(Limits(tokens_per_day=2000), Spent(name="", usage=used, calls=3, unpriced=1), MIDNIGHT)
    assert (told.until, told.tokens, told.tokens_limit) == (MIDNIGHT, 1000, 2000)
    assert (told.cost_usd, told.usd_limit, told.unpriced) == (0.5, 25.0, 1)


@pytest.mark.parametrize(("calls", "cost"), [(0, 0.0), (1, None)])
def test_a_day_without_prices_has_an_unknown_cost_and_one_without_calls_none(
    calls: int, cost: float | None
) -> None:
    told = today(UNLIMITED, Spent(name="", usage=Usage(), calls=calls, unpriced=calls), MIDNIGHT)
    assert (told.cost_usd, told.tokens_limit, told.usd_limit) == (cost, None, None)


# --- subagents --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("depth", "used", "reserved", "last", "end"),
    [
        (1, 8.0, 0.0, 0.5, None),
        (1, 8.0, 0.5, 0.5, "soon"),  # what others are about to use may take the rest
        (1, 8.0, 0.0, 1.0, "last words"),
        (1, 9.0, 0.5, 0.0, "over"),
        (0, 9.0, 0.5, 0.0, None),  # what is left is for who called them
        (2, 8.0, 0.0, 0.2, "last words"),
        (2, 8.2, 0.0, 0.0, "over"),
    ],
)
@pytest.mark.parametrize("what", ["tokens", "usd"])
def test_subagents_share_most_of_what_their_caller_may_use(
    what: str, depth: int, used: float, reserved: float, last: float, end: str | None
) -> None:
    def amount(units: float) -> Consumed:
        return Consumed(tokens=round(units * 1000)) if what == "tokens" else Consumed(usd=units)

    run = a_run()
    run.turn = attrs.evolve(run.turn, depth=depth)
    run.last = amount(last)
    bounds = attrs.evolve(UNLIMITED, tokens_per_turn=10_000, usd_per_turn=10.0)
    found = turn_ends(Settings(limits=bounds), run, amount(used), 0.0, amount(reserved))
    if isinstance(found, Stop):
        assert found.outcome == "budget"
        assert end == ("over" if found.last is None else "last words")
    else:
        assert end == (None if found is None else "soon")


def test_a_subagent_is_asked_for_its_last_words_before_its_time_is_over() -> None:
    run = a_run(deadline_s=100.0)
    assert turn_ends(Settings(limits=UNLIMITED), run, NOTHING, 95.0) is None
    run.turn = attrs.evolve(run.turn, depth=1)
    assert turn_ends(Settings(limits=UNLIMITED), run, NOTHING, 89.0) is None
    found = turn_ends(Settings(limits=UNLIMITED), run, NOTHING, 90.0)
    assert isinstance(found, Stop)
    assert (found.outcome, "100 seconds" in found.notice) == ("deadline", True)


def test_how_long_a_turn_has_in_all() -> None:
    assert limits.whole(Limits(seconds_per_turn=60), TurnOptions()) == 60
    assert limits.whole(Limits(seconds_per_turn=60), TurnOptions(deadline_s=5.0)) == 5
    assert limits.whole(Limits(seconds_per_turn=0), TurnOptions()) is None
