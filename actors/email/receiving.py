"""Takes mails of known people for messages to the agent."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, final

import attrs
import trio

from actors.agent import messages as agent
from actors.email import content, intake, store
from actors.email.content import Content, File
from actors.email.fates import LeftAlone, Taken
from actors.email.imap import Head, Incoming, Mailbox, MailboxTrouble, State
from actors.email.messages import CHANNEL
from actors.email.post import OF_MAILBOX, PASSWORD, Post, in_thread
from actors.email.provenance import Trust
from actors.email.store import Place
from actors.session import messages as session
from actors.spool import prepare, spool
from actors.storage import micros
from actors.tools import messages as tools
from actors.users import messages as users
from actors.vocabulary import Attachment
from bus import ActorError, BusError, crash_point, redact

PREFIX: Final = "starpod-mail-"
"""Of folders with the files of one mail."""
RECENT: Final = timedelta(days=1)
"""How old a mail may be that was there before the mailbox was looked at for the first time."""
MOST_FETCHED: Final = 35 * 1024 * 1024
"""Bytes of a mail: its files take a third more there than in themselves."""
CLOSING: Final = 1.0
"""Seconds to leave the mailbox in."""

_LOG: Final = logging.getLogger(__name__)


@final
class Receiving:
    """Looks into the mailbox again and again, and hands on what is for the agent, in the order in which it came."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._one = trio.CapacityLimiter(1)
        self._box: Mailbox | None = None
        self._of_box: Incoming | None = None
        self.taken = 0
        """Mails that became messages."""

    async def run(self) -> None:
        """Receive until cancelled."""
        prepare(self._post.uploads, PREFIX)
        await self._receive()

    async def close(self) -> None:
        """Leave the mailbox, as far as it lets us within a moment."""
        with trio.move_on_after(CLOSING):
            await self._leave()

    async def _leave(self) -> None:
        box, self._box = self._box, None
        if box is not None:
            await in_thread(box.close, self._one)

    async def _receive(self) -> None:
        while True:
            changed = self._post.changed
            try:
                await self._look()
            except MailboxTrouble as error:
                self._post.went_wrong(self._post.incoming, error.reason)
            except BusError as error:
                self._post.went_wrong(self._post.incoming, f"what has come in cannot be handed on: {error}")
            else:
                self._post.went_well(self._post.incoming)
            wait = (
                self._post.settings.poll_secs
                if self._post.incoming.trouble is None
                else self._post.incoming.pause
            )
            with trio.move_on_after(wait):
                await changed.wait()

    async def _look(self) -> None:
        """Take what is new. Raises MailboxTrouble and BusError; what was taken by then is."""
        box = await self._mailbox()
        state = await in_thread(box.look, self._one)
        place = await self._post.read(store.place, self._mailbox_name)
        if place is None or place.validity != state.validity:
            place = await self._begin(box, state)
        for uid in await in_thread(partial(box.after, place.uid), self._one):
            await self._see_to(box, Place(validity=state.validity, uid=uid))

    async def _begin(self, box: Mailbox, state: State) -> Place:
        """Where a mailbox is read from that is new, or has other numbers than before: the unread mails of a day."""
        since = (self._post.bus.clock.now() - RECENT).date()
        unseen = await in_thread(partial(box.unseen, since), self._one)
        place = Place(validity=state.validity, uid=min([*unseen, state.next]) - 1)
        await self._post.write(store.reach, self._mailbox_name, place)
        return place

    async def _see_to(self, box: Mailbox, at: Place) -> None:
        """Take a mail, or leave it alone; then it is behind us."""
        head = await in_thread(partial(box.head, at.uid), self._one)
        left_alone = None if head is None else await self._dealt_with(box, at.uid, head)
        if left_alone is None:
            return await self._post.write(store.reach, self._mailbox_name, at)
        _LOG.info("a mail is left alone: %s", left_alone.detail)
        now = micros(self._post.bus.clock.now())
        return await self._post.write(store.leave, self._mailbox_name, at, left_alone, now)

    async def _dealt_with(self, box: Mailbox, uid: int, head: Head) -> LeftAlone | None:
        """Take a mail, or say why not. Raises MailboxTrouble and BusError for what the next time may go well."""
        try:
            fate, user = await self._fate(head)
            if isinstance(fate, LeftAlone):
                return fate
            await self._take(box, uid, head, fate, user)
        except MailboxTrouble:
            raise
        except BusError as error:
            if error.passes:
                raise
            return LeftAlone(reason="fault", detail=f"It was refused: {type(error).__name__}.")
        except Exception as error:  # noqa: BLE001 - a fault in what only this mail has come to keeps no other waiting
            _LOG.exception("a mail is set aside")
            return LeftAlone(reason="fault", detail=f"It could not be read: {type(error).__name__}.")
        return None

    async def _fate(self, head: Head) -> tuple[Taken | LeftAlone, users.User | None]:
        """What is to become of a mail, and whose it is."""
        at, owners = self._post.settings, await self._post.read(store.owners)
        trust = Trust(at.imap_host or "", at.authserv_id)
        fate = intake.decide(head.headers, owners, self._post.own, trust)
        if isinstance(fate, LeftAlone):
            return fate, None
        id = owners[fate.sender]
        try:
            user = await self._post.bus.ask(users.GetUser(id=id, user=id))
        except users.UnknownUser:
            return LeftAlone(reason="unknown", detail=f"There is no user {id} any more."), None
        if not user.is_active:
            return LeftAlone(reason="inactive", detail=f"{id} is let in no more."), None
        return fate, user

    async def _take(self, box: Mailbox, uid: int, head: Head, mail: Taken, user: users.User | None) -> None:
        """Make a message of a mail. Twice is once: the message bears the id of the mail."""
        assert user is not None  # noqa: S101 - a mail that is taken is somebody's
        read = await self._content(box, uid, head, mail)
        attachments, refused = await self._stored(read.files, user.id)
        read = attrs.evolve(read, notes=(*read.notes, *refused))
        await self._post.write(store.keep, mail, micros(self._post.bus.clock.now()))
        incoming = session.Incoming(
            text=content.told(mail, read),
            user=user.id,
            role=user.role,
            channel=CHANNEL,
            key=mail.sender,
            attachments=attachments,
            source=CHANNEL,
            client_message_id=mail.key,
        )
        with self._post.bus.fresh("email"):
            await self._post.bus.ask(agent.Accept(incoming=incoming))
        crash_point("mail", "accepted")
        self.taken += 1
        await in_thread(partial(box.mark, uid), self._one)
        crash_point("mail", "seen")

    async def _content(self, box: Mailbox, uid: int, head: Head, mail: Taken) -> Content:
        if head.size > MOST_FETCHED:
            return content.too_large(head.size, MOST_FETCHED)

        def fetched() -> Content:
            return content.read(box.whole(uid) or head.headers, is_reply=mail.is_reply)

        return await in_thread(fetched, self._one)

    async def _stored(self, files: Sequence[File], user: str) -> tuple[tuple[Attachment, ...], list[str]]:
        """The files as attachments, and a sentence on each that is not taken. Raises BusError: then all comes again."""
        taken, refused = list[Attachment](), list[str]()
        for file in files:
            with spool(self._post.uploads, PREFIX) as folder:
                await in_thread(partial(_write, folder, file.data), self._one)
                sent = tools.SentFile(id=_FILE, name=redact(file.name), declared=file.media_type)
                request = tools.SaveUpload(upload=folder.name, files=(sent,), user=user)
                try:
                    taken += await self._post.bus.ask(request)
                except ActorError as error:
                    refused.append(str(error))
        return tuple(taken), refused

    async def _mailbox(self) -> Mailbox:
        """The connection that fits settings and password. Raises MailboxTrouble where there is no password."""
        at = self._post.settings
        password, missing = await self._post.password(OF_MAILBOX, PASSWORD)
        if missing is not None:
            raise MailboxTrouble(missing)
        wanted = Incoming(
            host=at.imap_host or "",
            port=at.incoming_port,
            security=at.imap_security,
            user=at.incoming_user or "",
            password=password,
            folder=at.folder,
        )
        if self._box is None or wanted != self._of_box:
            await self._leave()
            self._box, self._of_box = Mailbox(wanted), wanted
        return self._box

    @property
    def _mailbox_name(self) -> str:
        at = self._post.settings
        return f"{at.incoming_user}@{at.imap_host}/{at.folder}"


_FILE: Final = "file"


def _write(folder: Path, data: bytes) -> None:
    (folder / _FILE).write_bytes(data)
