"""Who speaks: the one place where what a request shows becomes a principal.

Three things prove it. A browser that is signed in, a device, has two halves. One is a cookie, which no script can read,
but which browsers send to every port of a host; the other is kept by the page itself, and browsers give it to no other
port. Programs have a key. The command line has the token of the running daemon, which only the owner of the files can
read. So a program that the agent starts cannot speak as its owner.

The users subsystem knows keys and devices. What it says is remembered until it says otherwise. From an address that has
shown many wrong ones, a key that somebody chose is refused before anybody is asked: it is costly to compare, and may be
a word. Showing the same again is no further guess. Whatever was made here nobody guesses, so it always counts, as does
what is known by now: all programs of a machine have one address, and none of them may keep its owner out.
"""

import hashlib
import hmac
from collections import OrderedDict
from contextlib import nullcontext
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, TypeVar, final

import attrs
import trio

from actors.gateway.confirming import Confirmations
from actors.gateway.limiting import RequestLimit
from actors.gateway.messages import TooManyAttempts
from actors.gateway.presence import Presence, concerns
from actors.gateway.rates import Rates
from actors.gateway.refusals import Refusals
from actors.users import messages as users
from actors.vocabulary import ADMIN, Principal
from bus import ActorError, Bus, Data, DeliveryError, Lag, Subscription

T = TypeVar("T")

MOST_KNOWN: Final = 4096
"""Credentials that are remembered; as many that are wrong."""
ATTEMPTS: Final = 20
"""Different wrong ones that an address may show within a window."""
WINDOW: Final = 60.0
"""Seconds of that, and of how long a wrong one is remembered."""
BEYOND: Final = 4
"""How many at once may ask from addresses that have shown many wrong ones."""
CHANGES: Final = 4096
"""Changes of access that may wait to be noted; were there more, all that is remembered is void."""

OPERATOR: Final = Principal(user=ADMIN, role="admin", proof="operator")
_ANY: Final = users.AccessChanged(user="", credential=None, why="changed")


@final
@attrs.frozen(kw_only=True)
class Shown(Data):
    """What a request shows to say who speaks."""

    key: str | None = attrs.field(default=None, repr=False)
    """From a header; it counts alone."""
    cookie: str | None = attrs.field(default=None, repr=False)
    page: str | None = attrs.field(default=None, repr=False)
    """What the page keeps."""

    @property
    def is_nothing(self) -> bool:
        """Whether it cannot prove anybody: of the two halves of a device neither is enough."""
        return not self.key if self.key is not None else not (self.cookie and self.page)

    @property
    def digest(self) -> bytes:
        """Tells apart what is shown, and does not say what it was."""
        parts = (self.cookie or "", self.page or "") if self.key is None else (self.key,)
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


@final
@attrs.define
class _Question:
    """What is being asked for; whoever shows the same meanwhile waits for the answer."""

    done: trio.Event = attrs.field(factory=trio.Event)
    error: ActorError | DeliveryError | None = None


@final
class Authenticator:
    """Knows who shows what."""

    def __init__(
        self,
        bus: Bus,
        operator_token: str,
        *,
        presence: Presence,
        refusals: Refusals,
        limit: RequestLimit,
        confirmations: Confirmations,
    ) -> None:
        """`presence` and `confirmations` are told what changes, `refusals` what is refused; `limit` limits."""
        self._bus = bus
        self._limit = limit
        self._operator_token = operator_token
        self._presence = presence
        self._confirmations = confirmations
        self._refusals = refusals
        self._attempts = Rates(bus.clock.monotonic)
        self._beyond = trio.CapacityLimiter(BEYOND)
        self._known: OrderedDict[bytes, users.Identity] = OrderedDict()
        self._wrong: OrderedDict[bytes, float] = OrderedDict()
        """Until when it is remembered."""
        self._questions: dict[bytes, _Question] = {}
        self._events: Subscription[users.AccessChanged]
        self._missed = 0

    async def run(self, ready: trio.Event) -> None:
        """Note what changes, until cancelled. Nothing may be asked for before `ready`."""
        changes = self._bus.subscribe(users.AccessChanged, limit=CHANGES, lag=Lag.DROP_OLDEST)
        async with changes as self._events:
            ready.set()
            async for event in self._events:
                self._note(event)
                self._catch_up()

    async def admit(self, shown: Shown, address: str) -> Principal:
        """Who asks for something, unless it is too much: raises TooManyRequests, and what :meth:`identify` raises."""
        known = await self.identify(shown, address)
        self._limit.take(known, address)
        return known

    async def identify(self, shown: Shown, address: str) -> Principal:
        """Who speaks. Raises users.NotKnown, TooManyAttempts, or why the users subsystem does not answer.

        It is so at the return: whatever was published before counts.
        """
        if shown.is_nothing:
            raise users.NotKnown(what="missing")
        if shown.key is not None and _equal(shown.key, self._operator_token):
            return OPERATOR
        digest = shown.digest
        while True:
            self._catch_up()
            found = self._remembered(digest)
            if found is not None:
                return self._confirmations.seen(found)
            question = self._questions.get(digest)
            if question is None:
                return self._confirmations.seen(await self._ask(digest, shown, address))
            await question.done.wait()
            if question.error is not None:
                raise question.error

    def _remembered(self, digest: bytes) -> Principal | None:
        found = self._known.get(digest)
        if found is not None:
            if found.expires_at is None or self._bus.clock.now() < found.expires_at:
                return found.principal
            del self._known[digest]
        if self._wrong.get(digest, 0.0) > self._bus.clock.monotonic():
            raise users.NotKnown(what="invalid")
        return None

    async def _ask(self, digest: bytes, shown: Shown, address: str) -> Principal:
        """Ask the users subsystem, counted as an attempt until it is known to be right."""
        asked = users.Identify(key=shown.key, cookie=shown.cookie, page=shown.page, address=address)
        source = network_of(address)
        wait = self._attempts.take(source, ATTEMPTS, WINDOW)
        if wait and asked.may_be_guessed:
            self._refusals.note(address, "attempts beyond the limit")
            raise TooManyAttempts(seconds=wait)
        question = self._questions[digest] = _Question()
        try:
            async with self._beyond if wait else nullcontext():
                found = await self._answer(asked)
        except users.NotKnown as error:
            question.error = error
            self._refusals.note(address, "wrong credentials")
            _keep(self._wrong, digest, self._bus.clock.monotonic() + WINDOW)
            raise
        except (ActorError, DeliveryError) as error:
            question.error = error
            if not wait:
                self._attempts.give_back(source)
            raise
        finally:  # whoever left before the answer has made an attempt
            del self._questions[digest]
            question.done.set()
        if not wait:
            self._attempts.give_back(source)
        _keep(self._known, digest, found)
        return found.principal

    async def _answer(self, asked: users.Identify) -> users.Identity:
        """What is true at its return, although access may change while the answer is on its way."""
        while True:
            changes = self._presence.changes
            with self._bus.fresh("gateway"), self._bus.baggage(origin="gateway"):
                found = await self._bus.ask(asked)
            self._catch_up()
            if changes == self._presence.changes:
                return found

    def _catch_up(self) -> None:
        """Note what was published and has not been seen yet."""
        while (event := self._events.take_nowait()) is not None:
            self._note(event)
        if self._events.missed != self._missed:
            self._missed = self._events.missed
            self._note(_ANY)

    def _note(self, event: users.AccessChanged) -> None:
        self._wrong.clear()
        for digest in [each for each, found in self._known.items() if concerns(event, found.principal)]:
            del self._known[digest]
        self._confirmations.changed(event)
        self._presence.changed(event)


def network_of(address: str) -> str:
    """What one attacker has: an address, or with IPv6 the network in which they may take any."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    mapped = found.ipv4_mapped
    return str(ip_network((int(found), 64), strict=False)) if mapped is None else str(mapped)


def _keep(table: OrderedDict[bytes, T], digest: bytes, value: T) -> None:
    table[digest] = value
    if len(table) > MOST_KNOWN:
        table.popitem(last=False)


def _equal(shown: str, expected: str) -> bool:
    return hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), expected.encode())
