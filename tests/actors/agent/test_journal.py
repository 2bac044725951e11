"""Events of a conversation, kept for clients that lost their connection."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from actors.agent import messages as agent
from actors.agent.journal import GAP, Journal
from actors.vocabulary import Usage


def started(n: int, turn: str = "t1") -> agent.TurnStarted:
    return agent.TurnStarted(
        session="s", n=n, turn=turn, text="hi", attachments=(), source="web", client_message_id=None, attempt=1,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def delta(n: int, text: str, turn: str = "t1") -> agent.TextDelta:
    return agent.TextDelta(session="s", n=n, turn=turn, text=text)


def thought(n: int, text: str) -> agent.ThinkingDelta:
    return agent.ThinkingDelta(session="s", n=n, turn="t1", text=text)


def fill(journal: Journal, *texts: str, turn: str = "t1") -> None:
    for text in texts:
        journal.add(delta(journal.number(), text, turn))


def test_a_new_conversation_counts_from_one_and_is_complete() -> None:
    journal = Journal(0, ran_before=False)
    assert journal.number() == 1
    assert journal.after(0) == ((), True)


def test_a_conversation_that_ran_before_leaves_a_gap_so_that_no_number_comes_twice() -> None:
    journal = Journal(37, ran_before=True)
    assert (journal.last, journal.number()) == (37 + GAP, 37 + GAP + 1)


def test_a_client_from_before_a_restart_is_told_that_events_are_missing() -> None:
    journal = Journal(37, ran_before=True)
    journal.add(started(journal.number()))
    events, complete = journal.after(37)
    assert [event.n for event in events] == [37 + GAP + 1]
    assert not complete


def test_neighbouring_deltas_come_as_one_with_the_number_of_the_last() -> None:
    journal = Journal(0, ran_before=False)
    journal.add(started(1))
    fill(journal, "Hel", "lo ", "you")
    assert journal.after(0) == ((started(1), delta(4, "Hello you")), True)


def test_deltas_of_different_kind_are_not_joined() -> None:
    journal = Journal(0, ran_before=False)
    journal.add(thought(1, "hm"))
    journal.add(delta(2, "yes"))
    journal.add(thought(3, "well"))
    assert journal.after(0)[0] == (thought(1, "hm"), delta(2, "yes"), thought(3, "well"))


def test_a_client_in_the_middle_of_joined_deltas_gets_only_what_it_has_not_seen() -> None:
    journal = Journal(0, ran_before=False)
    fill(journal, "a", "b", "c", "d")
    assert journal.after(2) == ((delta(4, "cd"),), True)
    assert journal.after(4) == ((), True)


def test_a_number_that_was_never_given_out_gets_everything_kept_as_incomplete() -> None:
    journal = Journal(0, ran_before=False)
    fill(journal, "a")
    assert journal.after(99) == ((delta(1, "a"),), False)


def test_old_turns_are_forgotten_and_the_client_is_told() -> None:
    journal = Journal(0, ran_before=False, capacity=1000)
    fill(journal, "x" * 600, turn="t1")
    journal.add(started(2, "t2"))
    fill(journal, "y" * 600, turn="t2")
    events, complete = journal.after(0)
    assert events == (started(2, "t2"), delta(3, "y" * 600, "t2"))
    assert not complete
    assert journal.after(1) == (events, True)


def test_the_turn_that_runs_is_always_kept_whole() -> None:
    journal = Journal(0, ran_before=False, capacity=100)
    journal.add(started(1))
    fill(journal, *["word "] * 500)
    joined = agent.FollowupFate(session="s", n=502, turn="t2", fate="merged", into="t1", text="and?")
    journal.add(joined)
    assert journal.after(0) == ((started(1), delta(501, "word " * 500), joined), True)


def test_a_turn_that_has_ended_is_kept_as_long_as_there_is_room() -> None:
    journal = Journal(0, ran_before=False, capacity=1000)
    journal.add(started(1))
    fill(journal, "x" * 2000)
    end = agent.TurnFailed(
        session="s",
        n=3,
        turn="t1",
        outcome="error",
        reason="no",
        text="",
        usage=Usage(),
        tool_rounds=0,
        elapsed=0.0,
    )
    journal.add(end)
    assert journal.after(2) == ((end,), True)
    assert journal.after(1) == ((end,), False)


def test_a_turn_is_found_by_the_number_before_its_first_event() -> None:
    journal = Journal(0, ran_before=False)
    fill(journal, "a", "b", turn="t1")
    journal.add(started(3, "t2"))
    assert journal.before("t1") == 0
    assert journal.before("t2") == 2
    assert journal.before("t3") is None


@given(st.lists(st.tuples(st.sampled_from("tk"), st.text(min_size=1, max_size=5)), max_size=40), st.data())
def test_what_was_seen_and_what_follows_is_the_whole(
    pieces: list[tuple[str, str]], data: st.DataObject
) -> None:
    journal = Journal(0, ran_before=False)
    sent: list[agent.TurnEvent] = []
    for kind, text in pieces:
        n = journal.number()
        sent.append(delta(n, text) if kind == "t" else thought(n, text))
        journal.add(sent[-1])
    seen = data.draw(st.integers(min_value=0, max_value=len(sent)))
    events, complete = journal.after(seen)
    assert complete
    for kind_of_event in (agent.TextDelta, agent.ThinkingDelta):
        rest = "".join(event.text for event in events if isinstance(event, kind_of_event))
        assert rest == "".join(event.text for event in sent[seen:] if isinstance(event, kind_of_event))
