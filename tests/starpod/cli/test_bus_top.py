"""What ``starpod bus top`` makes of snapshots."""

from datetime import UTC, datetime
from typing import Any

import pytest

from starpod.cli.bus.top import View
from starpod.lock import DaemonInfo

DAEMON = DaemonInfo(
    pid=1,
    address="127.0.0.1:3000",
    started_at=datetime(2026, 3, 1, tzinfo=UTC),
    boot_id="b",
    token="t",
    command="starpod serve",
)


def actor(name: str, **fields: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": name,
        "state": "ready",
        "incarnation": 1,
        "depth": 0,
        "control": 0,
        "capacity": 64,
        "peak": 1,
        "waiting": 0,
        "waits": 0,
        "in_hand": [],
        "handled": 10,
        "dead": 0,
    }
    return {**plain, **fields}


def handling(type: str, since: float) -> dict[str, Any]:
    return {"type": type, "since": since}


def snapshot(*actors: dict[str, Any], at: float = 100.0, boot: str = "b", **fields: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "boot_id": boot,
        "at": at,
        "uptime": 200.0,
        "dead": {},
        "loop_lag": {"p99": 0.001},
    }
    return {**plain, "actors": list(actors), **fields}


def node(name: str, kind: str = "actor", **fields: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "state": "ready", "restarts": 0, **fields}


TREE = node(
    "root",
    "supervisor",
    budget={"left": 5, "of": 5, "per": 60.0},
    children=[
        node("session", restarts=2),
        node("talk", "pool", budget={"left": 18, "of": 20, "per": 30.0}),
        node("gateway"),
    ],
)


def table(view: View, shot: dict[str, Any], limit: int | None = None) -> list[list[str]]:
    """The cells of each line below the head of the table, as words."""
    lines = view.lines(DAEMON, shot, TREE, limit)
    start = next(place for place, line in enumerate(lines) if line.startswith("ACTOR"))
    return [line.split() for line in lines[start + 1 :]]


def test_actors_stand_in_the_order_of_the_tree() -> None:
    shot = snapshot(actor("gateway"), actor("talk[b]"), actor("session"), actor("stranger"))
    assert [row[0] for row in table(View(), shot)] == ["session", "talk[b]", "gateway", "stranger"]


def test_a_rate_is_a_difference_within_one_run() -> None:
    view = View()
    first = table(view, snapshot(actor("session", handled=10), at=100.0))
    second = table(view, snapshot(actor("session", handled=30), at=102.0))
    other_run = table(view, snapshot(actor("session", handled=99), at=103.0, boot="c"))
    assert first[0][5:7] == ["10", "0"]
    assert second[0][5:7] == ["10.0", "30"]
    assert other_run[0][5:7] == ["99", "0"]


def test_an_actor_that_is_new_has_the_rate_of_what_it_has_done() -> None:
    view = View()
    table(view, snapshot(at=100.0))
    assert table(view, snapshot(actor("session", handled=4), at=102.0))[0][5] == "2.0"


def test_a_busy_actor_says_with_what_and_for_how_long() -> None:
    busy = actor("session", in_hand=[handling("s.Get@1", 2.5), handling("s.Put@1", 1.0)], depth=3)
    (row,) = table(View(), snapshot(busy))
    assert row[-4:] == ["s.Get", "2.50", "s", "(+1)"]
    assert row[2] == "3/64"


@pytest.mark.parametrize(("every_one", "shown"), [(False, ["talk[busy]", "talk"]), (True, None)])
def test_idle_actors_of_a_pool_share_a_line(*, every_one: bool, shown: list[str] | None) -> None:
    idle = [actor(f"talk[{n}]", handled=5, peak=n) for n in range(5)]
    busy = actor("talk[busy]", in_hand=[handling("a.Deliver@1", 1.0)])
    rows = table(View(every_one=every_one), snapshot(*idle, busy))
    if shown is None:
        assert len(rows) == 6
        assert rows[0][0] == "talk[busy]"
    else:
        assert [row[0] for row in rows] == shown
        assert rows[1] == ["talk", "×5", "ready", "0/64", "4", "0", "25", "0", "0"]


def test_few_idle_ones_have_a_line_each() -> None:
    rows = table(View(), snapshot(*(actor(f"talk[{n}]") for n in range(3))))
    assert [row[0] for row in rows] == ["talk[0]", "talk[1]", "talk[2]"]


def test_restarts_are_told_with_the_budget_that_is_left() -> None:
    rows = table(View(), snapshot(actor("session"), actor("talk[a]", incarnation=3)))
    assert rows[0][-1] == "2"
    assert rows[1][-3:] == ["2", "(18", "left)"]


def test_the_head_sums_up_and_troubles_follow() -> None:
    shot = snapshot(
        actor("session", state="degraded", why="no\ndisk"),
        dead={"llm": {"crashed": 2}, "x": {"full": 1}},
        loop_lag={"p99": 0.25},
    )
    lines = View().lines(DAEMON, shot, TREE, None)
    assert lines[0] == "ready  up 3m 20s  3 lost  loop late by 250.0 ms  http://127.0.0.1:3000"
    assert lines[2] == "session: no disk"


def test_a_narrow_screen_loses_columns_and_no_actor() -> None:
    shot = snapshot(actor("session", in_hand=[handling("session.SaveCompletion@1", 1.0)]))
    lines = View().lines(DAEMON, shot, TREE, 60)
    assert all(len(line) <= 60 for line in lines)
    assert lines[-1].startswith("session  ready")
