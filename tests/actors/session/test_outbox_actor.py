"""The outbox by way of the bus: who is told of what is to be sent, and who is not."""

import pathlib

import pytest

from actors.session import messages as session
from actors.vocabulary import Text, ToolUse, Usage
from bus.testing import MeshUnderTest
from tests.actors.session.world import accept, begin, start


async def test_a_notification_is_pushed_once(mesh: MeshUnderTest, path: pathlib.Path) -> None:
    await start(mesh, path)
    note = session.Push(user="ada", channel="telegram", recipient="42", key="k", body={"text": "x"})
    claiming = session.ClaimOutbox(channel="telegram", claimer="bot")
    await mesh.bus.ask(note)
    await mesh.bus.ask(note)
    (row,) = (await mesh.bus.ask(claiming)).rows
    await mesh.bus.ask(session.Recover(boot=mesh.bus.boot_id))
    await mesh.bus.ask(session.MarkOutbox(id=row.id, state="pending"))
    (again,) = (await mesh.bus.ask(claiming)).rows
    assert (again.id, again.attempt, again.doubtful) == (row.id, 2, False)
    await mesh.bus.ask(session.Recover(boot="another"))
    (doubted,) = (await mesh.bus.ask(claiming)).rows
    assert doubted.doubtful


@pytest.mark.parametrize(("channel", "said"), [("telegram", "I look"), ("telegram", ""), ("main", "I look")])
async def test_a_channel_hears_of_what_it_has_to_say_at_once_and_of_nothing_else(
    mesh: MeshUnderTest, path: pathlib.Path, channel: str, said: str
) -> None:
    await start(mesh, path, pushes="each")
    turn = (await accept(mesh, channel=channel, key="42")).turn
    await begin(mesh, turn)
    await mesh.bus.ask(
        session.SaveCompletion(
            turn=turn,
            boot=mesh.bus.boot_id,
            attempt=1,
            iteration=1,
            content=(Text(text=said),) if said else (),
            calls=((ToolUse(id="a", name="FileRead", input={"path": "x"}), "pure"),),
            usage=Usage(model="m"),
            last_event=1,
        )
    )
    heard = [session.OutboxDue(channel="telegram")] if (channel, bool(said)) == ("telegram", True) else []
    assert mesh.published(session.OutboxDue) == heard
