"""Who may do what with what is whose: every route of a whole daemon and every frame, for everybody there is.

The routes come from the routing table of the gateway, the frames from its protocol, so whoever adds one has to say here
whom it is for, and whose what it shows is.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx2
import pytest
import trio

from actors.gateway.actor import GatewayActor
from actors.gateway.client_frames import CLIENT_FRAMES
from actors.gateway.pages import Pages
from actors.users import messages as users
from actors.vocabulary import ADMIN
from starpod.config import load
from starpod.daemon import Running, running
from starpod.workspace import Instance
from tests.actors.gateway.client import connected
from tests.system.daemons import PATIENCE, Place
from tests.system.rules import FRAMES, MARK, RULES, Ada, Whom, rule_of


@attrs.frozen(kw_only=True)
class House:
    """A daemon, and everybody who speaks with it."""

    daemon: Running
    people: dict[str, httpx2.AsyncClient]
    ada: Ada

    @property
    def routes(self) -> list[tuple[str, bool]]:
        """All there are, and whether each is a WebSocket."""
        actor: Any = self.daemon.mesh.bus.routes.named("gateway")
        gateway = actor.actor
        assert isinstance(gateway, GatewayActor)
        assert gateway.address is not None
        rules = gateway._application(Pages(Path("/nowhere")), gateway.address).url_map.iter_rules()
        return [
            (f"{method} {rule.rule}", rule.websocket)
            for rule in rules
            for method in sorted((rule.methods or {"GET"}) - {"HEAD", "OPTIONS"})
        ]


async def _ada(client: httpx2.AsyncClient) -> Ada:
    key = client.headers["X-API-Key"]
    said = await client.post("/api/chat", json={"text": f"say {MARK}"})
    (uploaded,) = (await client.post("/api/uploads", files={"file": ("note.txt", MARK.encode())})).json()
    await client.post("/api/auth/login", json={"key": key}, headers={"User-Agent": MARK})
    client.cookies.clear()
    (device,) = (await client.get("/api/auth/devices")).json()
    note = f"{MARK}.md"
    await client.put("/api/memory/file", json={"name": note, "content": f"{MARK} is purple"})
    await client.post("/api/skills", json={"name": MARK, "description": f"{MARK} is purple"})
    secret = (await client.put("/api/vault/ADA_TOKEN", json={"value": MARK, "owner": "bob"})).json()
    assert secret["owner"] == "ada"
    answer = said.json()
    return Ada(
        session=answer["session_id"],
        turn=answer["turn_id"],
        file=uploaded["path"],
        device=device["id"],
        note=note,
        skill=MARK,
        secret=secret["name"],
    )


@pytest.fixture
async def house(place: Place) -> AsyncGenerator[House]:
    instance = Instance(root=place.root)
    async with running(instance, load(instance, {}), command="a test") as daemon, AsyncExitStack() as stack:
        ask = daemon.mesh.bus.ask
        asks: dict[str, Any] = {"user": ADMIN, "proof": "operator"}
        shown = {"nobody": {}, "the operator": {"Authorization": f"Bearer {daemon.lock.info.token}"}}
        for user in ("ada", "bob"):
            await ask(users.AddUser(id=user, **asks))
        for user in ("ada", "bob", ADMIN):
            shown[user] = {"X-API-Key": (await ask(users.NewKey(id=user, **asks))).key}
        url = f"http://{daemon.info.address}"
        people = {
            name: await stack.enter_async_context(
                httpx2.AsyncClient(
                    base_url=url, headers=headers, timeout=PATIENCE, trust_env=False, verify=False
                )
            )
            for name, headers in shown.items()
        }
        yield House(daemon=daemon, people=people, ada=await _ada(people["ada"]))


@asynccontextmanager
async def socket_of(house: House, name: str, path: str = "/ws") -> AsyncGenerator[Any]:
    headers = {each: house.people[name].headers[each] for each in ("X-API-Key",)}
    async with connected(f"ws://{house.daemon.info.address}{path}", headers, known=False) as socket:
        assert (await socket.hear())["type"] == "hello"
        yield socket


def refusal_of(whom: Whom, name: str) -> int | None:
    """The status with which somebody is refused; None for whoever is not."""
    if whom == "anybody" or name == "the operator":
        return None
    if name == "nobody":
        return 401
    let_in = {"a user": {"ada", "bob", ADMIN}, "an admin": {ADMIN}}.get(whom, set[str]())
    return None if name in let_in else 403


async def test_every_route_is_for_whom_it_is_said_to_be(house: House) -> None:
    unsaid = [route for route, socket in house.routes if not socket and rule_of(route) is None]
    assert not unsaid, "say in RULES whom it is for, and whose it is"
    for route, socket in house.routes:
        rule = rule_of(route)
        if socket or rule is None:
            continue
        method, path = route.split(" ")
        for part in ("<place:path>", "<id>", "<session>", "<name>"):
            path = path.replace(part, "none")
        for name, client in house.people.items():
            body: dict[str, str] | None = None if method == "GET" else {}
            answer = await client.request(method, path, json=body)
            refused = answer.status_code if answer.status_code in {401, 403} else None
            if rule.whom == "anybody":
                assert refused in {None, 401}, route  # the page and the login say so to nobody
            else:
                assert refused == refusal_of(rule.whom, name), (route, name)


async def test_every_socket_is_for_somebody(house: House) -> None:
    for path in [route.partition(" ")[2] for route, socket in house.routes if socket]:
        for name in ("nobody", "bob", ADMIN):
            headers = {
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            }
            let_in = {"/ws": {"bob", ADMIN}, "/api/instances/<id>/logs": {ADMIN}}.get(path, set[str]())
            expected = 401 if name == "nobody" else 101 if name in let_in else 403
            client = house.people[name]
            async with client.stream("GET", path, headers=headers) as answer:
                assert answer.status_code == expected, (path, name)


async def test_what_is_adas_is_not_there_for_anybody_else(house: House) -> None:
    for route, rule in RULES.items():
        if rule.own is None:
            continue
        method = route.partition(" ")[0]
        for name in house.people.keys() - {"ada", "nobody"}:
            answer = await house.people[name].request(method, rule.own(house.ada), json=rule.body)
            assert answer.status_code == 404, (route, name)
    for route, rule in RULES.items():
        if rule.own is not None:
            answer = await house.people["ada"].request(
                route.partition(" ")[0], rule.own(house.ada), json=rule.body
            )
            assert answer.status_code == 200, route


async def test_what_can_be_looked_at_tells_others_nothing_of_ada(house: House) -> None:
    looked = 0
    for route, socket in house.routes:
        rule = rule_of(route)
        method, path = route.split(" ")
        if socket or method != "GET" or rule is None or rule.whom != "a user" or "<" in path:
            continue
        for name in ("bob", ADMIN):
            text = (await house.people[name].get(path)).text
            assert not [each for each in house.ada.names if each in text], (route, name)
            looked += 1
    assert looked
    assert MARK in (await house.people["ada"].get("/api/sessions")).text


@pytest.mark.parametrize("name", sorted(CLIENT_FRAMES))
async def test_no_frame_reaches_what_is_adas(house: House, name: str) -> None:
    assert name in FRAMES, "say in FRAMES what it needs"
    for somebody in ("bob", ADMIN):
        async with socket_of(house, somebody) as socket:
            whose = {"session_id": house.ada.session, "turn_id": house.ada.turn}
            await socket.say(type=name, **whose, **FRAMES[name])
            await socket.say(type="ping")
            with trio.fail_after(PATIENCE):
                frames = await socket.until("pong")
                if name in {"looking", "ping"}:
                    continue
                while name != "unfollow" and not any(each["type"] == "error" for each in frames):
                    frames.append(await socket.hear())
            codes = [each["code"] for each in frames if each["type"] == "error"]
            unknown = "unknown_turn" if name in {"revise", "choose"} else "unknown_session"
            assert codes == ([] if name == "unfollow" else [unknown])
            assert MARK not in json.dumps(frames)


async def test_a_message_takes_no_file_of_adas_along(house: House) -> None:
    taken = {"file_name": "note.txt", "mime_type": "text/plain", "path": house.ada.file}
    for somebody in ("bob", ADMIN):
        async with socket_of(house, somebody) as socket:
            await socket.say(type="message", attachments=[taken])
            with trio.fail_after(PATIENCE):
                (frame,) = await socket.until("error")
            assert (frame["code"], MARK in json.dumps(frame)) == ("attachment_refused", False)


async def test_nothing_of_what_happens_to_ada_is_pushed_to_others(house: House) -> None:
    async with socket_of(house, "bob") as socket:
        await house.people["ada"].post("/api/chat", json={"text": MARK, "session_id": house.ada.session})
        await socket.say(type="message", text="help")
        frames = await socket.until("stream_end")
        assert not [each for each in house.ada.names if each in json.dumps(frames)]


async def test_nobody_changes_or_reads_what_ada_keeps(house: House) -> None:
    own = f"/api/vault/{house.ada.secret}"
    for name in ("bob", ADMIN, "the operator"):
        client = house.people[name]
        assert (await client.get("/api/vault")).json() == []
        assert (await client.request("DELETE", own, json={"owner": "ada"})).json() is False
        kept = (await client.put(own, json={"value": name, "owner": "ada"})).json()
        assert kept["owner"] == (ADMIN if name == "the operator" else name)
        assert (await client.request("DELETE", own, json={})).json() is True
    for client in house.people.values():
        assert (await client.post(f"{own}/reveal", json={})).status_code in {401, 404}
    (entry,) = (await house.people["ada"].get("/api/vault")).json()
    assert (entry["name"], entry["owner"], "value" in entry) == (house.ada.secret, "ada", False)


async def test_why_something_is_not_well_is_for_admins(house: House, place: Place) -> None:
    operator = house.people["the operator"]
    await operator.put("/api/settings/vault/RIVAL_TOKEN", json={"value": "x"})
    (place.inside / "vault.key").write_text("no key")
    await operator.post("/api/settings/vault/RIVAL_TOKEN/reveal", json={})
    for route, socket in house.routes:
        rule = rule_of(route)
        method, path = route.split(" ")
        if socket or method != "GET" or rule is None or rule.whom not in {"a user", "anybody"} or "<" in path:
            continue
        for name in ("nobody", "bob"):
            text = (await house.people[name].get(path)).text
            assert not [each for each in ("RIVAL_TOKEN", "vault.key") if each in text], (route, name)
    assert "vault.key" in (await house.people[ADMIN].get("/api/mesh")).text


async def test_a_job_of_adas_is_hers_and_the_admins(house: House) -> None:
    job = {"name": MARK, "prompt": MARK, "schedule": {"kind": "interval", "every_ms": 3_600_000}}
    made = await house.people["ada"].post("/api/cron/jobs", json=job)
    assert made.status_code == 201
    path = f"/api/cron/jobs/{made.json()['id']}"
    for method, rest in (
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/run"),
        ("GET", "/runs"),
        ("GET", "/why"),
    ):
        body: dict[str, str] | None = None if method == "GET" else {}
        answer = await house.people["bob"].request(method, f"{path}{rest}", json=body)
        assert answer.status_code == 403, (method, rest)
        assert MARK not in answer.text
    days = "start=2026-01-01T00:00:00Z&end=2026-12-31T00:00:00Z"
    for look in ("/api/cron/jobs", f"/api/cron/calendar?{days}"):
        assert MARK not in (await house.people["bob"].get(look)).text
    assert MARK in (await house.people[ADMIN].get("/api/cron/jobs")).text
    assert (await house.people["bob"].post("/api/cron/jobs", json={**job, "owner": "ada"})).status_code == 403
    again = await house.people["ada"].post("/api/cron/jobs", json=job)
    assert (again.status_code, MARK in again.json()["error"]) == (409, True)
    bad = await house.people["ada"].post(
        "/api/cron/jobs", json={**job, "name": "x", "schedule": {"kind": "cron", "expr": "61 * * * *"}}
    )
    assert bad.status_code == 400
    assert (await house.people[ADMIN].delete(path)).status_code == 204
