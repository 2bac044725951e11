"""A program that was written for the original, against a whole daemon: it talks, works with files, changes settings."""

import io
from base64 import b64decode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast
from zipfile import ZipFile

import httpx2

from actors.gateway.groups import GROUPS
from actors.users import messages as users
from actors.vocabulary import ADMIN
from starpod.config import load
from starpod.daemon import running
from starpod.workspace import Instance
from tests.fakes.original import original_client
from tests.system.daemons import PATIENCE, Json, Place
from tests.system.original_table import TABLE, fits


@asynccontextmanager
async def client_of(place: Place) -> AsyncGenerator[tuple[str, str, httpx2.AsyncClient]]:
    """Address and key of a daemon, and a client that shows it."""
    instance = Instance(root=place.root)
    async with running(instance, load(instance, {}), command="a test") as daemon:
        key = (await daemon.mesh.bus.ask(users.NewKey(id=ADMIN, user=ADMIN, proof="operator"))).key
        address = str(daemon.info.address)
        async with httpx2.AsyncClient(
            base_url=f"http://{address}",
            headers={"X-API-Key": key},
            timeout=PATIENCE,
            trust_env=False,
            verify=False,
        ) as http:
            yield address, key, http


async def test_it_talks_gets_files_and_goes_on_where_it_was(place: Place) -> None:
    async with client_of(place) as (address, key, http):
        assert (await http.get("/api/auth/verify")).json()["authenticated"] is True
        async with original_client(address, key, "mine") as client:
            await client.say("say hello", {"note.txt": b"a note"})
            first = await client.answer()
            assert "hello" in first.text
            assert (first.end["is_error"], first.end["num_turns"], "errors" in first.end) == (False, 0, False)
        async with original_client(address, key, "mine") as client:
            await client.say("say again")
            assert (await client.answer()).session_id == first.session_id
        async with original_client(address, key, "with tools") as client:
            await client.say("write documents/a.md: hi")
            answer = await client.answer()
            (called,), (result,) = answer.tools, answer.results
            assert (called["name"], result["tool_use_id"], result["is_error"]) == (
                "FileWrite",
                called["id"],
                False,
            )
            assert answer.end["num_turns"] == 1
        path = f"/api/sessions/{answer.session_id}/messages"
        roles = [each["role"] for each in (await http.get(path)).json()]
        assert [each for each in roles if each not in {"thinking", "notice"}] == [
            "user",
            "tool_use",
            "tool_result",
            "assistant",
        ]
        assert (await http.get("/api/sessions", params={"protocol": 2})).status_code == 400
        path = f"/api/sessions/{first.session_id}"
        said = (await http.get(f"{path}/messages", params={"inline": 1})).json()
        assert [each["role"] for each in said if each["role"] in {"user", "assistant"}] == [
            "user",
            "assistant",
        ] * 2
        (file,) = said[0]["attachments"]
        assert b64decode(file["data"]) == b"a note"
        assert (await http.post(f"{path}/archive", json={"archived": True})).json() == {"ok": True}
        assert [each["id"] for each in (await http.get("/api/sessions")).json()] == [answer.session_id]
        assert (await http.post("/api/chat", json={"text": "say hi"})).json()["usage"]["cost_usd"] >= 0


async def test_it_works_with_files(place: Place) -> None:
    async with client_of(place) as (_, _, http):
        assert (await http.post("/api/files/mkdir", json={"path": "notes"})).json()["status"] == "ok"
        body = {"path": "notes/a.md", "content": "hello"}
        etag = (await http.put("/api/files/write", json={**body, "etag": ""})).json()["etag"]
        assert (await http.put("/api/files/write", json=body, headers={"If-Match": '"x"'})).status_code == 412
        assert (await http.get("/api/files/read", params={"path": "notes/a.md"})).json()["content"] == "hello"
        uploaded = await http.post(
            "/api/files/upload", data={"path": "notes"}, files={"file": ("b.bin", b"\0")}
        )
        assert uploaded.json()[0]["path"] == "notes/b.bin"
        listed = (await http.get("/api/files", params={"path": "notes"})).json()
        assert [(each["name"], each["type"], each["size"]) for each in listed] == [
            ("a.md", "file", 5),
            ("b.bin", "file", 1),
        ]
        facts = (await http.get("/api/files/stat", params={"path": "notes", "count": "true"})).json()
        assert (facts["type"], facts["files"], facts["size"]) == ("directory", 2, 6)
        zipped = await http.get("/api/files/zip", params={"path": "notes"})
        with ZipFile(io.BytesIO(zipped.content)) as packed:
            assert packed.namelist() == ["notes/a.md", "notes/b.bin"]
            assert packed.read("notes/a.md") == b"hello"
        await http.post("/api/files/move", json={"path": "notes/b.bin", "to": "c.bin"})
        assert (
            await http.delete("/api/files", params={"path": "notes/a.md", "etag": etag})
        ).status_code == 200
        assert (await http.delete("/api/files")).status_code == 400
        assert (await http.delete("/api/files", params={"path": "."})).status_code == 403
        assert [each["name"] for each in (await http.get("/api/files")).json() if each["type"] == "file"] == [
            "c.bin"
        ]


async def test_it_finds_the_texts_that_say_who_the_agent_is(place: Place) -> None:
    async with client_of(place) as (_, _, http):
        for name in ("SOUL.md", "HEARTBEAT.md", "BOOT.md", "BOOTSTRAP.md"):
            path = f"/api/settings/files/{name}"
            assert (await http.put(path, json={"content": f"# {name}\n"})).json() == {"status": "ok"}
            assert (await http.get(path)).json() == {"content": f"# {name}\n"}
            assert (await http.get("/api/memory/file", params={"name": name})).json()["text"] == f"# {name}\n"
        assert (await http.delete("/api/memory/file", params={"name": "BOOT.md"})).status_code == 200
        assert (await http.get("/api/settings/files/BOOT.md")).json() == {"content": ""}
        for name, body, said in (
            ("MEMORY.md", {"content": "x"}, "no other is editable here"),
            ("SOUL.md", {"content": 1}, "content: expected text"),
            ("SOUL.md", {}, "content: expected text"),
        ):
            refused = await http.put(f"/api/settings/files/{name}", json=body)
            assert refused.status_code == 400
            assert said in refused.json()["error"]
        assert (await http.get("/api/settings/files/USER.md")).status_code == 400


async def test_it_finds_the_settings_where_it_looks_for_them(place: Place) -> None:
    async with client_of(place) as (_, _, http):
        for group, fields in GROUPS.items():
            found: dict[str, Any] = (await http.get(f"/api/settings/{group}")).json()
            flat: set[str] = set()
            for name, value in found.items():
                flat |= (
                    {f"{name}.{inner}" for inner in cast("dict[str, Any]", value)}
                    if isinstance(value, dict)
                    else {name}
                )
            assert flat >= fields.keys(), group
            assert (await http.put(f"/api/settings/{group}", json=found)).json() == {"status": "ok"}, group
        for group, secret in (
            ("channels", {"telegram": {"bot_token": "4711:miaow"}}),
            ("internet", {"brave_api_key": "miaow"}),
        ):
            before = (await http.get(f"/api/settings/{group}")).json()
            assert (await http.put(f"/api/settings/{group}", json=secret)).json() == {"status": "ok"}
            told = await http.get(f"/api/settings/{group}")
            assert "miaow" not in told.text
            assert told.json() != before
            assert (await http.put(f"/api/settings/{group}", json=told.json())).json() == {"status": "ok"}
            assert (await http.get(f"/api/settings/{group}")).json() == told.json()
            gone = {"telegram": {"bot_token": ""}} if "telegram" in secret else {"brave_api_key": ""}
            await http.put(f"/api/settings/{group}", json=gone)
            assert (await http.get(f"/api/settings/{group}")).json() == before
        changed = {"context_budget": 100_000, "memory_flush": False}
        assert (await http.put("/api/settings/compaction", json=changed)).json() == {"status": "ok"}
        assert changed.items() <= (await http.get("/api/settings/compaction")).json().items()
        assert (await http.put("/api/settings/compaction", json={"context_budget": "x"})).status_code == 400


async def test_who_is_not_known_is_told_so_and_nobody_speaks_for_others(place: Place) -> None:
    async with client_of(place) as (_, key, http):
        made = "/api/settings/auth/users"
        await http.post(made, json={"id": "ada"})
        keys = [(await http.post(f"{made}/ada/api-keys", json={})).json() for _ in range(2)]
        revoked, other = (each["key"] for each in keys)

        async def told(shown: str | bytes | None) -> tuple[str, bool]:
            http.headers.pop("X-API-Key")
            headers: Any = {} if shown is None else {"X-API-Key": shown}
            refused = await http.get("/api/sessions", headers=headers)
            known = (await http.get("/api/auth/verify", headers=headers)).json()
            http.headers["X-API-Key"] = key
            assert (known["auth_disabled"], "user" in known) == (False, known["authenticated"])
            text = "" if refused.status_code == 200 else refused.json()["error"]
            assert refused.status_code == (401 if text else 200)
            return text[:15], known["authenticated"]

        assert await told(None) == ("Missing API key", False)
        for wrong in ("x", "sp_live_", "sp_live_" + 40 * "0", "schlüssel".encode()):
            assert await told(wrong) == ("Invalid API key", False)
        assert await told(revoked) == await told(other) == ("", True)
        await http.post(f"/api/settings/auth/api-keys/{keys[0]['meta']['id']}/revoke")
        assert await told(revoked) == ("Invalid API key", False)
        listed = (await http.get(f"{made}/ada/api-keys")).json()
        assert all(each["last_used_at"] is not None for each in listed)
        await http.post(f"{made}/ada/deactivate")
        assert await told(other) == ("Invalid API key", False)


async def test_what_it_asks_is_answered_as_it_reads_it(place: Place) -> None:
    known: Json = {}
    others: list[str] = []
    (place.home / "picture.png").write_bytes(b"\x89PNG\xff")
    async with client_of(place) as (_, _, http):
        for row in TABLE:
            method, _, path = row.asks.partition(" ")
            for word, value in known.items():
                path = path.replace(f"${word}", str(value))
            body = known.get(row.body[1:]) if isinstance(row.body, str) else row.body
            given: Json = {} if method == "GET" or body is None else {"json": body}
            answer = await http.request(method, path, **given)
            is_json = answer.headers.get("content-type", "").startswith("application/json")
            found = answer.json() if is_json else None
            if answer.status_code != row.status:
                others.append(f"{row.asks} {row.body}: {answer.status_code} {answer.text[:200]}")
                continue
            if row.answer is not None:
                others += [f"{row.asks}: {each}" for each in fits(found, row.answer)]
            if method != "PUT":
                known |= {word: value_at(found, field) for word, field in row.keep.items()}
    assert not others, "\n".join(others)


def value_at(found: Any, field: str) -> Any:
    for name in filter(None, field.split(".")):
        found = found[name]
    return found
