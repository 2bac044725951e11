"""Sends what the outbox has for this channel."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, final

import attrs
import trio

from actors.email import compose, smtp, store
from actors.email.compose import Envelope, Said
from actors.email.content import File
from actors.email.messages import CHANNEL, EmailFailed
from actors.email.post import PASSWORD, Post, in_thread
from actors.email.smtp import Outgoing, Refused, ServerTrouble, TryLater
from actors.email.store import Thread
from actors.sending import Again, Fate, GivenUp, InDoubt, Parcel, Sender, Sent
from actors.session.messages import OutboxRow
from actors.tools import messages as tools
from bus import ActorError, redact

AT_ONCE: Final = 4
"""Recipients."""


@final
class Sending:
    """Hands mails to the server, and says what became of them."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._threads = trio.CapacityLimiter(AT_ONCE)
        self._paused = False
        """Whether nothing is tried: the server has not let anything be sent a moment ago."""
        self._sender = Sender(
            post.bus, CHANNEL, self._send, ready=lambda: not self._paused, recipients=AT_ONCE
        )
        self.sent = 0
        """Mails that the server has taken."""

    async def run(self) -> None:
        """Send until cancelled."""
        await self._sender.run()

    async def _send(self, parcel: Parcel) -> Fate:
        try:
            id = await self._handed_over(parcel.row)
        except ServerTrouble as error:
            self._pause(error.reason)
            return Again(error.reason, 0.0)
        except TryLater as error:
            return Again(error.reason)
        except smtp.InDoubt as error:
            return InDoubt(error.reason)
        except Refused as error:
            return GivenUp(error.reason)
        except EmailFailed as error:
            return Again(str(error))
        self.sent += 1
        self._post.went_well(self._post.outgoing)
        return Sent((id,))

    def _pause(self, why: str) -> None:
        """Leave the server alone for a while; rows stay in the outbox."""
        if not self._paused:
            self._paused = True
            self._post.went_wrong(self._post.outgoing, why)
            self._post.spawn(self._wait)

    async def _wait(self) -> None:
        with trio.move_on_after(self._post.outgoing.pause):
            await self._post.changed.wait()
        self._paused = False
        self._sender.look()

    async def _handed_over(self, row: OutboxRow) -> str:
        """Have one mail sent; its id. Raises a NotSent, or EmailFailed."""
        if (await self._post.read(store.owners)).get(row.recipient) != row.user:
            raise Refused(f"{row.recipient} is not the address of {row.user} any more")
        what = compose.said(row.body)
        what = attrs.evolve(what, text=redact(what.text), subject=what.subject and redact(what.subject))
        thread = await self._post.read(store.thread, what.answers)
        files, notes = await self._files(what.attachments)
        about = Envelope(
            sender=self._post.own,
            name=self._post.name(),
            recipient=row.recipient,
            key=row.key,
            at=row.created_at,
            doubtful=row.doubtful,
        )
        work = partial(_hand_over, await self._server(), about, what, thread, files, notes)
        await in_thread(work, self._threads)
        return compose.message_id(row.key, self._post.own)

    async def _files(self, attachments: Sequence[Mapping[str, Any]]) -> tuple[list[File], list[str]]:
        taken, too_large = compose.chosen(attachments)
        files = list[File]()
        notes = [compose.left_out(each) for each in too_large]
        for each in taken:
            try:
                data = await self._post.bus.ask(tools.LoadFile(path=each["path"]))
            except ActorError as error:
                notes.append(compose.left_out(each, redact(str(error))))
            else:
                files.append(File(name=redact(each["name"]), media_type=each["media_type"], data=data))
        return files, notes

    async def _server(self) -> Outgoing:
        """Raises ServerTrouble where there is no password although there should be one."""
        at, password = self._post.settings, ""
        if at.smtp_user is not None:
            password, missing = await self._post.password(PASSWORD)
            if missing is not None:
                raise ServerTrouble(missing)
        return Outgoing(
            host=at.smtp_host or "",
            port=at.outgoing_port,
            security=at.smtp_security,
            user=at.smtp_user,
            password=password,
        )


def _hand_over(
    server: Outgoing,
    about: Envelope,
    what: Said,
    thread: Thread | None,
    files: Sequence[File],
    notes: Sequence[str],
) -> None:
    smtp.deliver(server, about.sender, about.recipient, compose.compose(about, what, thread, files, notes))
