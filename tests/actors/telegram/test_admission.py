"""Who is heard: those who were let in, and in groups only what is meant for us."""

import pytest
import trio
from trio.testing import MockClock

from actors.telegram import messages
from actors.users import messages as users
from actors.vocabulary import ADMIN
from tests.actors.telegram.inside import GRACE, GROUP, OPERATOR, Inside


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
