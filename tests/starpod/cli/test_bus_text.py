"""How the console writes things."""

import re
from typing import Any

import pytest

from starpod.cli.bus import graph, tap, text, tree, waterfall
from starpod.cli.client import shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0 µs"),
        (0.00085, "850 µs"),
        (0.0123, "12.3 ms"),
        (4.2, "4.20 s"),
        (200, "3m 20s"),
        (7500, "2h 5m"),
        (273600, "3d 4h"),
    ],
)
def test_times_have_a_unit_that_fits(seconds: float, shown: str) -> None:
    assert text.span(seconds) == shown


@pytest.mark.parametrize(("number", "shown"), [(0, "0"), (9999, "9999"), (12400, "12.4k"), (3100000, "3.1M")])
def test_large_numbers_are_shortened(number: int, shown: str) -> None:
    assert text.count(number) == shown


@pytest.mark.parametrize(
    ("usd", "shown"), [(None, ""), (0.0, "$0.0000"), (0.1234567, "$0.1235"), (12.345, "$12.35")]
)
def test_dollars_have_as_many_digits_as_tell_something(usd: float | None, shown: str) -> None:
    assert text.cost(usd) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("llm", "llm"),
        ("conversation[0123456789]", "conversation[01234567]"),
        ("room[red]", "room[red]"),
        ("", ""),
    ],
)
def test_the_key_of_a_pool_is_shortened(name: str, shown: str) -> None:
    assert text.name(name) == shown


def test_facts_are_aligned_and_nested_ones_indented() -> None:
    assert text.facts({"a": 1, "long": None, "sub": {"x": True}, "list": [1.5, "y"], "empty": {}}) == [
        "  a      1",
        "  long   –",
        "  sub",
        "    x  yes",
        "  list",
        "    1.5",
        "    y",
        "  empty  –",
    ]


def test_what_came_from_elsewhere_gives_no_orders_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = {"a\x1b": ["\x1b]0;x\x07", {"b": "\x9b2J"}], "n": 1, "ok": "line\nend"}
    assert shown(hostile) == hostile
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert shown(hostile) == {"a\ufffd": ["\ufffd]0;x\ufffd", {"b": "\ufffd2J"}], "n": 1, "ok": "line\nend"}


# --- tap --------------------------------------------------------------------------------------------------


def event(**fields: Any) -> dict[str, Any]:
    plain = {"point": "replied", "time": "2026-01-02T03:04:05.678Z", "at": 1.0, "from": "a", "to": "b"}
    return {**plain, "type": "s.Get@1", "seq": 1, "trace": "abcdef99", "outcome": "ok", **fields}


def test_a_line_says_when_who_what_and_how_long() -> None:
    told = tap.line(event(wait=0.001, took=0.25))
    assert re.match(r"\d\d:\d\d:05\.678 replied +a → b +s\.Get took 250\.0 ms abcdef$", told)
    assert "wait 20.0 ms took" in tap.line(event(wait=0.02, took=0.25))
    assert "wait 1.0 ms" in tap.line(event(point="taken", wait=0.001))


def test_a_line_says_what_went_wrong() -> None:
    told = tap.line(event(point="failed", outcome="crashed", detail="KeyError: 'x'", body={"session": "s"}))
    assert "crashed KeyError: 'x'" in told
    assert told.endswith('\n    {"session": "s"}')


def test_a_gap_is_a_line_of_its_own() -> None:
    assert tap.line({"missed": 312}) == "… 312 missed"


def test_a_narrow_terminal_gets_shorter_lines() -> None:
    long = event(**{"from": "conversation[0123456789]"})
    assert len(tap.line(long, columns=80)) < 70 < len(tap.line(long, columns=200))


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal_but_the_fields_that_were_asked_for(columns: int) -> None:
    long = event(type="session.SaveCompletion@1", took=1.0, detail="words " * 40, body={"text": "x" * 200})
    first, body = tap.line(long, 3, columns).split("\n")
    assert len(first) <= columns
    assert first.endswith("…")
    assert "x" * 200 in body


def test_messages_stand_below_what_caused_them() -> None:
    depths = tap.Depths()
    assert depths.of(event(seq=1)) == 0
    assert depths.of(event(seq=2, cause=1)) == 1
    assert depths.of(event(seq=3, cause=2)) == 2
    assert depths.of(event(seq=1)) == 0
    assert depths.of(event(seq=9, cause=7)) == 0
    assert depths.of({"point": "started"}) == 0
    assert "s.Get" in tap.line(event(), 2)
    assert tap.line(event(), 2).index("s.Get") == tap.line(event(), 0).index("s.Get") + 4


def test_old_depths_are_forgotten() -> None:
    depths = tap.Depths()
    for seq in range(1, tap.REMEMBERED + 2):
        depths.of(event(seq=seq, cause=seq - 1))
    assert len(depths._depths) == tap.REMEMBERED


# --- tree, graph ------------------------------------------------------------------------------------------


def node(name: str, kind: str = "actor", **fields: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "state": "ready", "restarts": 0, **fields}


def test_a_tree_is_drawn_with_what_is_worth_knowing() -> None:
    budget = {"left": 3, "of": 5, "per": 30.0}
    full = {"left": 5, "of": 5, "per": 30.0}
    pool = node("rooms", "pool", members=2, budget=full)
    inner = node("inner", "supervisor", strategy="one_for_one", budget=full, children=[pool])
    ill = node("llm", state="backoff", why="no\nnetwork", again_in=4.0, restarts=2)
    root = node("root", "supervisor", strategy="rest_for_one", budget=budget, children=[inner, ill])
    assert list(tree.lines(root)) == [
        "root  ready  rest_for_one  3 of 5 restarts left in 30 s",
        "├─ inner  ready  one_for_one",
        "│  └─ rooms  ready  pool of 2",
        "└─ llm  backoff  restarted 2 times  starts again in 4.00 s  no network",
    ]


def test_a_graph_is_written_for_mermaid() -> None:
    edges = [
        {"from": "end", "to": "my-actor", "count": 6, "errors": 0, "types": {"a.B": 1, "a.C": 4, "a.D": 1}},
    ]
    assert graph.mermaid(edges) == (
        'flowchart LR\n  n_end["end"] -->|"6: a.C 4, a.B 1, …"| n_my_actor["my-actor"]'
    )


# --- waterfall --------------------------------------------------------------------------------------------


def test_a_bar_stands_where_its_time_is() -> None:
    scale = waterfall.Scale(24.0)
    assert scale.bar(0, 24) == "━" * 24
    assert scale.bar(12, 18) == " " * 12 + "━" * 6 + " " * 6
    assert scale.bar(24, 24) == " " * 23 + "━"
    assert scale.bar(-1, 0) == "━" + " " * 23
    assert waterfall.Scale(0.0).bar(0, 0) == "━" + " " * 23


def span(seq: int, cause: int, type: str, to: str, start: float, **fields: Any) -> dict[str, Any]:
    plain = {"seq": seq, "cause": cause, "type": type, "to": to, "start": start, "wait": 0.0, "took": 0.0}
    return {**plain, "outcome": "", "detail": "", **fields}


def test_messages_are_drawn_below_their_cause(capsys: pytest.CaptureFixture[str]) -> None:
    root = span(1, 77, "s.Root", "a", 0.0, took=1.0)
    inner = span(2, 1, "s.Inner", "b", 0.1, took=None)
    leaf = span(4, 2, "s.Leaf", "c", 0.5, outcome="crashed", detail="boom")
    other = span(3, 1, "s.Other", "b", 0.9, took=0.1, outcome="ok")
    waterfall.print_messages([root, inner, leaf, other])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("━")[-1].split()[0:3] for line in lines[1:]] == [
        ["s.Root", "a"],
        ["├", "s.Inner", "b"],
        ["│", "└", "s.Leaf"],
        ["└", "s.Other", "b"],
    ]
    assert "crashed boom" in lines[3]
    assert "runs" in lines[2]


def test_a_turn_is_drawn_with_its_steps(capsys: pytest.CaptureFixture[str]) -> None:
    def step(n: int, kind: str, start: float, end: float | None, **fields: Any) -> dict[str, Any]:
        plain = {
            "n": n,
            "kind": kind,
            "tool": None,
            "state": "done",
            "is_error": False,
            "text": f"text {n}",
            "usage": None,
        }
        return {**plain, "start": start, "end": end, **fields}

    usage = {
        "model": "m",
        "input_tokens": 200,
        "output_tokens": 7,
        "cache_read_tokens": 900,
        "cache_write_tokens": 100,
        "cost_usd": 0.5,
    }
    figures = {"elapsed": 3.0, "completions": 2, "usage": usage}
    waterfall.print_turn(
        {
            "id": "0123456789",
            "session": "s-123456789",
            "source": "web",
            "state": "failed",
            "outcome": "parked",
            "attempt": 3,
            "accepted_at": "2026-01-02T03:04:05Z",
            "text": "two\nlines",
            "merged_into": None,
            "figures": figures,
            "told": [{"source": "SOUL.md", "size": 812}, {"source": "Memory", "size": 1234}],
            "steps": [
                step(0, "user", 0.1, 0.1),
                step(1, "assistant", 0.1, 2.0, usage=usage),
                step(2, "tool", 2.0, 2.5, tool="FileRead", is_error=True),
                step(3, "tool", 2.0, None, tool="Slow", state="intent"),
                step(4, "notice", 3.0, 3.0),
            ],
        }
    )
    head, words, sums, told, _, *rows = capsys.readouterr().out.splitlines()
    assert head.startswith("turn 01234567  failed (parked)  2026-01-0")
    assert words == "  two lines"
    assert sums == "  session s-123456 · from web · 3.00 s · m · 1.2k in, 7 out · $0.5000 · attempt 3"
    assert told == "  told: SOUL.md 812 B · Memory 1.2 kB"
    assert rows[1].split()[:3] == ["+0.100", "1.90", "s"]
    assert "1.2k → 7  $0.5000  text 1" in rows[1]
    assert rows[2].startswith("+2.000")
    assert "FileRead" in rows[2]
    assert rows[3].split()[1] == "…"


def test_of_a_turn_that_joined_another_before_it_began_there_is_little_to_draw(
    capsys: pytest.CaptureFixture[str],
) -> None:
    usage = {"model": None, "cost_usd": None}
    waterfall.print_turn(
        {
            "id": "0123456789",
            "session": "s-123456789",
            "source": "web",
            "state": "merged",
            "outcome": None,
            "attempt": 0,
            "accepted_at": "2026-01-02T03:04:05Z",
            "text": "and",
            "merged_into": "9876543210",
            "figures": {"elapsed": None, "completions": 0, "usage": usage},
            "told": [],
            "steps": [],
        }
    )
    head, *rest = capsys.readouterr().out.splitlines()
    assert head.startswith("turn 01234567  merged  ")
    assert rest == ["  and", "  session s-123456 · from web", "  became part of turn 98765432"]


def test_without_messages_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    waterfall.print_messages([])
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.5, "now"), (4.0, "4 s ago"), (4.25, "4.25 s ago"), (200, "3m 20s ago")]
)
def test_a_while_ago_is_told_in_the_same_units(seconds: float, shown: str) -> None:
    assert text.ago(seconds) == shown
