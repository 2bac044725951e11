"""Subscriptions, and what reaches browsers: by the real stores and a push service on loopback."""

import os
import pathlib
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

import attrs
import pytest
import trio
from cryptography.hazmat.primitives.asymmetric import ec

from actors import jsontext
from actors.notification import Notification
from actors.permissions import messages as permissions
from actors.session import messages as session
from actors.users import messages as users
from actors.vocabulary import ADMIN
from actors.webpush import actor, messages, verdict
from actors.webpush.client import Client
from actors.webpush.messages import BadSubscription, ListSubscriptions, Recipients, Subscribe, Unsubscribe
from actors.webpush.sealing import encoded, public
from bus import Actor
from bus.testing import MeshUnderTest
from tests.actors.notify.world import World
from tests.actors.webpush.opened import opened
from tests.actors.webpush.service import PushService, Taken, push_service

PAGE = "https://agent.example"


@attrs.define(eq=False)
class Browser:
    """One that has subscribed."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = attrs.field(factory=partial(ec.generate_private_key, ec.SECP256R1()))
    auth: bytes = attrs.field(factory=partial(os.urandom, 16))
    id: str = ""

    @property
    def p256dh(self) -> str:
        return encoded(public(self.key.private_numbers().private_value.to_bytes(32, "big")))

    def shown(self, taken: Taken) -> dict[str, Any]:
        """What it shows of what its service was sent."""
        return dict(jsontext.read_object(opened(taken.body, self.key, self.auth)))


class Desk:
    """Ada, with browsers at a push service."""

    def __init__(self, world: World, service: PushService) -> None:
        self.world = world
        self.service = service
        self.count = 0

    @property
    def mesh(self) -> MeshUnderTest:
        return self.world.mesh

    async def start(self) -> None:
        client = Client(may=lambda _address: True, trusts=self.service.trusts)
        await self.world.start_webpush(client)

    async def subscribed(self, name: str = "one", user: str = "ada", credential: str = "") -> Browser:
        browser = Browser(self.service.endpoint(name))
        browser.id = (await self.subscribe(browser, user, credential)).id
        return browser

    async def subscribe(
        self, browser: Browser, user: str = "ada", credential: str = "", **changes: Any
    ) -> messages.Subscription:
        wanted = Subscribe(
            endpoint=browser.endpoint,
            p256dh=browser.p256dh,
            auth=encoded(browser.auth),
            page=PAGE,
            user=user,
            credential=credential,
        )
        return await self.mesh.bus.ask(attrs.evolve(wanted, **changes))

    async def push(self, recipient: str, user: str = "ada", **changes: Any) -> None:
        self.count += 1
        body = {"title": "brief", "text": "all well", "success": True, "session": None, "source": "cron"}
        await self.mesh.bus.ask(
            session.Push(
                user=user,
                channel="webpush",
                recipient=recipient,
                key=f"k{self.count}",
                body={**body, **changes},
            )
        )

    async def deliveries(self, user: str = "ada") -> list[session.Delivery]:
        listing = session.ListOutbox(which="all", user=user, role="user")
        return list(reversed(await self.mesh.bus.ask(listing)))

    async def settled(self, *states: str, user: str = "ada") -> list[session.Delivery]:
        """What became of what was pushed, once it is that."""
        with trio.fail_after(20):
            while True:
                found = await self.deliveries(user)
                if [each.state for each in found] == list(states):
                    return found
                await trio.sleep(0.01)

    async def recipients(self, user: str = "ada") -> tuple[str, ...]:
        return await self.mesh.bus.ask(Recipients(user=user))


@pytest.fixture
async def desk(
    mesh: MeshUnderTest, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Desk]:
    monkeypatch.setattr(verdict, "FIRST", 0.05)
    world = World(mesh, tmp_path)
    await world.start_all_but_webpush()
    async with push_service(tmp_path) as service:
        desk = Desk(world, service)
        await desk.start()
        yield desk


# --- subscriptions ----------------------------------------------------------------------------------------


async def test_the_key_is_made_once_and_readable_for_its_owner_alone(desk: Desk) -> None:
    database = desk.world.folder / "webpush.db"
    assert not database.exists()
    key = (await desk.mesh.bus.ask(messages.GetKey())).key
    assert database.stat().st_mode & 0o777 == 0o600
    await desk.mesh.console.restart("webpush")
    assert (await desk.mesh.bus.ask(messages.GetKey())).key == key


async def test_a_browser_is_listed_until_it_is_removed(desk: Desk) -> None:
    browser = await desk.subscribed(credential="")
    (shown,) = await desk.mesh.bus.ask(ListSubscriptions(user="ada"))
    assert (shown.id, shown.service, shown.page) == (browser.id, "localhost", PAGE)
    assert await desk.recipients() == (browser.id,)
    assert (await desk.subscribe(browser)).id == browser.id
    with pytest.raises(messages.UnknownSubscription):
        await desk.mesh.bus.ask(Unsubscribe(id=browser.id, user="bob"))
    await desk.mesh.bus.ask(Unsubscribe(id=browser.id, user="ada"))
    assert await desk.recipients() == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("endpoint", "http://push.example/"),
        ("page", "agent.example"),
        ("p256dh", "AAAA"),
        ("auth", "AAAA"),
        ("auth", "!"),
    ],
)
async def test_what_cannot_be_sent_to_is_refused(desk: Desk, field: str, value: str) -> None:
    with pytest.raises(BadSubscription, match=f"^{field}: expected|^{field}: "):
        await desk.subscribe(Browser(desk.service.endpoint("one")), **{field: value})
    assert await desk.recipients() == ()


# --- what reaches a browser -------------------------------------------------------------------------------


async def test_what_is_told_reaches_every_browser_of_its_user_and_nobody_else(desk: Desk) -> None:
    one, two = await desk.subscribed("one"), await desk.subscribed("two")
    await desk.subscribed("bobs", user="bob")
    await desk.world.notify()
    taken = {each.path: each for each in await desk.service.came(2)}
    assert sorted(taken) == ["/push/one", "/push/two"]
    for browser, path in ((one, "/push/one"), (two, "/push/two")):
        shown = browser.shown(taken[path])
        assert (shown["title"], shown["text"]) == ("brief", "all well")
        assert shown["path"] == f"#/chat/{desk.world.said.session}"
        assert shown["tag"] == taken[path].headers["topic"]
    await desk.settled("pending", "sent", "sent")  # the first is for Telegram
    await desk.world.notify()
    assert len(await desk.deliveries()) == 3


class Asker(Actor):
    """Knows of one question that it is closed."""

    @permissions.Get.handler
    async def get(self, request: permissions.Get) -> permissions.Approval:
        if request.id == "gone":
            raise permissions.UnknownApproval(id=request.id)
        now = self.bus.clock.now()
        return permissions.Approval(
            id=request.id,
            state="denied" if request.id == "closed" else "open",
            tool="Bash",
            tool_use_id="c",
            input={},
            subject="",
            reason="it may",
            outside=(),
            pattern="*",
            user=request.user,
            session="s",
            turn="t",
            channel="main",
            asked_at=now,
            expires_at=now,
        )


async def test_a_question_reaches_a_browser_only_while_it_waits(desk: Desk) -> None:
    await desk.mesh.start(Asker, name="asker")
    await desk.world.prefer(telegram=False)
    browser = await desk.subscribed()
    for id in ("closed", "gone", "open"):
        await desk.world.notify(key=id, title=id, approval=id)
    (taken,) = await desk.service.came(1)
    assert browser.shown(taken)["title"] == "open"
    await desk.settled("dropped", "dropped", "sent")


async def test_what_is_pushed_while_nobody_was_there_is_sent_at_the_start(desk: Desk) -> None:
    browser = await desk.subscribed()
    desk.mesh.console.suspend("webpush")
    await desk.push(browser.id)
    await desk.mesh.console.restart("webpush")
    await desk.service.came(1)
    await desk.settled("sent")


async def test_a_browser_that_takes_nothing_any_more_is_forgotten(desk: Desk) -> None:
    browser = await desk.subscribed()
    desk.service.answers = [(410, {})]
    await desk.push(browser.id)
    (row,) = await desk.settled("dead")
    assert row.reason == "the browser takes no notifications any more"
    assert await desk.recipients() == ()
    assert [each.text for each in desk.mesh.published(Notification)] == [row.reason]


async def test_what_is_refused_is_given_up_with_the_reason(desk: Desk) -> None:
    browser = await desk.subscribed()
    desk.service.answers = [(413, {})]
    await desk.push(browser.id)
    (row,) = await desk.settled("dead")
    assert row.reason == "the push service answers 413: so!"
    assert await desk.recipients() == (browser.id,)


async def test_a_service_in_trouble_is_tried_again(desk: Desk) -> None:
    browser = await desk.subscribed()
    desk.service.answers = [(503, {}), (429, {"Retry-After": "0"})]
    await desk.push(browser.id)
    (row,) = await desk.settled("sent")
    assert (row.attempt, len(desk.service.taken)) == (3, 3)
    assert len({taken.headers["topic"] for taken in desk.service.taken}) == 1


async def test_what_may_have_arrived_is_sent_once_more_in_place_of_the_first(desk: Desk) -> None:
    browser = await desk.subscribed()
    desk.service.answers = [None]
    await desk.push(browser.id)
    await desk.settled("sent")
    one, two = desk.service.taken
    assert browser.shown(one)["tag"] == browser.shown(two)["tag"]

    desk.service.answers = [None, None]
    await desk.push(browser.id)
    (_, row) = await desk.settled("sent", "doubtful")
    assert "has not answered" in (row.reason or "")
    assert len(desk.service.taken) == 4


async def test_many_are_sent_in_the_end(desk: Desk) -> None:
    browsers = [await desk.subscribed(str(n)) for n in range(actor.AT_ONCE + 4)]
    for _ in range(2):
        for browser in browsers:
            await desk.push(browser.id)
    await desk.settled(*["sent"] * 2 * len(browsers))
    assert len(desk.service.taken) == 2 * len(browsers)


async def test_a_browser_of_another_service_does_not_wait_for_one_that_hangs(desk: Desk) -> None:
    slow, quick = await desk.subscribed("slow"), await desk.subscribed("quick")
    desk.service.answers = [(503, {"Retry-After": "3600"})]
    await desk.push(slow.id)
    await desk.service.came(1)
    await desk.push(quick.id)
    await desk.settled("pending", "sent")


# --- who is told nothing ----------------------------------------------------------------------------------


async def signed_in(desk: Desk) -> users.Device:
    return (await desk.mesh.bus.ask(users.NewDevice(user="ada", label="Firefox"))).device


async def test_a_browser_that_was_signed_out_is_told_nothing(desk: Desk) -> None:
    device, other = await signed_in(desk), await signed_in(desk)
    gone, kept = (
        await desk.subscribed("one", credential=device.id),
        await desk.subscribed("two", credential=other.id),
    )
    assert set(await desk.recipients()) == {gone.id, kept.id}
    await desk.mesh.bus.ask(users.SignOut(id=device.id, user="ada"))
    await desk.push(gone.id)
    await desk.settled("dropped")
    assert await desk.recipients() == (kept.id,)
    assert desk.service.taken == []
    assert desk.mesh.published(Notification) == []


async def test_a_program_is_told_as_long_as_its_key_is_good(desk: Desk) -> None:
    key = (await desk.mesh.bus.ask(users.NewKey(user="ada"))).meta
    browser = await desk.subscribed(credential=key.id)
    assert await desk.recipients() == (browser.id,)
    await desk.mesh.bus.ask(users.RevokeKey(id=key.id, user="ada"))
    assert await desk.recipients() == ()


async def test_a_browser_that_somebody_else_uses_now_is_told_nothing_of_before(desk: Desk) -> None:
    browser = await desk.subscribed()
    desk.mesh.console.suspend("webpush")
    await desk.push(browser.id)
    desk.mesh.console.resume("webpush")
    await desk.settled("sent")
    await desk.mesh.bus.ask(users.AddUser(id="bob", user=ADMIN, proof="operator"))
    again = await desk.subscribe(browser, user="bob")
    await desk.push(browser.id)
    await desk.push(again.id)
    await desk.settled("sent", "dropped", "dropped")


# --- trouble ----------------------------------------------------------------------------------------------


async def test_an_outbox_that_is_away_is_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await desk.subscribed()
    refused = 0

    def refuse(*_args: object) -> None:
        nonlocal refused
        refused += 1
        raise session.StorageFailed(reason="the disk is full")

    async def until_refused(times: int) -> None:
        with trio.fail_after(20):
            while refused < times:
                await trio.sleep(0.01)

    with monkeypatch.context() as patch:
        patch.setattr("actors.session.outbox.mark", refuse)
        await desk.push(browser.id)
        await desk.service.came(1)
        await until_refused(2)
    await desk.settled("sent")
    refused = 0
    with monkeypatch.context() as patch:
        patch.setattr("actors.session.outbox.claim", refuse)
        await desk.push(browser.id)
        await until_refused(2)
    await desk.settled("sent", "sent")
    assert len(desk.service.taken) == 2


async def test_subscriptions_that_cannot_be_read_are_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await desk.subscribed()

    def refuse(*_args: object) -> None:
        raise messages.StorageFailed(reason="the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("actors.webpush.store.find", refuse)
        await desk.push(browser.id)
        with trio.fail_after(20):
            while (await desk.deliveries())[0].reason != "the disk is full":
                await trio.sleep(0.01)
    await desk.settled("sent")


async def test_what_a_person_drops_meanwhile_stays_dropped(desk: Desk) -> None:
    browser = await desk.subscribed()
    desk.service.answers = [(503, {"Retry-After": "3600"})]
    await desk.push(browser.id)
    await desk.service.came(1)
    (row,) = await desk.settled("pending")
    await desk.mesh.bus.ask(session.DropOutbox(id=row.id, user="ada", role="user"))
    await desk.settled("dropped")


async def test_what_a_person_has_dropped_first_is_no_trouble(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[int]()

    def closed(_connection: object, request: session.DropOutbox, _now: int) -> None:
        tried.append(request.id)
        raise session.DeliveryClosed(id=request.id, state="dropped")

    with monkeypatch.context() as patch:
        patch.setattr("actors.session.deliveries.drop", closed)
        await desk.push("nobody")
        with trio.fail_after(20):
            while not tried:
                await trio.sleep(0.01)
    await desk.settled("dropped")


async def test_by_itself_it_sends_to_the_internet_alone(mesh: MeshUnderTest, tmp_path: pathlib.Path) -> None:
    world = World(mesh, tmp_path)
    await world.start()
    async with push_service(tmp_path) as service:
        desk = Desk(world, service)
        browser = await desk.subscribed()
        await desk.push(browser.id)
        (row,) = await desk.settled("dead")
    assert row.reason == "localhost is at no address of the internet"
    assert service.taken == []
