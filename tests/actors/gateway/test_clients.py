"""Telling the connected clients that a conversation has changed."""

import attrs
import trio
from trio.testing import MockClock

from actors.gateway.clients import GATHER, Clients, SessionFeed
from actors.session import messages as session
from actors.wire import Json
from bus import Actor
from bus.testing import MeshUnderTest
from tests.actors.gateway.values import a_session


class Store(Actor):
    @session.Get.handler
    async def get(self, request: session.Get) -> session.Session:
        call = "t:2" if request.session == "of a subagent" else None
        return attrs.evolve(a_session(request.session), delegated_by=call)


class Listener:
    user = "admin"

    def __init__(self) -> None:
        self.heard: list[tuple[float, list[str]]] = []

    def push(self, frame: Json) -> None:
        self.heard.append((round(trio.current_time(), 3), [each["id"] for each in frame["sessions"]]))

    def shows(self, conversation: str) -> bool:
        return conversation == "one"

    def end(self, code: int, reason: str) -> None: ...


async def test_changes_that_follow_each_other_are_told_once(
    autojump_clock: MockClock, mesh: MeshUnderTest, nursery: trio.Nursery
) -> None:
    await mesh.start(Store)
    clients, listener = Clients(), Listener()
    clients.add(listener)
    nursery.start_soon(SessionFeed(mesh.bus, clients).run)
    await mesh.settle()
    start = trio.current_time()
    for name in ("one", "two", "one", "of a subagent", "one"):
        await mesh.bus.publish(session.SessionChanged(session=name, user="admin"))
        await trio.sleep(GATHER / 10)
    await trio.sleep(1)
    await mesh.bus.publish(session.SessionChanged(session="one", user="admin"))
    await trio.sleep(1)
    first, last = round(start + GATHER, 3), round(start + 1 + 1.5 * GATHER, 3)
    assert listener.heard == [(first, ["one", "two"]), (last, ["one"])]


def test_a_conversation_is_shown_where_a_client_of_its_user_shows_it() -> None:
    clients, listener = Clients(), Listener()
    clients.add(listener)
    assert clients.show("admin", "one")
    assert not clients.show("admin", "two")
    assert not clients.show("eve", "one")
    clients.remove(listener)
    assert not clients.show("admin", "one")
