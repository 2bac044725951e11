"""``/api/bus/tap`` over a real socket."""

from contextlib import AbstractAsyncContextManager
from functools import partial
from urllib.parse import urlencode

import pytest
import trio
import trio_websocket

from tests.actors.gateway.client import Socket, connected, eventually
from tests.actors.gateway.world import TOKEN, Gateway

OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


def tapping(gateway: Gateway, **query: str | int) -> AbstractAsyncContextManager[Socket]:
    return connected(gateway.url(f"/api/bus/tap?{urlencode(query)}"), OPERATOR)


async def attached(gateway: Gateway, taps: int = 1) -> None:
    """Wait until the bus is watched by that many, the recorder of the tests aside."""
    await eventually(lambda: len(gateway.mesh.mesh.core.taps.sent) == taps + 1)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer"}])
async def test_without_the_token_nothing_is_shown(gateway: Gateway, header: dict[str, str]) -> None:
    with pytest.RaisesGroup(trio_websocket.ConnectionRejected, flatten_subgroups=True) as caught:
        async with connected(gateway.url("/api/bus/tap"), header, known=False):
            pass
    (rejection,) = caught.value.exceptions
    assert isinstance(rejection, trio_websocket.ConnectionRejected)
    assert rejection.status_code == 401


async def test_a_key_is_no_token(gateway: Gateway) -> None:
    with pytest.RaisesGroup(trio_websocket.ConnectionRejected, flatten_subgroups=True) as caught:
        async with connected(gateway.url("/api/bus/tap")):
            pass
    (rejection,) = caught.value.exceptions
    assert isinstance(rejection, trio_websocket.ConnectionRejected)
    assert rejection.status_code == 403


async def test_another_page_sees_nothing_even_with_the_token(gateway: Gateway) -> None:
    with pytest.RaisesGroup(trio_websocket.ConnectionRejected, flatten_subgroups=True):
        async with connected(gateway.url("/api/bus/tap"), {**OPERATOR, "Origin": "http://evil.org"}):
            pass


async def test_messages_are_shown_as_they_pass(gateway: Gateway) -> None:
    async with tapping(gateway, filter="type=session.Get point=sent") as tap:
        await attached(gateway)
        await gateway.http.get("/api/sessions/s1")
        line = await tap.hear()
    assert (line["point"], line["type"], line["to"]) == ("sent", "session.Get@1", "fake-session")
    assert "body" not in line


async def test_those_who_look_do_not_see_each_other(gateway: Gateway) -> None:
    await gateway.http.get("/api/sessions")  # from now on it is known whose key that is
    async with tapping(gateway) as one, tapping(gateway, filter="point=*") as other:
        await attached(gateway, 2)
        assert (await gateway.http.get("/api/health")).status_code == 200
        await one.silence()
        await other.silence()
        await gateway.http.get("/api/sessions/s1")
        for tap in (one, other):
            assert (await tap.hear())["type"] == "session.Get@1"


async def test_what_looking_causes_is_shown_to_who_asks_for_it(gateway: Gateway) -> None:
    async with tapping(gateway, filter="origin=console type=console.GetHealth") as tap:
        await attached(gateway)
        await gateway.http.get("/api/health")
        assert (await tap.hear())["type"] == "console.GetHealth@1"


async def test_bodies_are_shown_on_request(gateway: Gateway) -> None:
    async with tapping(gateway, filter="type=session.Get", body=1) as tap:
        await attached(gateway)
        await gateway.http.get("/api/sessions/s1")
        assert (await tap.hear())["body"] == {"session": "s1", "user": "admin"}


async def test_a_tap_ends_after_its_limit(gateway: Gateway) -> None:
    async with tapping(gateway, filter="point=sent", limit=2) as tap:
        await attached(gateway)
        for _ in range(3):
            await gateway.http.get("/api/sessions/s1")
        await tap.hear()
        await tap.hear()
        assert await tap.closed() == 1000
    await attached(gateway, 0)


async def test_a_tap_ends_after_its_time(gateway: Gateway) -> None:
    async with tapping(gateway, filter="type=none", seconds=1) as tap:
        await attached(gateway)
        assert await tap.closed() == 1000


async def test_what_was_is_shown_first(gateway: Gateway) -> None:
    await gateway.http.get("/api/sessions/s1")
    async with tapping(gateway, filter="type=session.Get", since=60, limit=1) as tap:
        line = await tap.hear()
        assert (line["point"], line["type"], line["outcome"]) == ("replied", "session.Get@1", "ok")
        assert await tap.closed() == 1000


async def test_what_was_is_shown_in_the_order_of_sending_on_request(gateway: Gateway) -> None:
    gateway.world.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(gateway.http.post, "/api/chat", json={"text": "a"}))
        await eventually(lambda: bool(gateway.mesh.cell("fake-agent").hands.current))
        await gateway.http.get("/api/sessions/s1")
        gateway.world.failure = RuntimeError("no")
        gateway.world.gate.set()
    for tree, expected in (
        (0, ["session.Get@1", "agent.Run@3"]),
        (1, ["agent.Run@3", "session.Get@1"]),
    ):
        async with tapping(gateway, since=60, limit=2, tree=tree, filter="!type=users.*") as tap:
            lines = [await tap.hear(), await tap.hear()]
        assert [line["type"] for line in lines] == expected
        assert lines[0]["time"].endswith("Z")


async def test_a_gap_is_shown_where_it_is(gateway: Gateway) -> None:
    async with tapping(gateway, filter="type=agent.TextDelta", rate=5) as tap:
        await attached(gateway)
        await gateway.world.say(*"abcdefghij")
        for _ in range(5):
            assert (await tap.hear())["type"] == "agent.TextDelta@1"
        await trio.sleep(1.01)
        await gateway.world.say("k")
        assert await tap.hear() == {"missed": 5}
        assert (await tap.hear())["type"] == "agent.TextDelta@1"


async def test_a_filter_that_cannot_be_read_is_explained(gateway: Gateway) -> None:
    async with tapping(gateway, filter="typ=x") as tap:
        assert "unknown filter word 'typ=x': did you mean 'type'" in (await tap.hear())["error"]
        assert await tap.closed() == 1008


@pytest.mark.parametrize("query", ["limit=x", "rate=0", "filter=" + "x" * 2001])
async def test_a_wrong_wish_is_refused(gateway: Gateway, query: str) -> None:
    with pytest.RaisesGroup(trio_websocket.ConnectionRejected, flatten_subgroups=True) as caught:
        async with connected(gateway.url(f"/api/bus/tap?{query}"), OPERATOR):
            pass
    (rejection,) = caught.value.exceptions
    assert isinstance(rejection, trio_websocket.ConnectionRejected)
    assert rejection.status_code == 400


async def test_a_viewer_that_leaves_is_detached(gateway: Gateway) -> None:
    async with tapping(gateway):
        await attached(gateway)
    await attached(gateway, 0)


async def test_what_a_viewer_says_is_ignored(gateway: Gateway) -> None:
    async with tapping(gateway, filter="type=session.Get point=sent") as tap:
        await attached(gateway)
        for _ in range(30):
            await tap.raw("hello?")
        await gateway.http.get("/api/sessions/s1")
        assert (await tap.hear())["type"] == "session.Get@1"
    await attached(gateway, 0)


async def test_a_stop_ends_a_tap_with_1012(gateway: Gateway) -> None:
    async with tapping(gateway, filter="type=none") as tap:
        await attached(gateway)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(gateway.stop)
            assert await tap.closed() == 1012
