"""Hours of trouble: whatever goes wrong, each message is one turn, and each answer arrives where it was asked for."""

import contextlib
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal, final

import pytest
import trio
from trio.testing import MockClock

from actors.llm import messages as llm
from actors.session import messages as session
from actors.telegram.parts import DOUBT
from actors.telegram.sender_actor import TelegramSenderActor
from actors.telegram.settings import StreamMode, Telegram
from actors.vocabulary import ADMIN, Text
from bus import Sink
from bus.message.clock import VIRTUAL_START, Clock
from tests.actors.agent.world import World, say
from tests.actors.telegram.inside import Inside
from tests.fakes.telegram.server import TelegramServer

HOUR: Final = 3600.0
MODES: Final[tuple[StreamMode, ...]] = ("final_only", "all_messages", "stream")
CHATS: Final = (7, 8, 9)
TAG: Final = re.compile(r"\bm\d+x\d+\b")
"""What names a message, in it and in its answer."""
FAULTS: Final[tuple[dict[str, Any], ...]] = (
    *({"kind": kind} for kind in ("silence", "half", "slow", "drop", "reset", "html", "garbage")),
    *({"kind": kind, "effect": True} for kind in ("silence", "drop", "reset", "html", "garbage")),
    {"kind": "flood"},
    {"kind": "refuse"},
    {"kind": "refuse", "on": "polls", "code": 409, "description": "Conflict"},
    {"kind": "refuse", "on": "polls", "code": 400, "description": "Bad Request"},
)
PLACES: Final = ("all", "polls", "calls", "sends", "edits", "downloads")
RESTARTED: Final = ("telegram", "telegram-sender", "house", "users", "session", "conductor")
LONGEST: Final = 1200.0
"""Seconds after the last fault in which everything has to come to its end."""
A_DAY: Final = 3600
"""Seconds on a wall that a day may take on a machine that is busy; it takes four minutes of a processor."""


@final
class Soak:
    """People who write at random, and what goes wrong meanwhile."""

    def __init__(self, inside: Inside, seed: int, offset: list[float]) -> None:
        self.inside = inside
        self.telegram = inside.telegram
        self.rng = random.Random(seed)
        self.sent: dict[int, str] = {}
        """The tag of each message, by the id of its update."""
        self._offset = offset
        inside.world.by_prompt[""] = self._answer
        mode = self._mode = MODES[seed % len(MODES)]
        inside.settings = Telegram(allowed_users=CHATS, stream_mode=mode)
        pushes: Literal["end", "each"] = "end" if mode == "final_only" else "each"
        inside.world.channels = (session.ChannelPolicy("telegram", gap=timedelta(hours=6), pushes=pushes),)
        for chat in CHATS:
            self.telegram.people.meet(chat, f"Person {chat}")

    async def run(self, seconds: float) -> None:
        async with self.inside.running(linked=False):
            sender = partial(TelegramSenderActor, self.inside.given)
            await self.inside.mesh.start(sender, name="telegram-sender")
            with trio.move_on_after(seconds):
                async with trio.open_nursery() as nursery:
                    for chat in CHATS:
                        nursery.start_soon(self._write, chat)
                    nursery.start_soon(self._trouble)
            self.telegram.faults.clear()
            self.telegram.plug()
            await self.inside.until("polling", within=60)
            await self._settle()
            undelivered = await self._undelivered()
            for row in undelivered:
                await self.inside.mesh.bus.ask(session.RetryOutbox(id=row.id, user=ADMIN, role="admin"))
            await self._settle()
            left = [f"{row.id} is {row.state}: {row.reason}" for row in await self._undelivered()]
            with contextlib.closing(sqlite3.connect(self.inside.folder / "session.db")) as database:
                bodies = dict(database.execute("SELECT id, body FROM outbox"))
                late = {tag for row in undelivered for tag in TAG.findall(bodies[row.id])}
                complaints = [*left, *self._turns(database)]
            for chat in CHATS:
                complaints += self._answers(chat, late)
            assert complaints == []

    # --- what happens ---------------------------------------------------------------------------------------

    async def _write(self, chat: int) -> None:
        for n in range(100_000):
            await trio.sleep(self.rng.choice((0.0, 0.3, 60.0, 400.0)) * self.rng.random())
            tag = f"m{chat}x{n}"
            where: dict[str, Any] = {"sender": chat, "date": self.inside.now}
            if self.rng.random() < 0.1:
                update = self.telegram.people.document(b"a note", caption=tag, **where)
            else:
                update = self.telegram.people.write(f"say {tag}", **where)
            self.sent[update["update_id"]] = tag

    async def _answer(self, request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        """Name what was said since the last answer; now and then at such length that it is several messages."""
        tags: list[str] = []
        for message in request.messages:
            if message.role == "assistant":
                tags = []
            else:
                said = [block.text for block in message.content if isinstance(block, Text)]
                tags += [tag for text in said for tag in TAG.findall(text)]
        await trio.sleep(self.rng.choice((0.0, 0.0, 3.0)))
        more = "\n\nand more of it" * (500 if self.rng.random() < 0.1 else 0)
        await say(f"{' '.join(dict.fromkeys(tags))}{more}")(request, sink)

    async def _trouble(self) -> None:
        while True:
            await trio.sleep(60 * self.rng.random())
            happens = self.rng.random()
            if happens < 0.7:
                for fault in self.rng.sample(FAULTS, self.rng.choice((1, 1, 2))):
                    times, seconds = self.rng.choice((None, 1, 3)), 40 * self.rng.random()
                    where: dict[str, Any] = {
                        "on": self.rng.choice(PLACES),
                        "times": times,
                        "seconds": seconds,
                    }
                    self.telegram.faults.add(**{**where, **fault})
                await trio.sleep(self.rng.choice((5, 40, 200)) * self.rng.random())
                self.telegram.faults.clear()
            elif happens < 0.8:
                self.telegram.unplug()
                await trio.sleep(100 * self.rng.random())
                self.telegram.plug()
            elif happens < 0.9:
                await self.inside.mesh.console.restart(self.rng.choice(RESTARTED))
            else:
                self._offset[0] += 7200 * (self.rng.random() - 0.5)

    # --- how it ends ----------------------------------------------------------------------------------------

    async def _settle(self) -> None:
        """Wait until every message is a turn that has ended, and nothing is left to be sent."""
        with trio.move_on_after(LONGEST):
            while not await self._is_over():
                await trio.sleep(1)
            return
        raise AssertionError(f"not at rest: {await self.inside.status()}, {await self._rows('waiting')}")

    async def _is_over(self) -> bool:
        if self.telegram.seen.waiting() or (await self.inside.status()).waiting:
            return False
        with contextlib.closing(sqlite3.connect(self.inside.folder / "session.db")) as database:
            unfinished = database.execute("SELECT count(*) FROM turns WHERE state IN ('accepted', 'running')")
            return not unfinished.fetchone()[0] and not await self._rows("waiting")

    async def _undelivered(self) -> tuple[session.Delivery, ...]:
        return await self._rows("undelivered")

    async def _rows(self, which: Any) -> tuple[session.Delivery, ...]:
        asked = session.ListOutbox(user=ADMIN, role="admin", which=which, limit=1000)
        return await self.inside.mesh.bus.ask(asked)

    def _turns(self, database: sqlite3.Connection) -> Iterator[str]:
        rows = database.execute("SELECT client_message_id, text, state FROM turns ORDER BY seq").fetchall()
        keys = Counter(key for key, *_ in rows)
        wanted = {f"tg:4242:{update}" for update in self.sent}
        if keys.keys() != wanted or keys.total() != len(wanted):
            twice = [key for key, times in keys.items() if times > 1]
            yield f"lost: {sorted(wanted - keys.keys())}, twice: {twice}, unknown: {sorted(keys.keys() - wanted)}"
        for chat in CHATS:
            order = [_number(tag) for _, text, _ in rows for tag in TAG.findall(text) if _chat(tag) == chat]
            if order != sorted(order):
                yield f"taken out of order in {chat}: {order}"
        for key, text, state in rows:
            if state not in {"done", "merged"}:
                yield f"{key} ({text}) is {state}"

    def _answers(self, chat: int, late: set[str]) -> Iterator[str]:
        """Every message is answered; more often than once only with a mark, and in order but for what was `late`."""
        shown = [(tag, text.startswith(DOUBT)) for text in self._texts(chat) for tag in TAG.findall(text)]
        for tag in (tag for tag in self.sent.values() if _chat(tag) == chat):
            marks = [mark for other, mark in shown if other == tag]
            if not marks or not all(marks[1:]):
                yield f"{tag} was answered {len(marks)} times, marked as repeats: {marks}"
        order = [_number(tag) for tag in dict.fromkeys(tag for tag, _ in shown) if tag not in late]
        if order != sorted(order):
            displaced = [n for before, n in pairwise(order) if n < before]
            yield f"answered out of order in {chat}: {displaced}"
        if strangers := {tag for tag, _ in shown if _chat(tag) != chat}:
            yield f"{chat} got answers to {strangers}"

    def _texts(self, chat: int) -> list[str]:
        """What the bot has said in a chat; of what grew, how it ended."""
        if self._mode == "stream":
            return [text for text in self.telegram.seen.texts(chat) if not text.endswith("…")]
        events = [event["message"] for event in self.telegram.seen.history(chat) if event["what"] == "sent"]
        return [str(each.get("text", "")) for each in events if each["from"]["is_bot"]]


def _chat(tag: str) -> int:
    return int(tag[1:].partition("x")[0])


def _number(tag: str) -> int:
    return int(tag.partition("x")[2])


@pytest.fixture
def offset(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds by which the clock on the wall is set."""
    seconds = [0.0]

    def now(clock: Clock) -> datetime:
        return VIRTUAL_START + timedelta(seconds=clock.monotonic() + seconds[0])

    monkeypatch.setattr(Clock, "now", now)
    return seconds


async def soaked(
    folder: Path, telegram: TelegramServer, seed: int, offset: list[float], hours: float
) -> None:
    with trio.fail_after(hours * HOUR + 3 * LONGEST):  # what waits for something that never comes is no hang
        await Soak(Inside(World(folder), telegram, folder), seed, offset).run(hours * HOUR)


@pytest.mark.parametrize("seed", [2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 9))])
async def test_an_hour_of_trouble_loses_and_repeats_nothing(
    tmp_path: Path, telegram: TelegramServer, seed: int, offset: list[float], autojump_clock: MockClock
) -> None:
    await soaked(tmp_path, telegram, seed, offset, 1)


@pytest.mark.slow
@pytest.mark.timeout(A_DAY)
@pytest.mark.parametrize("seed", range(10, 16))
async def test_a_day_of_trouble_loses_and_repeats_nothing(
    tmp_path: Path, telegram: TelegramServer, seed: int, offset: list[float], autojump_clock: MockClock
) -> None:
    await soaked(tmp_path, telegram, seed, offset, 24)
