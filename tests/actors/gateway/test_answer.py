from typing import Any

from actors.agent import messages as agent
from actors.gateway.answer import Watch, from_event, from_store
from actors.session import messages as session
from actors.vocabulary import Attachment
from tests.actors.gateway.world import ENDED, FAILED, THEN, USED, an_ended_turn

FILE = Attachment(name="a", media_type="text/plain", path="a", size=1)


def ended(turn: str, **changes: Any) -> agent.TurnEnded:
    return agent.TurnEnded(session="s", n=9, turn=turn, **{**ENDED, **changes}, text="done")


def fate(turn: str, fate: Any, into: str | None = None) -> agent.FollowupFate:
    return agent.FollowupFate(session="s", n=3, turn=turn, fate=fate, into=into, text="")


def watching(turn: str, *events: agent.TurnEvent) -> Watch:
    watch = Watch(turn)
    for event in events:
        watch.see(event)
    return watch


def test_a_message_is_answered_by_the_end_of_its_turn() -> None:
    end = ended("t1")
    assert watching("t1", ended("t0"), end).ending is end
    assert watching("t1", ended("t0")).ending is None


def test_a_merged_message_is_answered_by_the_turn_it_became_part_of() -> None:
    end = ended("t0")
    assert watching("t1", fate("t1", "merged", "t0"), end).ending is end
    assert watching("t1", end, fate("t1", "answered", "t0")).ending is end


def test_the_fate_of_another_message_changes_nothing() -> None:
    assert watching("t1", fate("t2", "merged", "t0"), ended("t0")).ending is None


def test_a_queued_message_waits_for_its_own_turn() -> None:
    assert watching("t1", fate("t1", "queued"), ended("t0")).ending is None


def test_input_tokens_of_an_answer_are_those_outside_of_the_cache() -> None:
    answer = from_event("t1", ended("t0", attachments=(FILE,)))
    assert answer.json() == {
        "text": "done",
        "session_id": "s",
        "turn_id": "t1",
        "outcome": "success",
        "usage": {
            "input_tokens": 30,
            "output_tokens": 7,
            "cache_read_tokens": 60,
            "cache_write_tokens": 10,
            "cost_usd": 0.5,
        },
        "attachments": [{"file_name": "a", "mime_type": "text/plain", "path": "a", "size": 1}],
    }


def test_a_failed_turn_is_an_error_with_what_was_said_and_spent() -> None:
    fields: dict[str, Any] = {**FAILED, "usage": USED}
    failed = agent.TurnFailed(session="s", n=9, turn="t1", **fields, text="so far")
    shown = from_event("t1", failed).json()
    assert (shown["error"], shown["text"], shown["outcome"]) == ("no network", "so far", "error")
    assert shown["usage"]["output_tokens"] == 7


def message(id: int, turn: str, role: Any, content: str, *files: Attachment) -> session.Message:
    return session.Message(
        id=id, session="s", turn=turn, role=role, content=content, attachments=files, timestamp=THEN
    )


def test_a_stored_answer_is_what_the_assistant_said_in_that_turn() -> None:
    messages = [
        message(2, "t1", "user", "question", FILE),
        message(3, "t1", "assistant", "first"),
        message(4, "t1", "tool_result", "{}", FILE),
        message(5, "t1", "assistant", "second"),
    ]
    answer = from_store("t1", an_ended_turn("t1"), messages)
    assert (answer.text, answer.outcome, answer.error) == ("first\n\nsecond", "success", None)
    assert answer.attachments == (FILE,)
    assert answer.usage == USED


def test_a_stored_failure_tells_its_notice() -> None:
    turn = an_ended_turn("t1", state="failed", outcome="parked")
    answer = from_store("t1", turn, [message(1, "t1", "notice", "it failed three times")])
    assert (answer.error, answer.outcome) == ("it failed three times", "parked")
    assert from_store("t1", turn, []).error == "the turn failed"
