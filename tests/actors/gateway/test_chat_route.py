"""``POST /api/chat`` over a real socket."""

from functools import partial
from typing import Any

import pytest
import trio

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.session import messages as session
from actors.vocabulary import Usage
from tests.actors.gateway.client import eventually
from tests.actors.gateway.world import ENDED, FAILED, STARTED, THEN, Gateway, a_turn, an_ended_turn


def runs(gateway: Gateway, *texts: str) -> None:
    """Every accepted message starts a plain turn."""

    async def run(request: agent.Accept, turn: str) -> None:
        await gateway.world.run(*texts, turn=turn, conversation=request.incoming.session or "s1")

    gateway.world.on_accept = run


def says(id: int, turn: str, content: str) -> session.Message:
    return session.Message(
        id=id, session="s1", turn=turn, role="assistant", content=content, attachments=(), timestamp=THEN
    )


async def test_a_message_is_answered_with_what_the_agent_said(gateway: Gateway) -> None:
    runs(gateway, "Hello, ", "Ada")
    response = await gateway.http.post("/api/chat", json={"text": "hi", "channel_session_key": "s1"})
    assert response.status_code == 200
    assert response.json() == {
        "text": "Hello, Ada",
        "session_id": "s1",
        "turn_id": "t1",
        "outcome": "success",
        "usage": {
            "input_tokens": 30,
            "output_tokens": 7,
            "cache_read_tokens": 60,
            "cache_write_tokens": 10,
            "cost_usd": 0.5,
        },
        "attachments": [],
    }
    (accepted,) = gateway.world.accepted
    assert (accepted.text, accepted.source, accepted.key) == ("hi", "http", "s1")


async def test_the_turn_carries_where_it_came_from(gateway: Gateway) -> None:
    runs(gateway, "a")
    async with gateway.mesh.console.tap("type=agent.Accept point=sent") as tap:
        trace = "0af7651916cd43dd8448eb211c80319c"
        header = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
        await gateway.http.post("/api/chat", json={"text": "hi"}, headers=header)
        _, event = await tap.take()
    assert event.baggage == {"origin": "http"}
    assert (event.sender, event.trace) == ("gateway", trace)


async def test_a_failed_turn_is_an_error_with_its_reason(gateway: Gateway) -> None:
    async def fail(request: agent.Accept, turn: str) -> None:
        fields: dict[str, Any] = {**FAILED, "usage": Usage(output_tokens=3)}
        await gateway.world.happen(agent.TurnFailed, turn, **fields, text="so far")

    gateway.world.on_accept = fail
    response = await gateway.http.post("/api/chat", json={"text": "hi"})
    assert response.status_code == 502
    body = response.json()
    assert (body["error"], body["text"], body["outcome"]) == ("no network", "so far", "error")
    assert body["usage"]["output_tokens"] == 3


@pytest.mark.parametrize("answered", ["first", "last"])
async def test_a_merged_message_is_answered_by_the_turn_it_joined(gateway: Gateway, answered: str) -> None:
    async def merge(request: agent.Accept, turn: str) -> None:
        world = gateway.world
        fate: dict[str, Any] = {"into": "t0", "text": request.incoming.text}
        await world.happen(agent.FollowupFate, turn, fate="merged", iteration=2, **fate)
        if answered == "first":
            await world.happen(agent.FollowupFate, turn, fate="answered", **fate)
        await world.happen(agent.TurnEnded, "t0", text="both", **ENDED)
        if answered == "last":
            await world.happen(agent.FollowupFate, turn, fate="answered", **fate)

    await gateway.world.happen(agent.TurnStarted, "t0", text="first", **STARTED)
    gateway.world.fate = "followup"
    gateway.world.on_accept = merge
    body = (await gateway.http.post("/api/chat", json={"text": "and", "session_id": "s1"})).json()
    assert (body["text"], body["turn_id"]) == ("both", "t1")


async def test_a_queued_message_waits_for_its_own_turn(gateway: Gateway) -> None:
    async def queue(request: agent.Accept, turn: str) -> None:
        await gateway.world.happen(agent.FollowupFate, turn, fate="queued", text=request.incoming.text)
        await gateway.world.happen(agent.TurnEnded, "t0", text="not mine", **ENDED)
        await gateway.world.run("mine", turn=turn)

    gateway.world.fate = "queued"
    gateway.world.on_accept = queue
    response = await gateway.http.post("/api/chat", json={"text": "and", "mode": "queue"})
    assert response.json()["text"] == "mine"
    assert gateway.world.accepted[0].mode == "queue"


async def test_a_repeated_request_gets_the_stored_answer(gateway: Gateway) -> None:
    runs(gateway, "first")
    key = {"Idempotency-Key": "k1"}
    first = (await gateway.http.post("/api/chat", json={"text": "hi"}, headers=key)).json()
    gateway.world.turns["t1"] = an_ended_turn("t1")
    gateway.world.messages["s1"] = [says(1, "t1", "first")]
    again = await gateway.http.post("/api/chat", json={"text": "hi"}, headers=key)
    assert again.status_code == 200
    assert again.json() == first
    assert gateway.world.asked[-1].turn == "t1", "however long ago it was"
    assert len(gateway.world.accepted) == 1


async def test_a_repeated_request_waits_for_a_turn_that_still_runs(gateway: Gateway) -> None:
    body = {"text": "hi", "client_message_id": "k1"}
    answers: list[str] = []

    async def ask() -> None:
        answers.append((await gateway.http.post("/api/chat", json=body)).json()["text"])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        nursery.start_soon(ask)
        await eventually(lambda: gateway.world.followed == 2)
        await gateway.world.run("late")
    assert answers == ["late", "late"]
    assert len(gateway.world.accepted) == 1


async def test_a_repeated_request_whose_message_was_merged_finds_its_answer(gateway: Gateway) -> None:
    world = gateway.world
    world.accepted.append(session.Incoming(text="and", user="admin", client_message_id="k1"))
    world.turns["t1"] = a_turn("t1", state="merged", merged_into="t0")
    world.turns["t0"] = a_turn("t0")
    world.messages["s1"] = [says(1, "t0", "both")]
    response = await gateway.http.post("/api/chat", json={"text": "and", "client_message_id": "k1"})
    assert (response.json()["text"], response.json()["turn_id"]) == ("both", "t1")


async def test_an_end_that_came_before_we_listened_is_read_from_the_store(gateway: Gateway) -> None:
    gateway.world.turns["t1"] = a_turn("t1")
    gateway.world.messages["s1"] = [says(1, "t1", "stored")]
    response = await gateway.http.post("/api/chat", json={"text": "hi"})
    assert response.json()["text"] == "stored"


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
        await eventually(lambda: bool(gateway.mesh.cell("fake-agent").current))
        nursery.cancel_scope.cancel()
    gateway.world.gate.set()
    await eventually(lambda: bool(gateway.world.accepted))
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

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await eventually(lambda: gateway.world.followed == 1)
        assert await gateway.stop() < 3
    assert codes == [503]
