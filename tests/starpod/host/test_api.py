"""What a host is asked, and what it does not do."""

import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, final

import pytest
from quart import Quart
from quart.datastructures import FileStorage

from starpod.host.api import create_app
from starpod.host.keeper import Keeper
from starpod.host.safe import Safe
from starpod.host.schema import open_store

KEY: Final = "sp_host_of_this_test"


@final
class Api:
    def __init__(self, app: Quart, keeper: Keeper, folder: Path) -> None:
        self._app = app
        self.keeper = keeper
        self.folder = folder

    async def __call__(self, method: str, path: str, key: str = KEY, **options: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        client: Any = self._app.test_client()
        answer = await client.open(path, method=method, headers=headers, **options)
        return answer.status_code, await answer.get_json() if answer.is_json else await answer.get_data()

    async def agent(self) -> str:
        made = await self("POST", "/agents", json={"name": "bot"})
        assert made[0] == 201
        return str(made[1]["id"])

    async def send(self, agent: str, path: str, data: bytes) -> tuple[int, Any]:
        file = FileStorage(io.BytesIO(data), filename=path)
        return await self("POST", f"/agents/{agent}/files", files={path: file})


def _log(_level: str, _event: str, _fields: dict[str, Any]) -> None:
    pass


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    safe = Safe.of(tmp_path)
    rows: sqlite3.Connection = open_store(":memory:", safe)
    keeper = Keeper(tmp_path, rows, safe, "test", _log)
    yield Api(create_app(keeper, KEY), keeper, tmp_path)
    rows.close()


async def test_nobody_asks_without_the_key(api: Api) -> None:
    assert (await api("GET", "/health", key=""))[0] == 200
    for key in ("", "wrong", KEY + "x", "\xe9"):
        for method, path in (
            ("GET", "/instances"),
            ("POST", "/instances"),
            ("GET", "/secrets"),
            ("GET", "/nowhere"),
        ):
            assert (await api(method, path, key=key))[0] == 401
    assert (await api("GET", "/nowhere"))[0] == 404
    assert (await api("PUT", "/instances"))[0] == 405


async def test_files_of_an_agent_stay_in_its_folder(api: Api) -> None:
    id = await api.agent()
    assert (await api("POST", "/agents", json={"name": "bot"}))[0] == 409
    assert (await api("POST", "/agents", json={}))[0] == 400
    assert (await api.send(id, "skills/a/SKILL.md", b"one"))[0] == 201
    for path in ("../out", "/etc/out", "a/../../out", ".env", "a/.hidden/x", "node_modules/x"):
        assert (await api.send(id, path, b"x"))[0] == 400
    assert (await api("POST", f"/agents/{id}/files"))[0] == 400
    assert (await api.send("other", "a", b"x"))[0] == 404
    assert [each.name for each in api.folder.rglob("*") if each.is_file()] == ["SKILL.md"]

    status, found = await api("POST", f"/agents/{id}/sync", json={"files": {"mine": "x"}})
    assert status == 200
    assert found["to_upload"] == found["to_delete_local"] == ["mine"]
    assert (
        [each["path"] for each in found["to_download"]] == found["to_delete_remote"] == ["skills/a/SKILL.md"]
    )
    assert (await api("POST", f"/agents/{id}/sync", json={"files": [1]}))[0] == 400
    assert await api("GET", f"/agents/{id}/files/skills/a/SKILL.md") == (200, b"one")
    assert (await api("GET", f"/agents/{id}/files/nothing"))[0] == 404
    assert (await api("GET", f"/agents/{id}/files/%2e%2e/%2e%2e/host.db"))[0] in {400, 404}
    assert (await api("DELETE", f"/agents/{id}/files/skills/a/SKILL.md"))[0] == 204
    assert (await api("DELETE", f"/agents/{id}/files/skills/a/SKILL.md"))[0] in {404, 409}


async def test_what_an_agent_needs(api: Api) -> None:
    id = await api.agent()
    assert (await api("GET", f"/agents/{id}/deploy-config"))[0] == 404
    manifest = b"""version = 1
[agent.secrets.a]
secret = "A_KEY"
description = "the model"
[agent.secrets.B_KEY]
required = false
[agent.variables.TZ]
default = "UTC"
"""
    await api.send(id, "deploy.toml", manifest)
    _, needs = await api("GET", f"/agents/{id}/deploy-config")
    assert (needs["ready"], needs["missing_required"], needs["variables"]) == (
        False,
        ["A_KEY"],
        {"TZ": "UTC"},
    )
    assert (await api("POST", "/secrets", json={"key": "A_KEY", "value": "a-long-secret-value"}))[0] == 201
    _, needs = await api("GET", f"/agents/{id}/deploy-config")
    assert (needs["ready"], needs["secrets"][0]["scope"], needs["secrets"][0]["hint"]) == (
        True,
        "all",
        "…alue",
    )
    for bad in (b"no toml", b"agent = 1", b"[agent]\nsecrets = 1"):
        await api.send(id, "deploy.toml", bad)
        assert (await api("GET", f"/agents/{id}/deploy-config"))[0] == 400


async def test_secrets_go_in_and_never_out(api: Api) -> None:
    id, secret = await api.agent(), {"key": "A_KEY", "value": "a-long-secret-value"}
    status, kept = await api("POST", f"/agents/{id}/secrets", json=secret)
    assert (status, kept["hint"]) == (201, "…alue")
    assert "a-long" not in str(await api("GET", f"/agents/{id}/secrets"))
    assert await api("GET", "/secrets") == (200, [])
    assert (await api("DELETE", f"/agents/{id}/secrets/{kept['id']}"))[0] == 204
    assert (await api("DELETE", f"/agents/{id}/secrets/{kept['id']}"))[0] == 404
    for key, value in (
        ("a-b", "v"),
        ("A", ""),
        ("A", "a\0"),
        (1, "v"),
        ("A", 1),
        ("LD_PRELOAD", "x"),
        ("PATH", "x"),
    ):
        assert (await api("POST", "/secrets", json={"key": key, "value": value}))[0] == 400
    assert (await api("POST", "/secrets", data="no json"))[0] == 400


async def test_secrets_without_their_master_key_are_told_as_such(api: Api) -> None:
    secret = {"key": "A_KEY", "value": "a-long-secret-value"}
    assert (await api("POST", "/secrets", json=secret))[0] == 201
    key = api.folder / "vault.key"
    kept = key.read_text()
    key.unlink()
    assert (await api("GET", "/secrets"))[1][0]["hint"] == "cannot be read"
    status, said = await api("POST", "/secrets", json={**secret, "key": "B_KEY"})
    assert status == 409
    assert "put back vault.key" in said["error"]
    key.write_text(kept)
    assert (await api("GET", "/secrets"))[1][0]["hint"] == "…alue"


async def test_a_database_that_fails_is_told_in_words(api: Api) -> None:
    api.keeper.rows.execute("DROP TABLE secrets")
    status, said = await api("GET", "/secrets")
    assert (status, said["error"]) == (503, "the database of the host fails: no such table: secrets")
    assert (await api("GET", "/instances"))[0] == 200


async def test_instances_that_cannot_be_made_and_calls_for_those_that_are_not_there(api: Api) -> None:
    id = await api.agent()
    for body, status in (
        ({"agent_id": "other"}, 400),
        ({"agent_id": id}, 409),
        ({"name": "x" * 201}, 400),
        ({"name": 1}, 400),
        ({"variables": [1]}, 400),
        ({"variables": {"PYTHONPATH": "x"}}, 400),
    ):
        assert (await api("POST", "/instances", json=body))[0] == status
    assert await api("GET", "/instances") == (200, [])
    for method, rest in (
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/pause"),
        ("POST", "/restart"),
        ("GET", "/health"),
        ("GET", "/ssh"),
        ("GET", "/logs"),
    ):
        assert (await api(method, f"/instances/nobody{rest}"))[0] == 404


async def test_an_instance_that_does_not_run_yet(api: Api) -> None:
    status, made = await api(
        "POST", "/instances", json={"name": "one", "zone": "here", "variables": {"A": "b"}}
    )
    assert (status, made["status"], made["region"]) == (201, "creating", "here")
    path = f"/instances/{made['id']}"
    assert (await api("GET", path))[1]["name"] == "one"
    assert (await api("GET", f"{path}/health"))[0] == 409
    assert (await api("GET", f"{path}/ssh"))[1]["folder"] == str(api.folder / "instances" / made["id"])
    log = api.keeper.log_of(made["id"])
    assert await api("GET", f"{path}/logs?follow=false") == (200, b"")
    log.parent.mkdir(parents=True)
    log.write_text('Aster runs\n{"timestamp":"1970-01-01T00:00:09Z","level":"warning","event":"hm"}\nlast')
    _, said = await api("GET", f"{path}/logs?follow=false&tail=2")
    assert said.decode().splitlines()[0] == '{"timestamp":9.0,"level":"warn","message":"hm"}'
    assert len((await api("GET", f"{path}/logs?follow=false&since=10"))[1]) == 0
    assert (await api("GET", f"{path}/logs?follow=false&since=9"))[1].count(b"\n") == 2


async def test_the_page_of_the_login_speaks_with_one_port_alone(api: Api) -> None:
    status, page = await api("GET", "/cli-auth?port=4711&state=ab12", key="")
    assert status == 200
    assert b'data-port="4711" data-state="ab12"' in page
    for query in ("", "?port=0&state=a", "?port=70000&state=a", "?port=1&state=", '?port=1&state="><script>'):
        assert (await api("GET", f"/cli-auth{query}", key=""))[0] == 400
