"""Instances of a hosting backend, here a stand-in: over HTTP, and from commands that are told to end."""

import os
import signal
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import trio

from actors.instances import account
from tests.actors.instances.backend import Send, StandIn, standing_in
from tests.system.daemons import NOWHERE, Place, launch, serving, until

KEY: Final = "the-key-of-the-backend"
PROVIDER: Final = "sk-ant-of-a-provider-0123456789"
ONE: dict[str, Any] = {"id": "a1", "name": "mine", "status": "running"}
WAITS: Final = (
    '#!/bin/sh\ntrap "exit 9" USR1\necho "$2" > "$SEEN.new"; mv "$SEEN.new" "$SEEN"\nsleep 600 & wait\n'
)
"""A client of SSH that stays; its second argument is the file of the key."""


def key_for_its_owner(seen: Path) -> Path:
    """The file of the key that a client was given, which nobody else may read."""
    key = Path(seen.read_text().strip())
    assert key.read_text() == "PEM\n"
    assert (stat.S_IMODE(key.stat().st_mode), stat.S_IMODE(key.parent.stat().st_mode)) == (0o600, 0o700)
    return key


@pytest.fixture
async def backend() -> AsyncIterator[StandIn]:
    async with standing_in() as stand_in:
        yield stand_in.says("GET /instances", [ONE])


async def test_without_a_backend_the_answer_is_503_and_the_overview_says_so(place: Place) -> None:
    async with serving(place) as daemon:
        for path in (
            "/api/instances",
            "/api/instances/a1",
            "/api/instances/a1/health",
            "/api/instance-agents",
        ):
            answer = await daemon.request("GET", path)
            assert answer.status_code == 503
            assert "starpod auth login" in answer.json()["error"]
        overview = (await daemon.request("GET", "/api/instance-overview")).json()
        assert (overview["trouble"], overview["url"], overview["reason"]) == ("not_set_up", None, "")


async def test_what_a_backend_refuses_is_passed_on_and_no_other_key_goes_there(
    place: Place, backend: StandIn
) -> None:
    variables: dict[str, Any] = {
        account.GATEWAY_URL: backend.url,
        account.GATEWAY_KEY: KEY,
        "ANTHROPIC_API_KEY": PROVIDER,
        "STARPOD_API_KEY": "of-the-command-line",
    }

    async def says(send: Send) -> None:
        await send(b'{"timestamp": 1, "level": "info", "message": "one"}\n{"broken\n\nlast')

    async with serving(place, **variables) as daemon:
        assert [each["id"] for each in await daemon.get("/api/instances")] == ["a1"]
        for status, told in ((401, 401), (404, 404), (500, 503), (302, 503)):
            backend.says("GET /instances/a1", {"error": "a reason"}, status)
            answer = await daemon.request("GET", "/api/instances/a1")
            assert answer.status_code == told
            assert "a reason" in answer.json()["error"]
        backend.says("POST /instances", ONE).says("DELETE /instances/a1")
        made = await daemon.request("POST", "/api/instances", json={"name": "mine", "machine_type": "small"})
        assert made.status_code == 201
        assert backend.asked[-1].json == {"name": "mine", "machine_type": "small"}
        assert (await daemon.request("DELETE", "/api/instances/a1")).status_code == 204

        backend.then("GET /instances/a1/logs", says)
        async with daemon.socket("/api/instances/a1/logs?tail=3") as log:
            found = [(await log.hear())["message"] for _ in range(3)]
        assert found == ["one", '{"broken', "last"]
        async with daemon.socket("/api/instances/nobody/logs") as log:
            assert "not there" in (await log.hear())["error"]
            assert await log.close_code() == 1008
        assert (await daemon.request("GET", "/api/instances/a1/logs")).status_code in {400, 404, 405}
        assert {each.headers["authorization"] for each in backend.asked} == {f"Bearer {KEY}"}
        assert PROVIDER not in str(backend.asked)
        assert KEY not in daemon.log


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
async def test_a_key_is_gone_after_a_signal_too(
    backend: StandIn, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    seen = tmp_path / "seen"
    client = tmp_path / "bin" / "ssh"
    client.parent.mkdir()
    client.write_text(WAITS)
    client.chmod(0o755)
    way = {"host": "h.example", "port": 22, "user": "u", "private_key": "PEM"}
    backend.says("GET /instances/a1/ssh", way)
    variables = {"PATH": f"{client.parent}:{os.environ['PATH']}", "SEEN": str(seen)}
    with (tmp_path / "out").open("wb") as out, NOWHERE.open("rb") as nothing:
        process = launch(
            tmp_path,
            *("instance", "ssh", "mine"),
            streams=(nothing.fileno(), out.fileno(), out.fileno()),
            variables={**variables, "STARPOD_URL": backend.url, "HOME": str(tmp_path)},
        )
    try:
        await until(lambda: seen.exists() or process.poll() is not None, "the client was not run")
        key = key_for_its_owner(seen)
        process.send_signal(number)
        await until(lambda: process.poll() is not None, "it does not end")
        assert process.wait() == status
        assert not key.parent.exists()
    finally:
        process.kill()
        process.wait()


async def test_a_log_is_left_with_ctrl_c_and_that_is_no_failure(backend: StandIn, tmp_path: Path) -> None:
    async def says(send: Send) -> None:
        await send(b"one\n")
        await trio.sleep_forever()

    backend.says("GET /instances/a1/logs", says)
    out = tmp_path / "out"
    with out.open("wb") as file, NOWHERE.open("rb") as nothing:
        process = launch(
            tmp_path,
            *("instance", "logs", "mine"),
            streams=(nothing.fileno(), file.fileno(), file.fileno()),
            variables={"STARPOD_URL": backend.url, "HOME": str(tmp_path)},
        )
    try:
        await until(lambda: b"one" in out.read_bytes() or process.poll() is not None, "nothing was shown")
        process.send_signal(signal.SIGINT)
        await until(lambda: process.poll() is not None, "it does not end")
        assert process.wait() == 0
        assert out.read_text().splitlines() == ["--:--:-- [info] one"]
    finally:
        process.kill()
        process.wait()
