"""What the owner of a job is told of a run that has ended: by the real stores of conversations and of users."""

import pathlib
from datetime import timedelta
from functools import partial

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.cron import telling
from actors.cron.telling import Ended, beginning, tell
from actors.notification import Notification
from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.users import messages as users
from actors.users.actor import UsersActor
from actors.vocabulary import ADMIN
from bus import BusError, conceal
from bus.testing import MeshUnderTest

CHANNELS = (
    session.ChannelPolicy("main"),
    session.ChannelPolicy("scheduler", gap=timedelta(days=1)),
    session.ChannelPolicy("telegram", gap=timedelta(hours=6), pushes="end"),
)


class World:
    """A user called Ada, and a conversation that a job of hers has had."""

    def __init__(self, mesh: MeshUnderTest, folder: pathlib.Path) -> None:
        self.mesh = mesh
        self.folder = folder
        self.run = Ended(
            user="ada", job="j1", name="brief", instant=5, session=None, success=True, text="all well"
        )

    async def start_session(self) -> None:
        await self.mesh.start(
            partial(SessionActor, self.folder / "session.db", lambda: CHANNELS), name="session"
        )
        await self.spoken()

    async def start_users(self) -> None:
        factory = partial(
            UsersActor,
            self.folder / "users.db",
            chosen=None,
            key_file=self.folder / "admin.key",
            on_first_key=lambda _key: None,
            seed=lambda _user: None,
            has_left=lambda _user: False,
        )
        await self.mesh.start(factory, name="users")
        await self.mesh.bus.ask(users.AddUser(id="ada", role="user", user=ADMIN, proof="operator"))
        await self.link(7)

    async def spoken(self, channel: str = "scheduler", key: str = "cron:j1:5:1") -> None:
        """The job has had its conversation there."""
        said = session.Incoming(
            text="sum up", user="ada", channel=channel, key=key, source="cron", triggered_by="brief"
        )
        accepted = await self.mesh.bus.ask(session.Accept(incoming=said))
        self.run = attrs.evolve(self.run, session=accepted.session)

    async def link(self, number: int | None, name: str | None = None) -> None:
        linking = users.LinkTelegram(
            id="ada", telegram_id=number, username=name, user=ADMIN, proof="operator"
        )
        await self.mesh.bus.ask(linking)

    async def tell(self, **changes: object) -> None:
        await tell(self.mesh.bus, attrs.evolve(self.run, **changes))  # type: ignore[arg-type]

    async def is_read(self) -> bool:
        assert self.run.session is not None
        return (await self.mesh.bus.ask(session.Get(session=self.run.session, user="ada"))).is_read

    async def pushed(self) -> list[session.OutboxRow]:
        claimed = await self.mesh.bus.ask(session.ClaimOutbox(channel="telegram", claimer="bot"))
        return list(claimed.rows)

    def shown(self) -> list[Notification]:
        return self.mesh.published(Notification)


@pytest.fixture
async def world(mesh: MeshUnderTest, tmp_path: pathlib.Path) -> World:
    world = World(mesh, tmp_path)
    await world.start_users()
    await world.start_session()
    return world


@pytest.mark.parametrize("channel", ["scheduler", "main"])
async def test_the_conversation_is_unread_and_the_page_is_told(world: World, channel: str) -> None:
    await world.spoken(channel, "main")
    await world.tell()
    assert not await world.is_read()
    assert world.shown() == [
        Notification(
            user="ada", source="cron", title="brief", text="all well", success=True, session=world.run.session
        )
    ]


async def test_a_failure_says_what_failed_also_without_a_conversation(world: World) -> None:
    await world.tell(session=None, success=False, text="no model answers")
    assert world.shown() == [
        Notification(user="ada", source="cron", title="brief", text="no model answers", success=False)
    ]
    assert await world.is_read()


async def test_a_linked_account_gets_it_once_however_often_it_is_told(world: World) -> None:
    await world.tell()
    await world.tell()
    (row,) = await world.pushed()
    assert (row.recipient, row.key, row.turn) == ("7", "cron:j1:5", None)
    assert row.body == {
        "text": "all well",
        "session": world.run.session,
        "title": "brief",
        "success": True,
    }
    await world.tell(instant=6)
    await world.mesh.bus.ask(session.MarkOutbox(id=row.id, state="sent"))
    assert [row.key for row in await world.pushed()] == ["cron:j1:6"]


async def test_without_an_account_that_has_its_number_there_is_the_page_alone(world: World) -> None:
    await world.link(None, "ada_l")
    await world.tell()
    await world.mesh.bus.ask(users.UnlinkTelegram(id="ada", user=ADMIN, proof="operator"))
    await world.tell()
    assert (await world.pushed(), len(world.shown())) == ([], 2)


async def test_an_owner_whom_nobody_knows_any_more_is_passed_over(world: World) -> None:
    await world.tell(user="bob")
    assert (world.shown(), await world.is_read()) == ([], True)


async def test_a_conversation_that_is_gone_is_passed_over(world: World) -> None:
    await world.tell(session="gone")
    assert [each.session for each in world.shown()] == ["gone"]


async def test_nothing_is_shown_while_a_store_is_away_and_all_of_it_later(
    mesh: MeshUnderTest, tmp_path: pathlib.Path
) -> None:
    world = World(mesh, tmp_path)
    for start in (world.start_users, world.start_session):
        with pytest.raises(BusError):
            await world.tell()
        await start()
        assert world.shown() == []
    await world.tell()
    assert ([row.key for row in await world.pushed()], len(world.shown())) == (["cron:j1:5"], 1)
    assert not await world.is_read()


async def test_a_secret_is_told_nobody_not_even_its_beginning(world: World) -> None:
    conceal("test", [("TOKEN", "squeamish-ossifrage")])
    await world.tell(text="x" * (telling.LONGEST - 5) + "squeamish-ossifrage")
    texts = [world.shown()[0].text, (await world.pushed())[0].body["text"]]
    assert texts[0] == texts[1]
    assert "squ" not in texts[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ""),
        ("a" * 500, "a" * 500),
        ("a" * 501, "a" * 499 + "…"),
        ("a" * 498 + "e\u0301" + "a" * 9, "a" * 498 + "…"),
        ("a" * 496 + "👩\u200d💻\u200d💻" + "a" * 9, "a" * 496 + "…"),
        ("\u0301" * 501, "…"),
    ],
)
def test_a_long_text_is_cut_between_two_letters(text: str, told: str) -> None:
    assert beginning(text) == told


@given(st.text(min_size=480, max_size=520))
def test_what_is_told_is_short_and_how_the_text_begins(text: str) -> None:
    told = beginning(text)
    assert len(told) <= telling.LONGEST
    assert text.startswith(told.removesuffix("…"))
