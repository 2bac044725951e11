"""``/api/bus``: what an operator sees of the bus."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trio

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.session import messages as session
from bus import Actor, Sink, wire_name
from bus.testing import MeshUnderTest
from tests.actors.console.operated import OPERATOR, Operated, operating
from tests.actors.gateway.client import KNOWN, eventually


@pytest.fixture
async def operated(mesh: MeshUnderTest, tmp_path: Path) -> AsyncIterator[Operated]:
    async with operating(mesh, tmp_path) as operated:
        yield operated


class Model(Actor):
    @llm.Complete.handler
    async def complete(self, request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None: ...


LOOKS = [
    "snapshot",
    "tree",
    "graph",
    "trace?id=x",
    "latency",
    "dead",
    "letter?seq=1",
    "actor?name=agent",
    "messages",
    "checks",
    "turns",
    "turn?id=x",
]
CHANGES = [
    "send",
    "actor/suspend",
    "actor/resume",
    "actor/restart",
    "letter/resend",
    "turn/retry",
    "turn/cancel",
]


# --- who may ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LOOKS)
@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}])
async def test_nobody_but_the_operator_sees_anything(
    operated: Operated, path: str, header: dict[str, str]
) -> None:
    answer = await operated.http.get(f"/api/bus/{path}", headers=header)
    assert answer.status_code == 401
    known = await operated.http.get(f"/api/bus/{path}", headers=KNOWN)
    assert known.status_code == 403
    assert "the token of the running daemon" in known.json()["error"]


@pytest.mark.parametrize("path", CHANGES)
async def test_a_change_needs_the_token(operated: Operated, path: str) -> None:
    body = {"name": "agent", "type": "session.Get", "id": "x", "seq": 1}
    assert (await operated.http.post(f"/api/bus/{path}", json=body)).status_code == 401
    assert (await operated.http.post(f"/api/bus/{path}", json=body, headers=KNOWN)).status_code == 403
    assert not operated.mesh.cell("agent").suspended


# --- actors -----------------------------------------------------------------------------------------------


async def test_the_snapshot_shows_every_actor(operated: Operated) -> None:
    shot = await operated.look("snapshot")
    assert [actor["name"] for actor in shot["actors"]] == ["agent", "session", "users", "console", "gateway"]
    assert shot["boot_id"] == operated.bus.boot_id
    assert all(actor["balanced"] for actor in shot["actors"])


async def test_the_tree_shows_states_and_budgets(operated: Operated) -> None:
    tree = await operated.look("tree")
    assert (tree["name"], tree["kind"], tree["state"]) == ("root", "supervisor", "ready")
    assert tree["budget"]["left"] == tree["budget"]["of"]
    assert [child["kind"] for child in tree["children"]] == ["actor"] * 5


async def test_an_actor_is_described_and_its_secrets_are_not(operated: Operated) -> None:
    shown = await operated.look("actor", name="agent")
    assert shown["own"] == {"delivered": 0, "key": "•••"}
    assert "agent.Accept@3" in shown["handles"]
    answer = await operated.http.get("/api/bus/actor?name=agnt", headers=OPERATOR)
    assert (answer.status_code, answer.json()["error"]) == (
        404,
        "there is no actor 'agnt': did you mean 'agent'?",
    )


async def test_latencies_are_told_by_actor_and_class(operated: Operated) -> None:
    await operated.accept()
    with operated.bus.fresh("someone"):
        await operated.accept(key="other")
    found = await operated.look("latency")
    row = {row["type"]: row for row in found["classes"]}[wire_name(session.Accept)]
    assert (row["actor"], row["ok"], row["errors"]) == ("session", 2, 0)
    (edge,) = [edge for edge in found["edges"] if edge["from"] == "someone"]
    assert (edge["to"], edge["type"], edge["count"]) == ("session", wire_name(session.Accept), 1)
    assert 0 < row["took_p50"] <= row["took_p90"] <= row["took_p99"] < 10


async def test_every_message_class_is_described(operated: Operated) -> None:
    described = {each["name"]: each for each in await operated.look("messages")}
    accept = described[wire_name(session.Accept)]
    assert (accept["owner"], accept["reply"]) == ("session", "Accepted")
    assert described[wire_name(agent.TurnEnded)]["kind"] == "event"


# --- traffic ----------------------------------------------------------------------------------------------


async def test_the_graph_counts_who_sends_to_whom_and_leaves_looking_out(operated: Operated) -> None:
    await operated.http.get("/api/sessions", headers=KNOWN)
    await operated.http.get("/api/sessions", headers=KNOWN)
    await operated.http.get("/api/sessions/none", headers=KNOWN)
    await operated.look("turns")
    graph = await operated.look("graph")
    asked = {"from": "gateway", "to": "users", "count": 1, "errors": 0, "types": {"users.Identify": 1}}
    assert asked in graph["edges"], "whose key that is, once"
    (edge,) = [edge for edge in graph["edges"] if edge["to"] == "session"]
    assert edge == {
        "from": "gateway",
        "to": "session",
        "count": 3,
        "errors": 1,
        "types": {"session.List": 2, "session.Get": 1},
    }
    assert graph["messages"] == sum(edge["count"] for edge in graph["edges"])
    assert sum(edge["count"] for edge in graph["edges"] if edge["from"] == "gateway") == 4
    await trio.sleep(1.1)
    edges = (await operated.look("graph", seconds=1))["edges"]
    assert "session" not in [edge["to"] for edge in edges]


async def test_a_turn_is_traced_with_its_steps_and_its_messages(operated: Operated) -> None:
    accepted = await operated.accept("look into sk-ant-0123456789abcdef")
    with operated.bus.fresh("someone"), operated.bus.baggage(turn=accepted.turn, session=accepted.session):
        await operated.begin(accepted.turn)
        await operated.call(accepted.turn, "I look", "FileRead")
        await operated.finish(accepted.turn)

    found = await operated.look("trace", id=accepted.turn[:8])
    (turn,) = found["turns"]
    assert (turn["id"], turn["state"], turn["text"]) == (accepted.turn, "done", "look into •••")
    assert [(step["kind"], step["tool"]) for step in turn["steps"]] == [
        ("user", None),
        ("assistant", None),
        ("tool", "FileRead"),
        ("assistant", None),
    ]
    assert turn["steps"][1]["usage"] == {
        "model": "test/one",
        "input_tokens": 10,
        "output_tokens": 5,
        "cache_read_tokens": 90,
        "cache_write_tokens": 0,
        "cost_usd": 0.25,
    }
    assert 0 <= turn["steps"][2]["start"] <= turn["steps"][2]["end"]
    assert turn["figures"]["usage"]["cost_usd"] == 0.25
    types = [message["type"] for message in found["messages"]]
    assert types == [
        "session.Begin",
        "session.SaveCompletion",
        "session.SaveResult",
        "session.Finish",
    ]
    assert found["messages"][0]["start"] == 0.0
    assert found["messages"][1]["start"] > 0.0
    by_session = await operated.look("trace", id=accepted.session)
    assert [turn["id"] for turn in by_session["turns"]] == [accepted.turn]


async def test_a_trace_names_its_turns(operated: Operated) -> None:
    with operated.bus.fresh("someone"), operated.bus.baggage(turn="t-of-nobody"):
        await operated.bus.tell(agent.Deliver(session="s", turn="t", mode="inject"))
    await operated.mesh.settle()
    (event,) = operated.console.recorded("type=agent.Deliver")
    unknown = await operated.look("trace", id=event.trace[:10])
    assert (unknown["turns"], [message["seq"] for message in unknown["messages"]]) == ([], [event.seq])
    accepted = await operated.accept()
    with operated.bus.fresh("someone"), operated.bus.baggage(turn=accepted.turn):
        await operated.begin(accepted.turn)
    (event,) = operated.console.recorded("type=session.Begin")
    by_trace = await operated.look("trace", id=event.trace[:10])
    assert [turn["id"] for turn in by_trace["turns"]] == [accepted.turn]
    assert by_trace["messages"][0]["type"] == "session.Begin"


async def test_a_trace_shows_what_still_runs(operated: Operated) -> None:
    operated.world.gate = trio.Event()
    accepted = await operated.accept()

    async def wait() -> None:
        with operated.bus.fresh("someone"), operated.bus.baggage(turn=accepted.turn):
            await operated.bus.ask(agent.Accept(incoming=session.Incoming(text="x", user="admin")))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await operated.mesh.settle()
        (message,) = (await operated.look("trace", id=accepted.turn))["messages"]
        assert (message["type"], message["took"]) == ("agent.Accept", None)
        operated.world.gate.set()


async def test_an_unknown_id_has_no_trace(operated: Operated) -> None:
    assert await operated.look("trace", id="nothing") == {"turns": [], "began": None, "messages": []}
    answer = await operated.http.get("/api/bus/trace", headers=OPERATOR)
    assert (answer.status_code, answer.json()["error"][:3]) == (400, "id:")


# --- losses -----------------------------------------------------------------------------------------------


async def lose(operated: Operated, count: int = 1) -> None:
    """Ask somebody who does not answer, and leave."""
    operated.console.suspend("agent")
    for number in range(count):
        with trio.move_on_after(0.01):
            lost = session.Incoming(text=f"lost {number} sk-ant-0123456789abcdef", user="admin")
            await operated.bus.ask(agent.Accept(incoming=lost))
    operated.console.resume("agent")
    await operated.mesh.settle()


async def test_dead_letters_are_listed_newest_first(operated: Operated) -> None:
    await lose(operated, 3)
    dead = await operated.look("dead")
    assert dead["counts"] == {"agent": {"abandoned": 3}}
    seqs = [letter["seq"] for letter in dead["letters"]]
    assert seqs == sorted(seqs, reverse=True)
    assert len(seqs) == 3
    assert dead["letters"][0]["type"] == "agent.Accept@3"
    assert len((await operated.look("dead", limit=2))["letters"]) == 2
    assert (await operated.look("dead", reason="crashed"))["letters"] == []
    assert len((await operated.look("dead", to="age"))["letters"]) == 3


async def test_a_dead_letter_is_shown_with_its_masked_body(operated: Operated) -> None:
    await lose(operated)
    (letter,) = (await operated.look("dead"))["letters"]
    shown = await operated.look("letter", seq=letter["seq"])
    assert shown["body"]["incoming"]["text"] == "lost 0 •••"
    answer = await operated.http.get("/api/bus/letter?seq=999999", headers=OPERATOR)
    assert answer.status_code == 404


async def test_a_dead_letter_is_sent_again_and_its_answer_shown(operated: Operated) -> None:
    await lose(operated)
    (letter,) = (await operated.look("dead"))["letters"]
    sent = await operated.act("letter/resend", seq=letter["seq"])
    assert (sent["type"], sent["trace"]) == ("agent.Accept@3", letter["trace"])
    assert sent["reply"]["session"] == "s1"
    assert [request.text for request in operated.world.accepted] == ["lost 0 sk-ant-0123456789abcdef"]
    (again,) = operated.console.recorded("type=agent.Accept outcome=ok")
    assert (again.sender, again.cause) == ("operator", letter["seq"])
    assert (await operated.refused("letter/resend", seq=999999))[0] == 404
    assert (await operated.refused("letter/resend", seq=1000))[0] == 404


# --- doctor -----------------------------------------------------------------------------------------------


async def test_checks_tell_all_that_a_doctor_looks_at(operated: Operated) -> None:
    await lose(operated)
    await operated.accept()
    parked = await operated.accept(key="other")
    await operated.fail(parked.turn, "parked")
    facts = await operated.look("checks")
    assert facts["unbalanced"] == []
    assert facts["open_work"]["accepted"] == 1
    assert 0 <= facts["open_work"]["oldest"] < 60
    assert [turn["id"] for turn in facts["parked"]] == [parked.turn]
    (loss,) = facts["losses"]
    assert (loss["to"], loss["reason"], loss["count"]) == ("agent", "abandoned", 1)
    assert facts["tree"]["name"] == "root"


async def test_checks_are_told_also_when_the_store_does_not_answer(
    operated: Operated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session.CountOpenWork, "within", 0.1)
    operated.console.suspend("session")
    facts = await operated.look("checks")
    assert facts["open_work"] is None
    assert "session.CountOpenWork@1" in facts["trouble"]
    operated.console.resume("session")


# --- turns ------------------------------------------------------------------------------------------------


async def some_turns(operated: Operated) -> dict[str, session.Accepted]:
    found = {
        name: await operated.accept(name, key=name)
        for name in ("done", "failed", "parked", "running", "waiting")
    }
    await operated.begin(found["done"].turn)
    await operated.finish(found["done"].turn)
    await operated.fail(found["failed"].turn)
    await operated.fail(found["parked"].turn, "parked")
    await operated.begin(found["running"].turn)
    return found


async def test_turns_are_listed_by_state(operated: Operated) -> None:
    await some_turns(operated)

    async def texts(**query: Any) -> list[str]:
        return [turn["text"] for turn in await operated.look("turns", **query)]

    assert await texts() == ["waiting", "running", "parked", "failed"]
    assert await texts(state="open") == ["waiting", "running"]
    assert await texts(state="failed") == ["parked", "failed"]
    assert await texts(state="parked") == ["parked"]
    assert await texts(state="all", limit=2) == ["waiting", "running"]
    answer = await operated.http.get("/api/bus/turns?state=odd", headers=OPERATOR)
    assert answer.json() == {
        "error": 'state: expected one of "troubled", "open", "failed", "parked", "all", got "odd"'
    }


async def test_a_turn_is_shown_by_the_beginning_of_its_id(operated: Operated) -> None:
    found = await some_turns(operated)
    shown = await operated.look("turn", id=found["done"].turn[:10])
    assert (shown["text"], [step["kind"] for step in shown["steps"]]) == ("done", ["user", "assistant"])
    for id in ("", "nothing"):
        answer = await operated.http.get(f"/api/bus/turn?id={id}", headers=OPERATOR)
        assert answer.status_code == 404


async def test_an_open_turn_is_delivered_again(operated: Operated) -> None:
    found = await some_turns(operated)
    done = await operated.act("turn/retry", id=found["waiting"].turn)
    assert done == {"turn": found["waiting"].turn, "session": found["waiting"].session, "how": "delivered"}
    await operated.mesh.settle()
    assert [command.turn for command in operated.agent.delivered] == [found["waiting"].turn]


async def test_a_turn_that_has_failed_is_said_again_once(operated: Operated) -> None:
    found = await some_turns(operated)
    done = await operated.act("turn/retry", id=found["parked"].turn)
    assert done["how"] == "repeated"
    assert (await operated.act("turn/retry", id=found["parked"].turn))["how"] == "repeated before"
    (request,) = operated.world.accepted
    assert (request.text, request.session, request.source) == (
        "parked",
        found["parked"].session,
        "operator",
    )


async def test_one_turn_is_cancelled(operated: Operated) -> None:
    found = await some_turns(operated)
    done = await operated.act("turn/cancel", id=found["waiting"].turn)
    assert done == {"cancelled": found["waiting"].turn, "state": "accepted"}
    (request,) = operated.agent.unwanted
    assert (request.session, request.turn) == (found["waiting"].session, found["waiting"].turn)
    assert (await operated.refused("turn/cancel", id="nothing"))[0] == 404
    assert (await operated.refused("turn/cancel"))[0] == 400


# --- acts -------------------------------------------------------------------------------------------------


async def test_an_actor_is_suspended_and_resumed(operated: Operated) -> None:
    assert await operated.act("actor/suspend", name="agent") == {"name": "agent", "suspended": True}
    assert (await operated.look("snapshot"))["actors"][0]["state"] == "suspended"
    assert await operated.act("actor/resume", name="agent") == {"name": "agent", "suspended": False}
    assert await operated.refused("actor/suspend", name="root") == (
        409,
        "root is no actor; name one of those in it",
    )
    assert (await operated.refused("actor/suspend", name="nobody"))[0] == 404
    assert (await operated.refused("actor/suspend"))[0] == 400


async def test_an_actor_is_restarted(operated: Operated) -> None:
    assert await operated.act("actor/restart", name="agent") == {"name": "agent", "complete": True}
    assert (await operated.look("actor", name="agent"))["incarnation"] == 2


async def test_the_gateway_answers_before_it_is_restarted_itself(operated: Operated) -> None:
    assert await operated.act("actor/restart", name="gateway") == {"name": "gateway", "complete": False}
    gateway = operated.mesh.cell("gateway")
    await eventually(lambda: gateway.incarnation == 2 and gateway.running)
    address = operated.actor.address
    async with httpx2.AsyncClient(verify=False) as http:
        answer = await http.get(f"http://{address}/api/health")
    assert answer.status_code == 200


async def test_a_request_is_sent_and_its_reply_shown(operated: Operated) -> None:
    accepted = await operated.accept("my key is sk-ant-0123456789abcdef")
    for name in ("session.GetTurn", "session.GetTurn@1"):
        sent = await operated.act("send", type=name, message={"turn": accepted.turn, "user": "admin"})
        assert sent["type"] == "session.GetTurn@1"
        assert (sent["reply"]["id"], sent["reply"]["text"]) == (accepted.turn, "my key is •••")
        assert len(operated.console.recorded(f"trace={sent['trace']}")) == 1


async def test_a_command_is_sent_and_nothing_comes_back(operated: Operated) -> None:
    command = {"session": "s", "turn": "t", "mode": "queue"}
    sent = await operated.act("send", type="agent.Deliver", message=command)
    assert sent["reply"] is None
    await operated.mesh.settle()
    assert operated.agent.delivered[0].mode == "queue"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            {"type": "session.Gett"},
            "type: there is no request or command 'session.Gett', did you mean 'session.Get",
        ),
        ({"type": "agent.TurnEnded"}, "type: there is no request or command 'agent.TurnEnded'"),
        ({}, "type: expected a string"),
        ({"type": "session.Get", "message": {}}, "session.Get@1: required field missing @ $.session"),
        ({"type": "session.Get", "message": {"session": 5}}, "session.Get@1: "),
        (
            {"type": "session.Get", "message": {"session": "s", "user": "u", "x": 1}},
            "session.Get@1: extra fields found (x)",
        ),
        ({"type": "session.Get", "message": ["a"]}, "message: expected an object, got"),
    ],
)
async def test_a_message_that_is_none_is_refused(operated: Operated, body: dict[str, Any], says: str) -> None:
    status, error = await operated.refused("send", **body)
    assert status == 400
    assert error.startswith(says)


async def test_a_stream_is_not_sent(operated: Operated) -> None:
    await operated.mesh.start(Model, name="model")
    status, error = await operated.refused("send", type="llm.Complete", message={"messages": []})
    assert (status, error) == (409, f"{wire_name(llm.Complete)} is a stream, which only actors open")


async def test_an_error_of_the_owner_is_the_answer(operated: Operated) -> None:
    assert await operated.refused("send", type="session.GetTurn", message={"turn": "x", "user": "u"}) == (
        404,
        "there is no turn 'x'",
    )
