"""What a turn, a conversation and a day of a user may use, and which limit ends a turn. Pure.

A model is only asked while everything is below its limit, what others have under way included, so that what is used is
at most a limit and one call. Where the next completion of a turn is likely to reach it, that one is the last: the model
is told to sum up.
"""

import math
from collections.abc import Iterable
from datetime import datetime, time, timedelta, tzinfo
from typing import Final, final

import attrs

from actors.agent.acting import circles
from actors.agent.messages import Outcome, Today
from actors.agent.settings import Limits, Settings
from actors.agent.turn import Run
from actors.llm.messages import ModelInfo, SystemText
from actors.session.messages import Consumed, Consumption, Spent, Turn, TurnOptions
from actors.vocabulary import ToolSpec
from bus import Data

GO_ON: Final = 'Say "go on" to have it go on.'
LAST_WORDS: Final = 120.0
"""Seconds that what is under way and the last answer have once the time of a turn is over."""
SHARE: Final = 0.9
"""How much of what a turn may use its subagents may, so that something is left for it to say what came of them; and of
that theirs, and so on."""
NOTHING: Final = Consumed()
ATTEMPTS: Final = 6
"""Attempts at one completion that may use something, where there is room for them."""
AT_ONCE: Final = 8
"""Among how many conversations at once the room in a day is shared."""
_CACHE_WRITE: Final = 1.25
"""What a token costs at most that goes into a cache, as a multiple of the price of one that is fresh."""


@final
@attrs.frozen(kw_only=True)
class Stop(Data):
    """Why a turn goes no further."""

    outcome: Outcome
    notice: str
    """The sentence to the person."""
    last: str | None = None
    """What the model is told when it is asked for a last answer; None: it is not asked."""


@final
@attrs.frozen(kw_only=True)
class Soon(Data):
    """Not now: what others have under way may reach the limit."""


@final
@attrs.frozen(kw_only=True)
class Price(Data):
    """US dollars per million tokens at most, whichever model answers; 0 where none has a known price."""

    input: float = 0.0
    output: float = 0.0


FREE: Final = Price()
UNKNOWN: Final = Price(input=math.inf, output=math.inf)
"""What nobody could be asked for: until it is there, completions come one after another."""


# --- a turn -----------------------------------------------------------------------------------------------


def turn_ends(
    settings: Settings, run: Run, used: Consumed, seconds: float, reserved: Consumed = NOTHING
) -> Stop | Soon | None:
    """Why a turn goes no further, or which limit its next completion will reach; None while it may go on.

    Args:
      settings: less what the turn wants otherwise.
      run: the turn so far.
      used: by all of it, its subagents included; for one of those, by all of the turn on whose behalf it is.
      seconds: since it was begun.
      reserved: what completions of others that count for the same turn, and are under way, may use at most.
    """
    money = spent(settings.limits, run.turn, used, reserved, run.last)
    if isinstance(money, Soon) or (money is not None and money.last is None):
        return money
    return _goes_on_too_long(settings, run, seconds) or money


def _goes_on_too_long(settings: Settings, run: Run, seconds: float) -> Stop | None:
    """Whether a turn has had its rounds, calls or time, or goes round in circles."""
    limits, options = settings.limits, run.turn.options
    if run.rounds >= settings.max_turns:
        return _closed("max_turns", f"{run.rounds} rounds of tool calls", "max_turns")
    if 0 < limits.calls_per_turn <= run.calls:
        return _closed("max_turns", f"{run.calls} tool calls", "limits.calls_per_turn")
    if options.deadline_s is None and 0 < limits.seconds_per_turn <= seconds:
        return _closed("deadline", f"{limits.seconds_per_turn:g} seconds", "limits.seconds_per_turn")
    if run.turn.depth and options.deadline_s is not None and seconds >= options.deadline_s * SHARE:
        return _closed("deadline", f"{options.deadline_s:.0f} seconds", "deadline")
    circle = circles.circle(run.made)
    if circle is not None and circle.step == "stop":
        return Stop(outcome="loop", notice=circles.ended(circle), last=closing(circles.why(circle)))
    return None


def spent(
    limits: Limits, turn: Turn, used: Consumed, reserved: Consumed = NOTHING, last: Consumed = NOTHING
) -> Stop | Soon | None:
    """Whether a turn has used what it may; see :func:`turn_ends`. `last` is what the next answer is likely to use."""
    share = SHARE**turn.depth
    return _spent(
        "limits.tokens_per_turn", limits.tokens_per_turn, share, used.tokens, reserved.tokens, last.tokens
    ) or _spent(*_money(limits, turn.options), share, used.usd, reserved.usd, last.usd)


def _money(limits: Limits, options: TurnOptions) -> tuple[str, float]:
    """Name and size of the limit of what a turn may cost."""
    if options.budget_usd is not None:
        return "budget", options.budget_usd
    return "limits.usd_per_turn", limits.usd_per_turn


def whole(limits: Limits, options: TurnOptions) -> float | None:
    """Seconds that a turn has in all; None: as many as it takes."""
    return options.deadline_s or limits.seconds_per_turn or None


def cut_after(limits: Limits, options: TurnOptions) -> float | None:
    """Seconds after which a turn is cut off, whatever is under way; None: never."""
    if options.deadline_s is not None:
        return options.deadline_s
    return limits.seconds_per_turn + LAST_WORDS if limits.seconds_per_turn else None


def overdue(seconds: float) -> str:
    """The sentence about a turn that was cut off when its time was over."""
    return _notice(f"{seconds:g} seconds", "limits.seconds_per_turn", "turn", GO_ON)


def _spent(
    name: str, limit: float, share: float, used: float, reserved: float, last: float
) -> Stop | Soon | None:
    room = limit * share
    if limit <= 0 or used + reserved + last < room:
        return None
    if reserved and used < room:
        return Soon()
    stop = _closed("budget", _amount(name, limit), name)
    return stop if used < room else attrs.evolve(stop, last=None)


def _closed(outcome: Outcome, what: str, name: str) -> Stop:
    return Stop(
        outcome=outcome,
        notice=_notice(what, name, "turn", GO_ON),
        last=closing(f"The limit of {what} in one turn is reached."),
    )


def closing(why: str) -> str:
    """Ask for an answer without further tools."""
    return (
        f"{why} Do not call tools now. Say in a few sentences what you did and found, and what is left to do; the "
        "person can tell you to go on."
    )


def _notice(what: str, name: str, whose: str, helps: str) -> str:
    return f"Stopped at the limit of one {whose}: {what} ({name}). {helps}"


def _amount(name: str, limit: float) -> str:
    return f"{limit:,.0f} tokens" if "tokens" in name else f"${limit:g}"


# --- a conversation, a day --------------------------------------------------------------------------------


def others_end(
    limits: Limits, found: Consumption, reserved: Consumed, beside: Consumed, day_ends: datetime
) -> Stop | Soon | None:
    """Whether a conversation or the day of its user is at its limit; None while a completion may be asked for.

    Args:
      limits: those in force.
      found: what was used, as it is stored.
      reserved: what completions of the same user that are under way may use at most.
      beside: likewise, those of the same conversation.
      day_ends: when the next day begins, in its zone.
    """
    elsewhere = "A new conversation can go on."
    tomorrow = (
        f"It is over at {day_ends:%H:%M on %A} ({day_ends.tzinfo}); an admin can raise it in the settings."
    )
    whole = (
        (
            "limits.tokens_per_conversation",
            limits.tokens_per_conversation,
            found.conversation.tokens,
            elsewhere,
        ),
        ("limits.usd_per_conversation", limits.usd_per_conversation, found.conversation.usd, elsewhere),
        ("limits.tokens_per_day", limits.tokens_per_day, found.day.tokens, tomorrow),
        ("limits.usd_per_day", limits.usd_per_day, found.day.usd, tomorrow),
    )
    for name, limit, used, helps in whole:
        if 0 < limit <= used:
            whose = "conversation" if helps is elsewhere else "user and day"
            return Stop(outcome="budget", notice=_notice(_amount(name, limit), name, whose, helps))
    soon = any(0 < limit <= used for limit, used in _whole(limits, found, reserved, beside))
    return Soon() if soon else None


def _whole(
    limits: Limits, found: Consumption, reserved: Consumed, beside: Consumed
) -> tuple[tuple[float, float], ...]:
    """Each limit of a conversation and of a day, and what is used of it once all that is under way has come."""
    conversation, day = found.conversation, found.day
    return (
        (limits.tokens_per_conversation, conversation.tokens + beside.tokens),
        (limits.usd_per_conversation, conversation.usd + beside.usd),
        (limits.tokens_per_day, day.tokens + reserved.tokens),
        (limits.usd_per_day, day.usd + reserved.usd),
    )


def day_of(now: datetime, zone: tzinfo | None) -> tuple[datetime, datetime]:
    """When the day began in which `now` is, and when it ends, by the clock on the wall. None is the system's zone."""
    local = now.astimezone(zone)
    began = datetime.combine(local.date(), time(), local.tzinfo)
    return began, datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)


def today(limits: Limits, spent: Spent, day_ends: datetime) -> Today:
    """What of a day's limits is used, as people are told."""
    usage = spent.usage
    return Today(
        until=day_ends,
        tokens=usage.prompt_tokens + usage.output_tokens,
        tokens_limit=limits.tokens_per_day or None,
        cost_usd=usage.cost_usd if spent.calls else 0.0,
        usd_limit=limits.usd_per_day or None,
        unpriced=spent.unpriced,
    )


# --- what is under way ------------------------------------------------------------------------------------


def attempts(
    limits: Limits,
    turn: Turn,
    found: Consumption,
    reserved: Consumed,
    beside: Consumed,
    most: Consumed,
) -> int:
    """How many attempts at a completion, each of which uses `most` at most, there is room for; one there always is.

    `found`, `reserved` and `beside` are those of :func:`others_end`.
    """
    share = SHARE**turn.depth
    money = _money(limits, turn.options)[1]
    of_conversation, usd_of_conversation, of_day, usd_of_day = _whole(limits, found, reserved, beside)
    each = (
        ((limits.tokens_per_turn * share, found.turn.tokens + beside.tokens), most.tokens),
        ((money * share, found.turn.usd + beside.usd), most.usd),
        (of_conversation, most.tokens),
        (usd_of_conversation, most.usd),
        (of_day, most.tokens * AT_ONCE),
        (usd_of_day, most.usd * AT_ONCE),
    )
    fit = [(limit - used) / unit for (limit, used), unit in each if limit > 0 and unit > 0]
    return max(1, int(min((ATTEMPTS, *fit))))


def times(count: int, most: Consumed) -> Consumed:
    """What so many attempts use at most."""
    return Consumed(tokens=count * most.tokens, usd=count * most.usd)


def at_most(prompt: int, answer: int, price: Price) -> Consumed:
    """What a completion may use: `prompt` and `answer` in tokens."""
    usd = (max(1, prompt) * price.input * _CACHE_WRITE + answer * price.output) / 1_000_000
    return Consumed(tokens=prompt + answer, usd=usd)


def dearest(models: Iterable[ModelInfo]) -> Price:
    """What a completion costs at most, whichever model a failover comes to."""
    known = list(models)
    return Price(
        input=max((model.input_price or 0.0 for model in known), default=0.0),
        output=max((model.output_price or 0.0 for model in known), default=0.0),
    )


def size(system: Iterable[SystemText], tools: Iterable[ToolSpec]) -> int:
    """Characters of what a model is told besides the conversation, roughly."""
    return sum(len(part.text) for part in system) + sum(tool.size for tool in tools)
