"""What sending and receiving stand on: the database, the passwords, threads, and saying how it goes."""

import logging
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

import trio

from actors.credentials import Credentials
from actors.email.condition import Condition
from actors.email.messages import EmailFailed
from actors.email.settings import Settings
from actors.email.store import MIGRATIONS
from actors.storage import LateKeeper, numbered
from actors.vault import messages as vault
from bus import Lag, Unavailable, run_in_thread

T = TypeVar("T")
P = ParamSpec("P")

PASSWORD: Final = "EMAIL_PASSWORD"
OF_MAILBOX: Final = "IMAP_PASSWORD"
"""The mailbox's, where it has another one."""

_LOG: Final = logging.getLogger(__name__)


class Post(LateKeeper):
    """Looks after the two servers.

    Args:
      database: where addresses and the place in the mailbox are kept.
      settings: gives those in force; it is started anew when they are others.
      environment: holds the passwords that are not in the vault.
      name: the agent's, for people.
      uploads: the folder in which files wait until they are stored.
    """

    def __init__(
        self,
        database: Path,
        settings: Callable[[], Settings],
        environment: Mapping[str, str],
        name: Callable[[], str],
        uploads: Path,
    ) -> None:
        super().__init__(database, numbered(MIGRATIONS), EmailFailed)
        self.settings = settings()
        self.name = name
        self.uploads = uploads
        self._passwords = Credentials(environment, (PASSWORD, OF_MAILBOX), "e-mail")
        self.changed = trio.Event()
        """Passwords may be others."""
        self.outgoing = Condition()
        self.incoming = Condition()

    async def start(self) -> None:
        """Open the database, if there is one. Raises Unavailable while it cannot be: the others do without."""
        try:
            await super().start()
        except EmailFailed as error:
            raise Unavailable(str(error)) from error
        if self.settings.sends:
            listening = trio.Event()
            self.spawn(self._follow_vault, listening)
            await listening.wait()

    @property
    def own(self) -> str:
        """The agent's address, as addresses are compared."""
        return (self.settings.sender or "").strip().casefold()

    async def read(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """A job on the database that only reads. Raises EmailFailed."""
        return await self._read(fn, *args, **kwargs)

    async def write(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One transaction, safe on the disk when this returns. Raises EmailFailed."""
        return await self._write(fn, *args, **kwargs)

    async def _follow_vault(self, listening: trio.Event) -> None:
        """Try a changed password at once."""
        changes = self.bus.subscribe(vault.SecretsChanged, limit=1, lag=Lag.DROP_OLDEST)
        async with changes as changed:
            listening.set()
            async for _ in changed:
                self._passwords.changed()
                self.changed.set()
                self.changed = trio.Event()

    async def password(self, *names: str) -> tuple[str, str | None]:
        """The first of these that is there, or else nothing and what to do about it."""
        await self._passwords.read(self.bus)
        for name in names:
            if value := self._passwords.current.get(name):
                return value, None
        lost = [self._passwords.unreadable[name] for name in names if name in self._passwords.unreadable]
        unset = f"there is no password: `starpod vault set {PASSWORD}`, or {PASSWORD}=… in .env"
        return "", lost[0] if lost else unset

    def went_wrong(self, condition: Condition, why: str) -> None:
        if condition.went_wrong(why, self.bus.clock.now()):
            _LOG.warning("%s", self._said(condition))
        self._tell()

    def went_well(self, condition: Condition) -> None:
        if condition.went_well(self.bus.clock.now()):
            _LOG.info("e-mail works again")
            self._tell()

    def _tell(self) -> None:
        """Say in the health of this actor what is wrong."""
        wrong = [self._said(each) for each in (self.outgoing, self.incoming) if each.trouble is not None]
        self.degraded("; ".join(wrong) or None)

    def _said(self, condition: Condition) -> str:
        at = self.settings
        if condition is self.outgoing:
            return f"no mail can be sent by {at.smtp_host}:{at.outgoing_port}: {condition.trouble}"
        return f"no mail can be fetched from {at.imap_host}:{at.incoming_port}: {condition.trouble}"


async def in_thread(work: Callable[[], T], limiter: trio.CapacityLimiter) -> T:
    """Do what blocks. Who is stopped does not wait for it: a server may take its time."""
    return await run_in_thread(work, limiter=limiter, abandon_on_cancel=True)
