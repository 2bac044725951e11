"""The interface as it is described for programs: both documents are valid, complete, and can be had."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from actors.gateway.client_frames import CLIENT_FRAMES
from actors.gateway.pages import Pages
from actors.gateway.protocol import PROTOCOL
from actors.gateway.routes.description import DESCRIPTIONS, FOLDER
from tests.actors.gateway.described import check_frame
from tests.actors.gateway.test_docs import _PARAMETER
from tests.actors.gateway.test_protocol import EVENTS
from tests.actors.gateway.world import Gateway

FRAMES = json.loads((FOLDER / "frames.json").read_text(encoding="utf-8"))
OPENAPI = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))


def test_what_describes_the_frames_is_a_schema() -> None:
    Draft202012Validator.check_schema(FRAMES)
    assert FRAMES["$id"].endswith(f":{PROTOCOL}")


def test_what_describes_the_requests_is_openapi() -> None:
    OpenAPIV31SpecValidator(OPENAPI).validate()
    assert OPENAPI["info"]["version"] == str(PROTOCOL)


@pytest.mark.parametrize("frame", [frame for _, _, frame in EVENTS], ids=lambda frame: frame["type"])
def test_an_event_is_as_it_is_described_and_nothing_else(frame: dict[str, Any]) -> None:
    whole = {"session_id": "s1", "seq": 1, "turn_id": "t1", **frame}
    check_frame(whole)
    wrongs: list[dict[str, Any]] = [
        {**whole, "more": [1]},
        {**whole, "seq": "1"},
        {"type": frame["type"], "seq": [1]},
    ]
    for wrong in wrongs:
        with pytest.raises(AssertionError):
            check_frame(wrong)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "message", "text": "hello", "session_id": None, "attachments": [], "model": None},
        {"type": "message", "attachments": [{"file_name": "a", "mime_type": "text/plain", "data": "YQ=="}]},
        {"type": "resume", "session_id": "s", "after_seq": None},
        {"type": "ping"},
    ],
)
def test_what_a_client_says_is_as_it_is_described(frame: dict[str, Any]) -> None:
    validator: Any = Draft202012Validator(FRAMES)
    validator.validate(frame)
    assert frame["type"] in CLIENT_FRAMES


async def test_every_route_for_programs_is_described(gateway: Gateway, tmp_path: Path) -> None:
    assert gateway.actor.address is not None
    app = gateway.actor._application(Pages(tmp_path), gateway.actor.address)
    for rule in app.url_map.iter_rules():
        path = _PARAMETER.sub(r"{\1}", rule.rule)
        if path.startswith(("/api/", "/v1/", "/mcp")):
            methods = {"GET"} if rule.websocket else (rule.methods or set()) - {"HEAD", "OPTIONS"}
            assert {each.lower() for each in methods} <= OPENAPI["paths"][path].keys(), path


@pytest.mark.parametrize("path", DESCRIPTIONS)
async def test_anybody_may_read_it(gateway: Gateway, path: str) -> None:
    async with httpx2.AsyncClient(base_url=f"http://{gateway.address}", verify=False) as anybody:
        answer = await anybody.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() in (FRAMES, OPENAPI)
