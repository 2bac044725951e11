"""The actor that asks people about calls, waits for their answers, and keeps what they have granted."""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, final

import attrs
import trio

from actors.permissions import messages, store
from actors.permissions.settings import Settings
from actors.permissions.shortening import shortened
from actors.session import messages as session
from actors.storage import LateKeeper, micros, numbered
from actors.subsystem import Given
from bus import ActorError, BusError, Lag, concurrent, redacted

_LOG: Final = logging.getLogger(__name__)
MIGRATIONS: Final = Path(__file__).parent / "migrations"
ALL: Final = 1_000_000
"""Questions that can be waited for at once: no fewer than there can be, as each is one turn that waits."""
AGAIN: Final = 30.0
"""Seconds until what could not be put into the audit log is tried again."""


@final
class PermissionsActor(LateKeeper):
    """Whoever waits for an answer is told here; what was asked and answered outlives the program."""

    def __init__(self, given: Given) -> None:
        super().__init__(
            given.database("permissions"),
            numbered(MIGRATIONS),
            lambda reason: messages.StorageFailed(reason=reason),
        )
        self._home = str(given.home)
        self._settings: Callable[[], Settings] = given.settings(Settings)
        self._closing: dict[str, trio.Event] = {}
        """Set once the question of this id is closed; of those that somebody waits for."""
        self._turns: set[str] = set()
        """Turns for which something is asked."""
        self._note_soon = trio.Event()

    async def start(self) -> None:
        await super().start()
        self.spawn(self._follow)
        self.spawn(self._keep_books)

    def describe(self) -> dict[str, Any]:
        return {"waiting": len(self._closing)}

    def _now(self) -> int:
        return micros(self.bus.clock.now())

    # --- asking -------------------------------------------------------------------------------------------

    @messages.Ask.handler
    @concurrent(256)
    async def ask(self, request: messages.Ask) -> messages.Question:
        request, now = redacted(request), self._now()
        expires_at = now + self._settings().permissions.expires_minutes * 60 * 1_000_000
        question, asked = await self._write(
            store.ask, request, home=self._home, now=now, expires_at=expires_at
        )
        if asked is not None:
            self._turns.add(asked.turn)
            await self.bus.publish(messages.Asked(approval=shortened(asked)))
        return question

    @messages.Await.handler
    @concurrent(ALL)
    async def wait(self, request: messages.Await) -> messages.Approval:
        while True:
            closing = self._closing.setdefault(
                request.id, trio.Event()
            )  # before looking, so that no answer is missed
            try:
                approval = await self._read(store.get, request.id)
            except messages.UnknownApproval:
                self._closing.pop(request.id, None)
                raise
            left = (approval.expires_at - self.bus.clock.now()).total_seconds()
            if approval.state != "open":
                self._closing.pop(request.id, None)
                return approval
            if left <= 0:
                await self._closed(filter(None, [await self._write(store.expire, request.id, self._now())]))
                continue
            with trio.move_on_after(left):
                await closing.wait()

    async def _closed(self, approvals: Iterable[messages.Approval]) -> None:
        """Tell those who wait, and everybody else."""
        for approval in approvals:
            if (closing := self._closing.pop(approval.id, None)) is not None:
                closing.set()
            await self.bus.publish(messages.Answered(approval=shortened(approval)))

    # --- answering ----------------------------------------------------------------------------------------

    @messages.List.handler
    @concurrent(64)
    async def find(self, request: messages.List) -> tuple[messages.Approval, ...]:
        return tuple(map(shortened, redacted(await self._read(store.find, request, self._now()))))

    @messages.ListOpen.handler
    @concurrent(64)
    async def find_open(self, _request: messages.ListOpen) -> tuple[messages.Approval, ...]:
        return redacted(await self._read(store.find_open, self._now()))

    @messages.Get.handler
    @concurrent(64)
    async def get(self, request: messages.Get) -> messages.Approval:
        return redacted(await self._read(store.seen, request.id, request.user, self._now()))

    @messages.Answer.handler
    @concurrent(64)
    async def answer(self, request: messages.Answer) -> messages.Approval:
        approval = await self._write(store.answer, redacted(request), home=self._home, now=self._now())
        self._note_soon.set()
        await self._closed([approval])
        return shortened(redacted(approval))

    @messages.Grants.handler
    @concurrent(64)
    async def grants(self, request: messages.Grants) -> tuple[messages.Grant, ...]:
        return redacted(await self._read(store.grants, request.user))

    @messages.Settle.handler
    @concurrent(64)
    async def settle(self, request: messages.Settle) -> None:
        await self._write(store.settle, request, self._now())
        self._note_soon.set()

    @messages.Revoke.handler
    @concurrent(64)
    async def revoke(self, request: messages.Revoke) -> messages.Revoked:
        await self._write(store.revoke, request.id, request.user, self._now())
        self._note_soon.set()
        return messages.Revoked()

    @messages.ShowRules.handler
    @concurrent(64)
    async def rules(self, _request: messages.ShowRules) -> messages.InForce:
        found = self._settings().permissions
        return messages.InForce(
            rules=tuple(messages.RuleInForce(**attrs.asdict(rule)) for rule in found.in_order),
            outside=found.outside,
            asks_on=found.asks_on,
            expires_minutes=found.expires_minutes,
        )

    # --- turns that end -----------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Withdraw what is asked for turns that have ended. The event says so; what was missed, the ledger knows."""
        async with self.bus.subscribe(session.TurnFinished, lag=Lag.DROP_OLDEST) as ends:
            await self._catch_up()
            async for ended in ends:
                if ended.turn in self._turns:
                    await self._withdraw(ended.turn)

    async def _catch_up(self) -> None:
        for turn, user in (await self._read(store.open_turns)).items():
            self._turns.add(turn)
            try:
                found = await self.bus.ask(session.GetTurn(turn=turn, user=user))
                is_over = found.state not in {"accepted", "running"}
            except session.UnknownTurn:
                is_over = True
            except BusError as error:
                _LOG.warning("whether a question still matters is not known: %s", error)
                continue
            if is_over:
                await self._withdraw(turn)

    async def _withdraw(self, turn: str) -> None:
        self._turns.discard(turn)
        try:
            await self._closed(await self._write(store.withdraw, turn, self._now()))
        except ActorError as error:
            self._turns.add(turn)
            _LOG.warning("a question could not be withdrawn: %s", error)

    # --- the books ----------------------------------------------------------------------------------------

    async def _keep_books(self) -> None:
        """Put into the audit log what people have answered and revoked, each once, also what a crash has left."""
        while True:
            self._note_soon = trio.Event()
            try:
                await self._note()
            except BusError as error:
                _LOG.warning("answers could not be put into the audit log yet: %s", error)
                with trio.move_on_after(AGAIN):
                    await self._note_soon.wait()
                continue
            await self._note_soon.wait()

    async def _note(self) -> None:
        answers, revoked = await self._read(store.unnoted)
        if not answers and not revoked:
            return
        for approval, proof in answers:
            await self.bus.ask(_answer(approval, proof))
        for grant in revoked:
            await self.bus.ask(_revocation(grant))
        await self._write(store.noted, [each.id for each, _ in answers], [each.id for each in revoked])


def _answer(approval: messages.Approval, proof: str) -> session.Note:
    words = {
        "subject": approval.subject,
        "scope": approval.scope or "",
        "pattern": approval.pattern if approval.scope in {"conversation", "always"} else "",
        "proof": proof,
        "words": approval.words or "",
    }
    return session.Note(
        key=f"answer:{approval.id}",
        kind="answer",
        verdict=approval.state,
        by=f"person {approval.answered_by}",
        of_user=approval.user,
        tool=approval.tool,
        session=approval.session,
        turn=approval.turn,
        words=words,
    )


def _revocation(grant: messages.Grant) -> session.Note:
    return session.Note(
        key=f"revoked:{grant.id}",
        kind="grant",
        verdict="revoked",
        by=f"person {grant.user}",
        of_user=grant.user,
        tool=grant.tool,
        session=grant.session or "",
        words={"pattern": grant.pattern, "grant": str(grant.id)},
    )
