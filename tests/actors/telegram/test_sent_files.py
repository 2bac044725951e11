"""Files that are sent: how they come, and what is said of those that do not."""

import pytest
from trio.testing import MockClock

from actors.telegram.parts import DOUBT, LARGEST_DOCUMENT, LARGEST_PHOTO
from tests.actors.telegram.outside import Outside, own
from tests.fakes.telegram.people import PIXEL


class TestFiles:
    async def test_pictures_come_as_such_and_everything_else_as_documents(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running(agent=False):
            files = [outside.file("documents/a.png", PIXEL), outside.file("documents/ü.txt", b"text")]
            await outside.answer("see", attachments=files, turn="t")
            await outside.settle()
            words, photo, document = own(outside)
            assert words["text"] == "see"
            assert outside.telegram.seen.content(photo["photo"][-1]["file_id"]) == PIXEL
            assert document["document"]["file_name"] == "ü.txt"
            assert outside.telegram.seen.content(document["document"]["file_id"]) == b"text"

    async def test_a_picture_that_is_refused_comes_as_a_document(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.faults.add(
            "refuse", on="sendPhoto", code=400, description="Bad Request: PHOTO_INVALID_DIMENSIONS"
        )
        async with outside.running(agent=False):
            await outside.answer(attachments=[outside.file("documents/a.png", PIXEL)], turn="t")
            await outside.settle()
            assert [message["document"]["file_name"] for message in own(outside)] == ["a.png"]

    @pytest.mark.parametrize(
        ("size", "what"),
        [
            (LARGEST_PHOTO + 1, "document"),
            (LARGEST_DOCUMENT + 1, "too large for Telegram"),
            (0, "did not take"),
        ],
    )
    async def test_a_file_that_is_too_large_is_named_with_its_place(
        self, outside: Outside, autojump_clock: MockClock, size: int, what: str
    ) -> None:
        async with outside.running(agent=False):
            file = outside.file("documents/a.png", PIXEL[: min(size, len(PIXEL))])
            with (outside.home / "documents/a.png").open("r+b") as opened:
                opened.truncate(size)
            await outside.answer(attachments=[file], turn="t")
            await outside.settle()
            (message,) = own(outside)
            if what == "document":
                assert message["document"]["file_name"] == "a.png"
            else:
                assert what in message["text"]
                assert "documents/a.png" in message["text"]

    async def test_one_that_is_gone_is_named_as_well(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running(agent=False):
            file = outside.file("documents/a.txt", b"text")
            (outside.home / "documents/a.txt").unlink()
            await outside.answer("see", attachments=[file], turn="t")
            await outside.settle()
            assert outside.texts() == ["see", "📎 a.txt is no longer where it was: documents/a.txt"]

    async def test_one_that_telegram_does_not_take_is_named_as_well(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.faults.add("refuse", on="uploads", code=413, description="Request Entity Too Large")
        async with outside.running(agent=False):
            await outside.answer(attachments=[outside.file("a.txt", b"text")], turn="t")
            await outside.settle()
            assert outside.texts() == ["📎 Telegram did not take a.txt. It is here: a.txt"]

    async def test_one_that_never_gets_through_keeps_nobody_waiting_for_ever(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.faults.add("html", on="uploads", times=None)
        async with outside.running(agent=False):
            await outside.answer(attachments=[outside.file("a.txt", b"text")], turn="t")
            await outside.push("next")
            await outside.settle(within=600)
            assert outside.texts() == [f"{DOUBT}\n📎 Telegram did not take a.txt. It is here: a.txt", "next"]

    async def test_one_in_doubt_says_so(self, outside: Outside, autojump_clock: MockClock) -> None:
        outside.telegram.faults.add("drop", on="uploads", effect=True)
        async with outside.running(agent=False):
            await outside.answer(attachments=[outside.file("a.txt", b"text")], turn="t")
            await outside.settle()
            assert [message.get("caption") for message in own(outside)] == [None, DOUBT]
