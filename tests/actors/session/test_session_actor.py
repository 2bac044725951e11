"""The session actor on a bus: real files, real threads, and virtual time where hours pass."""

import contextlib
import pathlib
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

import attrs
import pytest
import trio
import trio.testing

from actors.session import messages as session
from actors.session import turns
from actors.session.actor import SWEEP, SessionActor
from actors.storage import Storage
from actors.vocabulary import Text, ToolUse, Usage
from bus import BootError, BusError, Request, conceal
from bus.console import State
from bus.testing import MeshUnderTest, open_test_mesh
from tests.fakes.ledger import spoken


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "session.db"


async def start(
    mesh: MeshUnderTest, path: pathlib.Path, gap_minutes: int = 360, pushes: Literal["end", "each"] = "end"
) -> SessionActor:
    telegram = session.ChannelPolicy("telegram", gap=timedelta(minutes=gap_minutes), pushes=pushes)
    channels = lambda: (session.ChannelPolicy("main"), telegram)  # noqa: E731
    cell = await mesh.start(partial(SessionActor, path, channels), name="session")
    assert isinstance(cell.actor, SessionActor)
    return cell.actor


async def accept(mesh: MeshUnderTest, text: str = "hello", **fields: Any) -> session.Accepted:
    said: dict[str, Any] = {"text": text, "user": "admin", **fields}
    return await mesh.bus.ask(session.Accept(incoming=session.Incoming(**said)))


async def begin(mesh: MeshUnderTest, turn: str) -> session.Begun:
    return await mesh.bus.ask(session.Begin(turn=turn, boot=mesh.bus.boot_id))


async def finish(mesh: MeshUnderTest, turn: str, text: str = "hi", **fields: Any) -> session.Finished:
    return await mesh.bus.ask(
        session.Finish(
            turn=turn,
            boot=mesh.bus.boot_id,
            attempt=fields.pop("attempt", 1),
            state="done",
            outcome="success",
            content=(Text(text=text),),
            last_event=9,
            **fields,
        )
    )


def files_beside(path: pathlib.Path) -> set[str]:
    return {entry.name for entry in path.parent.iterdir()}


def files_that_hold(path: pathlib.Path, words: bytes) -> set[pathlib.Path]:
    return {entry for entry in path.parent.iterdir() if words in entry.read_bytes()}


def pragma(connection: sqlite3.Connection, statement: str) -> Any:
    return connection.execute(f"PRAGMA {statement}").fetchone()[0]


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


@pytest.mark.parametrize("repeatable", [True, False])
async def test_the_disk_is_waited_for_with_a_result_that_cannot_be_had_again(
    mesh: MeshUnderTest,
    path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    repeatable: bool,  # noqa: FBT001
) -> None:
    seen: list[int] = []
    save_result = turns.save_result

    def save(connection: sqlite3.Connection, request: session.SaveResult, now: int) -> None:
        seen.append(pragma(connection, "synchronous"))
        save_result(connection, request, now)

    monkeypatch.setattr(turns, "save_result", save)
    await start(mesh, path)
    accepted = await accept(mesh, "read it")
    begun = await begin(mesh, accepted.turn)
    common: dict[str, Any] = {
        "turn": accepted.turn,
        "boot": mesh.bus.boot_id,
        "attempt": begun.turn.attempt,
        "last_event": 5,
    }
    call = ToolUse(id="a", name="FileRead", input={})
    saved = await mesh.bus.ask(
        session.SaveCompletion(
            **common, iteration=1, content=(), calls=((call, "pure"),), usage=Usage(model="m")
        )
    )
    result: dict[str, Any] = {"content": (Text(text="x"),), "is_error": False, "repeatable": repeatable}
    await mesh.bus.ask(session.SaveResult(**common, n=saved.calls[0].n, **result))
    normal, full = 1, 2
    assert seen == [normal if repeatable else full]


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


async def test_another_boot_recovers_what_this_one_began(path: pathlib.Path) -> None:
    async with open_test_mesh(seed=1) as mesh:
        await start(mesh, path)
        accepted = await accept(mesh, "remember me")
        await begin(mesh, accepted.turn)
    assert files_beside(path) == {"session.db", "session.db.made"}
    async with open_test_mesh(seed=2) as mesh:
        await start(mesh, path)
        (found,) = await mesh.bus.ask(session.Recover(boot=mesh.bus.boot_id))
        assert (found.id, found.state, found.attempt) == (accepted.turn, "accepted", 1)
        begun = await begin(mesh, found.id)
        assert (begun.turn.attempt, begun.turn.text) == (2, "remember me")


ACCEPTOR = """
import functools, pathlib, sys, trio
from actors.session import messages as session
from actors.session.actor import SessionActor
from bus.testing import open_test_mesh

channels = lambda: (session.ChannelPolicy("main"),)

def said(number, n):
    return session.Incoming(text=f"{number}:{n}", user="admin", key=str(number))

async def person(mesh, number):
    for n in range(10_000):
        accepted = await mesh.bus.ask(session.Accept(incoming=said(number, n)))
        print(accepted.turn, flush=True)

async def main():
    async with open_test_mesh() as mesh, trio.open_nursery() as nursery:
        await mesh.start(functools.partial(SessionActor, pathlib.Path(sys.argv[1]), channels), name="session")
        for number in range(8):
            nursery.start_soon(person, mesh, number)

trio.run(main)
"""


def acknowledged_before_a_kill(path: pathlib.Path, count: int) -> set[str]:
    """Turns that another process accepted until it was killed while it accepted more."""
    command = [sys.executable, "-c", ACCEPTOR, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = {process.stdout.readline().strip() for _ in range(count)}
        process.kill()
        return seen | {line.strip() for line in process.stdout if line.endswith("\n")}


@pytest.mark.parametrize("count", [1, 40, 150])
async def test_no_acknowledged_message_is_lost_by_sigkill(
    mesh: MeshUnderTest, path: pathlib.Path, count: int
) -> None:
    acknowledged = await trio.to_thread.run_sync(acknowledged_before_a_kill, path, count)
    await start(mesh, path)
    found = await mesh.bus.ask(session.Recover(boot=mesh.bus.boot_id))
    assert len(acknowledged) >= count
    assert acknowledged <= {turn.id for turn in found}
    by_session: dict[str, list[int]] = {}
    for turn in found:
        by_session.setdefault(turn.session, []).append(int(turn.text.partition(":")[2]))
    assert all(numbers == list(range(len(numbers))) for numbers in by_session.values())


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (session.Get(session="nothing", user="admin"), session.UnknownSession),
        (session.Messages(session="nothing", user="admin"), session.UnknownSession),
        (session.Export(session="nothing", user="admin"), session.UnknownSession),
        (session.Open(session="nothing"), session.UnknownSession),
        (session.MarkRead(session="nothing", user="admin"), session.UnknownSession),
        (
            session.Accept(incoming=session.Incoming(text="hi", user="a", session="nothing")),
            session.UnknownSession,
        ),
        (
            session.Accept(incoming=session.Incoming(text="hi", user="a", channel="nothing")),
            session.UnknownChannel,
        ),
        (session.CancelTurn(turn="nothing", user="admin"), session.UnknownTurn),
        (session.GetTurn(turn="nothing", user="admin"), session.UnknownTurn),
        (session.ListTurns(session="nothing", user="admin"), session.UnknownSession),
        (session.Begin(turn="nothing", boot="b"), session.UnknownTurn),
        (
            session.RecordCompaction(
                turn="nothing",
                until=1,
                trigger="auto",
                pre_tokens=1,
                summary="",
                messages_compacted=1,
            ),
            session.UnknownTurn,
        ),
    ],
)
async def test_what_is_not_there_is_a_typed_error(
    mesh: MeshUnderTest, path: pathlib.Path, request_: Any, error: type[Exception]
) -> None:
    await start(mesh, path)
    with pytest.raises(error, match="nothing"):
        await mesh.bus.ask(request_)
    await accept(mesh)


def fields_of(kind: type[Any]) -> dict[str, bool]:
    """Names of the fields of a message, and whether they must be given."""
    return {field.name: field.default is attrs.NOTHING for field in attrs.fields(kind)}


def is_owned(kind: Any) -> bool:
    """Whether it is a request about something of a user."""
    is_request = isinstance(kind, type) and Request in kind.__mro__
    names = set(fields_of(kind)) if is_request else set[str]()
    return "user" in names and bool(names & {"turn", "session"})


OWNED: list[type[Any]] = list(filter(is_owned, vars(session).values()))


@pytest.mark.parametrize("kind", OWNED, ids=lambda kind: kind.__name__)
async def test_what_belongs_to_somebody_else_is_not_there(
    mesh: MeshUnderTest, path: pathlib.Path, kind: type[Any]
) -> None:
    await start(mesh, path)
    accepted = await accept(mesh)
    known = {
        "turn": accepted.turn,
        "session": accepted.session,
        "title": "mine",
        "text": "mine",
        "summary": "",
        "labels": (),
        "purpose": "review",
        "usage": Usage(),
        "since": datetime(2026, 1, 1, tzinfo=UTC),
    }
    given = {name: known[name] for name, needed in fields_of(kind).items() if needed and name != "user"}
    with pytest.raises((session.UnknownTurn, session.UnknownSession)):
        await mesh.bus.ask(kind(user="eve", **given))
    with contextlib.suppress(session.StillOpen):  # the turn waits
        await mesh.bus.ask(kind(user="admin", **given))


async def of_a_job(mesh: MeshUnderTest, text: str) -> session.Accepted:
    accepted = await accept(mesh, text, triggered_by="brief", source="cron", client_message_id=text)
    await begin(mesh, accepted.turn)
    await finish(mesh, accepted.turn, f"{text} in bloom")
    return accepted


async def test_what_a_job_said_leaves_the_files_with_its_conversation(
    mesh: MeshUnderTest, path: pathlib.Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Copies from before an update are left as they were."""
    await start(mesh, path)
    copy = path.with_name(f"{path.name}.v7.snapshot")
    copy.write_text("heliotrope")
    gone, kept = await of_a_job(mesh, "heliotrope"), await of_a_job(mesh, "periwinkle")
    costs = await mesh.bus.ask(session.GetCosts(user="admin", role="admin", period="all"))
    told = len(mesh.published(session.SessionChanged))
    prune = session.Prune(session=gone.session, user="admin")
    assert [await mesh.bus.ask(prune) for _ in range(2)] == [True, True]
    changed = mesh.published(session.SessionChanged)[told:]
    assert changed == [session.SessionChanged(session=gone.session, user="admin")]
    await trio.sleep(SWEEP + 1)
    assert files_that_hold(path, b"heliotrope") == {copy}
    assert files_that_hold(path, b"periwinkle in bloom") == {path}
    assert await mesh.bus.ask(session.GetCosts(user="admin", role="admin", period="all")) == costs
    assert [each.id for each in await mesh.bus.ask(session.List(user="admin"))] == [kept.session]


async def test_while_somebody_else_reads_the_words_stay_in_the_files_and_nothing_else_suffers(
    mesh: MeshUnderTest, path: pathlib.Path, autojump_clock: trio.testing.MockClock
) -> None:
    actor = await start(mesh, path)
    await actor._storage.run(pragma, "busy_timeout = 10")
    gone = await of_a_job(mesh, "heliotrope")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM steps").fetchall()
        assert await mesh.bus.ask(session.Prune(session=gone.session, user="admin"))
        await trio.sleep(SWEEP + 1)
        assert files_that_hold(path, b"heliotrope")
    assert mesh.cell("session").actor is actor
    await trio.sleep(SWEEP + 1)
    assert files_that_hold(path, b"heliotrope") == set()


async def test_what_a_person_deletes_is_gone_after_the_grace_even_when_nobody_looks(
    mesh: MeshUnderTest, path: pathlib.Path, autojump_clock: trio.testing.MockClock
) -> None:
    await start(mesh, path)
    gone, back = [await accept(mesh, f"of heliotropes {key}", key=key) for key in "ab"]
    for accepted in (gone, back):
        await mesh.bus.ask(session.CancelTurn(turn=accepted.turn, user="admin"))
        await mesh.bus.ask(session.Delete(session=accepted.session, user="admin"))
    assert await mesh.bus.ask(session.List(user="admin")) == ()
    restored = await mesh.bus.ask(session.Restore(session=back.session, user="admin"))
    assert restored.id == back.session
    await trio.sleep(session.GRACE + 1)
    assert await mesh.bus.ask(session.List(user="admin")) == (restored,)
    with pytest.raises(session.UnknownSession):
        await mesh.bus.ask(session.Restore(session=gone.session, user="admin"))
    told = mesh.published(session.SessionChanged)
    assert told[-1] == session.SessionChanged(session=gone.session, user="admin")
    await trio.sleep(SWEEP + 60)
    assert files_that_hold(path, b"heliotropes a") == set()


async def test_what_was_deleted_before_a_restart_is_gone_after_it(
    path: pathlib.Path, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_test_mesh() as mesh:
        await start(mesh, path)
        accepted = await accept(mesh)
        await mesh.bus.ask(session.CancelTurn(turn=accepted.turn, user="admin"))
        await mesh.bus.ask(session.Delete(session=accepted.session, user="admin"))
    async with open_test_mesh() as mesh:
        await start(mesh, path)
        await trio.sleep(session.GRACE + 1)
        with pytest.raises(session.UnknownSession):
            await mesh.bus.ask(session.Restore(session=accepted.session, user="admin"))


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


async def test_a_conversation_in_which_a_person_spoke_stays(mesh: MeshUnderTest, path: pathlib.Path) -> None:
    await start(mesh, path)
    begun = await of_a_job(mesh, "heliotrope")
    answer = await accept(mesh, "thanks", session=begun.session)
    await mesh.bus.ask(session.CancelTurn(turn=answer.turn, user="admin"))
    assert not await mesh.bus.ask(session.Prune(session=begun.session, user="admin"))
    assert len(await mesh.bus.ask(session.Messages(session=begun.session, user="admin"))) == 3


async def test_what_somebody_who_left_has_used_counts_and_what_cannot_be_counted_is_only_logged(
    mesh: MeshUnderTest, path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    await start(mesh, path)
    note = session.NoteUsage(user="admin", purpose="skill", usage=Usage(input_tokens=7, model="m"))
    await mesh.bus.tell(note)
    await mesh.bus.tell(attrs.evolve(note, session="nowhere"))
    report = await mesh.bus.ask(session.Costs())
    with trio.fail_after(20):
        while "could not be counted" not in caplog.text or not report.total.calls:  # nobody is told
            report = await mesh.bus.ask(session.Costs())
    assert (report.total.calls, report.total.usage.input_tokens) == (1, 7)
    assert mesh.cell("session").health.state is State.READY


async def test_a_full_disk_is_a_typed_error_and_health_says_so_until_it_works_again(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    actor = await start(mesh, path)
    before = await accept(mesh, client_message_id="before")
    pages = await actor._storage.run(pragma, "page_count")
    await actor._storage.run(pragma, f"max_page_count = {pages}")
    with pytest.raises(session.StorageFailed, match="Free some space"):
        await accept(mesh, "x" * 100_000, client_message_id="large")
    health = mesh.cell("session").health
    assert health.state is State.DEGRADED
    assert "disk is full" in (health.why or "")
    assert (await mesh.bus.ask(session.Get(session=before.session, user="admin"))).message_count == 1
    await actor._storage.run(pragma, "max_page_count = 100000")
    assert not (await accept(mesh, "x" * 100_000, client_message_id="large")).duplicate
    assert mesh.cell("session").health.state is State.READY


async def test_a_database_of_a_newer_program_stops_the_start_with_the_reason(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    newer = Storage(path, tuple(f"CREATE TABLE t{n}(x);" for n in range(50)))
    await newer.open()
    await newer.close()
    with pytest.raises((BootError, BusError), match="newer version of this program"):
        await start(mesh, path)


async def test_a_closed_database_is_a_typed_error_for_reads_too(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    actor = await start(mesh, path)
    await actor._storage.close()
    with pytest.raises(session.StorageFailed, match="not open"):
        await mesh.bus.ask(session.List(user="admin"))


async def test_the_console_sees_what_the_database_did(mesh: MeshUnderTest, path: pathlib.Path) -> None:
    actor = await start(mesh, path)
    await accept(mesh)
    assert actor.describe()["storage"]["commits"] == 1


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
