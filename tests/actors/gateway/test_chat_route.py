"""``POST /api/chat`` over a real socket."""

from functools import partial

import attrs
import pytest
import trio

from actors.llm import messages as llm
from actors.session import messages as session
from actors.vocabulary import Usage
from tests.actors.gateway.client import eventually
from tests.actors.gateway.values import an_ended_turn
from tests.actors.gateway.world import Gateway


async def test_a_message_is_answered_with_what_the_agent_said(gateway: Gateway) -> None:
    response = await gateway.http.post("/api/chat", json={"text": "hi", "channel_session_key": "s1"})
    assert response.status_code == 200
    assert response.json() == {
        "text": "Hello, Ada",
        "session_id": "s1",
        "turn_id": "t1",
        "outcome": "success",
        "usage": {
            "model": gateway.world.answer.answered_by.usage.model,
            "input_tokens": 30,
            "output_tokens": 7,
            "cache_read_tokens": 60,
            "cache_write_tokens": 10,
            "cost_usd": 0.5,
            "cost_known": True,
        },
        "attachments": [],
        "notice": None,
    }
    (incoming,) = gateway.world.asked_to_run
    assert (incoming.text, incoming.source, incoming.key) == ("hi", "http", "s1")


async def test_the_turn_carries_where_it_came_from(gateway: Gateway) -> None:
    async with gateway.mesh.console.tap("type=agent.Run point=sent") as tap:
        trace = "0af7651916cd43dd8448eb211c80319c"
        header = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
        await gateway.http.post("/api/chat", json={"text": "hi"}, headers=header)
        _, event = await tap.take()
    assert event.baggage == {"origin": "http", "user": "admin"}
    assert (event.sender, event.trace) == ("gateway", trace)


async def test_a_failed_turn_is_an_error_with_its_reason(gateway: Gateway) -> None:
    turn = an_ended_turn("t1", state="failed", outcome="error", usage=Usage(output_tokens=3))
    gateway.world.answer = attrs.evolve(
        gateway.world.answer, answered_by=turn, text="so far", notice="no network"
    )
    response = await gateway.http.post("/api/chat", json={"text": "hi"})
    assert response.status_code == 502
    body = response.json()
    assert (body["error"], body["text"], body["outcome"]) == ("no network", "so far", "error")
    assert body["usage"]["output_tokens"] == 3


async def test_a_message_that_joined_a_turn_keeps_its_own_name(gateway: Gateway) -> None:
    gateway.world.answer = attrs.evolve(gateway.world.answer, turn="t2")
    body = (await gateway.http.post("/api/chat", json={"text": "and", "mode": "queue"})).json()
    assert body["turn_id"] == "t2"
    assert gateway.world.asked_to_run[0].mode == "queue"


async def test_a_repeated_request_is_known_by_its_key(gateway: Gateway) -> None:
    await gateway.http.post("/api/chat", json={"text": "hi"}, headers={"Idempotency-Key": "k1"})
    await gateway.http.post("/api/chat", json={"text": "hi", "client_message_id": "k1"})
    assert [incoming.client_message_id for incoming in gateway.world.asked_to_run] == ["k1", "k1"]


async def test_two_different_keys_are_refused(gateway: Gateway) -> None:
    response = await gateway.http.post(
        "/api/chat", json={"text": "hi", "client_message_id": "a"}, headers={"Idempotency-Key": "b"}
    )
    assert response.status_code == 400
    assert "client_message_id: differs" in response.json()["error"]


async def test_files_do_not_come_this_way(gateway: Gateway) -> None:
    body = {"text": "hi", "attachments": [{"file_name": "a", "data": ""}]}
    response = await gateway.http.post("/api/chat", json=body)
    assert response.status_code == 400
    assert response.json()["error"].startswith("attachments:")


async def test_a_client_that_leaves_does_not_stop_its_turn(gateway: Gateway) -> None:
    gateway.world.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(gateway.http.post, "/api/chat", json={"text": "hi"}))
        await eventually(lambda: bool(gateway.world.asked_to_run))
        nursery.cancel_scope.cancel()
    await eventually(lambda: not gateway.mesh.cell("fake-agent").hands.current)
    assert gateway.world.cancelled == []


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (session.UnknownSession(session="x"), 404),
        (session.SessionIsClosed(session="x"), 409),
        (session.StorageFailed(reason="disk full"), 503),
        (llm.ModelNotAllowed(model="a/b", allowed=("c/d",)), 400),
    ],
)
async def test_a_message_that_is_not_accepted_says_why(
    gateway: Gateway, failure: Exception, status: int
) -> None:
    gateway.world.failure = failure
    response = await gateway.http.post("/api/chat", json={"text": "hi", "session_id": "x"})
    assert (response.status_code, response.json()) == (status, {"error": str(failure)})


async def test_a_stop_answers_who_waits(gateway: Gateway) -> None:
    codes: list[int] = []

    async def ask() -> None:
        response = await gateway.http.post("/api/chat", json={"text": "hi"})
        codes.append(response.status_code)
        assert response.headers["Retry-After"] == "2"
        assert "repeat the request" in response.json()["error"]

    gateway.world.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await eventually(lambda: bool(gateway.world.asked_to_run))
        assert await gateway.stop() < 3
    assert codes == [503]
