from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.coalesce import Coalescer, QueueFull

Json = dict[str, Any]


def delta(text: str, seq: int = 1, *, kind: str = "text_delta", session: str = "s", turn: str = "t") -> Json:
    return {"type": kind, "session_id": session, "seq": seq, "turn_id": turn, "text": text}


def other(seq: int = 1, *, session: str = "s") -> Json:
    return {"type": "tool_use", "session_id": session, "seq": seq, "turn_id": "t"}


def a_coalescer(capacity: int = 100) -> Coalescer:
    return Coalescer(capacity=capacity, window=1.0, size=10)


def drain(queue: Coalescer, now: float) -> list[Json]:
    frames: list[Json] = []
    while (frame := queue.pop(now)) is not None:
        frames.append(frame)
    return frames


def test_the_first_piece_leaves_at_once() -> None:
    queue = a_coalescer()
    queue.push(delta("a"), 5.0)
    assert queue.pop(5.0) == delta("a")
    assert queue.due() is None


def test_pieces_within_the_window_leave_together_at_its_end() -> None:
    queue = a_coalescer()
    queue.push(delta("a", 1), 0.0)
    assert drain(queue, 0.0) == [delta("a", 1)]
    for seq, text in enumerate("bcd", 2):
        queue.push(delta(text, seq), 0.1 * seq)
    assert drain(queue, 0.9) == []
    assert queue.due() == 1.0
    assert drain(queue, 1.0) == [delta("bcd", 4)]


def test_windows_follow_each_other_without_a_pause() -> None:
    queue = a_coalescer()
    for step in range(4):
        queue.push(delta("x", step), float(step))
        assert drain(queue, float(step)) == [delta("x", step)]


def test_much_text_does_not_wait_for_the_window() -> None:
    queue = a_coalescer()
    queue.push(delta("a", 1), 0.0)
    queue.pop(0.0)
    queue.push(delta("12345", 2), 0.1)
    queue.push(delta("67890", 3), 0.2)
    assert drain(queue, 0.2) == [delta("1234567890", 3)]


def test_another_event_pushes_held_text_out_before_it() -> None:
    queue = a_coalescer()
    queue.push(delta("a", 1), 0.0)
    queue.pop(0.0)
    queue.push(delta("b", 2), 0.1)
    queue.push(other(3), 0.2)
    assert drain(queue, 0.2) == [delta("b", 2), other(3)]


def test_text_after_another_event_leaves_at_once() -> None:
    queue = a_coalescer()
    queue.push(delta("a", 1), 0.0)
    queue.push(other(2), 0.1)
    queue.push(delta("b", 3), 0.2)
    assert drain(queue, 0.2) == [delta("a", 1), other(2), delta("b", 3)]


def test_text_and_thinking_are_not_joined() -> None:
    queue = a_coalescer()
    queue.push(delta("a", 1), 0.0)
    queue.pop(0.0)
    queue.push(delta("b", 2), 0.1)
    queue.push(delta("c", 3, kind="thinking_delta"), 0.1)
    assert drain(queue, 2.0) == [delta("b", 2), delta("c", 3, kind="thinking_delta")]


def test_text_of_two_turns_is_not_joined() -> None:
    queue = a_coalescer()
    queue.push(delta("a", 1), 0.0)
    queue.push(delta("b", 2, turn="u"), 0.0)
    assert drain(queue, 2.0) == [delta("a", 1), delta("b", 2, turn="u")]


def test_conversations_do_not_hold_each_other_up() -> None:
    queue = a_coalescer()
    queue.push(delta("a", 1), 0.0)
    queue.pop(0.0)
    queue.push(delta("b", 2), 0.1)
    queue.push(other(1, session="u"), 0.1)
    assert drain(queue, 0.1) == [other(1, session="u")]
    assert drain(queue, 1.0) == [delta("b", 2)]


def test_interleaved_conversations_are_joined_apart() -> None:
    queue = a_coalescer()
    for seq in range(1, 4):
        queue.push(delta("a", seq, session="s"), 0.0)
        queue.push(delta("b", seq, session="u"), 0.0)
    assert drain(queue, 0.0) == [delta("aaa", 3, session="s"), delta("bbb", 3, session="u")]


def test_frames_without_a_conversation_hold_nothing_up() -> None:
    queue = a_coalescer()
    queue.push(delta("a", 1), 0.0)
    queue.pop(0.0)
    queue.push(delta("b", 2), 0.1)
    queue.push({"type": "pong"}, 0.1)
    assert drain(queue, 0.1) == [{"type": "pong"}]


def test_a_full_queue_refuses_and_keeps_what_it_has() -> None:
    queue = a_coalescer(capacity=2)
    queue.push(other(1), 0.0)
    queue.push(other(2), 0.0)
    with pytest.raises(QueueFull):
        queue.push(other(3), 0.0)
    with pytest.raises(QueueFull):
        queue.push(delta("a", 3), 0.0)
    assert drain(queue, 0.0) == [other(1), other(2)]


def test_text_joins_what_is_held_even_in_a_full_queue() -> None:
    queue = a_coalescer(capacity=2)
    queue.push(other(1), 0.0)
    queue.push(delta("a", 2), 0.0)
    queue.push(delta("b", 3), 0.0)
    assert drain(queue, 0.0) == [other(1), delta("ab", 3)]


def test_while_nobody_reads_text_gathers_into_large_frames() -> None:
    queue = a_coalescer()
    for step in range(25):
        queue.push(delta("x", step), step * 10.0)
    assert [len(frame["text"]) for frame in drain(queue, 999.0)] == [10, 10, 5]


def test_a_conversation_that_is_forgotten_leaves_nothing_behind() -> None:
    queue = a_coalescer()
    queue.push(delta("a", 1), 0.0)
    queue.pop(0.0)
    queue.push(delta("b", 2), 0.1)
    queue.forget("s")
    assert drain(queue, 0.1) == [delta("b", 2)]
    queue.push(delta("c", 3), 0.2)
    assert drain(queue, 0.2) == [delta("c", 3)]
    queue.forget("unknown")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["text", "thinking", "other", "pop", "wait"]),
        st.sampled_from(["s", "u"]),
        st.text("ab", min_size=1, max_size=6),
    ),
    max_size=60,
)


@given(STEPS)
def test_joining_changes_neither_text_nor_order(steps: list[tuple[str, str, str]]) -> None:
    queue = a_coalescer(capacity=1000)
    now = 0.0
    pushed: list[Json] = []
    sent: list[Json] = []
    for seq, (what, session, text) in enumerate(steps, 1):
        match what:
            case "pop":
                sent += drain(queue, now)
            case "wait":
                now += 0.4
            case "other":
                pushed.append(other(seq, session=session))
            case _:
                pushed.append(delta(text, seq, kind=f"{what}_delta", session=session))
        if what not in {"pop", "wait"}:
            queue.push(dict(pushed[-1]), now)
    sent += drain(queue, now + 1.0)
    assert len(queue) == 0
    assert queue.due() is None
    for session in "su":
        assert spoken(sent, session) == spoken(pushed, session)


def spoken(frames: list[Json], session: str) -> list[tuple[str, int]]:
    """The frames of a conversation letter by letter: what was said as what, and after which event."""
    own = [frame for frame in frames if frame["session_id"] == session]
    letters: list[tuple[str, str]] = []
    for frame in own:
        if "text" in frame:
            letters += [(frame["type"], letter) for letter in frame["text"]]
        else:
            letters.append((frame["type"], str(frame["seq"])))
    assert [frame["seq"] for frame in own] == sorted(frame["seq"] for frame in own)
    return [(kind + letter, own[-1]["seq"]) for kind, letter in letters]
