"""What belongs to somebody else is not there, as what never was."""

import contextlib
import pathlib
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from actors.session import messages as session
from actors.vocabulary import Usage
from bus import Request
from bus.testing import MeshUnderTest
from tests.actors.session.world import accept, start


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (session.Get(session="nothing", user="admin"), session.UnknownSession),
        (session.Messages(session="nothing", user="admin"), session.UnknownSession),
        (session.Export(session="nothing", user="admin"), session.UnknownSession),
        (session.Open(session="nothing"), session.UnknownSession),
        (session.MarkRead(session="nothing", user="admin"), session.UnknownSession),
        (
            session.Accept(incoming=session.Incoming(text="hi", user="a", session="nothing")),
            session.UnknownSession,
        ),
        (
            session.Accept(incoming=session.Incoming(text="hi", user="a", channel="nothing")),
            session.UnknownChannel,
        ),
        (session.CancelTurn(turn="nothing", user="admin"), session.UnknownTurn),
        (session.GetTurn(turn="nothing", user="admin"), session.UnknownTurn),
        (session.ListTurns(session="nothing", user="admin"), session.UnknownSession),
        (session.Begin(turn="nothing", boot="b"), session.UnknownTurn),
        (
            session.RecordCompaction(
                turn="nothing",
                until=1,
                trigger="auto",
                pre_tokens=1,
                summary="",
                messages_compacted=1,
            ),
            session.UnknownTurn,
        ),
    ],
)
async def test_what_is_not_there_is_a_typed_error(
    mesh: MeshUnderTest, path: pathlib.Path, request_: Any, error: type[Exception]
) -> None:
    await start(mesh, path)
    with pytest.raises(error, match="nothing"):
        await mesh.bus.ask(request_)
    await accept(mesh)


def fields_of(kind: type[Any]) -> dict[str, bool]:
    """Names of the fields of a message, and whether they must be given."""
    return {field.name: field.default is attrs.NOTHING for field in attrs.fields(kind)}


def is_owned(kind: Any) -> bool:
    """Whether it is a request about something of a user."""
    is_request = isinstance(kind, type) and Request in kind.__mro__
    names = set(fields_of(kind)) if is_request else set[str]()
    return "user" in names and bool(names & {"turn", "session"})


OWNED: list[type[Any]] = list(filter(is_owned, vars(session).values()))


@pytest.mark.parametrize("kind", OWNED, ids=lambda kind: kind.__name__)
async def test_what_belongs_to_somebody_else_is_not_there(
    mesh: MeshUnderTest, path: pathlib.Path, kind: type[Any]
) -> None:
    await start(mesh, path)
    accepted = await accept(mesh)
    known = {
        "turn": accepted.turn,
        "session": accepted.session,
        "title": "mine",
        "text": "mine",
        "summary": "",
        "labels": (),
        "purpose": "review",
        "usage": Usage(),
        "since": datetime(2026, 1, 1, tzinfo=UTC),
    }
    given = {name: known[name] for name, needed in fields_of(kind).items() if needed and name != "user"}
    with pytest.raises((session.UnknownTurn, session.UnknownSession)):
        await mesh.bus.ask(kind(user="eve", **given))
    with contextlib.suppress(session.StillOpen):  # the turn waits
        await mesh.bus.ask(kind(user="admin", **given))
