"""What a user is told: by the real stores of conversations and of users."""

import pathlib
from datetime import UTC, timedelta
from functools import partial

import pytest
import trio
import trio.testing

from actors.email import messages as email
from actors.notification import Notification
from actors.notify import actor
from actors.notify import messages as notify
from actors.notify.actor import LONGEST_TITLE, NotifyActor
from actors.notify.messages import Preferences
from actors.session import messages as session
from actors.users import messages as users
from actors.vocabulary import ADMIN
from bus import Actor, BusError, conceal
from bus.testing import MeshUnderTest
from tests.actors.notify.world import ZONE, World


@pytest.fixture
async def world(mesh: MeshUnderTest, tmp_path: pathlib.Path) -> World:
    world = World(mesh, tmp_path)
    await world.start()
    return world


# --- what is told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["scheduler", "main"])
async def test_the_conversation_is_unread_and_the_page_is_told(
    autojump_clock: trio.testing.MockClock, world: World, channel: str
) -> None:
    await world.spoken(channel, "main")
    await world.notify()
    assert not await world.is_read()
    assert world.shown() == [
        Notification(
            user="ada",
            source="cron",
            title="brief",
            text="all well",
            success=True,
            session=world.said.session,
        )
    ]


async def test_a_failure_says_what_failed_also_without_a_conversation(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    await world.notify(session=None, success=False, text="no model answers")
    assert world.shown() == [
        Notification(user="ada", source="cron", title="brief", text="no model answers", success=False)
    ]
    assert await world.is_read()


async def test_a_linked_account_gets_it_once_however_often_it_is_told(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    await world.notify()
    await world.notify()
    (row,) = await world.pushed()
    assert (row.user, row.recipient, row.key, row.turn) == ("ada", "7", "cron:j1:5", None)
    assert row.body == {
        "text": "all well",
        "session": world.said.session,
        "title": "brief",
        "success": True,
        "source": "cron",
    }
    await world.notify(key="cron:j1:6")
    await world.mesh.bus.ask(session.MarkOutbox(id=row.id, state="sent"))
    assert [row.key for row in await world.pushed()] == ["cron:j1:6"]


async def test_without_an_account_that_has_its_number_there_is_the_page_alone(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    await world.link(None, "ada_l")
    await world.notify()
    await world.mesh.bus.ask(users.UnlinkTelegram(id="ada", user=ADMIN, proof="operator"))
    await world.notify()
    assert (await world.pushed(), len(world.shown())) == ([], 2)


async def test_a_user_whom_nobody_knows_any_more_is_passed_over(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    await world.notify(user="bob")
    assert (await world.pushed(), await world.is_read()) == ([], True)


async def test_a_conversation_that_is_gone_is_passed_over(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    await world.notify(session="gone")
    assert [each.session for each in world.shown()] == ["gone"]


async def test_the_page_is_told_the_beginning_and_a_chat_nearly_all(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    await world.notify(text="ä" * 60_000, title="b" * 999)
    (shown,) = world.shown()
    (row,) = await world.pushed()
    assert shown.text == "ä" * (notify.SHORT - 1) + "…"
    assert row.body["text"] == "ä" * ((notify.LONGEST - 3) // 2) + "…"
    assert shown.title == row.body["title"] == "b" * (LONGEST_TITLE - 1) + "…"


async def test_a_secret_is_told_nobody_not_even_its_beginning(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    conceal("test", [("TOKEN", "squeamish-ossifrage")])
    await world.notify(text="x" * (notify.SHORT - 5) + "squeamish-ossifrage", title="squeamish-ossifrage")
    (shown,) = world.shown()
    (row,) = await world.pushed()
    assert "squ" not in f"{shown}{row.body}"


# --- what is away -----------------------------------------------------------------------------------------


async def test_a_store_that_is_away_holds_up_no_other_and_is_made_up_for(
    autojump_clock: trio.testing.MockClock, mesh: MeshUnderTest, tmp_path: pathlib.Path
) -> None:
    world = World(mesh, tmp_path)
    await world.start_webpush()
    await world.start_users()
    await world.start_session()
    with pytest.raises(BusError):
        await world.notify()
    assert world.shown() == []
    await world.start_notify()

    mesh.console.suspend("users")
    for _ in range(2):
        with pytest.raises(notify.NotTold, match="users"):
            await world.notify()
    assert (len(world.shown()), await world.is_read()) == (1, False)
    mesh.console.resume("users")

    await world.notify()
    assert ([row.key for row in await world.pushed()], len(world.shown())) == (["cron:j1:5"], 1)
    await world.notify()
    assert len(world.shown()) == 2


async def test_a_channel_that_is_away_holds_up_no_other(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    world.mesh.console.suspend("webpush")
    with pytest.raises(notify.NotTold, match="webpush"):
        await world.notify()
    assert [row.key for row in await world.pushed()] == ["cron:j1:5"]
    assert (len(world.shown()), await world.is_read()) == (1, False)
    world.mesh.console.resume("webpush")
    await world.notify()
    assert len(world.shown()) == 1


async def test_what_never_works_is_said_in_the_log_and_not_tried_again(
    autojump_clock: trio.testing.MockClock,
    world: World,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session.Push, "max_bytes", 500)
    await world.notify(text="x" * 1000)
    assert "cron:j1:5 by telegram cannot be told" in caplog.text
    assert (len(world.shown()), await world.is_read()) == (1, False)


async def test_what_the_page_has_shown_is_remembered_of_some(
    autojump_clock: trio.testing.MockClock, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actor, "MOST_SHOWN", 2)
    world.mesh.console.suspend("users")
    for key, shown in (("a", 1), ("b", 2), ("a", 2), ("c", 3), ("c", 3), ("a", 4)):
        with pytest.raises(notify.NotTold):
            await world.notify(key=key)
        assert len(world.shown()) == shown


# --- how somebody wants to be told ------------------------------------------------------------------------


async def test_whoever_is_muted_finds_it_in_the_page(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    muted = await world.prefer(muted=True, muted_until=world.now + timedelta(hours=1))
    assert muted.muted
    await world.notify()
    assert (await world.pushed(), len(world.shown()), await world.is_read()) == ([], 1, False)

    await trio.sleep(3600)
    assert await world.preferences() == Preferences(timezone="Europe/Rome")
    await world.notify()
    assert len(await world.pushed()) == 1


async def test_a_channel_that_somebody_does_not_want_is_not_used(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    await world.prefer(telegram=False)
    await world.notify()
    assert (await world.pushed(), len(world.shown())) == ([], 1)


class Post(Actor):
    """Knows where people are reached by e-mail."""

    @email.Recipients.handler
    async def recipients(self, request: email.Recipients) -> tuple[str, ...]:
        return (f"{request.user}@example.org",)


async def test_email_is_used_where_somebody_wants_it(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    await world.mesh.start(Post, name="email")
    await world.notify()
    assert await world.pushed("email") == []
    await world.prefer(email=True)
    text = "long " * 1000
    await world.notify(text=text)
    (row,) = await world.pushed("email")
    assert (row.recipient, row.key) == ("ada@example.org", "cron:j1:5:email:ada@example.org")
    assert row.body["text"] == text


async def test_what_comes_in_quiet_hours_is_sent_when_they_end(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    here = world.now.astimezone(ZONE)
    end = (here + timedelta(hours=3)).replace(second=0, microsecond=0)
    await world.prefer(quiet_from=f"{here:%H:%M}", quiet_to=f"{end:%H:%M}")
    await world.notify()
    claimed = await world.claimed()
    assert (claimed.rows, claimed.next_at, len(world.shown())) == ((), end.astimezone(UTC), 1)
    await trio.sleep((end - world.now).total_seconds())
    assert [row.key for row in await world.pushed()] == ["cron:j1:5"]


async def test_a_mute_counts_more_than_quiet_hours(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    here = world.now.astimezone(ZONE)
    await world.prefer(quiet_from=f"{here:%H:%M}", quiet_to="00:00", muted=True)
    await world.notify()
    assert await world.claimed() == session.Claimed(rows=(), next_at=None)


async def test_preferences_are_each_ones_own_and_outlive_a_crash(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    await world.prefer(muted=True)
    await world.mesh.console.restart("notify")
    assert (await world.preferences()).muted
    assert not (await world.mesh.bus.ask(notify.GetPreferences(user="bob"))).muted


async def test_nothing_is_kept_until_somebody_says_something(
    autojump_clock: trio.testing.MockClock, world: World, tmp_path: pathlib.Path
) -> None:
    await world.notify()
    assert not (tmp_path / "notify.db").exists()
    await world.prefer(email=True)
    assert (tmp_path / "notify.db").exists()


async def test_an_agent_without_a_zone_goes_by_that_of_the_machine(
    autojump_clock: trio.testing.MockClock,
    mesh: MeshUnderTest,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: "Asia/Tokyo")
    await mesh.start(partial(NotifyActor, tmp_path / "notify.db", lambda: None), name="notify")
    assert (await mesh.bus.ask(notify.GetPreferences(user="ada"))).timezone == "Asia/Tokyo"
