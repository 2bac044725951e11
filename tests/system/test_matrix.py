"""Who may do what with what is whose: every route of a whole daemon and every frame, for everybody there is.

The routes come from the routing table of the gateway, the frames from its protocol, so whoever adds one has to say here
whom it is for, and whose what it shows is.
"""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal

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

MARK: Final = "heliotrope"
"""What only Ada says, and only to the agent."""

Whom = Literal["anybody", "a user", "an admin", "the operator"]
Path_ = Callable[["Ada"], str]


@attrs.frozen
class Rule:
    """Whom a route is for."""

    whom: Whom
    own: Path_ | None = None
    """Its address with something of Ada's: for all others, an admin and the operator included, it is not there."""
    body: Any = None


def of_session(rest: str = "") -> Path_:
    return lambda ada: f"/api/sessions/{ada.session}{rest}"


def of_note(rest: str) -> Rule:
    return Rule("a user", lambda ada: f"/api/memory/{rest}{ada.note}")


def of_skill(rest: str = "") -> Rule:
    return Rule("a user", lambda ada: f"/api/skills/{ada.skill}{rest}")


OPEN, USER, ADMINS, OPERATOR = Rule("anybody"), Rule("a user"), Rule("an admin"), Rule("the operator")
RULES: Final[dict[str, Rule]] = {
    "GET /": OPEN,
    "GET /<place:path>": OPEN,
    "GET /docs": OPEN,
    "GET /docs/": OPEN,
    "GET /docs/<path:page>": OPEN,
    "GET /api/health": OPEN,
    "GET /api/auth/verify": OPEN,
    "POST /api/auth/login": OPEN,
    "GET /api/openapi.json": OPEN,
    "GET /api/frames.json": OPEN,
    "POST /api/auth/logout": USER,
    "GET /api/auth/keys": USER,
    "POST /api/auth/keys": USER,
    "POST /api/auth/keys/<id>/revoke": USER,  # an admin may revoke anybody's
    "GET /api/auth/devices": USER,
    "POST /api/auth/devices/<id>/sign-out": Rule(
        "a user", lambda ada: f"/api/auth/devices/{ada.device}/sign-out"
    ),
    "GET /api/config": USER,
    "GET /api/frame-check": USER,
    "GET /api/mesh": USER,
    "GET /api/mesh/trace": Rule("a user", lambda ada: f"/api/mesh/trace?turn={ada.turn}"),
    "GET /api/turns/<turn>/context": Rule("a user", lambda ada: f"/api/turns/{ada.turn}/context"),
    "GET /api/turns/<turn>/given": Rule("a user", lambda ada: f"/api/turns/{ada.turn}/given"),
    "GET /api/turns/<turn>/subagents": Rule("a user", lambda ada: f"/api/turns/{ada.turn}/subagents"),
    "POST /api/turns/<turn>/choose": Rule("a user", lambda ada: f"/api/turns/{ada.turn}/choose"),
    "POST /api/turns/<turn>/undo": Rule(
        "a user", lambda ada: f"/api/turns/{ada.turn}/undo", {"dry_run": True}
    ),
    "POST /api/turns/<turn>/versions": Rule("a user", lambda ada: f"/api/turns/{ada.turn}/versions"),
    "POST /api/chat": USER,
    "POST /v1/chat/completions": USER,
    "POST /v1/responses": USER,
    "POST /mcp": USER,
    "GET /v1/models": USER,
    "GET /v1/models/<path:model>": USER,
    "POST /api/uploads": USER,
    "POST /api/speech/transcribe": USER,
    "GET /api/files": ADMINS,  # and for whoever has filesystem_enabled, as all below
    "GET /api/files/stat": USER,
    "GET /api/files/read": USER,
    "PUT /api/files/write": USER,
    "POST /api/files/mkdir": USER,
    "POST /api/files/move": USER,
    "POST /api/files/upload": USER,
    "DELETE /api/files": USER,
    "GET /api/files/trash": ADMINS,
    "POST /api/files/trash/<id>/restore": ADMINS,
    "DELETE /api/files/trash/<id>": ADMINS,
    "GET /api/files/raw": Rule("a user", lambda ada: f"/api/files/raw?path={ada.file}"),
    "GET /api/files/zip": USER,
    "GET /api/sessions": USER,
    "GET /api/sessions/<session>": Rule("a user", of_session()),
    "GET /api/sessions/<session>/messages": Rule("a user", of_session("/messages")),
    "GET /api/sessions/<session>/turns": Rule("a user", of_session("/turns")),
    "POST /api/sessions/<session>/archive": Rule("a user", of_session("/archive"), {"archived": False}),
    "POST /api/sessions/<session>/read": Rule("a user", of_session("/read"), {"is_read": False}),
    "POST /api/sessions/<session>/rename": Rule("a user", of_session("/rename"), {"title": MARK}),
    "PUT /api/sessions/<session>/model": Rule("a user", of_session("/model"), {"model": None}),
    "POST /api/sessions/<id>/cancel": Rule("a user", of_session("/cancel")),
    "GET /api/sessions/<session>/undoable": Rule("a user", of_session("/undoable")),
    "GET /api/sessions/<id>/export": Rule("a user", of_session("/export")),
    "POST /api/sessions/<session>/pin": Rule("a user", of_session("/pin"), {"pinned": True}),
    "PUT /api/sessions/<session>/labels": Rule("a user", of_session("/labels"), {"labels": [MARK]}),
    "DELETE /api/sessions/<session>": Rule("a user", of_session()),
    "POST /api/sessions/<session>/restore": Rule("a user", of_session("/restore")),
    "GET /api/labels": USER,
    "GET /api/search": USER,
    "GET /api/drafts": USER,
    "PUT /api/drafts/<place>": Rule("a user", lambda ada: f"/api/drafts/{ada.session}", {"text": MARK}),
    "GET /api/memory/search": USER,
    "POST /api/memory/reindex": USER,
    "GET /api/memory/files": USER,
    "GET /api/memory/file": of_note("file?name="),
    "PUT /api/memory/file": USER,
    "DELETE /api/memory/file": of_note("file?passage=purple&name="),
    "GET /api/memory/history": USER,
    "GET /api/memory/revision": of_note("revision?seq=1&name="),
    "GET /api/memory/trace": of_note("trace?line=1&name="),
    "POST /api/memory/revert": USER,
    "POST /api/memory/purge": USER,
    "GET /api/skills": USER,
    "POST /api/skills": USER,
    "GET /api/skills/<name>": of_skill(),
    "PUT /api/skills/<name>": USER,
    "DELETE /api/skills/<name>": USER,
    "GET /api/skills/<name>/file": of_skill("/file?path=SKILL.md"),
    "GET /api/skills/<name>/history": of_skill("/history"),
    "GET /api/skills/<name>/revision": of_skill("/revision?seq=1"),
    "POST /api/skills/<name>/revert": USER,
    "GET /api/settings/costs": USER,  # an admin sees everybody's
    "GET /api/settings/costs/today": USER,
    "GET /api/approvals": USER,
    "GET /api/audit": USER,
    "GET /api/permissions": USER,
    "GET /api/approvals/<id>": USER,
    "POST /api/approvals/<id>": USER,
    "GET /api/grants": USER,
    "DELETE /api/grants/<id>": USER,
    "GET /api/settings/audit": OPERATOR,
    "GET /api/settings/audit/verify": OPERATOR,
    "POST /api/settings/skills/inspect": OPERATOR,
    "POST /api/settings/skills/install": OPERATOR,
    "GET /api/vault": USER,
    "PUT /api/vault/<name>": USER,
    "PUT /api/vault/<name>/meta": Rule("a user", lambda ada: f"/api/vault/{ada.secret}/meta", {"hosts": []}),
    "DELETE /api/vault/<name>": USER,  # again, or of what is not there, it is no failure
    "GET /api/hooks": ADMINS,
    "GET /api/hooks/runs": ADMINS,
    "POST /api/hooks/test": ADMINS,
    "GET /api/instances": ADMINS,
    "GET /api/instance-overview": ADMINS,
    "GET /api/instance-agents": ADMINS,
    "POST /api/instances": ADMINS,
    "GET /api/instances/<id>": ADMINS,
    "DELETE /api/instances/<id>": ADMINS,
    "POST /api/instances/<id>/pause": ADMINS,
    "POST /api/instances/<id>/restart": ADMINS,
    "GET /api/instances/<id>/health": ADMINS,
    "GET /api/instances/<id>/history": ADMINS,
    "GET /api/instances/<id>/ssh": ADMINS,
    "GET /api/mcp": ADMINS,
    "GET /api/mcp/<name>/tools": ADMINS,
    "POST /api/mcp/<name>/reconnect": ADMINS,
    "GET /api/cron/jobs": USER,  # an admin sees everybody's
    "POST /api/cron/jobs": USER,
    "GET /api/cron/jobs/<id>": USER,
    "PUT /api/cron/jobs/<id>": USER,
    "DELETE /api/cron/jobs/<id>": USER,
    "POST /api/cron/jobs/<id>/run": USER,
    "GET /api/cron/jobs/<id>/runs": USER,
    "GET /api/cron/jobs/<id>/why": USER,
    "POST /api/cron/preview": USER,
    "GET /api/cron/calendar": USER,
    "GET /api/notify/preferences": USER,
    "PUT /api/notify/preferences": USER,
    "GET /api/outbox": USER,  # an admin sees everybody's
    "POST /api/outbox/<id>/retry": USER,
    "POST /api/outbox/<id>/drop": USER,
    "GET /api/webpush/key": USER,
    "GET /api/webpush/subscriptions": USER,
    "POST /api/webpush/subscriptions": USER,
    "DELETE /api/webpush/subscriptions/<id>": USER,
    "GET /api/email": ADMINS,
    "GET /api/email/addresses": ADMINS,
    "GET /api/email/addresses/<id>": ADMINS,
    "PUT /api/email/addresses/<id>": ADMINS,
    "DELETE /api/email/addresses/<id>": ADMINS,
    "GET /api/telegram": ADMINS,
    "GET /api/telegram/pairings": ADMINS,
    "POST /api/telegram/pairings/<code>": ADMINS,
    "DELETE /api/telegram/pairings/<code>": ADMINS,
    "GET /api/system/version": ADMINS,
    "POST /api/system/update": ADMINS,
    "POST /api/page-link": OPERATOR,
    "POST /api/page-code": OPERATOR,
    "POST /api/auth/confirm": ADMINS,
    "GET /api/auth/confirm": USER,
    "DELETE /api/auth/confirm": USER,  # of the page that asks
    "POST /api/settings/vault/<name>/reveal": OPERATOR,
    "POST /api/settings/vault/rotate": OPERATOR,
}
ADMINS_BELOW: Final = "/api/settings"
OPERATORS_BELOW: Final = "/api/bus/"
FRAMES: Final[dict[str, dict[str, Any]]] = {
    "message": {"text": "hi"},
    "revise": {},
    "choose": {},
    "cancel": {},
    "select_model": {},
    "resume": {},
    "unfollow": {},
    "looking": {"is_seen": False},
    "ping": {},
}
"""What each frame needs beside the conversation and the turn that it is about."""


def rule_of(route: str) -> Rule | None:
    """Whom a route is for; None where nobody has said so."""
    path = route.partition(" ")[2]
    if route in RULES:
        return RULES[route]
    below = {OPERATORS_BELOW: OPERATOR, ADMINS_BELOW: ADMINS}
    return next((rule for start, rule in below.items() if path.startswith(start)), None)


@attrs.frozen(kw_only=True)
class Ada:
    """What is Ada's."""

    session: str
    turn: str
    file: str
    device: str
    note: str
    skill: str
    secret: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.session, self.turn, self.device, self.note, self.secret, MARK)


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
                httpx2.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False)
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
