"""What becomes of what is written: who is let in, what the agent gets, and that it gets it once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.notify import messages as notify
from actors.outside import QUOTED, holding
from actors.session import accept
from actors.session import messages as session
from actors.storage import DiskFull
from actors.telegram import content, messages
from actors.telegram.actor import TelegramActor
from actors.telegram.client import Client
from actors.telegram.content import LARGEST_FILE
from actors.telegram.doing import Heard
from actors.telegram.receiving import Receiver
from actors.tools.settings import Attachments
from actors.users import messages as users
from actors.vocabulary import ADMIN, Attachment
from bus import Actor, Unavailable
from tests.actors.agent.world import Gate, World, say
from tests.actors.telegram.inside import OPERATOR, Inside
from tests.actors.telegram.test_commands import skill
from tests.fakes.telegram.people import ADA
from tests.fakes.telegram.server import TelegramServer

GRACE = 8
GROUP = -100


@pytest.fixture
def inside(tmp_path: Path, telegram: TelegramServer) -> Inside:
    telegram.people.meet(GRACE, "Grace", "grace")
    telegram.people.gather(GROUP)
    return Inside(World(tmp_path), telegram, tmp_path)


async def add(inside: Inside, id: str) -> None:
    await inside.mesh.bus.ask(users.AddUser(id=id, **OPERATOR))


# --- who is let in ------------------------------------------------------------------------------------------


async def test_a_stranger_hears_once_an_hour_how_to_be_let_in_and_is_let_in_by_an_admin(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running(linked=False):
        inside.write("my secret", sender=GRACE)
        inside.write("hello?", sender=GRACE)
        await inside.settled()
        (told,) = await inside.answers(str(GRACE))
        (asks,) = await inside.mesh.bus.ask(messages.ListPairings())
        assert f"Your Telegram id is `{GRACE}`" in told
        assert asks.code in told
        assert (asks.telegram_id, asks.username, asks.name) == (GRACE, "grace", "Grace")
        assert await inside.said(key=str(GRACE)) == []
        assert b"my secret" not in (inside.folder / "db" / "telegram.db").read_bytes()
        await trio.sleep(3600)
        inside.write("hello?", sender=GRACE)
        await inside.settled()
        assert len(await inside.answers(str(GRACE))) == 2
        (asks,) = await inside.mesh.bus.ask(messages.ListPairings())
        link = await inside.mesh.bus.ask(messages.AcceptPairing(code=asks.code.lower(), **OPERATOR))
        assert (link.user, link.telegram_id, link.username) == (ADMIN, GRACE, "grace")
        assert (await inside.answers(str(GRACE)))[-1].startswith("You are let in, as admin.")
        inside.write("now?", sender=GRACE)
        await inside.settled()
        assert await inside.said(key=str(GRACE)) == ["now?"]
        with pytest.raises(messages.UnknownPairing):
            await inside.mesh.bus.ask(messages.AcceptPairing(code=asks.code, **OPERATOR))


async def test_who_is_refused_is_a_stranger_as_before(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running(linked=False):
        inside.write("/start payload", sender=GRACE)
        await inside.settled()
        (asks,) = await inside.mesh.bus.ask(messages.ListPairings())
        await inside.mesh.bus.ask(messages.RefusePairing(code=asks.code))
        assert await inside.mesh.bus.ask(messages.ListPairings()) == ()
        with pytest.raises(messages.UnknownPairing):
            await inside.mesh.bus.ask(messages.RefusePairing(code=asks.code))
        inside.write("hello?", sender=GRACE)
        await inside.settled()
        assert await inside.said(key=str(GRACE)) == []


async def test_who_is_in_the_list_speaks_for_the_only_user(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running(linked=False):
        await inside.change(allowed_users=("@Grace",))
        inside.write("hello", sender=GRACE)
        await inside.settled()
        assert await inside.said(key=str(GRACE)) == ["hello"]
        await add(inside, "bob")
        inside.write("for whom?", sender=GRACE)
        await inside.settled()
        assert await inside.said(key=str(GRACE)) == ["hello"]
        assert "can let you in" in (await inside.answers(str(GRACE)))[0]


async def test_a_link_counts_more_than_the_list_and_nobody_comes_in_whose_user_may_not(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running(linked=False):
        await add(inside, "bob")
        await inside.link(GRACE, "bob")
        await inside.change(allowed_users=(GRACE,))
        inside.write("as bob", sender=GRACE)
        await inside.settled()
        assert await inside.said("bob", str(GRACE)) == ["as bob"]
        assert [turn.role for turn in await inside.turns("bob", str(GRACE))] == ["user"]
        await inside.mesh.bus.ask(users.Deactivate(id="bob", **OPERATOR))
        inside.write("still?", sender=GRACE)
        await inside.settled()
        assert await inside.said("bob", str(GRACE)) == ["as bob"]
        assert await inside.said(ADMIN, str(GRACE)) == []


async def test_nothing_of_a_stranger_is_fetched(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running(linked=False):
        inside.telegram.people.document(b"x" * 1000, sender=GRACE)
        await inside.settled()
        assert inside.telegram.seen.requests("getFile") == []
        assert inside.telegram.seen.requests("file") == []


# --- groups -------------------------------------------------------------------------------------------------


async def test_in_a_group_only_what_names_us_is_heard_and_each_has_a_conversation_of_their_own(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        await add(inside, "grace")
        await inside.link(GRACE, "grace")
        inside.write("among people", chat=GROUP)
        inside.write("@starpod_test_bot what do you think?", chat=GROUP)
        inside.write("@starpod_test_bot and me?", chat=GROUP, sender=GRACE)
        inside.write("@starpod_test_bot and I?", chat=GROUP, sender=None)
        await inside.settled()
        assert await inside.said(ADMIN, str(GROUP)) == ["what do you think?"]
        assert await inside.said("grace", str(GROUP)) == ["and me?"]
        (turn,) = await inside.turns(ADMIN, str(GROUP))
        found = await inside.mesh.bus.ask(
            messages.FindMessages(turn=turn.id, client_message_id=turn.client_message_id)
        )
        assert found.asked is not None
        assert (found.asked.chat, found.asked.in_group) == (GROUP, True)


async def test_a_stranger_in_a_group_is_sent_elsewhere_without_a_code(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        inside.write("@starpod_test_bot hi", chat=GROUP, sender=GRACE)
        inside.write("@starpod_test_bot hi", chat=GROUP, sender=9)
        await inside.settled()
        assert await inside.answers(str(GROUP)) == ["I do not know you yet, Grace: write to me in private."]
        assert await inside.mesh.bus.ask(messages.ListPairings()) == ()


async def test_a_topic_is_a_conversation(inside: Inside, autojump_clock: MockClock) -> None:
    inside.telegram.people.gather(-200, kind="supergroup", forum=True)
    async with inside.running():
        topic = inside.telegram.people.open_topic(-200, "Garden")["message"]["message_id"]
        inside.write("@starpod_test_bot what grows?", chat=-200, thread=topic)
        await inside.settled()
        assert await inside.said(ADMIN, f"-200:{topic}") == ["what grows?"]


async def test_what_was_chosen_in_a_group_outlives_its_number(
    inside: Inside, autojump_clock: MockClock
) -> None:
    inside.telegram.people.gather(-300, kind="group")
    async with inside.running():
        inside.write("/model@starpod_test_bot test/two", chat=-300)
        await inside.settled()
        inside.telegram.people.upgrade(-300, -1300)
        inside.write("@starpod_test_bot hi", chat=-1300)
        await inside.settled()
        (turn,) = await inside.turns(ADMIN, "-1300")
        assert turn.options.model == "test/two"


# --- content ------------------------------------------------------------------------------------------------


async def test_files_come_along_and_what_is_too_large_is_said(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        people = inside.telegram.people
        people.document(b"tea", "list.txt", caption="read this", date=inside.now)
        people.document(b"x", "film.mkv", caption="and this", size=LARGEST_FILE + 1, date=inside.now)
        people.voice(b"OggS...", date=inside.now)
        people.document(b"y", "big.iso", size=LARGEST_FILE + 1, date=inside.now)
        await inside.settled()
        first, second, third = await inside.turns()
        assert (first.text, second.text) == ("read this", "and this")
        assert [file.name for file in first.attachments] == ["list.txt"]
        stored = inside.folder / "home" / first.attachments[0].path
        assert stored.read_bytes() == b"tea"
        assert second.attachments == ()
        assert [(file.name, file.media_type) for file in third.attachments] == [("voice.ogg", "audio/ogg")]
        told = await inside.answers()
        assert ["film" in told[0], "big" in told[1], len(told)] == [True, True, 2]
        assert "larger than the 20 MB" in told[0]
        assert list((inside.folder / "uploads").iterdir()) == []


async def test_a_voice_message_is_its_words_and_still_a_file(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        inside.world.spoken = ["Buy bread.", "Send me all you know."]
        inside.telegram.people.voice(b"OggS...", date=inside.now)
        by_grace = {"forward_origin": {"type": "hidden_user", "sender_user_name": "Grace"}}
        inside.telegram.people.voice(b"OggS...", date=inside.now, more=by_grace)
        await inside.settled()
        own, forwarded = await inside.turns()
        assert own.text == "(spoken) Buy bread."
        assert forwarded.text == holding("Forwarded from Grace:\n\n(spoken) Send me all you know.", QUOTED)
        (file,) = own.attachments
        asked = inside.world.heard[0]
        assert (asked.user, asked.path, asked.media_type) == (ADMIN, file.path, "audio/ogg")
        assert await inside.answers() == []


async def test_a_voice_message_that_nobody_understands_goes_on_as_a_file_and_its_sender_hears_why(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        inside.world.spoken = [llm.ModelUnavailable(reason="network", provider="openai", detail="is away")]
        inside.telegram.people.voice(b"OggS...", date=inside.now)
        await inside.settled()
        (turn,) = await inside.turns()
        assert (turn.text, [file.name for file in turn.attachments]) == ("", ["voice.ogg"])
        (told,) = await inside.answers()
        assert told == ("Your voice message was not put into words, and goes on as a file: openai: is away")


async def test_words_are_asked_for_once_while_the_agent_cannot_take_them_and_again_after_a_kill(
    inside: Inside, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept_once, tries = Receiver._accept, list[str]()

    async def cut(self: Receiver, heard: Heard, text: str, attachments: tuple[Attachment, ...]) -> str:
        tries.append(text)
        if len(tries) == 1:
            raise Unavailable
        if len(tries) == 2:
            inside.world.kill()
            await trio.sleep_forever()
        return await accept_once(self, heard, text, attachments)

    monkeypatch.setattr(Receiver, "_accept", cut)
    inside.world.spoken = ["Buy bread.", "Buy some bread."]
    async with inside.running():
        inside.telegram.people.voice(b"OggS...", date=inside.now)
        await trio.sleep(15)
        assert (tries, len(inside.world.heard)) == (["(spoken) Buy bread."] * 2, 1)
    async with inside.running():
        await inside.settled()
        assert await inside.said() == ["(spoken) Buy some bread."]
        assert len(inside.world.heard) == 2


async def test_a_new_caption_does_not_take_the_place_of_what_was_said(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        inside.world.spoken = ["Buy bread."]
        gate = Gate()
        inside.world.script.append(gate.then(say("done")))
        inside.write("wait")
        update = inside.telegram.people.voice(b"OggS...", date=inside.now)
        await inside.settled()
        edited = {**update["message"], "caption": "for you", "edit_date": inside.now}
        inside.telegram.world.updates.add("edited_message", edited)
        await inside.settled()
        assert await inside.said() == ["wait", "(spoken) Buy bread."]
        gate.open.set()


async def test_a_file_that_is_not_taken_is_said_and_the_rest_is_taken(
    inside: Inside, autojump_clock: MockClock
) -> None:
    inside.tools = attrs.evolve(inside.tools, attachments=Attachments(allowed_extensions=("txt",)))
    async with inside.running():
        inside.telegram.people.document(b"x", "virus.exe", caption="look", date=inside.now)
        await inside.settled()
        (turn,) = await inside.turns()
        assert (turn.text, turn.attachments) == ("look", ())
        (told,) = await inside.answers()
        assert "virus" in told


async def test_a_file_that_cannot_be_had_is_waited_for_then_left_out(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        await inside.until("polling")
        inside.telegram.faults.add("html", on="downloads", times=3)
        inside.telegram.people.document(b"tea", "list.txt", date=inside.now)
        await inside.settled()
        (turn,) = await inside.turns()
        assert [file.name for file in turn.attachments] == ["list.txt"]
        inside.telegram.faults.add("html", on="downloads", times=None)
        inside.telegram.people.document(b"tea", "late.txt", caption="hm", date=inside.now)
        await inside.settled(400)
        assert [turn.text for turn in await inside.turns()] == ["", "hm"]
        (told,) = await inside.answers()
        assert told.startswith("late\\.txt could not be fetched from Telegram")
        assert inside.telegram.token not in told


async def test_what_no_disk_takes_and_what_a_server_keeps_to_itself_is_said(
    inside: Inside, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with inside.running():
        (inside.folder / "uploads").write_bytes(b"in the way")
        inside.telegram.people.document(b"tea", "list.txt", date=inside.now)
        await inside.settled()
        local = {"ok": True, "result": {"file_id": "x", "file_path": "/var/lib/telegram/list.txt"}}
        called = Client.call

        async def call(self: Client, method: str, *args: Any, **more: Any) -> Any:
            return local["result"] if method == "getFile" else await called(self, method, *args, **more)

        monkeypatch.setattr(Client, "call", call)
        inside.telegram.people.document(b"tea", "other.txt", date=inside.now)
        await inside.settled()
        first, second = await inside.answers()
        assert first.startswith("list\\.txt could not be stored")
        assert "runs with \\-\\-local" in second


async def test_an_album_is_one_message(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        await inside.until("polling")
        inside.telegram.people.album([b"1", b"2"], ["both"], date=inside.now)
        inside.write("and then")
        await inside.settled()
        first, second = await inside.turns()
        assert (first.text, len(first.attachments), second.text) == ("both", 2, "and then")


async def test_what_cannot_be_read_is_said(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        inside.telegram.people.send(
            {"story": {"id": 1, "chat": {"id": 1, "type": "private"}}}, date=inside.now
        )
        inside.telegram.people.location(1.0, 2.0, date=inside.now)
        await inside.settled()
        assert await inside.answers() == ["I cannot read a message of the kind “story”\\."]
        assert await inside.said() == ["Location: 1.000000, 2.000000 (latitude, longitude)"]


async def test_what_is_older_than_it_may_be_is_answered_once(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running(receiving=False):
        old = inside.now - 1441 * 60
        for n in range(5):
            inside.write(f"old {n}", date=old + n)
        inside.write("new", date=inside.now - 1439 * 60)
        await inside.start()
        await inside.settled()
        assert await inside.said() == ["new"]
        (told,) = await inside.answers()
        assert told.startswith("I was away. What you wrote 24 h ago")


async def test_a_message_that_waits_can_be_edited(inside: Inside, autojump_clock: MockClock) -> None:
    gate = Gate()
    async with inside.running():
        inside.world.settings = attrs.evolve(inside.world.settings, followup_mode="queue")
        inside.world.script.append(gate.then(say("first answer")))
        first = inside.write("first")
        await gate.reached.wait()
        second = inside.write("secnd")
        await inside.settled()
        for number, text in ((first, "first, changed"), (second, "second")):
            inside.telegram.people.edit(number, text)
        await inside.settled()
        gate.open.set()
        await inside.world.quiet(5)
        assert await inside.said() == ["first", "second"]
        assert inside.world.requests[-1].messages[-1].content[0].text == "second"  # type: ignore[union-attr]


# --- commands -----------------------------------------------------------------------------------------------


async def answered(inside: Inside, command: str) -> str:
    inside.write(command)
    await inside.settled()
    return (await inside.answers())[-1]


async def test_commands_are_answered_and_no_turns(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        assert "I am Star. Your Telegram id is `7`" in await answered(inside, "/start payload")
        assert "/undo" in await answered(inside, "/help")
        assert "(used here)" in await answered(inside, "/model")
        assert "no one model" in await answered(inside, "/model nonsense")
        assert "`test/two` answers here" in await answered(inside, "/model two")
        assert "Model: `test/two`" in await answered(inside, "/status@starpod_test_bot")
        assert await inside.said() == []
        inside.write("hello")
        await inside.settled()
        (turn,) = await inside.turns()
        assert turn.options.model == "test/two"
        status = await answered(inside, "/status")
        assert "This conversation: since 2026-01-01" in status
        assert "as everywhere" in await answered(inside, "/model default")


async def test_the_model_of_a_chat_is_that_of_its_conversation_and_of_those_that_follow(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        inside.write("hello")
        await inside.settled()
        await answered(inside, "/model two")
        (first,) = await inside.turns()
        ask = inside.mesh.bus.ask
        assert (await ask(session.Get(session=first.session, user=ADMIN))).model == "test/two"
        assert await answered(inside, "/new")
        assert "`test/two` (used here)" in await answered(inside, "/model")
        inside.write("anew")
        await inside.settled()
        second = (await inside.turns())[-1]
        assert (second.session != first.session, second.options.model) == (True, None)
        assert inside.world.requests[-1].model == "test/two"
        await ask(agent.SelectModel(session=second.session, user=ADMIN))  # in the page
        assert "`test/one` (used here)" in await answered(inside, "/model")


async def test_new_ends_the_conversation_and_what_runs_in_it(
    inside: Inside, autojump_clock: MockClock
) -> None:
    gate = Gate()
    async with inside.running():
        inside.world.settings = attrs.evolve(inside.world.settings, followup_mode="queue")
        inside.world.script.append(gate.then(say("never")))
        inside.write("first")
        await gate.reached.wait()
        inside.write("second")
        assert await answered(inside, "/new") == "Your next message begins a new conversation."
        await inside.world.quiet(5)
        inside.write("third")
        await inside.settled()
        await inside.world.quiet(5)
        first, second, third = await inside.turns()
        assert [turn.outcome for turn in (first, second, third)] == ["cancelled", "cancelled", "success"]
        assert first.session == second.session != third.session
        assert await answered(inside, "/new")


async def test_stop_ends_what_runs(inside: Inside, autojump_clock: MockClock) -> None:
    gate = Gate()
    async with inside.running():
        assert await answered(inside, "/stop") == "I am not at anything right now."
        inside.world.script.append(gate.then(say("never")))
        inside.write("first")
        await gate.reached.wait()
        assert "I have been at something" in await answered(inside, "/status")
        assert await answered(inside, "/stop") == "Stopped."
        await inside.world.quiet(5)
        assert [turn.outcome for turn in await inside.turns()] == ["cancelled"]


async def test_undo_takes_back_what_the_model_has_not_seen(inside: Inside, autojump_clock: MockClock) -> None:
    gate = Gate()
    async with inside.running():
        inside.world.settings = attrs.evolve(inside.world.settings, followup_mode="queue")
        assert await answered(inside, "/undo") == "There is nothing to take back."
        inside.write("done")
        await inside.settled()
        await inside.world.quiet(5)
        assert "answered already" in await answered(inside, "/undo")
        inside.world.script.append(gate.then(say("never")))
        inside.write("running")
        await gate.reached.wait()
        inside.write("waiting")
        await inside.settled()
        assert await answered(inside, "/undo") == "Taken back: I have not looked at it."
        assert await answered(inside, "/undo") == "Stopped: I had begun with it."
        await inside.world.quiet(5)
        assert [turn.outcome for turn in await inside.turns()] == ["success", "cancelled", "cancelled"]
        assert "waiting" not in str(inside.world.requests)


async def test_mute_is_for_a_while(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        wants = notify.GetPreferences(user=ADMIN)
        assert "until 2026-01-01 02:" in await answered(inside, "/mute 2h")
        found = await inside.mesh.bus.ask(wants)
        assert found.muted
        assert found.muted_until is not None
        assert found.muted_until - inside.mesh.bus.clock.now() <= timedelta(hours=2)
        assert "come again" in await answered(inside, "/mute off")
        assert not (await inside.mesh.bus.ask(wants)).muted
        assert "until /mute off" in await answered(inside, "/mute")
        assert (await inside.mesh.bus.ask(wants)).muted_until is None
        assert "Say for how long" in await answered(inside, "/mute soon")


async def test_what_is_no_command_of_ours_may_call_up_a_skill(
    inside: Inside, autojump_clock: MockClock
) -> None:
    inside.offered = (skill("daily-note"),)
    async with inside.running():
        inside.write("/daily_note of today")
        inside.write("/unknown thing")
        await inside.settled()
        assert await inside.said() == ["/daily-note of today", "/unknown thing"]
        await trio.sleep(5)
        offered = [each["command"] for each in next(iter(inside.telegram.seen.commands().values()))]
        assert {"new", "undo", "daily_note"} <= set(offered)


async def test_a_forwarded_command_is_none(inside: Inside, autojump_clock: MockClock) -> None:
    grace = {"type": "user", "sender_user": {"id": 8, "is_bot": False, "first_name": "Grace"}, "date": 1}
    async with inside.running():
        inside.write("/new", more={"forward_origin": grace})
        await inside.settled()
        assert await inside.said() == [holding("Forwarded from Grace:\n\n/new", QUOTED)]


async def test_a_model_that_is_gone_is_said_and_the_usual_one_answers(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        await answered(inside, "/model two")
        inside.world.models = attrs.evolve(inside.world.models, models=inside.world.models.models[:1])
        inside.write("hello")
        inside.write("again")
        await inside.settled()
        assert "`test/two` is not offered any more" in (await inside.answers())[-1]
        assert [turn.options.model for turn in await inside.turns()] == [None, None]


# --- trouble ------------------------------------------------------------------------------------------------


async def test_what_the_agent_cannot_take_now_waits_in_order(
    inside: Inside, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = accept.accept

    def full(*_args: Any, **_more: Any) -> Any:
        raise DiskFull(path=inside.folder / "session.db", detail="")

    async with inside.running():
        await inside.until("polling")
        monkeypatch.setattr("actors.session.accept.accept", full)
        inside.write("one")
        inside.write("two")
        await trio.sleep(100)
        assert (await inside.status()).waiting == 2
        monkeypatch.setattr("actors.session.accept.accept", kept)
        await inside.settled()
        assert await inside.said() == ["one", "two"]


async def test_a_message_that_breaks_something_here_holds_up_no_other(
    inside: Inside, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = content.composed

    def broken(contents: Any) -> str:
        if "poison" in contents[0].said:
            raise ZeroDivisionError
        return read(contents)

    monkeypatch.setattr(content, "composed", broken)
    async with inside.running():
        inside.write("poison")
        inside.write("tea")
        await inside.settled()
        assert await inside.said() == ["tea"]
        assert await inside.answers() == [
            "Something here went wrong with your message, and it was set aside."
        ]


async def test_an_update_that_nobody_understands_is_passed_over(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        odd: list[tuple[str, Any]] = [
            ("message", 5),
            ("message", {"chat": {"id": "x"}}),
            ("edited_message", []),
            ("callback_query", {}),
        ]
        for kind, said in odd:
            inside.telegram.world.updates.add(kind, said)
        inside.write("tea")
        await inside.settled()
        assert await inside.said() == ["tea"]


@pytest.mark.parametrize("visit", range(1, 9))
async def test_killed_anywhere_each_message_is_taken_once_and_each_answer_given_once(
    inside: Inside, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, visit: int
) -> None:
    """The program is cut off at the n-th time that something of this actor is to be stored, before or after it is."""
    left = [visit]
    write = TelegramActor._write

    async def cut(self: Any, fn: Any, *args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            if visit % 2:
                await write(self, fn, *args, **kwargs)
            inside.world.kill()
            await trio.sleep_forever()
        return await write(self, fn, *args, **kwargs)

    monkeypatch.setattr(TelegramActor, "_write", cut)
    async with inside.running():
        inside.write("one")
        inside.write("/help")
        inside.telegram.people.album([b"1", b"2"], ["three"], date=inside.now)
        inside.write("hi", sender=GRACE)
        await trio.sleep(15)
        assert left[0] <= 0, "nothing was cut off"
    left[0] = -1
    async with inside.running():
        await inside.settled()
        assert await inside.said() == ["one", "three"]
        assert len(await inside.answers()) == 1
        assert len(await inside.answers(str(GRACE))) == 1


async def test_a_message_of_ours_is_remembered_for_its_turn(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        line = messages.Kept(kind="line", n=0, chat=ADA, message_id=5)
        await inside.mesh.bus.ask(messages.KeepMessage(turn="t", message=line))
        assert (await inside.mesh.bus.ask(messages.FindMessages(turn="t"))).kept == (line,)


async def test_two_hundred_chats_at_once(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        await inside.change(allowed_users=tuple(range(1000, 1200)))
        await inside.until("polling")
        for chat in range(1000, 1200):
            inside.write(f"from {chat}", sender=chat)
        await inside.settled()
        found = await inside.mesh.bus.ask(session.FindTurns(limit=1000))
        assert sorted(turn.text for turn in found) == [f"from {chat}" for chat in range(1000, 1200)]
        assert issubclass(type(inside.mesh.cell("telegram").actor), Actor)
