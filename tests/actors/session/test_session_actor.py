"""The session actor on a bus: real files, real threads, and virtual time where hours pass."""

import pathlib
from typing import Any

import pytest
import trio
import trio.testing

from actors.session import messages as session
from actors.vocabulary import Text, ToolUse, Usage
from bus import conceal
from bus.testing import MeshUnderTest
from tests.actors.session.world import accept, begin, finish, start
from tests.fakes.ledger import spoken


async def test_a_turn_with_a_tool_is_stored_message_by_message(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    await start(mesh, path)
    bus = mesh.bus
    accepted = await accept(mesh, "read it")
    begun = await begin(mesh, accepted.turn)
    assert spoken(begun.transcript.messages) == [("user", ["read it"])]
    common: dict[str, Any] = {
        "turn": accepted.turn,
        "boot": bus.boot_id,
        "attempt": begun.turn.attempt,
        "last_event": 5,
    }
    saved = await bus.ask(
        session.SaveCompletion(
            **common,
            iteration=1,
            content=(Text(text="I read"),),
            calls=((ToolUse(id="a", name="FileRead", input={"path": "x"}), "pure"),),
            usage=Usage(model="m", input_tokens=3, output_tokens=2),
        )
    )
    (call,) = saved.calls
    await bus.ask(session.SaveResult(**common, n=call.n, content=(Text(text="x"),), is_error=False))
    followup = await accept(mesh, "and then", session=accepted.session)
    (merged,) = (await bus.ask(session.Merge(**common, followups=(followup.turn,)))).turns
    assert merged.content == (Text(text="and then"),)
    assert (await finish(mesh, accepted.turn)).next is None
    shown = await bus.ask(session.Messages(session=accepted.session, user="admin"))
    assert [message.role for message in shown] == [
        "user",
        "assistant",
        "tool_use",
        "tool_result",
        "user",
        "assistant",
    ]
    used = await bus.ask(session.GetTurn(turn=accepted.turn, user="admin"))
    assert (used.state, used.completions, used.usage.input_tokens) == ("done", 1, 3)
    assert (await bus.ask(session.Open(session=accepted.session))).last_event == 9
    assert (await bus.ask(session.GetTurn(turn=followup.turn, user="admin"))).merged_into == accepted.turn
    assert len(await bus.ask(session.Export(session=accepted.session, user="admin"))) == 6
    assert (await bus.ask(session.Costs())).by_tool[0].name == "FileRead"
    assert (await bus.ask(session.GetCosts(user="admin", role="admin", period="7d"))).by_tool[
        0
    ].tool_name == "FileRead"
    assert (await bus.ask(session.GetCosts(user="eve", role="user"))).by_tool == ()


async def test_a_turn_is_handed_from_one_incarnation_to_the_next(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    await start(mesh, path)
    bus = mesh.bus
    accepted = await accept(mesh, "delete it")
    begun = await begin(mesh, accepted.turn)
    own: dict[str, Any] = {"turn": accepted.turn, "boot": bus.boot_id, "attempt": begun.turn.attempt}
    saved = await bus.ask(
        session.SaveCompletion(
            **own,
            iteration=1,
            content=(),
            calls=((ToolUse(id="a", name="FileDelete", input={"path": "x"}), "unsafe"),),
            usage=Usage(input_tokens=3),
            last_event=5,
        )
    )
    (call,) = saved.calls
    await bus.ask(session.AwaitStep(**own, n=call.n))
    await bus.ask(session.BeginStep(**own, n=call.n))
    cancellation = await bus.ask(session.CancelTurn(turn=accepted.turn, user="admin"))
    assert cancellation.fate == "requested"
    assert mesh.published(session.TurnFinished) == []
    await bus.ask(
        session.RecordCompaction(
            turn=accepted.turn,
            until=saved.step,
            trigger="auto",
            pre_tokens=9,
            summary="so far",
            messages_compacted=1,
        )
    )
    await bus.ask(session.Release(**own, last_event=6))
    begun = await begin(mesh, accepted.turn)
    assert (begun.ended, begun.turn.state, begun.turn.deaths) == (True, "cancelled", 0)


async def test_a_conversation_with_much_to_read_keeps_nobody_waiting(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    await start(mesh, path)
    for number in range(12):
        accepted = await accept(mesh, f"message {number}", key="chat")
        await begin(mesh, accepted.turn)
        await finish(mesh, accepted.turn)
    await mesh.console.restart("session")
    accepted = await accept(mesh, "and now?", key="chat")
    assert len((await begin(mesh, accepted.turn)).transcript.messages) == 25


async def test_a_turn_that_cannot_be_read_any_more_is_ended(mesh: MeshUnderTest, path: pathlib.Path) -> None:
    actor = await start(mesh, path)
    accepted = await accept(mesh)
    await actor._storage.run(lambda connection: connection.execute("UPDATE turns SET options = 'no JSON'"))
    begun = await begin(mesh, accepted.turn)
    assert (begun.ended, begun.turn.outcome) == (True, "error")
    assert [event.turn for event in mesh.published(session.TurnFinished)] == [accepted.turn]


async def test_every_change_of_a_conversation_is_published(mesh: MeshUnderTest, path: pathlib.Path) -> None:
    await start(mesh, path)
    accepted = await accept(mesh, user="ada", client_message_id="m")
    changed = session.SessionChanged(session=accepted.session, user="ada")
    await accept(mesh, user="ada", client_message_id="m")
    assert mesh.published(session.SessionChanged) == [changed]
    await begin(mesh, accepted.turn)
    await finish(mesh, accepted.turn)
    await mesh.bus.ask(session.MarkRead(session=accepted.session, user="ada", is_read=False))
    await mesh.bus.ask(session.Rename(session=accepted.session, user="ada", title="new"))
    for archived in (True, False):
        aside = session.Archive(session=accepted.session, user="ada", archived=archived)
        assert await mesh.bus.ask(aside) == session.Marked()
    assert mesh.published(session.SessionChanged) == [changed] * 6
    assert mesh.published(session.SessionClosed) == []
    await mesh.bus.ask(session.Close(session=accepted.session, user="ada", summary="done"))
    assert mesh.published(session.SessionClosed) == [
        session.SessionClosed(session=accepted.session, user="ada")
    ]
    assert mesh.published(session.SessionChanged) == [changed] * 7
    (found,) = await mesh.bus.ask(session.List(user="ada"))
    assert found == await mesh.bus.ask(session.Get(session=accepted.session, user="ada"))
    assert (found.title, found.is_read, found.is_closed, found.summary) == ("new", False, True, "done")


async def test_first_messages_at_once_with_one_key_make_one_conversation(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    actor = await start(mesh, path)
    found: list[session.Accepted] = []

    async def one(number: int) -> None:
        found.append(await accept(mesh, f"message {number}", key="chat"))

    async with trio.open_nursery() as nursery:
        for number in range(60):
            nursery.start_soon(one, number)
    assert len({accepted.session for accepted in found}) == 1
    assert sum(accepted.created for accepted in found) == 1
    assert (await mesh.bus.ask(session.Get(session=found[0].session, user="admin"))).message_count == 60
    done = actor._storage.statistics()
    assert done.jobs == 60
    assert done.commits < 30, "those that come together share a commit"


async def test_the_same_message_at_once_is_one(mesh: MeshUnderTest, path: pathlib.Path) -> None:
    await start(mesh, path)
    found: list[session.Accepted] = []

    async def one() -> None:
        found.append(await accept(mesh, client_message_id="m"))

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(one)
    assert len({accepted.turn for accepted in found}) == 1
    assert sum(not accepted.duplicate for accepted in found) == 1
    assert len(mesh.published(session.SessionChanged)) == 1


async def test_telegram_silence_as_long_as_the_gap_closes_the_old_conversation(
    autojump_clock: trio.testing.MockClock, mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    await start(mesh, path, gap_minutes=5)
    first = await accept(mesh, channel="telegram", key="42", user="ada")
    await trio.sleep(299)
    assert (await accept(mesh, channel="telegram", key="42", user="ada")).session == first.session
    await trio.sleep(300)
    second = await accept(mesh, channel="telegram", key="42", user="ada")
    assert (second.closed, second.created) == (first.session, True)
    assert mesh.published(session.SessionClosed) == [session.SessionClosed(session=first.session, user="ada")]


async def test_a_silent_conversation_is_closed_without_waiting_for_a_message(
    autojump_clock: trio.testing.MockClock, mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    await start(mesh, path)
    telegram = await accept(mesh, channel="telegram", key="42")
    main = await accept(mesh, key="chat")
    for accepted in (telegram, main):
        await begin(mesh, accepted.turn)
        await finish(mesh, accepted.turn)
    await trio.sleep(6 * 3600 - 1)
    assert mesh.published(session.SessionClosed) == []
    await trio.sleep(601)
    assert [event.session for event in mesh.published(session.SessionClosed)] == [telegram.session]
    assert not (await mesh.bus.ask(session.Get(session=main.session, user="admin"))).is_closed


async def test_what_ends_is_told_and_what_is_to_be_pushed_is_due(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    await start(mesh, path)
    one, two, three = [await accept(mesh, key=key, channel="telegram") for key in ("42", "42", "43")]
    await begin(mesh, one.turn)
    await finish(mesh, one.turn)
    cancelled = await mesh.bus.ask(session.CancelTurn(turn=two.turn, user="admin"))
    assert cancelled.fate == "cancelled"
    for attempt in range(4):
        begun = await begin(mesh, three.turn)
        assert begun.ended is (attempt == 3)
    ended = await mesh.bus.ask(session.TurnsAfter(seq=0))
    assert [(turn.id, turn.outcome) for turn in ended] == [
        (one.turn, "success"),
        (two.turn, "cancelled"),
        (three.turn, "parked"),
    ]
    assert mesh.published(session.TurnFinished) == [
        session.TurnFinished(seq=n, session=turn.session, user="admin", turn=turn.id)
        for n, turn in enumerate(ended, 1)
    ]
    assert await mesh.bus.ask(session.TurnsAfter(seq=1, limit=1)) == ended[1:2]
    assert mesh.published(session.OutboxDue) == [session.OutboxDue(channel="telegram")] * 3
    claimed = await mesh.bus.ask(session.ClaimOutbox(channel="telegram", claimer="bot"))
    assert [(row.turn, row.recipient) for row in claimed.rows] == [(one.turn, "42"), (three.turn, "43")]


async def test_conversations_are_pinned_labelled_searched_and_drafts_kept(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    await start(mesh, path)
    here = (await accept(mesh, "of heliotropes")).session
    await mesh.bus.ask(session.Pin(session=here, user="admin"))
    labelled = await mesh.bus.ask(session.SetLabels(session=here, user="admin", labels=("garden",)))
    assert (labelled.pinned, labelled.labels) == (True, ("garden",))
    assert await mesh.bus.ask(session.ListLabels(user="admin")) == (session.Label(name="garden", count=1),)
    assert await mesh.bus.ask(session.Find(user="admin", q="heliotropes")) == ()  # its turn has not begun
    await mesh.bus.ask(session.KeepDraft(place=here, user="admin", text="dear"))
    (draft,) = await mesh.bus.ask(session.ListDrafts(user="admin"))
    assert (draft.place, draft.text) == (here, "dear")


async def test_no_secret_is_found_or_shown_by_a_search(mesh: MeshUnderTest, path: pathlib.Path) -> None:
    await start(mesh, path)
    begun = await begin(mesh, (await accept(mesh, "the key is xyzzy-plugh-12345")).turn)
    await finish(mesh, begun.turn.id, "noted, the key")
    conceal("vault", [("key", "xyzzy-plugh-12345")])
    assert await mesh.bus.ask(session.Find(user="admin", q="xyzzy")) == ()
    hits = await mesh.bus.ask(session.Find(user="admin", q="key is"))
    (hit,) = hits
    assert "xyzzy" not in "".join(hit.excerpt)


async def test_an_operator_sees_turns_steps_and_what_is_left(mesh: MeshUnderTest, path: pathlib.Path) -> None:
    await start(mesh, path)
    accepted = await accept(mesh)
    assert (await mesh.bus.ask(session.CountOpenWork())).accepted == 1
    await begin(mesh, accepted.turn)
    await finish(mesh, accepted.turn)
    (turn,) = await mesh.bus.ask(session.FindTurns(states=("done",)))
    assert turn.id == accepted.turn
    steps = await mesh.bus.ask(session.GetSteps(turn=turn.id, user="admin"))
    assert [step.kind for step in steps] == ["user", "assistant"]
    with pytest.raises(session.UnknownTurn):
        await mesh.bus.ask(session.GetSteps(turn="nothing", user="admin"))
