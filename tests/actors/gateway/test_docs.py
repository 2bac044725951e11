"""The reference names everything that a client can meet."""

from pathlib import Path
from typing import Any

import pytest

from actors.gateway import failures
from actors.gateway.pages import Pages
from actors.gateway.protocol import CLIENT_FRAMES
from tests.actors.gateway.test_protocol import EVENTS
from tests.actors.gateway.world import Gateway

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
WEBSOCKET = (REFERENCE / "websocket.md").read_text()
HTTP = (REFERENCE / "http.md").read_text()

FRAMES = {frame["type"] for _, _, frame in EVENTS} | {
    "hello",
    "accepted",
    "backlog",
    "session_updated",
    "error",
    "pong",
}
CODES = {code for _, _, code in failures._DOMAIN} | {
    "bad_message",
    "unknown_type",
    "attachment_refused",
    "too_many_follows",
    "refused",
    "busy",
    "timeout",
    "unavailable",
    "internal",
}


@pytest.mark.parametrize("name", sorted(FRAMES | CODES))
def test_every_frame_and_code_is_described(name: str) -> None:
    assert f"| `{name}` |" in WEBSOCKET


@pytest.mark.parametrize("name", sorted(CLIENT_FRAMES))
def test_every_message_of_a_client_is_described(name: str) -> None:
    assert f"| `{name}` |" in WEBSOCKET


@pytest.mark.parametrize("frame", [frame for _, _, frame in EVENTS])
def test_every_field_of_an_event_is_described(frame: dict[str, Any]) -> None:
    (line,) = [line for line in WEBSOCKET.splitlines() if line.startswith(f"| `{frame['type']}` |")]
    for field in frame.keys() - {"type"}:
        assert f"`{field}`" in line, field


async def test_every_route_is_described(gateway: Gateway, tmp_path: Path) -> None:
    address = gateway.actor.address
    assert address is not None
    app = gateway.actor._application(Pages(tmp_path), address)
    rules = [rule.rule for rule in app.url_map.iter_rules()]
    assert "/ws" in rules
    for rule in rules:
        assert rule.replace("<conversation>", "{id}") in HTTP + WEBSOCKET
