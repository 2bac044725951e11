"""Who speaks: keys, devices and the operator's token; what is remembered of them, and who is refused unasked."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.gateway import authentication, messages
from actors.gateway.authentication import ATTEMPTS, WINDOW, Authenticator, Shown, network_of
from actors.gateway.confirming import CONFIRMED_SECONDS, Confirmations
from actors.gateway.limiting import RequestLimit
from actors.gateway.presence import CHANGED, ENDED, RESTART, Presence, Stay
from actors.gateway.refusals import GATHER, Refusals
from actors.gateway.settings import Settings
from actors.users import messages as users
from actors.vocabulary import ADMIN, Principal
from bus import Actor, concurrent
from bus.testing import MeshUnderTest
from tests.actors.gateway.client import KEY
from tests.actors.gateway.world import TOKEN, some_users

HERE = "192.0.2.7"
ASKS: dict[str, Any] = {"user": ADMIN, "proof": "operator"}


class Door:
    """An authenticator on a mesh, and what it was given."""

    def __init__(self, mesh: MeshUnderTest) -> None:
        self.mesh = mesh
        self.presence = Presence()
        self.refusals = Refusals(mesh.bus)
        self.settings = Settings()
        self.confirmations = Confirmations(trio.current_time)
        self.authenticator = Authenticator(
            mesh.bus,
            TOKEN,
            presence=self.presence,
            refusals=self.refusals,
            limit=RequestLimit(lambda: self.settings, trio.current_time, self.refusals),
            confirmations=self.confirmations,
        )

    async def who(self, address: str = HERE, **shown: str | None) -> Principal | None:
        """Who it is; None for nobody."""
        try:
            return await self.authenticator.identify(Shown(**shown), address)
        except users.NotKnown:
            return None

    async def try_wrong(self, count: int, address: str = HERE) -> None:
        for number in range(count):
            assert await self.who(address, key=f"wrong {number}") is None

    @property
    def asked(self) -> int:
        """How often the users subsystem was asked."""
        return len(self.mesh.console.recorded("type=users.Identify"))

    async def add(self, user: str) -> str:
        """Make an account; its key."""
        await self.mesh.bus.ask(users.AddUser(id=user, **ASKS))
        return (await self.mesh.bus.ask(users.NewKey(id=user, **ASKS))).key

    async def sign_in(self, user: str) -> users.CreatedDevice:
        return await self.mesh.bus.ask(users.NewDevice(user=user, label="a browser"))


async def opened(mesh: MeshUnderTest, nursery: trio.Nursery) -> Door:
    door = Door(mesh)
    ready = trio.Event()
    nursery.start_soon(door.authenticator.run, ready)
    nursery.start_soon(door.refusals.run)
    await ready.wait()
    return door


@pytest.fixture
async def door(mesh: MeshUnderTest, nursery: trio.Nursery, tmp_path: Path) -> Door:
    await mesh.start(some_users(tmp_path), name="users")
    return await opened(mesh, nursery)


async def test_everything_that_proves_somebody_says_how(autojump_clock: MockClock, door: Door) -> None:
    device = await door.sign_in(ADMIN)
    found = [
        await door.who(key=TOKEN),
        await door.who(key=KEY),
        await door.who(key=await door.add("ada")),
        await door.who(cookie=device.cookie, page=device.page),
    ]
    assert [each and (each.user, each.role, each.proof, bool(each.credential)) for each in found] == [
        ("admin", "admin", "operator", False),
        ("admin", "admin", "key", True),
        ("ada", "user", "key", True),
        ("admin", "admin", "page", True),
    ]


@pytest.mark.parametrize("shown", ["", "wrong", f"Basic {TOKEN}", "\ud800", "x" * 10_000, "\0", "clé"])
async def test_nothing_else_proves_anybody(autojump_clock: MockClock, door: Door, shown: str) -> None:
    assert await door.who(key=shown) is None
    assert await door.who(cookie=shown, page=shown) is None


async def test_a_wrong_key_is_not_mended_by_a_device(autojump_clock: MockClock, door: Door) -> None:
    device = await door.sign_in(ADMIN)
    for key in ("wrong", ""):
        assert await door.who(key=key, cookie=device.cookie, page=device.page) is None


async def test_neither_half_is_enough(autojump_clock: MockClock, door: Door) -> None:
    one, other = await door.sign_in(ADMIN), await door.sign_in(ADMIN)
    assert await door.who(cookie=one.cookie) is None
    assert await door.who(page=one.page) is None
    assert door.asked == 0, "which is known without asking"
    assert await door.who(cookie=one.cookie, page=other.page) is None


def test_what_is_shown_is_told_apart_by_where_it_is_cut() -> None:
    digests = {
        Shown(key="ab").digest,
        Shown(cookie="ab", page="").digest,
        Shown(cookie="a", page="b").digest,
        Shown(cookie="", page="ab").digest,
        Shown(cookie="a1:", page="").digest,
    }
    assert len(digests) == 5
    assert "secret" not in repr(Shown(key="secret", cookie="secret", page="secret"))


# --- what is remembered -------------------------------------------------------------------------------------


async def test_the_same_is_asked_for_once(autojump_clock: MockClock, door: Door) -> None:
    device = await door.sign_in(ADMIN)
    for _ in range(5):
        assert await door.who(key=KEY)
        assert await door.who(key="wrong") is None
        assert await door.who(cookie=device.cookie, page=device.page)
        assert await door.who(key=TOKEN)
    assert door.asked == 3


async def test_those_who_show_the_same_at_once_wait_for_one_answer(
    autojump_clock: MockClock, door: Door, nursery: trio.Nursery
) -> None:
    found: list[Principal | None] = []

    async def show(key: str) -> None:
        found.append(await door.who(key=key))

    async with trio.open_nursery() as many:
        for _ in range(ATTEMPTS + 10):
            many.start_soon(show, KEY)
            many.start_soon(show, "wrong")
    assert door.asked == 2
    assert len([each for each in found if each]) == ATTEMPTS + 10


@pytest.mark.parametrize("how", ["revoked", "deactivated", "expired", "signed out"])
async def test_what_is_no_longer_good_is_not_remembered(
    autojump_clock: MockClock, door: Door, how: str
) -> None:
    await door.add("ada")
    days = 1 if how == "expired" else None
    made = await door.mesh.bus.ask(users.NewKey(id="ada", expires_in_days=days, **ASKS))
    device = await door.sign_in("ada")
    shown = {"cookie": device.cookie, "page": device.page} if how == "signed out" else {"key": made.key}
    assert await door.who(**shown)
    if how == "revoked":
        await door.mesh.bus.ask(users.RevokeKey(id=made.meta.id, **ASKS))
    elif how == "deactivated":
        await door.mesh.bus.ask(users.Deactivate(id="ada", **ASKS))
    elif how == "expired":
        await trio.sleep(24 * 3600 + 1)
    else:
        await door.mesh.bus.ask(users.SignOut(id=device.device.id, user="ada"))
    assert await door.who(**shown) is None, "not even for a moment"


async def test_another_role_counts_at_once(autojump_clock: MockClock, door: Door) -> None:
    key = await door.add("ada")
    before = await door.who(key=key)
    await door.mesh.bus.ask(users.UpdateUser(id="ada", role="admin", **ASKS))
    after = await door.who(key=key)
    assert [each and each.role for each in (before, after)] == ["user", "admin"]


async def test_what_was_refused_may_be_good_once_something_has_changed(
    autojump_clock: MockClock, door: Door
) -> None:
    key = await door.add("ada")
    await door.mesh.bus.ask(users.Deactivate(id="ada", **ASKS))
    assert await door.who(key=key) is None
    await door.mesh.bus.ask(users.Activate(id="ada", **ASKS))
    assert await door.who(key=key)


async def test_more_changes_than_can_wait_make_all_void(
    autojump_clock: MockClock, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await door.who(key=KEY)
    for _ in range(authentication.CHANGES + 1):
        await door.mesh.bus.publish(users.AccessChanged(user="bob", credential=None, why="ended"))
    assert await door.who(key=KEY)
    assert door.asked == 2


async def test_only_so_many_are_remembered(
    autojump_clock: MockClock, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "MOST_KNOWN", 2)
    keys = [await door.add(user) for user in ("ada", "bob", "cleo")]
    for key in (*keys, keys[2], keys[1], keys[0]):
        assert await door.who(key=key)
    assert door.asked == 4


class Slow(Actor):
    """A users subsystem whose answers are on their way for as long as a test wants."""

    def __init__(self, answers: list[users.Identity], gate: trio.Event) -> None:
        self.answers = answers
        self.gate = gate

    @users.Identify.handler
    @concurrent(16)
    async def identify(self, request: users.Identify) -> users.Identity:
        found = self.answers.pop(0) if self.answers else None
        await self.gate.wait()
        if found is None:
            raise users.StorageFailed(reason="the disk is on fire")
        return found


ADA = Principal(user="ada", role="user", proof="key", credential="k1")


async def test_an_answer_that_was_overtaken_by_a_change_is_asked_for_again(
    autojump_clock: MockClock, mesh: MeshUnderTest, nursery: trio.Nursery
) -> None:
    gate = trio.Event()
    answers = [users.Identity(principal=each, expires_at=None) for each in (ADA, ADA)]
    await mesh.start(partial(Slow, answers, gate))
    door = await opened(mesh, nursery)
    found: list[Principal | None] = []

    async def show() -> None:
        found.append(await door.who(key="k"))

    nursery.start_soon(show)
    await mesh.settle()
    await mesh.bus.publish(users.AccessChanged(user="ada", credential="k1", why="ended"))
    gate.set()
    await mesh.settle()
    assert (found, door.asked) == ([ADA], 2)


async def test_a_store_that_fails_lets_nobody_in_and_counts_against_nobody(
    autojump_clock: MockClock, mesh: MeshUnderTest, nursery: trio.Nursery
) -> None:
    gate = trio.Event()
    gate.set()
    await mesh.start(partial(Slow, [], gate))
    door = await opened(mesh, nursery)
    for _ in range(ATTEMPTS + 5):
        with pytest.raises(users.StorageFailed):
            await door.who(key=KEY)
    assert await door.who(key=TOKEN)


# --- who shows many that are wrong --------------------------------------------------------------------------


async def test_an_address_that_has_shown_many_wrong_keys_is_refused_unasked(
    autojump_clock: MockClock, door: Door
) -> None:
    assert await door.who(key=KEY)
    await door.try_wrong(ATTEMPTS)
    asked = door.asked
    for word in ("another", "sp_live_word"):
        with pytest.raises(messages.TooManyAttempts) as refused:
            await door.who(key=word)
        assert refused.value.seconds == pytest.approx(WINDOW)
    assert door.asked == asked
    assert await door.who(key=KEY), "what is known already counts"
    assert await door.who(key=TOKEN)
    assert await door.who("192.0.2.8", key="another") is None, "and so does who comes from elsewhere"
    await trio.sleep(WINDOW)
    assert await door.who(key="another") is None


async def test_nobody_keeps_the_owner_out_by_guessing_from_the_same_machine(
    autojump_clock: MockClock, door: Door
) -> None:
    await door.try_wrong(ATTEMPTS)
    device = await door.sign_in(ADMIN)
    assert await door.who(cookie=device.cookie, page=device.page)
    assert await door.who(key=await door.add("ada"))
    for number in range(ATTEMPTS):
        assert await door.who(key=f"sp_live_{number:040x}") is None
    with pytest.raises(messages.TooManyAttempts):
        await door.who(key="another")
    await trio.sleep(WINDOW)
    assert await door.who(key=KEY), "which counted against nobody's chosen key"


async def test_showing_the_same_again_is_no_further_guess(autojump_clock: MockClock, door: Door) -> None:
    for _ in range(3 * ATTEMPTS):
        assert await door.who(key="wrong") is None
    assert door.asked == 1
    assert await door.who(key=KEY)


async def test_leaving_before_the_answer_is_an_attempt_all_the_same(
    autojump_clock: MockClock, mesh: MeshUnderTest, nursery: trio.Nursery
) -> None:
    await mesh.start(partial(Slow, [], trio.Event()))
    door = await opened(mesh, nursery)
    for number in range(ATTEMPTS):
        with trio.move_on_after(0.01):
            await door.who(key=f"wrong {number}")
    with pytest.raises(messages.TooManyAttempts):
        await door.who(key="another")


def test_one_attacker_is_an_address_or_a_network_of_them() -> None:
    assert network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2") == "2001:db8::/64"
    assert network_of("2001:db8:0:1::1") != network_of("2001:db8::1")
    assert network_of("") == ""


async def test_what_was_refused_is_gathered_for_the_audit_log(autojump_clock: MockClock, door: Door) -> None:
    await door.try_wrong(ATTEMPTS)
    for number in range(3):
        with pytest.raises(messages.TooManyAttempts):
            await door.who(key=f"another {number}")
    await trio.sleep(GATHER + 1)
    await door.mesh.settle()
    entries = await door.mesh.bus.ask(users.ListAudit(user=ADMIN, proof="operator"))
    told = [(each.event, each.address, each.detail) for each in entries if each.address == HERE]
    assert len(told) == 2
    assert any(f"{ATTEMPTS}" in detail and "wrong credentials" in detail for _, _, detail in told)
    assert any("3" in detail and "beyond the limit" in detail for _, _, detail in told)


async def test_who_asks_for_too_much_is_told_when_to_come_again(
    autojump_clock: MockClock, door: Door
) -> None:
    door.settings = Settings(rate_limit_requests=2, rate_limit_window_secs=30)
    ada, bob = Shown(key=await door.add("ada")), Shown(key=await door.add("bob"))
    for _ in range(2):
        await door.authenticator.admit(ada, HERE)
    with pytest.raises(messages.TooManyRequests) as refused:
        await door.authenticator.admit(ada, HERE)
    assert refused.value.seconds == pytest.approx(30)
    await door.authenticator.admit(bob, HERE)
    for _ in range(5):
        await door.authenticator.admit(Shown(key=TOKEN), HERE)
    await trio.sleep(30)
    await door.authenticator.admit(ada, HERE)


# --- who is there -------------------------------------------------------------------------------------------

OPERATOR = authentication.OPERATOR


def access(user: str, credential: str | None = None, why: Any = "ended") -> users.AccessChanged:
    return users.AccessChanged(user=user, credential=credential, why=why)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (access("ada", "k1"), ENDED),
        (access("ada"), ENDED),
        (access("ada", why="changed"), CHANGED),
        (access("", why="changed"), CHANGED),
        (access("ada", "k2"), None),
        (access("bob"), None),
        (access("bob", "k1"), None),
    ],
)
async def test_what_goes_on_ends_with_what_it_was_let_in_with(
    event: users.AccessChanged, why: tuple[int, str] | None
) -> None:
    presence = Presence()
    with presence.stay(ADA, 0) as stay, presence.stay(OPERATOR, 0) as operator:
        presence.changed(event)
        await trio.lowlevel.checkpoint()
    assert (stay.why, stay.scope.cancelled_caught) == (why, why is not None)
    assert operator.why is None


async def test_who_enters_after_a_change_comes_again_first() -> None:
    presence = Presence()
    presence.changed(access("bob"))
    with presence.stay(ADA, 0) as late, presence.stay(OPERATOR, 0) as operator:
        pass
    assert (late.why, operator.why) == (CHANGED, None)


async def test_everybody_is_asked_to_come_again_when_the_gateway_stops() -> None:
    presence, stays = Presence(), list[Stay]()
    with presence.stay(ADA, 0) as stay:
        stays.append(stay)
        presence.close()
        await trio.sleep_forever()
    with presence.stay(OPERATOR, 0) as stay:
        stays.append(stay)
        await trio.sleep_forever()
    assert [stay.why for stay in stays] == [RESTART, RESTART]


async def test_a_page_that_was_confirmed_is_known_as_that_for_a_while(
    autojump_clock: MockClock, door: Door
) -> None:
    device, other = await door.sign_in(ADMIN), await door.sign_in(ADMIN)
    shown = {"cookie": device.cookie, "page": device.page}

    async def proofs() -> list[str]:
        found = [await door.who(**shown), await door.who(cookie=other.cookie, page=other.page)]
        return [each.proof for each in found if each is not None]

    known = await door.who(**shown)
    assert known is not None
    door.confirmations.confirm(known)
    assert await proofs() == ["confirmed", "page"]
    await trio.sleep(CONFIRMED_SECONDS)
    assert await proofs() == ["page", "page"]
    door.confirmations.confirm(known)
    await door.mesh.bus.ask(users.SignOut(id=device.device.id, user=ADMIN))
    assert await proofs() == ["page"]
    assert door.confirmations.left(known) == 0


async def test_who_is_confirmed_may_be_limited_and_is_cut_short_like_any_page(
    autojump_clock: MockClock, door: Door
) -> None:
    device = await door.sign_in(ADMIN)
    known = await door.who(cookie=device.cookie, page=device.page)
    assert known is not None
    door.confirmations.confirm(known)
    door.settings = Settings(rate_limit_requests=1)
    shown = Shown(cookie=device.cookie, page=device.page)
    confirmed = await door.authenticator.admit(shown, HERE)
    with pytest.raises(messages.TooManyRequests):
        await door.authenticator.admit(shown, HERE)
    with door.presence.stay(confirmed, door.presence.changes) as stay:
        await door.mesh.bus.ask(users.SignOut(id=device.device.id, user=ADMIN))
        await trio.testing.wait_all_tasks_blocked()
    assert stay.why == ENDED
