"""The poll: whatever comes in between, nothing is lost, and it is there again within a minute after the end."""

import contextlib
from functools import partial
from typing import Any, Final

import pytest
import trio
from trio.testing import MockClock

from actors.storage import DiskFull
from actors.telegram import inbox
from actors.telegram.liveness import LONG_POLL
from actors.telegram.settings import TOKEN
from tests.actors.telegram.inside import Inside

# --- receiving ----------------------------------------------------------------------------------------------


async def test_what_is_written_comes_once_and_is_confirmed(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        inside.write("one")
        inside.write("two")
        await inside.settled()
        assert await inside.said() == ["one", "two"]
        turn = (await inside.turns())[0]
        assert (turn.source, turn.channel, turn.role) == ("telegram", "telegram", "admin")
        assert (turn.client_message_id or "").startswith("tg:4242:")
        found = await inside.status()
        assert (found.state, found.username, found.waiting, found.why) == (
            "polling", "starpod_test_bot", 0, None,
        )  # fmt: skip
        assert inside.health() is None


async def test_a_webhook_is_taken_away(inside: Inside, autojump_clock: MockClock) -> None:
    inside.telegram.people.webhook("https://elsewhere.example/secret")
    async with inside.running():
        inside.write("hello")
        await inside.settled()
        assert await inside.said() == ["hello"]


async def test_a_webhook_that_is_set_meanwhile_is_named_and_taken_away(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        await inside.until("polling")
        inside.telegram.people.webhook("https://elsewhere.example/secret")
        found = await inside.until("conflict")
        assert found.why == "a webhook at elsewhere.example gets what is sent to this bot; it is taken away"
        assert inside.health() == found.why
        await inside.until("polling")
        assert inside.health() is None


async def test_nothing_is_confirmed_twice_so_that_new_numbers_are_not_taken_for_old_ones(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        inside.write("before")
        await inside.settled()
        await trio.sleep(60)
        inside.telegram.people.renumber_updates(5)
        inside.write("after a week of silence")
        await inside.settled()
        assert await inside.said() == ["before", "after a week of silence"]
        offsets = [call["parameters"].get("offset") for call in inside.telegram.seen.requests("getUpdates")]
        assert sum(offset is not None for offset in offsets) == 2


async def test_idling_costs_next_to_nothing(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        await inside.until("polling")
        before = len(inside.telegram.seen.requests("getUpdates"))
        await trio.sleep(3600)
        assert len(inside.telegram.seen.requests("getUpdates")) - before == pytest.approx(
            3600 / LONG_POLL, abs=2
        )


async def hold_nothing(stream: trio.SocketStream) -> None:
    """A Bot API that answers each poll at once."""
    with contextlib.suppress(trio.BrokenResourceError):
        while asked := await stream.receive_some():
            if not asked.startswith(b"POST "):  # the rest of one
                continue
            is_me = b"getMe" in asked
            body = b'{"ok":true,"result":%b}' % (b'{"id":4242,"username":"b"}' if is_me else b"[]")
            await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            POLLS.extend([asked] if b"getUpdates" in asked else [])


POLLS: Final = list[bytes]()


async def test_a_server_that_holds_no_poll_is_not_run_down(
    inside: Inside, autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    (listener,) = await nursery.start(partial(trio.serve_tcp, host="127.0.0.1"), hold_nothing, 0)
    inside.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
    async with inside.running():
        await trio.sleep(100)
        assert (await inside.status()).state == "polling"
    assert 90 < len(POLLS) < 110


# --- faults -------------------------------------------------------------------------------------------------

FAULTS: list[dict[str, Any]] = [
    {"kind": "silence"},
    {"kind": "half"},
    {"kind": "drop"},
    {"kind": "reset"},
    {"kind": "html"},
    {"kind": "garbage"},
    {"kind": "flood", "seconds": 7},
    {"kind": "refuse", "code": 500},
    {"kind": "refuse", "code": 400, "description": "Bad Request"},
    {"kind": "slow", "seconds": 20},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: f"{each['kind']}{each.get('code', '')}")
@pytest.mark.parametrize("lasts", [1, 47, 400])
async def test_it_receives_again_within_a_minute_after_any_fault(
    inside: Inside, autojump_clock: MockClock, fault: dict[str, Any], lasts: int
) -> None:
    async with inside.running():
        await inside.until("polling")
        await trio.sleep(3)
        inside.telegram.faults.add(**fault, times=None)
        inside.write("while it lasts")
        await trio.sleep(lasts)
        if lasts > 100:
            found = await inside.status()
            assert found.state == "stalled"
            assert "not reached for more than 60 s" in str(inside.health())
        inside.telegram.faults.clear()
        inside.write("after it")
        await inside.settled(60)
        assert await inside.said() == ["while it lasts", "after it"]
        assert (await inside.status()).state == "polling"
        assert inside.health() is None


async def test_a_network_that_is_not_there_is_waited_for(inside: Inside, autojump_clock: MockClock) -> None:
    inside.url = "http://127.0.0.1:9"
    async with inside.running():
        await inside.until("stalled", within=70)
        inside.url = ""
        await inside.change()
        await inside.until("polling")


async def test_a_network_that_goes_and_comes_back_is_used_again(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        await inside.until("polling")
        inside.telegram.unplug()
        inside.write("while it is away")
        await trio.sleep(300)
        assert (await inside.status()).state == "stalled"
        inside.telegram.plug()
        await inside.settled(60)
        assert await inside.said() == ["while it is away"]


async def test_a_rival_is_said_also_while_nobody_tells_who_it_is(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        await inside.until("polling")
        inside.telegram.faults.add("html", on="getWebhookInfo", times=None)
        inside.telegram.people.webhook("https://elsewhere.example/secret")
        found = await inside.until("conflict")
        assert "another program polls with this token" in str(found.why)


async def test_commands_that_telegram_does_not_take_are_told_again(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        inside.telegram.faults.add("refuse", on="setMyCommands", times=1)
        await inside.until("polling")
        await trio.sleep(60)
        assert inside.telegram.seen.commands() == {}
        await trio.sleep(600)
        assert len(inside.telegram.seen.commands()) == 1


async def test_an_answer_that_was_lost_brings_nothing_twice(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        await inside.until("polling")
        inside.telegram.faults.add("drop", on="polls", effect=True, times=2)
        inside.write("hello")
        await inside.settled()
        assert await inside.said() == ["hello"]


# --- what only a person can change --------------------------------------------------------------------------


async def test_another_program_at_the_same_token_is_named(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        await inside.until("polling")
        inside.telegram.faults.add("refuse", on="polls", code=409, description="Conflict", times=None)
        found = await inside.until("conflict")
        assert "another program polls with this token" in str(found.why)
        await trio.sleep(300)
        assert (await inside.status()).state == "conflict"
        assert len(inside.telegram.seen.requests("getUpdates")) < 40
        inside.telegram.faults.clear()
        inside.write("hello")
        await inside.settled(60)
        assert (await inside.status()).state == "polling"


async def test_a_wrong_token_says_what_to_do_and_a_right_one_counts_at_once(
    inside: Inside, autojump_clock: MockClock
) -> None:
    right, inside.token = inside.token, "4242:wrong"
    async with inside.running():
        found = await inside.until("unauthorized")
        assert f"starpod vault set {TOKEN}" in str(found.why)
        assert "4242:wrong" not in f"{found}{inside.health()}{inside.mesh.cell('telegram').actor.describe()}"
        asked = len(inside.telegram.seen.requests())
        await trio.sleep(600)
        assert len(inside.telegram.seen.requests()) <= asked + 3
        await inside.set_token(right)
        await inside.until("polling", within=2)
        assert inside.health() is None


async def test_without_a_token_nothing_is_asked_and_a_token_counts_at_once(
    inside: Inside, autojump_clock: MockClock
) -> None:
    right, inside.token = inside.token, ""
    async with inside.running():
        found = await inside.until("no_token")
        assert "@BotFather" in str(found.why)
        assert inside.health() is None
        await trio.sleep(10_000)
        assert inside.telegram.connections == 0
        assert not (inside.folder / "db" / "telegram.db").exists()
        await inside.set_token(right)
        await inside.until("polling", within=2)
        await inside.set_token("")
        await inside.until("no_token", within=2)
        await trio.sleep(1)
        assert not inside.telegram.seen.polling()


async def test_a_token_that_cannot_be_read_is_said(inside: Inside, autojump_clock: MockClock) -> None:
    inside.token, inside.unreadable = "", {TOKEN: "its key is gone"}
    async with inside.running():
        await inside.until("unauthorized")
        assert "its key is gone" in str(inside.health())


async def test_settings_count_at_once(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        await inside.until("polling")
        await inside.change(enabled=False)
        await inside.until("off", within=2)
        await trio.sleep(1)
        assert not inside.telegram.seen.polling()
        await inside.change(enabled=True)
        await inside.until("polling", within=2)
        polls = len(inside.telegram.seen.requests("getMe"))
        await inside.change(stream_mode="stream")
        await trio.sleep(5)
        assert len(inside.telegram.seen.requests("getMe")) == polls, (
            "a poll goes on that nothing has changed for"
        )


# --- the disk -----------------------------------------------------------------------------------------------


async def test_what_cannot_be_stored_is_not_confirmed(
    inside: Inside, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any) -> None:
        raise DiskFull(path=inside.folder / "telegram.db", detail="")

    async with inside.running():
        await inside.until("polling")
        with monkeypatch.context() as patched:
            patched.setattr(inbox, "store_updates", full)
            inside.write("hello")
            await trio.sleep(100)
            assert inside.telegram.seen.waiting()
            assert "disk" in str(inside.health())
        await inside.settled(60)
        assert await inside.said() == ["hello"]
        assert inside.health() is None


async def test_stopping_does_not_wait_for_a_poll(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        await inside.until("polling")
        await trio.sleep(2)
        begun = trio.current_time()
    assert trio.current_time() - begun < 1
