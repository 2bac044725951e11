"""A backend over real sockets: what it is asked, and what becomes of its answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.instances import client as asking
from actors.instances import manifest
from actors.instances.client import Client, connected
from actors.instances.messages import BackendError, KeyRefused, LogLine, NotReached, NotThere, Refused
from tests.actors.instances.backend import Send, StandIn, standing_in

ONE: dict[str, Any] = {
    "id": "a1",
    "name": "mine",
    "status": "running",
    "region": None,
    "created_at": 1,
    "updated_at": 1,
}
HEALTH = {"cpu_percent": 1.5, "memory_mb": 2, "disk_mb": 3, "last_heartbeat": 4, "uptime_secs": 5}
WAY = {"host": "h", "port": 22, "user": "u", "private_key": None}


@pytest.fixture
async def backend() -> AsyncIterator[StandIn]:
    async with standing_in() as stand_in:
        yield stand_in


Call = Callable[[Client], Awaitable[Any]]
CALLS: list[tuple[Call, str, Any, Any]] = [
    (lambda c: c.list(), "GET /instances", [ONE], None),
    (lambda c: c.create(name="mine", region="eu"), "POST /instances", ONE, {"name": "mine", "region": "eu"}),
    (lambda c: c.create(), "POST /instances", ONE, {}),
    (lambda c: c.get("a1"), "GET /instances/a1", ONE, None),
    (lambda c: c.get("../x?y#z"), "GET /instances/..%2Fx%3Fy%23z", ONE, None),
    (lambda c: c.delete("a1"), "DELETE /instances/a1", None, None),
    (lambda c: c.pause("a1"), "POST /instances/a1/pause", None, None),
    (lambda c: c.restart("a1"), "POST /instances/a1/restart", {"x": 1}, None),
    (lambda c: c.health("a1"), "GET /instances/a1/health", HEALTH, None),
    (lambda c: c.ssh("a1"), "GET /instances/a1/ssh", WAY, None),
    (lambda c: c.agent("bot"), "GET /agents", [{"id": "g", "name": "bot"}], None),
    (lambda c: c.new_agent("bot"), "POST /agents", {"id": "g"}, {"name": "bot"}),
    (lambda c: c.differences("g", {"a": "1"}), "POST /agents/g/sync", {}, {"files": {"a": "1"}}),
    (lambda c: c.download("g", "a/b c"), "GET /agents/g/files/a/b%20c", b"data", None),
    (lambda c: c.remove("g", "a"), "DELETE /agents/g/files/a", None, None),
    (lambda c: c.secrets(None), "GET /secrets", [{"id": "s", "key": "K"}], None),
    (lambda c: c.set_secret("g", "K", "v"), "POST /agents/g/secrets", {}, {"key": "K", "value": "v"}),
    (lambda c: c.set_secret(None, "K", "v"), "POST /secrets", {}, {"key": "K", "value": "v"}),
    (lambda c: c.delete_secret("g", "s"), "DELETE /agents/g/secrets/s", None, None),
    (lambda c: c.needs("g"), "GET /agents/g/deploy-config", {"ready": True}, None),
]


async def test_each_call_goes_where_it_belongs_with_the_key_or_without_one(backend: StandIn) -> None:
    for key in ("the-key", None):
        async with connected(backend.backend(key)) as client:
            for call, what, answer, body in CALLS:
                backend.says(what, answer)
                await call(client)
                asked = backend.asked[-1]
                assert f"{asked.method} {asked.path}" == what
                assert asked.headers.get("authorization") == (key and "Bearer the-key")
                assert (asked.json if asked.body else None) == body


async def test_every_failure_says_what_was_to_be_done(backend: StandIn) -> None:
    async with connected(backend.backend()) as client:
        for call, what, _, _ in CALLS:
            backend.says(what, {"error": "a \x1b[31mreason"}, 500)
            with pytest.raises(Refused, match=r"failed to .* \(500\): a reason"):
                await call(client)
        for status, kind in ((401, KeyRefused), (404, NotThere), (302, Refused)):
            backend.says("GET /instances", b"", status)
            with pytest.raises(kind, match="no reason given"):
                await client.list()
        for nonsense in (b"<html>", b'{"id": 1}', b'[{"id": "a"}]'):
            backend.says("GET /instances", nonsense)
            with pytest.raises(Refused, match="invalid response"):
                await client.list()
        backend.says("GET /agents/g/deploy-config", None, 404)
        assert await client.needs("g") is None
        backend.says("GET /agents", [])
        assert await client.agent("bot") is None
        for id in ("", "..", "."):
            with pytest.raises(NotThere):
                await client.get(id)


async def test_files_travel_as_forms_with_their_path_as_name(backend: StandIn) -> None:
    backend.says("POST /agents/g/files")
    async with connected(backend.backend()) as client:
        await client.upload("g", "skills/a.md", b"text")
    (asked,) = backend.asked
    assert asked.headers["content-type"].startswith("multipart/form-data")
    assert b'name="skills/a.md"; filename="skills/a.md"' in asked.body


async def test_a_backend_that_is_not_there_or_says_too_much_or_nothing(
    backend: StandIn, free_port: int
) -> None:
    async def forever(_send: Send) -> None:
        await trio.sleep_forever()

    async def endless(send: Send) -> None:
        for _ in range(40):
            await send(b" " * 2**20)

    async with connected(backend.backend(), patience=0.05) as client:
        backend.says("GET /instances", forever)
        with pytest.raises(NotReached, match=r"no answer within 0\.05 s"):
            await client.list()
    async with connected(backend.backend()) as client:
        backend.says("GET /instances", endless)
        with pytest.raises(Refused, match="16 MiB"):
            await client.list()
    nowhere = backend.backend().__class__(url=f"http://127.0.0.1:{free_port}", key="k")
    async with connected(nowhere) as client:
        with pytest.raises(NotReached, match=r"failed to list instances.*Connection refused$"):
            await client.list()


async def test_where_the_paths_begin_is_found_out_once(backend: StandIn) -> None:
    backend.says("GET /instances", b"<html>").says("GET /api/v1/instances", [ONE])
    backend.says("POST /api/v1/instances/a1/stop").says("POST /api/v1/instances", ONE)
    async with connected(backend.backend(api="auto")) as client:
        await client.pause("a1")
        assert len(await client.list()) == 1
        await client.create(region="eu")
    assert [each.path for each in backend.asked] == [
        "/instances", "/api/v1/instances", "/api/v1/instances/a1/stop", "/api/v1/instances", "/api/v1/instances",
    ]  # fmt: skip
    assert backend.asked[-1].json == {"zone": "eu"}


async def test_a_backend_of_the_first_shape_is_asked_once(backend: StandIn) -> None:
    backend.says("GET /instances", [])
    async with connected(backend.backend(api="auto")) as client:
        assert await client.list() == ()
        assert await client.list() == ()
    assert [each.path for each in backend.asked] == ["/instances"] * 2


async def test_one_that_refuses_the_key_is_no_other_shape(backend: StandIn) -> None:
    backend.says("GET /instances", {"error": "who?"}, 401)
    async with connected(backend.backend(api="auto")) as client:
        with pytest.raises(KeyRefused):
            await client.get("a1")
    assert len(backend.asked) == 1


# --- logs -----------------------------------------------------------------------------------------------------


def entry(at: int, message: str) -> bytes:
    return b'{"timestamp":%d,"level":"info","message":"%s"}\n' % (at, message.encode())


async def read(client: Client, count: int) -> list[str]:
    """So many lines, from the first."""
    found: list[str] = []
    async with aclosing(client.logs("a1", tail=9)) as log:
        async for line in log:
            found.append(line.message)
            if len(found) == count:
                break
    return found


async def test_a_log_outlives_the_time_of_a_request_and_goes_on_after_a_break(
    backend: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "AGAIN", (0.0,) * 3)

    async def slow(send: Send) -> None:
        await send(entry(1, "a") + "ü".encode()[:1])
        await trio.sleep(0.1)  # more than the request may take
        await send("ü".encode()[1:] + b"\n" + entry(2, "b"))
        raise trio.BrokenResourceError

    async def more(send: Send) -> None:
        await send(entry(2, "b") + entry(3, "c"))
        await trio.sleep_forever()

    backend.then("GET /instances/a1/logs", slow).then("GET /instances/a1/logs", {}, 503)
    backend.then("GET /instances/a1/logs", more)
    async with connected(backend.backend(), patience=0.05) as client:
        assert await read(client, 4) == ["a", "ü", "b", "c"]
    first, second, third = backend.asked
    assert first.query == {"tail": "9", "lines": "9"}
    assert second.query["since"] == third.query["since"] == "2.0"


async def test_a_log_that_stays_broken_is_given_up(backend: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "AGAIN", (0.0,) * 2)
    backend.says("GET /instances/a1/logs", b"")
    async with connected(backend.backend()) as client:
        with pytest.raises(NotReached, match="again and again"):
            await read(client, 1)
    assert len(backend.asked) == 3


async def test_a_log_that_is_refused_is_not_asked_for_again(backend: StandIn) -> None:
    async with connected(backend.backend()) as client:
        for status, kind in ((404, NotThere), (500, Refused)):
            backend.says("GET /instances/a1/logs", {"error": "no" * 2000}, status)
            with pytest.raises(kind):
                await read(client, 1)
    assert len(backend.asked) == 2


async def test_a_log_can_be_read_to_its_end(backend: StandIn) -> None:
    backend.says("GET /instances/a1/logs", entry(1, "a") + b"bad line\n\nlast")
    async with connected(backend.backend()) as client:
        async with aclosing(client.logs("a1", tail=1, follow=False)) as log:
            found: list[LogLine] = [line async for line in log]
    assert [line.message for line in found] == ["a", "bad line", "last"]
    assert backend.asked[0].query["follow"] == "false"


async def test_a_log_that_showed_signs_of_life_must_go_on_doing_so(
    backend: StandIn, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "AGAIN", (0.0,))

    async def dies(send: Send) -> None:
        await send(entry(1, "a") + b"\n")
        await trio.sleep_forever()

    backend.then("GET /instances/a1/logs", dies).then("GET /instances/a1/logs", entry(1, "a") + entry(2, "b"))
    async with connected(backend.backend()) as client:
        assert await read(client, 2) == ["a", "b"]
    assert autojump_clock.current_time() >= asking.SILENCE


# --- both sides the same ----------------------------------------------------------------------------------------


async def test_pushing_sends_what_differs_and_removes_what_is_gone(backend: StandIn, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    files, told = manifest.collect(tmp_path), list[str]()
    backend.says("POST /agents/g/sync", {"to_upload": ["a"], "to_delete_remote": ["c"]})
    backend.says("POST /agents/g/files").says("DELETE /agents/g/files/c")
    async with connected(backend.backend()) as client:
        done = await asking.push(client, "g", files, told.append)
    assert (done.to_upload, done.to_delete_remote, told) == (("a",), ("c",), ["a", "c"])
    assert backend.asked[0].json == {"files": manifest.digests(files)}


async def test_pulling_writes_below_the_folder_alone(backend: StandIn, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("1")
    backend.says("POST /agents/g/sync", {"to_download": [{"path": "x/new"}], "to_delete_local": ["old"]})
    backend.says("GET /agents/g/files/x/new", b"2")
    async with connected(backend.backend()) as client:
        found = await client.differences("g", {})
        await asking.pull(client, "g", found, lambda path: (tmp_path, path))
        assert (tmp_path / "x/new").read_bytes() == b"2"
        assert not (tmp_path / "old").exists()
        backend.says("POST /agents/g/sync", {"to_download": ["../escaped"]})
        with pytest.raises(manifest.BadPath):
            await client.differences("g", {})
    assert not (tmp_path.parent / "escaped").exists()


async def test_no_error_shows_the_key(backend: StandIn) -> None:
    async with connected(backend.backend()) as client:
        with pytest.raises(BackendError) as error:
            await client.list()
    assert "the-key" not in f"{error.value!r} {error.value} {backend.backend()!r}"
