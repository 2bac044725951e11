"""The reference names everything that a client can meet."""

import re
from pathlib import Path
from typing import Any

import pytest

import bus
from actors.endpoints import BadMessage
from actors.gateway import failures
from actors.gateway.client_frames import CLIENT_FRAMES
from actors.gateway.frames import TooLarge, UnknownType
from actors.gateway.pages import Pages
from actors.llm import messages as llm
from actors.session import messages as session
from actors.tools import messages as tools
from bus import ActorStopped, DeadlineExceeded, MailboxFull
from tests.actors.gateway.test_protocol import EVENTS
from tests.actors.gateway.world import Gateway

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
WEBSOCKET = (REFERENCE / "websocket.md").read_text()
HTTP = (REFERENCE / "http.md").read_text()
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")

FRAMES = {frame["type"] for _, _, frame in EVENTS} | {
    "hello",
    "accepted",
    "backlog",
    "sessions_updated",
    "config_changed",
    "notification",
    "error",
    "pong",
}
CODES = {
    failures.code_of(error)
    for error in (
        BadMessage,
        UnknownType,
        TooLarge,
        session.UnknownSession,
        session.SessionIsClosed,
        session.UnknownTurn,
        session.StillOpen,
        session.JoinedAnother,
        session.StorageFailed,
        llm.ModelNotAllowed,
        tools.FileNotFound,
        MailboxFull,
        DeadlineExceeded,
        ActorStopped,
    )
} | {"attachment_refused", "too_many_follows", "internal"}


@pytest.mark.parametrize("name", sorted(FRAMES | CODES))
def test_every_frame_and_code_is_described(name: str) -> None:
    assert f"| `{name}` |" in WEBSOCKET


@pytest.mark.parametrize("kind", sorted(failures.STATUS))
def test_every_kind_of_error_is_described_with_its_status(kind: bus.ErrorKind) -> None:
    assert f"| {failures.STATUS[kind]} | `{kind}` |" in HTTP


@pytest.mark.parametrize("name", sorted(CLIENT_FRAMES))
def test_every_message_of_a_client_is_described(name: str) -> None:
    assert f"| `{name}` |" in WEBSOCKET


@pytest.mark.parametrize("frame", [frame for _, _, frame in EVENTS])
def test_every_field_of_an_event_is_described(frame: dict[str, Any]) -> None:
    lines = [line for line in WEBSOCKET.splitlines() if line.startswith(f"| `{frame['type']}` |")]
    assert any(all(f"`{field}`" in line for field in frame.keys() - {"type"}) for line in lines)


async def test_every_route_is_described(gateway: Gateway, tmp_path: Path) -> None:
    address = gateway.actor.address
    assert address is not None
    app = gateway.actor._application(Pages(tmp_path), address)
    rules = [rule.rule for rule in app.url_map.iter_rules()]
    assert "/ws" in rules
    for rule in rules:
        assert rule == "/<place:path>" or _PARAMETER.sub(r"{\1}", rule) in HTTP + WEBSOCKET
