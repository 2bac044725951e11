"""Asking in chats: what waits is asked there, answered by buttons, and says later what became of it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.permissions import messages as permissions
from actors.permissions.actor import PermissionsActor
from actors.permissions.guards import guards
from actors.permissions.settings import Permissions, Rule, Settings
from actors.subsystem import Given
from actors.telegram.sender_actor import TelegramSenderActor
from actors.users import messages as users
from actors.vocabulary import ADMIN
from tests.actors.agent.world import World, say, use
from tests.actors.telegram.inside import OPERATOR, Inside
from tests.fakes.telegram.people import ADA
from tests.fakes.telegram.server import TelegramServer
from tests.fakes.telegram.state import USERNAME

GROUP = -1001
EVE = 8
SETTINGS = Settings(permissions=Permissions(rules=(Rule(tool="Tell", decision="ask"),)))


@pytest.fixture
def inside(tmp_path: Path, telegram: TelegramServer) -> Inside:
    world = World(tmp_path)
    world.guards = guards(lambda: SETTINGS, "/srv/home")
    return Inside(world, telegram, tmp_path)


@asynccontextmanager
async def running(inside: Inside, *, sending: bool = True) -> AsyncGenerator[None]:
    """One life of the program, in which Ada speaks for the admin."""
    async with inside.running(receiving=False, conductor=False):
        given = Given(
            data=inside.folder, home=inside.folder, environment={}, settings_of=lambda _kind: SETTINGS
        )
        await inside.mesh.start(partial(PermissionsActor, given), name="permissions")
        await inside.world.start_conductor()
        await inside.start()
        if sending:
            await send(inside)
        yield


async def send(inside: Inside) -> None:
    await inside.mesh.start(partial(TelegramSenderActor, inside.given), name="telegram-sender")


def calls(inside: Inside, *whats: str) -> None:
    """Have the model make these calls at once."""
    uses = [use("Tell", f"c{n}", what=what) for n, what in enumerate(whats, 1)]
    inside.world.script += [say(calls=uses), say("done")]


async def until(holds: Any) -> None:
    with trio.fail_after(600):
        while not holds():
            await trio.sleep(0.1)


def questions(inside: Inside, chat: int = ADA) -> list[Any]:
    """Messages with buttons."""
    return [each for each in inside.telegram.seen.messages(chat) if "reply_markup" in each]


def data_of(message: Any, words: str) -> str:
    rows = message["reply_markup"]["inline_keyboard"]
    return next(str(button["callback_data"]) for row in rows for button in row if button["text"] == words)


def press(inside: Inside, words: str, chat: int = ADA, sender: int = ADA, which: int = 0) -> str:
    """Somebody presses a button of a question. Gives the id of the query."""
    message = questions(inside, chat)[which]
    update = inside.telegram.people.press(message["message_id"], data_of(message, words), chat, sender)
    return str(update["callback_query"]["id"])


def told(inside: Inside, query: str) -> str | None:
    """What whoever has pressed is told."""
    found = inside.telegram.seen.callbacks()[query]
    return None if found is None else str(found["text"])


async def test_a_button_answers_and_the_message_says_so(inside: Inside, autojump_clock: MockClock) -> None:
    async with running(inside):
        calls(inside, "a")
        inside.write("go")
        await until(lambda: questions(inside))
        assert "May I use Tell?" in questions(inside)[0]["text"]
        assert "what: a" in questions(inside)[0]["text"]
        assert inside.world.begun == []
        query = press(inside, "Allow once")
        await until(lambda: "done" in inside.telegram.seen.texts(ADA))
        await until(lambda: not questions(inside))
        assert inside.world.begun == ["a"]
        assert told(inside, query) == "Allowed once, by admin here."
        changed = next(text for text in inside.telegram.seen.texts(ADA) if "Tell" in text and "⚙" not in text)
        assert changed.endswith("Allowed once, by admin here.")
        (approval,) = await inside.mesh.bus.ask(permissions.List(user=ADMIN, which="all"))
        assert (approval.answered_by, approval.answered_via) == (ADMIN, "telegram")


async def test_a_no_is_a_no_and_the_second_press_changes_nothing(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with running(inside):
        calls(inside, "a")
        inside.write("go")
        await until(lambda: questions(inside))
        first, second = press(inside, "Deny"), press(inside, "Allow once")
        await until(lambda: told(inside, second) is not None)
        assert told(inside, first) == told(inside, second) == "Denied, by admin here."
        await until(lambda: "done" in inside.telegram.seen.texts(ADA))
        assert inside.world.begun == []


async def test_what_is_allowed_here_is_not_asked_again_here(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with running(inside):
        calls(inside, "a")
        inside.write("go")
        await until(lambda: questions(inside))
        press(inside, "In this conversation")
        await until(lambda: "done" in inside.telegram.seen.texts(ADA))
        calls(inside, "b")
        inside.write("again")
        await until(lambda: inside.telegram.seen.texts(ADA).count("done") == 2)
        assert inside.world.begun == ["a", "b"]
        (grant,) = await inside.mesh.bus.ask(permissions.Grants(user=ADMIN))
        assert grant.session is not None


async def test_in_a_group_only_who_is_asked_may_answer(inside: Inside, autojump_clock: MockClock) -> None:
    inside.telegram.people.gather(GROUP)
    inside.telegram.people.meet(EVE, "Eve", "eve")
    async with running(inside):
        await inside.mesh.bus.ask(_user("eve"))
        await inside.link(EVE, "eve")
        calls(inside, "a")
        asked = inside.write(f"@{USERNAME} go", chat=GROUP)
        await until(lambda: questions(inside, GROUP))
        assert questions(inside, GROUP)[0]["reply_to_message"]["message_id"] == asked
        query = press(inside, "Allow once", GROUP, EVE)
        await until(lambda: told(inside, query) is not None)
        assert told(inside, query) == "Only who was asked may answer."
        stranger = press(inside, "Allow once", GROUP, 9)
        await until(lambda: told(inside, stranger) is not None)
        assert told(inside, stranger) == "I do not know you."
        assert inside.world.begun == []
        press(inside, "Allow once", GROUP)
        await until(lambda: not questions(inside, GROUP))
        await until(lambda: inside.world.begun == ["a"])


def _user(id: str) -> Any:
    return users.AddUser(id=id, **OPERATOR)


async def test_what_is_answered_elsewhere_is_said_in_the_chat(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with running(inside):
        calls(inside, "a")
        inside.write("go")
        await until(lambda: questions(inside))
        (approval,) = await inside.mesh.bus.ask(permissions.List(user=ADMIN))
        answer = permissions.Answer(
            id=approval.id, user=ADMIN, proof="page", decision="deny", words="not today"
        )
        await inside.mesh.bus.ask(answer)
        await until(lambda: not questions(inside))
        assert any(
            text.endswith("Denied, by admin in the page.\n“not today”")
            for text in inside.telegram.seen.texts(ADA)
        )


async def test_what_is_answered_before_it_was_sent_is_not_asked(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with running(inside, sending=False):
        calls(inside, "a")
        inside.write("go")
        with trio.fail_after(600):
            while not (found := await inside.mesh.bus.ask(permissions.List(user=ADMIN))):
                await trio.sleep(0.1)
        answer = permissions.Answer(id=found[0].id, user=ADMIN, proof="page", decision="once")
        await inside.mesh.bus.ask(answer)
        await send(inside)
        await until(lambda: "done" in inside.telegram.seen.texts(ADA))
        assert not any("May I" in text for text in inside.telegram.seen.texts(ADA))


async def test_what_is_long_can_be_had_whole(inside: Inside, autojump_clock: MockClock) -> None:
    async with running(inside):
        calls(inside, "x" * 5000)
        inside.write("go")
        await until(lambda: questions(inside))
        assert len(questions(inside)[0]["text"]) < 4096
        query = press(inside, "Show all of it")
        await until(lambda: any("document" in each for each in inside.telegram.seen.messages(ADA)))
        document = next(each for each in inside.telegram.seen.messages(ADA) if "document" in each)["document"]
        assert document["file_name"] == "question.txt"
        assert b"x" * 5000 in inside.telegram.seen.content(document["file_id"])
        assert told(inside, query) == "Here it comes."
        press(inside, "Deny")
        await until(lambda: not questions(inside))


async def test_what_waits_is_asked_once_more_on_request(inside: Inside, autojump_clock: MockClock) -> None:
    async with running(inside):
        inside.write("/approvals")
        await until(lambda: "Nothing waits for your answer." in inside.telegram.seen.texts(ADA))
        calls(inside, "a")
        await inside.world.send("go", key="page")
        with trio.fail_after(600):
            while not await inside.mesh.bus.ask(permissions.List(user=ADMIN)):
                await trio.sleep(0.1)
        inside.write("/approvals")
        await until(lambda: "1 question waits for your answer." in inside.telegram.seen.texts(ADA))
        await until(lambda: questions(inside))
        press(inside, "Allow once")
        await until(lambda: not questions(inside))
        assert inside.world.begun == ["a"]


async def test_a_question_outlives_the_program_and_is_asked_once(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with running(inside, sending=False):
        calls(inside, "a")
        inside.write("go")
        with trio.fail_after(600):
            while not await inside.mesh.bus.ask(permissions.List(user=ADMIN)):
                await trio.sleep(0.1)
        inside.world.kill()
    for _ in range(2):
        async with running(inside):
            await until(lambda: questions(inside))
            await trio.sleep(60)
            inside.world.kill()
    assert len(questions(inside)) == 1
    press(inside, "Allow once")
    async with running(inside):
        await until(lambda: not questions(inside))
        await until(lambda: "done" in inside.telegram.seen.texts(ADA))
    assert inside.world.begun == ["a"]


async def test_a_message_is_changed_as_soon_as_telegram_can_be_reached(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with running(inside):
        calls(inside, "a")
        inside.write("go")
        await until(lambda: questions(inside))
        inside.telegram.faults.add("drop", on="editMessageText", times=2)
        inside.telegram.faults.add("refuse", on="answerCallbackQuery")
        press(inside, "Allow once")
        await until(lambda: not questions(inside))
        await until(lambda: inside.world.begun == ["a"])


async def test_a_message_that_is_gone_is_forgotten(inside: Inside, autojump_clock: MockClock) -> None:
    async with running(inside):
        calls(inside, "a")
        inside.write("go")
        await until(lambda: questions(inside))
        inside.telegram.people.remove(questions(inside)[0]["message_id"])
        (approval,) = await inside.mesh.bus.ask(permissions.List(user=ADMIN))
        await inside.mesh.bus.ask(
            permissions.Answer(id=approval.id, user=ADMIN, proof="page", decision="once")
        )
        await until(lambda: "done" in inside.telegram.seen.texts(ADA))
        edits = inside.telegram.seen.requests("editMessageText")
        await trio.sleep(120)
        assert inside.telegram.seen.requests("editMessageText")[len(edits) :] == []


async def test_nobody_seems_to_type_while_a_person_is_waited_for(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with running(inside):
        calls(inside, "a")
        inside.write("go")
        await until(lambda: questions(inside))
        await trio.sleep(5)
        before = len(inside.telegram.seen.requests("sendChatAction"))
        await trio.sleep(60)
        assert len(inside.telegram.seen.requests("sendChatAction")) == before
        press(inside, "Allow once")
        await until(lambda: "done" in inside.telegram.seen.texts(ADA))


async def test_a_button_that_is_none_of_ours_means_nothing(inside: Inside, autojump_clock: MockClock) -> None:
    async with running(inside):
        calls(inside, "a")
        inside.write("go")
        await until(lambda: questions(inside))
        message = questions(inside)[0]
        message["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = "old"
        query = press(inside, "Allow once")
        await until(lambda: told(inside, query) is not None)
        assert told(inside, query) == "This button means nothing any more."
        press(inside, "Deny")
        await until(lambda: not questions(inside))
