"""What comes along with a message: files, voices, albums."""

from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.llm import messages as llm
from actors.outside import QUOTED, holding
from actors.telegram.client import Client
from actors.telegram.content import LARGEST_FILE
from actors.telegram.doing import Heard
from actors.telegram.receiving import Receiver
from actors.tools.settings import Attachments
from actors.vocabulary import ADMIN, Attachment
from bus import Unavailable
from tests.actors.agent.world import Gate, say
from tests.actors.telegram.inside import Inside

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
