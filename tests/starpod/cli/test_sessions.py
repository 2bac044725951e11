"""How ``starpod sessions list`` writes a conversation; the command itself is tried in ``tests/system``."""

import argparse
from typing import Any, cast

import pytest

from starpod.cli import sessions
from starpod.cli.output import width
from starpod.lock import DaemonInfo

SESSION = {
    "id": "b02496f4-0000",
    "title": "Tell me everything about the plan, with every detail that you can find",
    "summary": None,
    "last_message_at": "2026-11-22T17:01:00.000Z",
    "running": False,
    "is_closed": False,
    "is_read": True,
    "message_count": 2,
    "channel": "main",
    "user_id": "admin",
}


@pytest.mark.parametrize("columns", [80, 100, 120, 200])
def test_a_conversation_has_one_line_of_the_terminal(columns: int) -> None:
    line = sessions._line(SESSION, columns)
    assert width(line) <= columns
    assert "b02496f4" in line
    assert "Tell me" in line
    assert ("admin" in line) is (columns >= 100)


def test_where_nobody_counts_columns_the_title_has_its_usual_room() -> None:
    assert "with every d…" in sessions._line(SESSION, None)


@pytest.mark.parametrize(("there", "limit"), [(700, 500), (700, 1000), (400, 500), (400, 200), (0, 10)])
def test_of_a_daemon_as_many_pages_are_asked_for_as_it_takes(
    monkeypatch: pytest.MonkeyPatch, there: int, limit: int
) -> None:
    class Daemon:
        def __init__(self, info: object) -> None:
            pass

        def get(self, path: str, *, limit: int, offset: int) -> list[int]:
            assert (path, limit <= sessions.PAGE) == ("/api/sessions", True)
            return list(range(there))[offset : offset + limit]

    monkeypatch.setattr(sessions, "Client", Daemon)
    listed: list[Any] = sessions._from_daemon(cast("DaemonInfo", None), limit)
    assert listed == list(range(min(there, limit)))


@pytest.mark.parametrize(
    ("words", "agent"),
    [("list", None), ("-a ada list", "ada"), ("list -a ada", "ada"), ("-a ada list -l 3", "ada")],
)
def test_the_agent_may_be_named_before_and_after_the_action(words: str, agent: str | None) -> None:
    parser = argparse.ArgumentParser()
    sessions.add_arguments(parser)
    assert parser.parse_args(words.split()).agent == agent
