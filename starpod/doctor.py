"""Whether anything is wrong with an agent, and what to do about it. Pure: facts in, findings out."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, final

import attrs

Facts = Mapping[str, Any]

GIVEN_UP: Final = 30.0
"""Seconds for which a handler may go on after its asker has given up."""
WAITED: Final = 30.0
"""Seconds after which a message that is not begun is worth a word."""
RECENT: Final = 60 * 60.0
"""Seconds within which a loss is news."""
BACKLOG: Final = 120.0
"""Seconds after which an accepted turn that was not begun is worth a word."""
USUAL: Final = frozenset({"stopped", "abandoned", "late_reply"})
"""Reasons of losses that belong to normal operation."""

Level = Literal["ok", "note", "problem"]


@final
@attrs.frozen(kw_only=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    what: str
    advice: str = ""


def healthy(findings: list[Finding]) -> bool:
    """Whether there is nothing that somebody should do."""
    return all(finding.level != "problem" for finding in findings)


# --- a running daemon -------------------------------------------------------------------------------------


def examine(facts: Facts) -> list[Finding]:
    """Look at what ``GET /api/bus/checks`` tells."""
    checks = (
        _health(facts["tree"]),
        _books(facts),
        _handlers(facts["snapshot"]),
        _mailboxes(facts["snapshot"]),
        _losses(facts),
        _said(facts["snapshot"]),
        _turns(facts),
        _outbox(facts),
    )
    return [finding for check in checks for finding in check]


def _health(tree: Facts) -> Iterator[Finding]:
    nodes = list(_leaves(tree))
    ill = [node for node in nodes if node["state"] not in {"ready", "starting"}]
    if not ill:
        yield Finding(level="ok", what=f"all {len(nodes)} actors are well")
    for node in ill:
        why = f": {node['why']}" if node.get("why") else ""
        level: Level = "note" if node["state"] == "suspended" else "problem"
        yield Finding(
            level=level,
            what=f"{node['name']} is {node['state']}{why}",
            advice=_cure(node["name"], node["state"]),
        )
    for node in _nodes(tree):
        budget = node.get("budget")
        if budget and budget["left"] * 3 <= budget["of"]:
            left = f"{budget['left']} of {budget['of']} restarts left within {budget['per']:g} s"
            advice = "look at its crashes: starpod bus dead --reason crashed"
            yield Finding(level="problem", what=f"{node['name']} has {left}", advice=advice)


def _nodes(node: Facts) -> Iterator[Facts]:
    yield node
    for child in node.get("children", ()):
        yield from _nodes(child)


def _leaves(tree: Facts) -> Iterator[Facts]:
    return (node for node in _nodes(tree) if node["kind"] != "supervisor")


def _cure(name: str, state: str) -> str:
    if state == "suspended":
        return f"let it go on: starpod bus resume {name} --write"
    if state == "failed":
        return f"start it again: starpod bus restart {name} --write"
    return "it tries again by itself; mend what it names"


def _books(facts: Facts) -> Iterator[Finding]:
    missing: list[str] = facts["unbalanced"]
    if not missing:
        yield Finding(level="ok", what="no message is missing from the books")
    for line in missing:
        yield Finding(
            level="problem", what=f"messages are missing: {line}", advice="this is a bug: report it"
        )


def _handlers(snapshot: Facts) -> Iterator[Finding]:
    stuck = [
        (actor["name"], message)
        for actor in snapshot["actors"]
        for message in actor["in_hand"]
        if (message["left"] is not None and message["left"] < -GIVEN_UP)
        or message["since"] > message["expected"]
    ]
    if not stuck:
        yield Finding(level="ok", what="no handler is stuck")
    for name, message in stuck:
        kind = message["type"].partition("@")[0]
        yield Finding(
            level="problem",
            what=f"{name} has been handling {kind} for {message['since']:.0f} s",
            advice=f"see what it waits for: starpod bus trace {message['trace'][:12]}; "
            f"if it is stuck: starpod bus restart '{name}' --write",
        )


def _mailboxes(snapshot: Facts) -> Iterator[Finding]:
    found: list[Finding] = []
    for actor in snapshot["actors"]:
        name, depth, capacity = actor["name"], actor["depth"], actor["capacity"]
        advice = f"see what it is doing: starpod bus describe '{name}'"
        if depth >= capacity or actor["waiting"]:
            text = f"the mailbox of {name} is full: {depth} of {capacity}, {actor['waiting']} senders wait"
            found.append(Finding(level="problem", what=text, advice=advice))
        elif (actor["oldest"] or 0.0) > WAITED and not actor["in_hand"]:
            text = f"a message has been waiting for {name} for {actor['oldest']:.0f} s"
            found.append(Finding(level="problem", what=text, advice=advice))
    yield from found or [Finding(level="ok", what="no mailbox is full")]


def _said(snapshot: Facts) -> Iterator[Finding]:
    """What actors themselves have to say of how they work."""
    for actor in snapshot["actors"]:
        finding = actor.get("own", {}).get("finding")
        if finding is not None:
            level: Level = "ok" if finding["ok"] else "note"
            yield Finding(level=level, what=finding["what"], advice=finding["advice"])


def _losses(facts: Facts) -> Iterator[Finding]:
    bad = [loss for loss in facts["losses"] if loss["reason"] not in USUAL]
    if not bad:
        yield Finding(level="ok", what="no message was lost")
    for loss in bad:
        recent = loss["age"] < RECENT
        yield Finding(
            level="problem" if recent else "note",
            what=f"{loss['count']} messages for {loss['to'] or 'nobody'} were lost ({loss['reason']}), the last "
            f"{loss['age'] / 60:.0f} min ago",
            advice=f"look at them: starpod bus dead --reason {loss['reason']}",
        )


def _turns(facts: Facts) -> Iterator[Finding]:
    work = facts["open_work"]
    if work is None:
        yield Finding(level="problem", what=f"the store does not answer: {facts.get('trouble', '')}")
        return
    advice = "starpod bus turns --state open; to wake one: starpod bus turns retry TURN --write"
    if work["accepted"] and (work["oldest"] or 0.0) > BACKLOG:
        what = f"{work['accepted']} turns wait, the oldest for {work['oldest']:.0f} s"
        yield Finding(level="note" if work["running"] else "problem", what=what, advice=advice)
    else:
        yield Finding(level="ok", what=f"{work['running']} turns run, {work['accepted']} wait")
    for turn in facts["parked"]:
        what = f"turn {turn['id'][:8]} was given up after {turn['attempt']} attempts: {turn['text'][:40]!r}"
        yield Finding(
            level="note", what=what, advice=f"try it again: starpod bus turns retry {turn['id'][:8]} --write"
        )


def _outbox(facts: Facts) -> Iterator[Finding]:
    work = facts["open_work"]
    outbox: Mapping[str, int] = {} if work is None else work["outbox"]
    advice = "look at them: starpod outbox list"
    if doubtful := outbox.get("doubtful"):
        what = f"{_messages(doubtful)} may or may not have arrived"
        yield Finding(level="problem", what=what, advice=advice)
    if dead := outbox.get("dead"):
        yield Finding(level="problem", what=f"{_messages(dead)} could not be delivered", advice=advice)
    if work is not None and (age := work["outbox_oldest"]) is not None and age > BACKLOG:
        what = f"messages wait to be sent, the oldest for {age:.0f} s"
        yield Finding(level="problem", what=what, advice="see why: starpod outbox list --waiting")


def _messages(count: int) -> str:
    return "1 message to a person" if count == 1 else f"{count} messages to people"


# --- what lies on the disk --------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Crash:
    """A crash report, in short."""

    file: str
    at: datetime
    reason: str


def crashes(reports: list[Crash], *, started_at: datetime | None, now: datetime) -> Iterator[Finding]:
    """Look at the crash reports.

    Args:
      reports: the oldest first.
      started_at: when the daemon that runs now began; None when none does.
      now: wall time, with a zone.
    """
    if not reports:
        yield Finding(level="ok", what="there are no crash reports")
        return
    last = reports[-1]
    answered = started_at is not None and started_at > last.at
    what = f"the agent gave up {_age(now - last.at)}: {last.reason}"
    more = f" ({len(reports)} reports in all)" if len(reports) > 1 else ""
    advice = f"the whole report: {last.file}{more}"
    yield Finding(level="note" if answered else "problem", what=what, advice=advice)


def _age(passed: Any) -> str:
    hours = passed.total_seconds() / 3600
    return f"{hours:.0f} h ago" if hours >= 1 else f"{hours * 60:.0f} min ago"


def absent(*, killed: datetime | None, started: str = "starpod serve") -> Finding:
    """No daemon runs. `killed`: when one began that never stopped in order."""
    if killed is None:
        return Finding(level="note", what="no daemon runs this agent", advice=f"start it: {started}")
    since = killed.astimezone(UTC)
    what = f"no daemon runs this agent; the last one, of {since:%Y-%m-%d %H:%M} UTC, was killed"
    return Finding(level="note", what=what, advice=f"start it, and it goes on where it was: {started}")
