"""A daemon that is killed again and again while people write to it on Telegram, and a look at what came back.

The stand-in for Telegram lives on, so what it shows is what people got: each message one turn, each answer once, or
twice with a mark that it may be a repeat, and in order.
"""

import contextlib
import random
import signal
import sqlite3
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, final

import attrs
import trio

from tests.crash.script import answered, model, think_up
from tests.crash.world import LIFE, Kill, Summary, only_read
from tests.fakes.model_server import ModelServer
from tests.fakes.telegram.server import TelegramServer
from tests.fakes.telegram.state import TOKEN
from tests.system.daemons import Daemon, Place, check_log, start, until

POINTS: Final = (
    *(
        f"{step}.{moment}"
        for step in (
            "store_updates",
            "settle",
            "accept",
            "begin",
            "save_completion",
            "finish",
            "claim",
            "mark",
        )
        for moment in ("before_commit", "after_commit")
    ),
    "outbox.before_send",
    "telegram.after_send",
    "outbox.before_mark",
    "outbox.after_end",
)
"""Where an update, its turn or its answer can be cut off."""
CHATS: Final = (7, 8, 9)
PACE: Final = 0.6
"""Seconds between two messages of a person at most."""
FEW: Final = 3
"""Messages of a person that are not answered yet, at most."""
GAP: Final = 0.002
"""Seconds before each piece of an answer of the model."""
REPEAT: Final = "↻"
"""How a message begins that may be a repeat."""
MODES: Final = ("final_only", "all_messages", "stream")


@final
class Chats:
    """One instance, its daemons one after another, and the people in their chats."""

    def __init__(self, root: Path, models: ModelServer, telegram: TelegramServer, rng: random.Random) -> None:
        models.rule = model(GAP)
        self.telegram = telegram
        self.rng = rng
        self.mode = rng.choice(MODES)
        self.place = Place(root, models.url, "openai").trusting()
        self.place.settings.write_text(
            f"{self.place.settings.read_text()}\n[channels.telegram]\n"
            f'api_url = "{telegram.url}"\nallowed_users = {list(CHATS)}\nstream_mode = "{self.mode}"\n'
        )
        self.place.variables["TELEGRAM_BOT_TOKEN"] = TOKEN
        self.found = Summary()
        self.sent: dict[int, str] = {}
        """The tag of each message, by the id of its update."""
        self._up = False

    async def run(self, kills: Iterable[Kill]) -> Summary:
        """Let people write while daemons die, then let the last one finish everything, and look."""
        async with trio.open_nursery() as nursery:
            for chat in CHATS:
                self.telegram.people.meet(chat, f"Person {chat}")
                nursery.start_soon(self._write, chat)
            for kill in kills:
                await self._life(kill)
            nursery.cancel_scope.cancel()
        with _started(self.place) as daemon:
            await daemon.ready()
            await until(self._all_over, "what was written is not answered, or its answer not sent")
            if await daemon.stop() != 0:
                self.found.complaints.append(f"the last daemon did not stop in order:\n{daemon.log}")
        check_log(daemon)
        with contextlib.closing(only_read(self.place.database)) as database:
            self.found.complaints.extend(self._complaints(database))
        return self.found

    async def _write(self, chat: int) -> None:
        """One message after another, also while nobody is there to take them; but a few wait for answers at most."""
        tags: list[str] = []
        while True:
            await self.telegram.wait_for(lambda: len(tags) - len(self._answered(chat)) < FEW)
            tags.append(f"s{chat}-{len(tags)}")
            update = self.telegram.people.write(think_up(self.rng, tags[-1]), [], sender=chat)
            self.sent[update["update_id"]] = tags[-1]
            await trio.sleep(self.rng.random() * PACE)

    async def _life(self, kill: Kill) -> None:
        armed = {"BUS_CRASH_AT": f"{kill.point}:{kill.visit}"} if kill.point else {}
        with _started(self.place, **armed) as daemon:
            await until(lambda: daemon.reachable or not daemon.running, "neither ready nor dead")
            with trio.move_on_after(LIFE if kill.point else kill.after):
                await daemon.ended()
            if kill.point and daemon.running:
                self.found.missed.append(str(kill))
            await daemon.kill()
        if daemon.process.returncode != -signal.SIGKILL:
            self.found.complaints.append(f"a daemon ended by itself:\n{daemon.log}")
        self.found.kills[kill.point or "moment"] += 1
        check_log(daemon)

    def _all_over(self) -> bool:
        """Whether every message is a turn that has ended, and nothing is left to be sent."""
        if self.telegram.seen.waiting():
            return False
        with contextlib.closing(only_read(self.place.database)) as database:
            turns = dict(
                database.execute("SELECT state, count(*) FROM turns WHERE source = 'telegram' GROUP BY 1")
            )
            unsent = database.execute("SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending')")
            open_turns = turns.get("accepted", 0) + turns.get("running", 0)
            return sum(turns.values()) >= len(self.sent) and not open_turns and not unsent.fetchone()[0]

    # --- what is left -----------------------------------------------------------------------------------------

    def _complaints(self, database: sqlite3.Connection) -> Iterator[str]:
        if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            yield "the database is damaged"
        yield from self._turns(database)
        undelivered = "\n".join(
            body
            for (body,) in database.execute("SELECT body FROM outbox WHERE state IN ('doubtful', 'dead')")
        )
        for chat in CHATS:
            yield from self._chat(chat, undelivered)

    def _turns(self, database: sqlite3.Connection) -> Iterator[str]:
        """Each update is one turn, in the order in which the chat was written in."""
        bot = TOKEN.partition(":")[0]
        rows = database.execute(
            "SELECT client_message_id, state, outcome, text FROM turns WHERE source = 'telegram' ORDER BY seq"
        ).fetchall()
        self.found.fates.update(state for _, state, _, _ in rows)
        keys = [key for key, *_ in rows]
        wanted = {f"tg:{bot}:{update}" for update in self.sent}
        lost, twice = wanted - set(keys), [key for key, count in Counter(keys).items() if count > 1]
        self.found = attrs.evolve(self.found, lost=len(lost), twice=len(twice))
        if lost or twice or set(keys) - wanted:
            yield f"lost: {sorted(lost)}, twice: {twice}, never written: {sorted(set(keys) - wanted)}"
        for key, state, outcome, text in rows:
            if state not in {"done", "merged"}:
                yield f"{key} ({text}) is {state}: {outcome}"
        for chat in CHATS:
            order = [int(key.rpartition(":")[2]) for key, _, _, text in rows if f"<s{chat}-" in text]
            if order != sorted(order):
                yield f"messages of chat {chat} were taken out of order: {order}"

    def _chat(self, chat: int, undelivered: str) -> Iterator[str]:
        """Each message is answered where it was written: once, or once more with a mark."""
        texts = self._texts(chat)
        named = [(tag, text.startswith(REPEAT)) for text in texts for tag in answered(text)]
        for tag in (tag for tag in self.sent.values() if tag.startswith(f"s{chat}-")):
            marks = [mark for other, mark in named if other == tag]
            if not marks and f"{{{tag}}}" not in undelivered:
                yield f"{tag} was not answered"
            if not all(marks[1:]) or len(marks) > 2:
                yield f"{tag} was answered {len(marks)} times, marked as repeats: {marks}"
        first = list(dict.fromkeys(tag for tag, _ in named))
        if first != sorted(first, key=_number):
            yield f"the answers in chat {chat} are out of order: {first}"
        if strangers := [tag for tag in first if not tag.startswith(f"s{chat}-")]:
            yield f"chat {chat} got the answers to {strangers}"

    def _answered(self, chat: int) -> set[str]:
        return {tag for text in self._texts(chat) for tag in answered(text)}

    def _texts(self, chat: int) -> list[str]:
        """What the bot has said in a chat, without lines about tools."""
        if self.mode == "stream":
            return self.telegram.seen.texts(chat)
        sent = [each["message"] for each in self.telegram.seen.history(chat) if each["what"] == "sent"]
        return [str(each.get("text", "")) for each in sent if each["from"]["is_bot"]]


def _number(tag: str) -> int:
    return int(tag.rpartition("-")[2])


def at_random(rng: random.Random) -> Kill:
    """A kill at a named point, or at a moment from outside."""
    if rng.random() < 0.6:
        return Kill(point=rng.choice(POINTS), visit=rng.choice((1, 1, 2, 5)))
    return Kill(after=2.5 * rng.random() ** 2)


async def killed(root: Path, models: ModelServer, rng: random.Random, kills: Iterable[Kill]) -> Summary:
    """Let daemons die while people write to them on Telegram, then look."""
    async with TelegramServer.running() as telegram:
        return await Chats(root, models, telegram, rng).run(kills)


@contextlib.contextmanager
def _started(place: Place, **variables: Any) -> Generator[Daemon]:
    """A daemon that does not outlive the block."""
    daemon = start(place, **variables)
    try:
        yield daemon
    finally:
        if daemon.running:
            daemon.process.kill()
        daemon.process.wait()
