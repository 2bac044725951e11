"""The actor of e-mail: its doors."""

from datetime import datetime
from typing import TYPE_CHECKING, final

from actors.email import messages, store
from actors.email.addresses import NotAnAddress, plain
from actors.email.condition import Condition
from actors.email.messages import AddressTaken, BadAddress, RemoveAddress, SetAddress
from actors.email.post import Post
from actors.storage import micros
from actors.users import messages as users

if TYPE_CHECKING:
    from actors.email.receiving import Receiving
    from actors.email.sending import Sending


@final
class EmailActor(Post):
    """Knows whose addresses there are, sends to them and takes what comes from them. Made like its base.

    Where it is not configured it does neither, and costs nothing.
    """

    _sending: "Sending | None" = None
    _receiving: "Receiving | None" = None

    async def start(self) -> None:
        await super().start()
        if self.settings.sends:
            from actors.email.sending import Sending

            self._sending = Sending(self)
            self.spawn(self._sending.run)
        if self.settings.receives:
            from actors.email.receiving import Receiving

            self._receiving = Receiving(self)
            self.spawn(self._receiving.run)

    async def on_stop(self) -> None:
        if self._receiving is not None:
            await self._receiving.close()
        await super().on_stop()

    @messages.SetAddress.handler
    async def set_address(self, request: SetAddress) -> messages.Address:
        try:
            address = plain(request.email)
        except NotAnAddress as error:
            raise BadAddress(str(error)) from error
        if address == self.own:
            raise BadAddress(f"{address} is the agent's own address")
        user = (await self.bus.ask(users.GetUser(id=request.id, user=request.id))).id
        owner = (await self._read(store.owners)).get(address, user)
        if owner != user:
            raise AddressTaken(address=address, user=owner)
        await self._note(request, user)
        return await self._write(store.put, user, address, micros(self._now()))

    @messages.RemoveAddress.handler
    async def remove_address(self, request: RemoveAddress) -> None:
        if await self._known(request.id) is not None:
            await self._note(request, request.id)
            await self._write(store.remove, request.id)

    async def _note(self, request: SetAddress | RemoveAddress, user: str) -> None:
        """Have it in the audit log who gives and takes addresses, as they speak for their users."""
        note = users.NoteChange(
            event="settings.changed",
            what=(f"e-mail address of {user}",),
            user=request.user,
            proof=request.proof,
            address=request.address,
        )
        await self.bus.ask(note)

    @messages.GetAddress.handler
    async def get_address(self, request: messages.GetAddress) -> messages.Address | None:
        return await self._known(request.id)

    async def _known(self, user: str) -> messages.Address | None:
        """The address of a user. Raises users.UnknownUser for nobody's."""
        found = await self._read(store.of, user)
        if found is None:
            await self.bus.ask(users.GetUser(id=user, user=user))
        return found

    @messages.ListAddresses.handler
    async def list_addresses(self, request: messages.ListAddresses) -> tuple[messages.Address, ...]:
        return await self._read(store.listed)

    @messages.Recipients.handler
    async def recipients(self, request: messages.Recipients) -> tuple[str, ...]:
        if not self.settings.sends:
            return ()
        found = await self._read(store.of, request.user)
        return () if found is None else (found.address,)

    @messages.GetEmailStatus.handler
    async def status(self, request: messages.GetEmailStatus) -> messages.EmailStatus:
        at = self.settings
        outgoing = f"{at.smtp_host}:{at.outgoing_port}", at.smtp_user
        incoming = f"{at.imap_host}:{at.incoming_port}", at.incoming_user
        return messages.EmailStatus(
            sender=at.sender,
            outgoing=_server(self.outgoing, *outgoing) if at.sends else None,
            incoming=_server(self.incoming, *incoming) if at.receives else None,
            sent=self._sending.sent if self._sending else 0,
            taken=self._receiving.taken if self._receiving else 0,
            left_alone=await self._read(store.passed),
        )

    def _now(self) -> datetime:
        return self.bus.clock.now()


def _server(condition: Condition, host: str, user: str | None) -> messages.Server:
    return messages.Server(
        host=host,
        user=user,
        trouble=condition.trouble,
        since=condition.since,
        last_at=condition.last_at,
    )
