"""Where answers go in groups and topics, and in groups that are no more."""

from trio.testing import MockClock

from actors.telegram.messages import Asked
from tests.actors.agent.world import say
from tests.actors.telegram.outside import LONG, Outside, own

GROUP = -1001


class TestGroups:
    async def test_the_message_that_is_answered_is_replied_to(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.people.gather(GROUP)
        asked = outside.telegram.people.write("@bot hello", chat=GROUP)["message"]["message_id"]
        outside.asked["m1"] = Asked(chat=GROUP, message_id=asked, in_group=True)
        async with outside.running():
            await outside.turn("hello", say(LONG), chat=GROUP, client_message_id="m1")
            await outside.settle()
            replies = [
                message.get("reply_to_message", {}).get("message_id") for message in own(outside, GROUP)
            ]
            assert replies == [asked, None, None]

    async def test_so_is_one_that_we_answer_ourselves(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.people.gather(GROUP)
        asked = outside.telegram.people.write("/status", chat=GROUP)["message"]["message_id"]
        outside.asked["m1"] = Asked(chat=GROUP, message_id=asked, in_group=True)
        async with outside.running(agent=False):
            await outside.push("fine", to=GROUP, client_message_id="m1")
            await outside.push("news", to=GROUP)
            await outside.settle()
            replies = [
                message.get("reply_to_message", {}).get("message_id") for message in own(outside, GROUP)
            ]
            assert replies == [asked, None]

    async def test_that_it_is_gone_is_no_matter(self, outside: Outside, autojump_clock: MockClock) -> None:
        outside.telegram.people.gather(GROUP)
        outside.asked["m1"] = Asked(chat=GROUP, message_id=77, in_group=True)
        outside.telegram.faults.add(
            "refuse", on="sends", code=400, description="Bad Request: message to be replied not found"
        )
        async with outside.running():
            await outside.turn("hello", chat=GROUP, client_message_id="m1")
            await outside.settle()
            assert outside.texts(GROUP) == ["echo hello"]

    async def test_a_topic_is_answered_in_it_and_one_that_is_gone_in_the_group(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.people.gather(GROUP, forum=True)
        thread = outside.telegram.people.open_topic(GROUP, "plans")["message"]["message_id"]
        async with outside.running(agent=False):
            await outside.push("in it", to=f"{GROUP}:{thread}")
            await outside.settle()
            assert outside.telegram.seen.texts(GROUP, thread) == ["in it"]
            outside.telegram.people.close_topic(GROUP, thread)
            await outside.push("beside it", to=f"{GROUP}:{thread}")
            await outside.settle()
            assert outside.texts(GROUP) == ["beside it"]

    async def test_a_group_that_has_become_another_one_is_found_there(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.people.gather(-5, kind="group")
        outside.telegram.people.upgrade(-5, to=GROUP)
        async with outside.running(agent=False):
            await outside.push(LONG, to=-5)
            await outside.settle()
            assert len(outside.texts(GROUP)) == 3

    async def test_one_that_has_thrown_the_bot_out_is_given_up(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.people.gather(GROUP)
        outside.telegram.people.stand(GROUP, "kicked")
        async with outside.running(agent=False):
            await outside.push("hello", to=GROUP)
            await outside.settle()
            assert await outside.fates() == [("dead", "the bot was removed from the group")]
