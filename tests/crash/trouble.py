"""What goes wrong with the models of a daemon that is killed: one fails and another takes over, limits are reached,
long conversations are summed up, all of it at once; and what is booked of it in the end.

Each answer of the model server has a number, which is in what it says of its tokens, and so in what is stored of it:
nothing may be booked twice or be forgotten that came to its end, and no limit exceeded by more than one call.
"""

import contextlib
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, final

import attrs

from actors.agent.window.digest import INSTRUCTION
from tests.crash.script import Piece, answer_to, heard, looks_back, summary_of, tags, text_of
from tests.crash.world import GAP, POINTS, Kill, Summary, World, at_moment, only_read, twice_in_recovery
from tests.fakes.model_script import Answer, Call, Drop, Received, Refuse, Reply, Say, Tokens
from tests.fakes.model_server import ModelServer
from tests.system.daemons import KEY, Place

BOOKING: Final = ("record_other.before_commit", "record_other.after_commit")
"""Where a daemon can be killed that books something beside the steps of a turn."""
SUMMING_UP: Final = ("record_compaction.before_commit", "record_compaction.after_commit")

BASE: Final = 10_000
"""Tokens of each answer, to which its number is added; more than any is long."""
MOST: Final = 20_000
"""Tokens of an answer and its prompt at most."""
PRICE: Final = 10.0
"""US dollars per million tokens."""
CALL: Final[Mapping[str, float]] = {"tokens": MOST, "usd": MOST * PRICE / 1e6}
"""What one call uses at most."""
OF_A_TURN: Final = 3
"""Calls after which a turn is at its limit, in a run with such a limit."""
OF_A_LIFE: Final = 12
"""Calls after which a day or a conversation is at its limit, in the life of one daemon; then it is raised."""
LONG: Final = 12
"""Messages of a conversation that is too long, by what the model says of its tokens."""
KEPT: Final = 6
"""Of them a summary leaves so many."""
BUDGET: Final = 8000
"""Tokens past which a conversation is summed up."""
FAILING: Final = 0.2
"""How often the first model fails, before its answer or in the middle."""

Limited = frozenset[tuple[str, str]]
"""Of what there is a limit, tokens or usd, and of a turn, a conversation or a day of a user."""
LIMITED: Final = tuple((unit, whose) for unit in CALL for whose in ("turn", "conversation", "day"))
_SUMS: Final = "total(input_tokens + output_tokens) AS tokens, total(cost_usd) AS usd"
_OF: Final = "FROM usage JOIN sessions ON sessions.id = session_id"
_SPENT: Final = {
    "turn": f"SELECT coalesce(origin, turn_id), {_SUMS} {_OF} WHERE turn_id <> '' AND purpose <> 'review' GROUP BY 1",
    "conversation": f"SELECT coalesce(origin_session, session_id), {_SUMS} {_OF} GROUP BY 1",
    "day": f"SELECT user_id, {_SUMS} FROM usage GROUP BY 1",
}


@final
@attrs.frozen
class Served:
    """One answer that the model server gave, or began to give."""

    number: int
    life: int
    """Which of the daemons has asked."""
    part: tuple[str, str]
    """What it belongs to: a conversation, and what is done with it. One is over before the next is asked for."""
    told: bool
    """Whether it has said what it used: one that breaks off has not on one of the interfaces."""


@final
class Trouble:
    """The models of one instance, and what they may use. Where that is not `limited`, they find conversations long."""

    def __init__(self, place: Place, rng: random.Random, limited: Limited, failing: float = FAILING) -> None:
        self._place = place
        self._rng = rng
        self._limited = limited
        self._failing = failing
        self._limits: dict[tuple[str, str], float] = {}
        self._models = dict(zip(rng.sample(("anthropic", "openai"), 2), ("first", "second"), strict=True))
        self.served: list[Served] = []
        self._latest: dict[str, Sequence[Piece]] = {}
        """Conversations as the model got them last."""
        self.failures = Counter[str]()
        prices = (
            f"[{provider}.models.{model}]\ninput = {PRICE}\noutput = {PRICE}\n"
            for provider, model in self._models.items()
        )
        (place.settings.parent / "models.toml").write_text("".join(prices), encoding="utf-8")

    def begins(self, url: str, *, last: bool) -> None:
        """Configure the next daemon: there is room again in days and conversations. The last one has no limits."""
        spent = self._most_spent()
        self._limits = {
            (unit, whose): CALL[unit] * OF_A_TURN * 0.8
            if whose == "turn"
            else spent.get((unit, whose), 0.0) + CALL[unit] * OF_A_LIFE
            for unit, whose in ([] if last else self._limited)
        }
        for provider in self._models:  # what one has asked may be read when the next one has begun
            self._place.variables[f"{provider.upper()}_API_KEY"] = f"{KEY}-{self._place.started + 1}"
        first, second = self._models
        limits = {f"{unit}_per_{whose}": 0.0 for unit, whose in LIMITED}
        limits |= {f"{unit}_per_{whose}": limit for (unit, whose), limit in self._limits.items()}
        self._place.configure(
            f'provider = "{first}"\nmodel = "first"\nmax_turns = {1000 if last else 4}\n'
            f'[providers.{first}]\nbase_url = "{url}"\n[providers.{second}]\nbase_url = "{url}"\n'
            f'[llm]\nfallbacks = ["{second}/second"]\n'
            "[llm.retry]\nmax_retries = 8\nfirst_wait = 0.02\nmax_wait = 0.1\n"
            f"[compaction]\ncontext_budget = {BUDGET}\nmin_keep_messages = {KEPT}\n[limits]\n"
            + "".join(
                f"{name} = {limit if 'usd' in name else int(limit)}\n" for name, limit in limits.items()
            )
        )
        self._place.trusting()

    # --- the models -----------------------------------------------------------------------------------------

    def rule(self, request: Received) -> Answer:
        """What both say, if they do not fail: the same, with a number of its own each time."""
        fails = self._rng.random() < self._failing / (1 if request.body["model"] == "first" else 4)
        if fails and self._rng.random() < 0.4:
            self.failures["before"] += 1
            return Refuse(status=self._rng.choice((429, 503, 529)), message="out of order")
        number = len(self.served)
        told = not fails or request.wire == "anthropic"
        key = request.headers.get("x-api-key") or request.headers["authorization"]
        self.served.append(Served(number, int(key.rpartition("-")[2]), _part(request), told))
        long = not self._limited and len(request.messages) >= LONG
        tokens = Tokens(input=BUDGET + 1000 if long else 20, output=BASE + number)
        assert tokens.input + tokens.output <= MOST, "more answers than there are numbers"
        if fails:
            self.failures["in the middle"] += 1
            return Reply(Say("Working ", "on "), Drop(), tokens=tokens, gap=GAP)
        return Reply(*self._said(request), tokens=tokens, gap=GAP)

    def _said(self, request: Received) -> list[Say | Call]:
        part, what = _part(request)
        if what == "summed up":
            return [Say(summary_of(self._latest.get(part, ()), request.last_text))]
        if what == "remembered":
            return [Say("Nothing to remember.")]
        pieces = [piece for message in heard(request) for piece in message]
        self._latest[part] = pieces
        return answer_to(pieces, closes="Do not call tools now" in str(request.body))

    # --- what is booked -------------------------------------------------------------------------------------

    def complaints(self) -> Iterator[str]:
        """What is wrong with what is booked so far."""
        with contextlib.closing(only_read(self._place.database)) as database:
            # What an interface has not told of an answer that breaks off is booked by its length: that is less.
            rows = database.execute("SELECT output_tokens FROM usage WHERE output_tokens >= ?", (BASE,))
            yield from self._booked_otherwise(Counter(tokens - BASE for (tokens,) in rows))
            for (unit, whose), limit in self._limits.items():
                for name, *spent in database.execute(_SPENT[whose]):
                    amount = dict(zip(CALL, spent, strict=True))[unit]
                    if amount >= limit + CALL[unit]:
                        yield f"{whose} {name} has used {amount:g} {unit}, and its limit is {limit:g}"

    def _booked_otherwise(self, booked: Counter[int]) -> Iterator[str]:
        """Each answer is there once; only the last one of a life may be missing."""
        for number, count in booked.items():
            if not 0 <= number < len(self.served):
                yield f"something is booked that no model has said: {BASE + number} tokens"
            elif count > 1:
                yield f"{self.served[number]} is booked {count} times"
        later = set[tuple[int, tuple[str, str]]]()
        for each in reversed(self.served):
            place = (each.life, each.part)
            if each.number in booked:
                later.add(place)
            elif each.told and place in later:
                yield f"{each} is not booked, though one after it is"

    def _most_spent(self) -> dict[tuple[str, str], float]:
        """What the dearest turn, conversation and day have used."""
        if not self._place.database.exists():
            return {}
        with contextlib.closing(only_read(self._place.database)) as database:
            return {
                (unit, whose): max((row[n] for row in database.execute(query)), default=0.0)
                for whose, query in _SPENT.items()
                for n, unit in enumerate(CALL, 1)
            }


def _part(request: Received) -> tuple[str, str]:
    said = text_of((piece for message in heard(request) for piece in message), "user")
    found = [tag.partition("-")[0] for tag in tags(said)]
    first = next((tag for tag in found if not tag.startswith("s9")), found[0] if found else "")
    if INSTRUCTION in str(request.body):
        return first, "summed up"
    return first, "remembered" if looks_back(request) else "led"


def at_random(rng: random.Random, count: int) -> tuple[list[Kill], Limited]:
    """Kills at named points, at moments from outside and in recovery, where there are these limits."""
    limited = frozenset(each for each in LIMITED if rng.random() < 0.4) if rng.random() < 0.6 else Limited()
    points = (*POINTS, *BOOKING * 4, *(() if limited else SUMMING_UP * 4))
    kills: list[Kill] = []
    while len(kills) < count:
        chance = rng.random()
        if chance < 0.45:
            kills.append(Kill(point=rng.choice(points), visit=rng.choice((1, 1, 2, 3))))
        else:
            kills += [at_moment(rng)] if chance < 0.85 else twice_in_recovery(rng)
    return kills[:count], limited


async def killed(
    root: Path,
    server: ModelServer,
    rng: random.Random,
    kills: list[Kill],
    limited: Limited,
    failing: float = FAILING,
) -> Summary:
    """Let daemons die whose models fail so often, and come to limits or sum up, then look."""
    place = Place(root)
    trouble = Trouble(place, rng, limited, failing)
    return await World(place, server, rng, trouble).run(kills)
