"""The actor of web push: keeps subscriptions, and takes what is in the outbox to push services."""

import logging
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from actors.permissions import messages as permissions
from actors.sending import Again, Fate, GivenUp, InDoubt, Parcel, Sender, Sent, Unwanted
from actors.session import messages as session
from actors.storage import LateKeeper, numbered
from actors.users import messages as users
from actors.webpush import messages, places, store
from actors.webpush import verdict as verdicts
from actors.webpush.content import content, topic
from actors.webpush.messages import CHANNEL
from actors.webpush.store import Kept
from actors.webpush.verdict import Gone, Later, Refused, Unknown, Verdict, again
from bus import ActorError, DeliveryError

if TYPE_CHECKING:
    from actors.webpush.client import Client

MIGRATIONS: Final = Path(__file__).parent / "migrations"
AT_ONCE: Final = 8
"""Notifications that are on their way."""
_LOG: Final = logging.getLogger(__name__)


@final
class WebPushActor(LateKeeper):
    """Answers for subscriptions, and sends. What cryptography and HTTP take is loaded once somebody subscribes.

    Args:
      database: where they are kept, with the key of this agent; its file is readable for its owner alone.
      client: takes to push services what is sealed; None for one that goes to the internet alone.
    """

    def __init__(self, database: Path, client: "Client | None" = None) -> None:
        super().__init__(database, numbered(MIGRATIONS), lambda reason: messages.StorageFailed(reason=reason))
        self._client = client

    async def start(self) -> None:
        await super().start()
        sender = Sender(self.bus, CHANNEL, self._deliver, ready=lambda: True, recipients=AT_ONCE)
        self.spawn(sender.run)

    # --- subscriptions ------------------------------------------------------------------------------------

    @messages.GetKey.handler
    async def get_key(self, request: messages.GetKey) -> messages.PublicKey:
        from actors.webpush import sealing

        return messages.PublicKey(key=sealing.encoded(sealing.public(await self._key())))

    async def _key(self) -> bytes:
        """The private key of this agent."""
        from actors.webpush import sealing

        known = await self._read(store.find_key)
        return await self._write(store.keep_key, sealing.new_key()) if known is None else known

    @messages.Subscribe.handler
    async def subscribe(self, request: messages.Subscribe) -> messages.Subscription:
        p256dh, auth = _checked(request)
        wanted = Kept(
            id=self.bus.ids.uuid(),
            user=request.user,
            endpoint=request.endpoint,
            p256dh=p256dh,
            auth=auth,
            page=request.page,
            credential=request.credential,
            created_at=self.bus.clock.now(),
        )
        await self._forget_ended(await self._read(store.of_user, request.user))
        return await self._write(store.subscribe, wanted)

    @messages.ListSubscriptions.handler
    async def list_subscriptions(
        self, request: messages.ListSubscriptions
    ) -> tuple[messages.Subscription, ...]:
        return tuple(map(store.shown, await self._read(store.of_user, request.user)))

    @messages.Unsubscribe.handler
    async def unsubscribe(self, request: messages.Unsubscribe) -> None:
        await self._write(store.unsubscribe, request.id, request.user)

    @messages.Recipients.handler
    async def recipients(self, request: messages.Recipients) -> tuple[str, ...]:
        kept = await self._read(store.of_user, request.user)
        return tuple(each.id for each in await self._forget_ended(kept))

    async def _forget_ended(self, kept: tuple[Kept, ...]) -> tuple[Kept, ...]:
        """Of the subscriptions of a user those that are still good: whoever was signed out is told nothing any more."""
        if not any(each.credential for each in kept):
            return kept
        user, now = kept[0].user, self.bus.clock.now()
        devices = await self.bus.ask(users.ListDevices(user=user))
        keys = await self.bus.ask(users.ListKeys(user=user))
        good = {"", *(each.id for each in devices if not each.revoked_at and each.expires_at > now)}
        good |= {
            each.id
            for each in keys
            if not each.revoked_at and (each.expires_at is None or each.expires_at > now)
        }
        for each in kept:
            if each.credential not in good:
                await self._write(store.forget, each)
        return tuple(each for each in kept if each.credential in good)

    # --- sending ------------------------------------------------------------------------------------------

    async def _deliver(self, parcel: Parcel) -> Fate:
        row = parcel.row
        verdict = await self._taken(row)
        if verdict is not None and not isinstance(verdict, verdicts.Sent):
            _LOG.info("%s has not reached its browser: %s", row.key, verdict.reason)
        return _fate(verdict)

    async def _taken(self, row: session.OutboxRow) -> Verdict | None:
        """Take a row to its browser; None for one that wants nothing any more."""
        try:
            if await self._is_closed(row):
                return None
            kept = await self._read(store.find, row.recipient)
            if kept is None or kept.user != row.user or not await self._forget_ended((kept,)):
                return None
            verdict = await self._post(kept, row)
            if isinstance(verdict, Gone):
                await self._write(store.forget, kept)
        except (ActorError, DeliveryError) as error:
            return Later(str(error), again(row.attempt))
        return verdict

    async def _is_closed(self, row: session.OutboxRow) -> bool:
        """Whether it says that something is asked which was answered meanwhile."""
        asked = row.body.get("approval")
        if not isinstance(asked, str):
            return False
        try:
            return (await self.bus.ask(permissions.Get(id=asked, user=row.user))).state != "open"
        except permissions.UnknownApproval:
            return True

    async def _post(self, kept: Kept, row: session.OutboxRow) -> Verdict:
        from actors.webpush import sealing
        from actors.webpush.client import Client

        if self._client is None:
            self._client = Client()
        now = self.bus.clock.now()
        private = await self._key()
        return await self._client.post(
            kept.endpoint,
            sealing.sealed(
                content(row.body, row.key),
                kept.p256dh,
                kept.auth,
                key=sealing.new_key(),
                salt=secrets.token_bytes(sealing.SALT),
            ),
            authorization=sealing.signature(private, kept.endpoint, kept.page, now),
            topic=topic(row.key),
            attempt=row.attempt,
            now=now,
        )


def _checked(request: messages.Subscribe) -> tuple[bytes, bytes]:
    """Public key and secret of a browser. Raises BadSubscription."""
    from actors.webpush import sealing

    field = "endpoint"
    try:
        places.host_and_port(request.endpoint)
        field = "page"
        places.check_page(request.page)
        field = "p256dh"
        p256dh = sealing.point(request.p256dh)
        field = "auth"
        auth = sealing.decoded(request.auth)
        if len(auth) != sealing.AUTH:
            raise ValueError(f"expected {sealing.AUTH} bytes")
    except ValueError as error:
        raise messages.BadSubscription(reason=f"{field}: {error}") from None
    return p256dh, auth


def _fate(verdict: Verdict | None) -> Fate:
    """What the outbox is told."""
    match verdict:
        case None:
            return Unwanted()
        case verdicts.Sent():
            return Sent(("pushed",))
        case Gone(reason) | Refused(reason):
            return GivenUp(reason)
        case Later(reason, seconds):
            return Again(reason, seconds)
        case Unknown(reason):
            return InDoubt(reason)
