"""Who talks to a daemon that is killed while it has its hands full, and who answers what it asks."""

import contextlib
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Final, Protocol, final

import httpx2
import trio

from tests.crash.verdict import Answer, Files, Made, files_differ
from tests.crash.wishes import WORK, in_order, think_up
from tests.system.daemons import Daemon, Json, Place

PLANS: Final = {"once": 8, "later": 3, "both": 3, "against": 2, "conversation": 1, "deny": 2, "expire": 2}
"""What becomes of questions, and how often. ``both`` clients say the same, or one says something ``against`` the other;
``later`` is after a restart."""
LONG: Final = 2.0
"""Seconds after which nobody waits any more for the daemon to die before they answer."""
GRANTED: Final = "sh count *"
UNDONE: Final = 0.35
"""How often a turn is undone."""
TAKEN_BACK: Final = 0.4
"""How often an undo is itself undone."""


@final
class Stage:
    """The daemon that is there now, and what was seen of all of them."""

    def __init__(self, place: Place, talkers: int) -> None:
        self.place = place
        self.over = False
        """Nothing new is to be said, and nothing to be waited for."""
        self.lives = 0
        self.complaints: list[str] = []
        self.said = set[Answer]()
        self.acknowledged: list[Answer] = []
        self.sent: list[str] = []
        """Messages."""
        self.parked: list[tuple[str, Json]] = []
        """Messages whose turns have failed, with what was answered."""
        self.undos = 0
        self._daemon: Daemon | None = None
        self._changed = trio.Event()
        self._places = trio.CapacityLimiter(talkers)
        self._alone = trio.Lock()

    def show(self, daemon: Daemon | None) -> None:
        self.lives += daemon is not None
        self._daemon = daemon
        self._changed.set()
        self._changed = trio.Event()

    async def up(self) -> Daemon:
        while self._daemon is None:
            await self._changed.wait()
        return self._daemon

    async def insist(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Ask until there is an answer, each time the same."""
        while True:
            daemon = await self.up()
            try:
                answer = await daemon.request(method, path, **options)
            except (httpx2.TransportError, OSError):
                await trio.sleep(0.01)
                continue
            if answer.status_code != 503:
                return answer
            await trio.sleep(0.05)

    @contextlib.asynccontextmanager
    async def beside(self) -> AsyncGenerator[None]:
        """While others talk as well."""
        async with self._alone:
            await self._places.acquire_on_behalf_of(who := object())
        try:
            yield
        finally:
            self._places.release_on_behalf_of(who)

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        """While nobody else does: what a command has changed is told from what others have only by the time."""
        taken: list[object] = []
        async with self._alone:
            try:
                while len(taken) < self._places.total_tokens:
                    await self._places.acquire_on_behalf_of(who := object())
                    taken.append(who)
                yield
            finally:
                for who in taken:
                    self._places.release_on_behalf_of(who)


class Ledger(Protocol):
    """What is stored of the calls of a message, with those of its subagents."""

    def __call__(self, text: str) -> Sequence[Made]: ...


@final
class Talker:
    """Leads conversation number `number`, message by message, and undoes some of its turns."""

    def __init__(self, number: int, rng: random.Random, stage: Stage, ledger: Ledger) -> None:
        self._number = number
        self._rng = rng
        self._stage = stage
        self._ledger = ledger
        self._folder = stage.place.home / WORK / f"s{number}"

    def _files(self) -> Files:
        home = self._stage.place.home
        return {
            path.relative_to(home).as_posix(): path.read_text(encoding="utf-8")
            for path in self._folder.iterdir()
        }

    async def talk(self) -> None:
        """Say one thing after another."""
        count = 0
        while not self._stage.over:
            text = think_up(self._rng, f"s{self._number}-{count}")
            count += 1
            undone = self._rng.random() < UNDONE
            async with self._stage.alone() if undone else self._stage.beside():
                await self._say(text, undone=undone)

    async def _say(self, text: str, *, undone: bool) -> None:
        stage, before = self._stage, self._files()
        stage.sent.append(text)
        said = await stage.insist(
            "POST",
            "/api/chat",
            json={"text": text, "channel_session_key": f"key-{self._number}"},
            headers={"Idempotency-Key": text},
        )
        if said.status_code != 200 or said.json()["outcome"] != "success":
            stage.parked.append((text, said.json()))
            return
        after = self._files()
        stage.complaints += files_differ(text, self._ledger(text), before, after)
        if undone:
            await self._undo(text, said.json()["turn_id"], before, after)

    async def _undo(self, text: str, turn: str, before: Files, after: Files) -> None:
        answer = await self._put_back(turn, text, before)
        if answer["undo"] is not None and self._rng.random() < TAKEN_BACK:
            await self._put_back(answer["undo"], f"the undo of {text}", after)

    async def _put_back(self, turn: str, what: str, before: Files) -> Json:
        """Undo something; then all is as it was `before`."""
        stage = self._stage
        answer = await stage.insist("POST", f"/api/turns/{turn}/undo", json={})
        found: Json = answer.json()
        stage.undos += 1
        if answer.status_code != 200 or found["refused"]:
            stage.complaints.append(f"{what} is not undone: {found}")
        elif (now := self._files()) != before:
            stage.complaints.append(f"{what} is undone, and left {now}, not {before}: {found}")
        return found


@final
class Client:
    """One of two that answer questions, as they have agreed."""

    def __init__(self, number: int, rng: random.Random, stage: Stage, plan: Callable[[str], str]) -> None:
        self._number = number
        self._rng = rng
        self._stage = stage
        self._plan = plan
        self._seen: dict[str, tuple[int, float]] = {}
        """By question: in which life it was first seen, and when."""
        self._closed = set[str]()
        """Questions whose answers were acknowledged."""

    async def answer(self) -> None:
        """Look for questions and answer them, until cancelled."""
        while True:
            closed = frozenset(self._closed)
            found = await self._stage.insist("GET", "/api/approvals")
            for asked in found.json():
                if asked["id"] in closed:
                    self._stage.complaints.append(f"what was answered is asked again: {asked}")
                elif decision := self._decision(asked):
                    await trio.sleep(self._rng.random() * 0.1)
                    await self._say(asked, decision)
            await trio.sleep(0.05)

    def _decision(self, asked: Json) -> str | None:
        """What this one says to a question now; None for nothing."""
        life, at = self._seen.setdefault(asked["id"], (self._stage.lives, trio.current_time()))
        seconds = trio.current_time() - at
        waited = self._stage.over or seconds > LONG
        match self._plan(asked["tool_use_id"]):
            case "both":
                return "once"
            case "against":
                return ("once", "deny")[self._number]
            case "deny":
                return "deny" if self._number else None
            case "expire":
                return "deny" if self._number and (self._stage.over or seconds > 3 * LONG) else None
            case "later":
                return "once" if self._number and (waited or self._stage.lives > life) else None
            case "conversation" if asked["subject"].startswith("sh count "):
                return None if self._number else "conversation"
            case _:
                return None if self._number else "once"

    async def _say(self, asked: Json, decision: str) -> None:
        said = Answer(asked["id"], decision)
        self._stage.said.add(said)
        pattern = {"pattern": GRANTED} if decision == "conversation" else {}
        answer = await self._stage.insist(
            "POST", f"/api/approvals/{asked['id']}", json={"decision": decision, **pattern}
        )
        if answer.status_code == 200:
            self._stage.acknowledged.append(said)
        elif answer.status_code != 409:
            self._stage.complaints.append(f"{said} was answered with {answer.text}")
        self._closed.add(asked["id"])


def wishes_of(texts: Sequence[str]) -> dict[str, Any]:
    """All that messages ask for, by id of the call."""
    return {wish.id: wish for text in texts for wish in in_order(text)}
