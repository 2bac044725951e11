"""How much of a long input goes to everybody who is to know of a call."""

from datetime import UTC, datetime
from typing import Any

from actors.permissions.messages import Approval
from actors.permissions.shortening import LONGEST, MOST, shortened

THEN = datetime(2026, 1, 1, tzinfo=UTC)


def approval(input: dict[str, Any], subject: str = "") -> Approval:
    return Approval(
        id="q",
        state="open",
        tool="FileWrite",
        tool_use_id="c",
        input=input,
        subject=subject,
        reason="?",
        outside=(),
        pattern="*",
        user="ada",
        session="s",
        turn="t",
        channel="main",
        asked_at=THEN,
        expires_at=THEN,
    )


def test_what_is_short_stays_as_it_is() -> None:
    asked = approval({"path": "a", "n": 3, "list": ["x", None, 1.5]}, "a")
    assert shortened(asked) == asked


def test_long_texts_say_how_much_is_left_out() -> None:
    asked = shortened(approval({"edits": [{"new": "x" * (LONGEST + 7)}]}, "y" * (LONGEST + 1)))
    assert asked.input["edits"][0]["new"] == f"{'x' * LONGEST}… (7 more characters)"
    assert asked.subject == f"{'y' * LONGEST}… (1 more characters)"


def test_of_many_entries_the_first_are_kept() -> None:
    asked = shortened(approval({"list": list(range(1000)), **{f"k{n}": n for n in range(1000)}}))
    assert asked.input["list"] == list(range(MOST))
    assert len(asked.input) == MOST
