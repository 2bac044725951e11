"""The mesh for the page: actors, flows, traces, never a body."""

from typing import Any

import attrs
import pytest

from actors.console import mesh
from actors.console.actor import MOST_COUNTED, WINDOW, covered
from actors.console.messages import Failing, Flow, MeshNode
from actors.session import messages as session
from bus import Health, NodeHealth, State
from tests.actors.console.shown import event
from tests.actors.gateway.values import a_turn, an_ended_turn
from tests.actors.gateway.world import Gateway

SECRET = "what nobody else may read"
KEY = "sk-ant-" + "x" * 40


def an_actor(name: str, **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "depth": 0,
        "capacity": 64,
        "in_hand": [],
        "handled": 0,
        "dead": 0,
        "incarnation": 1,
    }
    return {"name": name, **plain, **changes}


def a_leaf(name: str, restarts: int = 0, health: Health | None = None) -> NodeHealth:
    return NodeHealth(name, health or Health(State.READY), restarts)


def test_members_of_a_pool_are_drawn_as_one_node() -> None:
    tree = NodeHealth("root", Health(State.READY), 0, (a_leaf("conversation", 1), a_leaf("llm")))
    members = [
        an_actor("conversation[a]", depth=2, in_hand=[{}], handled=5, incarnation=3),
        an_actor("conversation[b]", depth=1, dead=4),
        an_actor("llm", handled=7, capacity=16),
    ]
    shown = mesh.tree_of(
        tree, members, {"conversation": {"full": 1, "abandoned": 3}, "llm": {"late_reply": 1}}, reasons=True
    )
    assert shown.kind == "supervisor"
    assert shown.children == (
        MeshNode(
            name="conversation",
            kind="pool",
            state="ready",
            members=2,
            depth=3,
            limit=64,
            in_hand=1,
            handled=5,
            lost=1,
            restarts=3,
        ),
        MeshNode(name="llm", kind="actor", state="ready", limit=16, handled=7),
    )


def test_a_pool_without_members_is_empty_and_not_missing() -> None:
    tree = mesh.tree_of(
        NodeHealth("root", Health(State.READY), 0, (a_leaf("conversation"),)), [], {}, reasons=True
    )
    assert tree.children == (MeshNode(name="conversation", kind="pool", state="ready", members=0),)


def test_why_an_actor_is_not_well_is_told_to_some_and_without_credentials() -> None:
    sick = a_leaf("llm", health=Health(State.DEGRADED, f"401 for {KEY}"))
    tree = NodeHealth("root", Health(State.READY), 0, (sick,))
    (shown,) = mesh.tree_of(tree, [], {}, reasons=True).children
    assert shown.why is not None
    assert "401" in shown.why
    assert KEY not in shown.why
    (shown,) = mesh.tree_of(tree, [], {}, reasons=False).children
    assert (shown.state, shown.why) == ("degraded", None)
    assert shown.state == "degraded"
    assert "401" not in str(mesh.health_of(tree, version="1", boot_id="b")), "which anybody may ask for"


def test_a_daemon_that_goes_down_is_not_well() -> None:
    tree = NodeHealth("root", Health(State.STOPPING), 0)
    with pytest.raises(Failing, match="the daemon is stopping"):
        mesh.health_of(tree, version="1", boot_id="b")


def test_flows_are_rates_between_nodes() -> None:
    events = [
        event(2, sender="conversation[a]", to="llm"),
        event(3, sender="conversation[b]", to="llm", point="failed", outcome="error"),
        event(4, sender=""),
    ]
    assert mesh.flows_of(events, 5.0) == (
        Flow(sender="conversation", to="llm", rate=0.4, errors=1),
        Flow(sender="outside", to="session", rate=0.2, errors=0),
    )


def test_when_too_much_passes_rates_are_taken_from_the_newest_messages() -> None:
    many = [event(seq, at=98.0 + seq / 1000) for seq in range(MOST_COUNTED)]
    assert covered(many, 100.0) == 2.0
    assert covered(many[1:], 100.0) == WINDOW


async def test_the_mesh_tells_of_every_actor_and_its_messages_without_bodies(gateway: Gateway) -> None:
    await gateway.http.post("/api/sessions/s1/rename", json={"title": SECRET})
    response = await gateway.http.get("/api/mesh")
    body = response.json()
    assert body["boot_id"] == gateway.mesh.bus.boot_id
    names = {child["name"]: child["state"] for child in body["tree"]["children"]}
    assert names["gateway"] == names["fake-session"] == "ready"
    (renamed,) = [message for message in body["messages"] if message["type"] == "session.Rename"]
    assert (renamed["from"], renamed["to"], renamed["outcome"]) == ("gateway", "fake-session", "ok")
    assert {"from": "gateway", "to": "fake-session", "rate": 0.2, "errors": 0} in body["flows"]
    assert SECRET not in response.text


async def test_the_newest_messages_come_first_and_as_many_as_wanted(gateway: Gateway) -> None:
    for _ in range(3):
        await gateway.http.get("/api/sessions/s1")
    messages = (await gateway.http.get("/api/mesh?limit=2")).json()["messages"]
    assert len(messages) == 2
    assert messages[0]["at"] > messages[1]["at"]
    assert (await gateway.http.get("/api/mesh?limit=0")).json()["messages"] == []


async def test_the_mesh_is_for_no_other_site_and_for_no_change(gateway: Gateway) -> None:
    assert (await gateway.http.get("/api/mesh", headers={"Host": "evil.invalid"})).status_code == 403
    assert (await gateway.http.post("/api/mesh")).status_code == 405


async def test_a_trace_tells_steps_and_sums_of_a_turn(gateway: Gateway) -> None:
    gateway.world.turns["t1"] = a_turn("t1", text=SECRET)
    gateway.world.turns["t1"] = an_ended_turn("t1")
    told = session.ToldText(attempt=1, source="Memory", size=1234, digest="d", text="Ada likes tea.")
    gateway.world.told["t1"] = (attrs.evolve(told, size=4321), attrs.evolve(told, attempt=2))
    response = await gateway.http.get("/api/mesh/trace?turn=t1")
    assert response.json() == {
        "session_id": "s1",
        "turn": {
            "turn_id": "t1",
            "state": "done",
            "outcome": "success",
            "accepted_at": "2026-01-02T03:04:05.678Z",
            "elapsed": 2.5,
            "num_turns": 1,
            "completions": 2,
            "versions": [],
            "usage": {
                "model": "offline/offline",
                "input_tokens": 30,
                "output_tokens": 7,
                "cache_read_tokens": 60,
                "cache_write_tokens": 10,
                "cost_usd": 0.5,
            },
        },
        "steps": [],
        "told": [{"source": "Memory", "size": 1234}],
        "messages": [],
    }


async def test_the_trace_of_a_message_that_joined_a_turn_is_that_of_the_turn(gateway: Gateway) -> None:
    gateway.world.turns["t2"] = a_turn("t2", merged_into="t1")
    gateway.world.turns["t1"] = an_ended_turn("t1")
    assert (await gateway.http.get("/api/mesh/trace?turn=t2")).json()["turn"]["turn_id"] == "t1"


async def test_a_trace_of_somebody_else_or_of_nothing_is_refused(gateway: Gateway) -> None:
    gateway.world.turns["t1"] = an_ended_turn("t1", user="ada")
    assert (await gateway.http.get("/api/mesh/trace?turn=t1")).status_code == 404
    assert (await gateway.http.get("/api/mesh/trace?turn=t1&user=ada")).status_code == 404
    assert (await gateway.http.get("/api/mesh/trace")).status_code == 400


async def test_figures_of_turns_are_asked_for_by_range(gateway: Gateway) -> None:
    gateway.world.turns |= {"t1": an_ended_turn("t1"), "t2": an_ended_turn("t2", finished_at=None)}
    found = (await gateway.http.get("/api/sessions/s1/turns?first=t2&last=t9&limit=500")).json()
    assert [(turn["turn_id"], turn["elapsed"]) for turn in found] == [("t2", None)]
    assert gateway.world.asked[-1] == session.ListTurns(
        session="s1", user="admin", first="t2", last="t9", limit=500
    )
    assert (await gateway.http.get("/api/sessions/nowhere/turns")).status_code == 404
