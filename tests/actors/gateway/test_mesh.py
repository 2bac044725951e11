"""The mesh for the page: actors, flows, traces, never a body."""

from datetime import timedelta
from typing import Any

import attrs

from actors.gateway import mesh
from actors.gateway.routes.mesh import MOST_COUNTED, _covered
from actors.session import messages as session
from actors.vocabulary import Usage
from bus import Health, NodeHealth, State
from bus.console import TapEvent
from tests.actors.gateway.world import THEN, Gateway, a_session, a_turn, some_figures

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


def event(seq: int, **changes: Any) -> TapEvent:
    plain = TapEvent(
        point="replied",
        at=100.0,
        sender="gateway",
        to="session",
        type="session.Get@1",
        kind="ask",
        seq=seq,
        trace="t",
        wait=0.25,
        took=0.5,
        outcome="ok",
    )
    return attrs.evolve(plain, **changes)


def test_members_of_a_pool_are_drawn_as_one_node() -> None:
    tree = NodeHealth("root", Health(State.READY), 0, (a_leaf("conversation", 1), a_leaf("llm")))
    members = [
        an_actor("conversation[a]", depth=2, in_hand=[{}], handled=5, incarnation=3),
        an_actor("conversation[b]", depth=1, dead=4),
        an_actor("llm", handled=7, capacity=16),
    ]
    shown = mesh.tree_json(
        tree, members, {"conversation": {"full": 1, "abandoned": 3}, "llm": {"late_reply": 1}}
    )
    assert (shown["kind"], [child["kind"] for child in shown["children"]]) == (
        "supervisor",
        ["pool", "actor"],
    )
    pool, llm = shown["children"]
    assert {
        name: pool[name] for name in ("members", "depth", "limit", "in_hand", "handled", "lost", "restarts")
    } == {
        "members": 2,
        "depth": 3,
        "limit": 64,
        "in_hand": 1,
        "handled": 5,
        "lost": 1,
        "restarts": 3,
    }
    assert (llm["handled"], llm["limit"], llm["lost"], "members" in llm) == (7, 16, 0, False)


def test_a_pool_without_members_is_empty_and_not_missing() -> None:
    (pool,) = mesh.tree_json(NodeHealth("root", Health(State.READY), 0, (a_leaf("conversation"),)), [], {})[
        "children"
    ]
    assert (pool["kind"], pool["members"], pool["depth"]) == ("pool", 0, 0)


def test_why_an_actor_is_not_well_is_told_without_credentials() -> None:
    sick = a_leaf("llm", health=Health(State.DEGRADED, f"401 for {KEY}"))
    (shown,) = mesh.tree_json(NodeHealth("root", Health(State.READY), 0, (sick,)), [], {})["children"]
    assert shown["state"] == "degraded"
    assert "401" in shown["why"]
    assert KEY not in shown["why"]


def test_flows_are_rates_between_nodes() -> None:
    events = [
        event(2, sender="conversation[a]", to="llm"),
        event(3, sender="conversation[b]", to="llm", point="failed", outcome="error"),
        event(4, sender=""),
    ]
    assert mesh.flows_json(events, 5.0) == [
        {"from": "conversation", "to": "llm", "rate": 0.4, "errors": 1},
        {"from": "outside", "to": "session", "rate": 0.2, "errors": 0},
    ]


def test_when_too_much_passes_rates_are_taken_from_the_newest_messages() -> None:
    many = [event(seq, at=98.0 + seq / 1000) for seq in range(MOST_COUNTED)]
    assert _covered(many, 100.0) == 2.0
    assert _covered(many[1:], 100.0) == mesh.WINDOW


def test_an_answer_begins_where_the_step_before_it_ended() -> None:
    def step(n: int, kind: Any, start: float, end: float | None, **more: Any) -> session.StepInfo:
        return session.StepInfo(
            n=n,
            kind=kind,
            tool="FileRead" if kind == "tool" else None,
            effect="pure" if kind == "tool" else None,
            state="intent" if end is None else "done",
            is_error=False,
            text=SECRET,
            started_at=THEN + timedelta(seconds=start),
            ended_at=None if end is None else THEN + timedelta(seconds=end),
            usage=more.get("usage"),
        )

    used = Usage(model="m", input_tokens=10, output_tokens=5, cache_read_tokens=20, cost_usd=0.25)
    shown = mesh.steps_json(
        [
            step(0, "user", 1, 1),
            step(1, "assistant", 3, 3, usage=used),
            step(2, "tool", 3, 4),
            step(3, "tool", 3, 3.5),
            step(4, "assistant", 6, 6),
            step(5, "tool", 6, None),
        ],
        some_figures("t1"),
    )
    assert [(span["start"], span["end"]) for span in shown] == [
        (0, 1),
        (1, 3),
        (3, 4),
        (3, 3.5),
        (4, 6),
        (6, None),
    ]
    assert shown[1]["usage"]["cache_read_tokens"] == 20
    assert SECRET not in str(shown)


def test_a_trace_has_what_led_to_the_turn_and_not_what_followed_in_another() -> None:
    mine = {"turn": "t1"}
    events = [
        event(1, trace="a"),
        event(2, trace="a", baggage=mine),
        event(3, trace="a", baggage={"turn": "t2"}),
        event(4, trace="b"),
        event(5, trace="c", baggage=mine),
    ]
    assert [found.seq for found in mesh.traced(events, "t1")] == [1, 2, 5]


def test_a_message_that_is_being_handled_has_no_end() -> None:
    ended, running = mesh.hops_json(
        [event(2, point="taken", took=None, at=100.0, wait=0.5), event(1)], origin=99.0
    )
    assert (ended["seq"], ended["start"], ended["took"]) == (1, 0.25, 0.5)
    assert (running["seq"], running["start"], running["took"]) == (2, 0.5, None)


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
    gateway.world.figures["t1"] = some_figures("t1")
    response = await gateway.http.get("/api/mesh/trace?turn=t1")
    assert response.json() == {
        "turn": {
            "session_id": "s1",
            "turn_id": "t1",
            "state": "done",
            "outcome": "success",
            "accepted_at": "2026-01-02T03:04:05.678Z",
            "elapsed": 2.5,
            "num_turns": 1,
            "completions": 2,
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
        "messages": [],
    }


async def test_the_trace_of_a_message_that_joined_a_turn_is_that_of_the_turn(gateway: Gateway) -> None:
    gateway.world.turns["t2"] = a_turn("t2", merged_into="t1")
    gateway.world.figures["t1"] = some_figures("t1")
    assert (await gateway.http.get("/api/mesh/trace?turn=t2")).json()["turn"]["turn_id"] == "t1"


async def test_a_trace_of_somebody_else_or_of_nothing_is_refused(gateway: Gateway) -> None:
    gateway.world.sessions["s1"] = a_session(user="ada")
    gateway.world.turns["t1"] = a_turn("t1")
    gateway.world.figures["t1"] = some_figures("t1")
    assert (await gateway.http.get("/api/mesh/trace?turn=t1")).status_code == 404
    assert (await gateway.http.get("/api/mesh/trace?turn=t1&user_id=ada")).status_code == 200
    assert (await gateway.http.get("/api/mesh/trace")).status_code == 400


async def test_figures_of_turns_are_asked_for_by_range(gateway: Gateway) -> None:
    gateway.world.figures |= {"t1": some_figures("t1"), "t2": some_figures("t2", finished_at=None)}
    found = (await gateway.http.get("/api/sessions/s1/turns?first=t2&last=t9&limit=9999")).json()
    assert [(turn["turn_id"], turn["elapsed"]) for turn in found] == [("t2", None)]
    assert gateway.world.asked[-1] == session.ListFigures(
        session="s1", user="admin", first="t2", last="t9", limit=500
    )
    assert (await gateway.http.get("/api/sessions/nowhere/turns")).status_code == 404
