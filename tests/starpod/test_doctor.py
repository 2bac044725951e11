"""What a doctor makes of the facts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from starpod.doctor import Crash, Finding, absent, crashes, examine, healthy

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def actor(name: str = "session", **fields: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": name,
        "state": "ready",
        "depth": 0,
        "capacity": 64,
        "waiting": 0,
        "oldest": None,
        "in_hand": [],
    }
    return {**plain, **fields}


def node(name: str = "session", **fields: Any) -> dict[str, Any]:
    return {"name": name, "kind": "actor", "state": "ready", **fields}


def facts(**fields: Any) -> dict[str, Any]:
    """Of an agent that is well."""
    tree = node("root", kind="supervisor", budget={"left": 5, "of": 5, "per": 60.0}, children=[node()])
    plain: dict[str, Any] = {
        "snapshot": {"actors": [actor()]},
        "tree": tree,
        "unbalanced": [],
        "losses": [],
        "open_work": {"accepted": 0, "running": 0, "oldest": None, "outbox": {}, "outbox_oldest": None},
        "parked": [],
    }
    return {**plain, **fields}


def wrong(**fields: Any) -> list[Finding]:
    return [finding for finding in examine(facts(**fields)) if finding.level != "ok"]


def the_one(level: str, **fields: Any) -> str:
    (finding,) = wrong(**fields)
    assert finding.level == level
    assert finding.advice or level == "note"
    return f"{finding.what} | {finding.advice}"


@pytest.mark.parametrize(("ok", "level"), [(True, "ok"), (False, "note")])
def test_what_an_actor_says_of_itself(level: str, *, ok: bool) -> None:
    own = {"finding": {"ok": ok, "what": "it rains", "advice": "" if ok else "take an umbrella"}}
    found = examine(facts(snapshot={"actors": [actor(), actor(own={"open": 1}), actor(own=own)]}))
    (said,) = [finding for finding in found if finding.what == "it rains"]
    assert (said.level, said.advice) == (level, own["finding"]["advice"])


def test_an_agent_that_is_well_needs_nothing() -> None:
    found = examine(facts())
    assert {finding.level for finding in found} == {"ok"}
    assert len(found) == 6
    assert healthy(found)


@pytest.mark.parametrize(
    ("state", "level", "advice"),
    [
        ("suspended", "note", "starpod bus resume llm --write"),
        ("failed", "problem", "starpod bus restart llm --write"),
        ("degraded", "problem", "tries again by itself"),
        ("backoff", "problem", "tries again by itself"),
    ],
)
def test_an_actor_that_is_not_well_is_named_with_its_cure(state: str, level: str, advice: str) -> None:
    tree = node("root", kind="supervisor", children=[node("llm", state=state, why="no network")])
    said = the_one(level, tree=tree)
    assert f"llm is {state}: no network" in said
    assert advice in said


@pytest.mark.parametrize(("left", "told"), [(5, False), (2, False), (1, True), (0, True)])
def test_a_restart_budget_that_is_nearly_spent_is_a_problem(left: int, *, told: bool) -> None:
    tree = node("root", kind="supervisor", budget={"left": left, "of": 5, "per": 60.0}, children=[node()])
    said = [finding.what for finding in wrong(tree=tree)]
    assert said == ([f"root has {left} of 5 restarts left within 60 s"] if told else [])


def test_books_that_do_not_balance_are_a_bug() -> None:
    assert "session: sent 2 != handled 1 | this is a bug" in the_one(
        "problem", unbalanced=["session: sent 2 != handled 1"]
    )


@pytest.mark.parametrize(
    ("since", "left", "stuck"),
    [
        (5.0, 5.0, False),
        (35.0, -25.0, False),
        (45.0, -35.0, True),
        (59.0, None, False),
        (61.0, None, True),
        (61.0, 100.0, True),
    ],
)
def test_a_handler_is_stuck_long_after_its_asker_has_left(
    since: float, left: float | None, *, stuck: bool
) -> None:
    message = {
        "type": "session.Get@1",
        "since": since,
        "left": left,
        "expected": 60.0,
        "trace": "ab" * 16,
    }
    found = wrong(snapshot={"actors": [actor(in_hand=[message])]})
    assert [finding.what for finding in found] == (
        [f"session has been handling session.Get for {since:.0f} s"] if stuck else []
    )
    if stuck:
        assert "starpod bus trace abababababab" in found[0].advice


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"depth": 64}, "the mailbox of session is full: 64 of 64, 0 senders wait"),
        ({"waiting": 2}, "the mailbox of session is full: 0 of 64, 2 senders wait"),
        ({"depth": 1, "oldest": 31.0}, "a message has been waiting for session for 31 s"),
        ({"depth": 1, "oldest": 29.0}, None),
        ({"depth": 63}, None),
        ({"depth": 1, "oldest": 500.0, "in_hand": [{"since": 1, "left": None, "expected": 60}]}, None),
    ],
)
def test_a_mailbox_that_is_full_or_stands_still_is_a_problem(
    fields: dict[str, Any], says: str | None
) -> None:
    found = [finding.what for finding in wrong(snapshot={"actors": [actor(**fields)]})]
    assert found == ([] if says is None else [says])


@pytest.mark.parametrize(
    ("reason", "age", "level"),
    [("crashed", 60, "problem"), ("crashed", 7200, "note"), ("full", 1, "problem"), ("abandoned", 1, None)],
)
def test_a_loss_is_a_problem_while_it_is_news(reason: str, age: float, level: str | None) -> None:
    found = wrong(losses=[{"to": "llm", "reason": reason, "count": 3, "age": age}])
    assert [finding.level for finding in found] == ([] if level is None else [level])
    if found:
        assert f"3 messages for llm were lost ({reason})" in found[0].what
        assert f"starpod bus dead --reason {reason}" in found[0].advice


@pytest.mark.parametrize(
    ("work", "level"),
    [
        ({"accepted": 2, "running": 0, "oldest": 121.0}, "problem"),
        ({"accepted": 2, "running": 1, "oldest": 121.0}, "note"),
        ({"accepted": 2, "running": 0, "oldest": 119.0}, None),
    ],
)
def test_turns_that_wait_for_long_are_told(work: dict[str, Any], level: str | None) -> None:
    found = wrong(open_work={**work, "outbox": {}, "outbox_oldest": None})
    assert [finding.level for finding in found] == ([] if level is None else [level])


def test_a_store_that_does_not_answer_is_a_problem() -> None:
    found = wrong(open_work=None, trouble="session was still waiting")
    assert [finding.what for finding in found] == ["the store does not answer: session was still waiting"]


def test_parked_turns_and_doubtful_messages_are_told() -> None:
    parked = {"id": "0123456789", "attempt": 3, "text": "hello"}
    assert "turn 01234567 was given up after 3 attempts: 'hello' | try it again" in the_one(
        "note", parked=[parked]
    )


@pytest.mark.parametrize(
    ("outbox", "oldest", "told"),
    [
        ({"doubtful": 2}, None, "2 messages to people may or may not have arrived | look at them"),
        ({"dead": 1}, None, "1 message to a person could not be delivered | look at them"),
        ({"pending": 1}, 121.0, "messages wait to be sent, the oldest for 121 s | see why"),
    ],
)
def test_what_has_not_reached_somebody_is_told(
    outbox: dict[str, int], oldest: float | None, told: str
) -> None:
    work = {"accepted": 0, "running": 0, "oldest": None, "outbox": outbox, "outbox_oldest": oldest}
    assert told in the_one("problem", open_work=work)


def test_what_is_sent_soon_is_well() -> None:
    work = {"accepted": 0, "running": 0, "oldest": None, "outbox": {"pending": 1}, "outbox_oldest": 119.0}
    assert wrong(open_work=work) == []


def test_the_last_crash_counts_until_the_agent_runs_again() -> None:
    old = Crash(file="old.json", at=NOW - timedelta(days=2), reason="old")
    new = Crash(file="new.json", at=NOW - timedelta(hours=3), reason="root gives up")
    assert [finding.level for finding in crashes([], started_at=None, now=NOW)] == ["ok"]
    (dead,) = crashes([old, new], started_at=None, now=NOW)
    assert (dead.level, dead.what) == ("problem", "the agent gave up 3 h ago: root gives up")
    assert dead.advice == "the whole report: new.json (2 reports in all)"
    (alive,) = crashes([new], started_at=NOW - timedelta(hours=2), now=NOW)
    assert alive.level == "note"


def test_no_daemon_is_no_problem_even_if_it_was_killed() -> None:
    assert absent(killed=None).level == "note"
    killed = absent(killed=NOW)
    assert killed.level == "note"
    assert "of 2026-03-01 12:00 UTC, was killed" in killed.what
