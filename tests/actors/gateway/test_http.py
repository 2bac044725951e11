"""The HTTP interface over a real socket."""

from typing import Any

import httpx2
import pytest
from quart import Quart, g

from actors.endpoints import Access
from actors.gateway.http import admit
from actors.session import messages as session
from actors.vocabulary import Principal, Proof, Role
from bus import DeadlineExceeded, MailboxFull
from tests.actors.gateway.values import THEN, a_session
from tests.actors.gateway.world import SCRIPT, WELCOME, Gateway


async def test_health_names_every_actor(gateway: Gateway) -> None:
    response = await gateway.http.get("/api/health")
    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["version"]) == ("ok", "1.2.3")
    assert body["boot_id"] == gateway.mesh.bus.boot_id
    assert body["actors"]["gateway"] == {"state": "ready", "restarts": 0}
    assert body["actors"]["fake-agent"] == {"state": "ready", "restarts": 0}


async def test_an_unwell_actor_degrades_health_which_tells_nobody_why(gateway: Gateway) -> None:
    actor = gateway.mesh.cell("fake-models").actor
    assert actor is not None
    actor.degraded("no network")
    response = await gateway.http.get("/api/health")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["actors"]["fake-models"] == {
        "state": "degraded",
        "restarts": 0,
    }


async def test_the_page_learns_names_texts_and_models(gateway: Gateway) -> None:
    assert (await gateway.http.get("/api/config")).json() == {
        "agent_name": "Aster",
        "greeting": "Hi </script>",
        "prompts": ["One", "Two"],
        "models": ["offline/offline"],
        "default_model": "offline/offline",
        "thinking_models": ["offline/offline"],
        "attachments": {"enabled": True, "max_file_size": 1000, "allowed_extensions": ["txt"]},
        "version": "1.2.3",
        "transcribes": False,
    }


async def test_conversations_are_listed(gateway: Gateway) -> None:
    response = await gateway.http.get("/api/sessions?limit=5&offset=10&q=cat")
    assert [each["id"] for each in response.json()] == ["s1"]
    assert gateway.world.asked == [session.List(user="admin", limit=5, offset=10, q="cat")]


async def test_a_limit_has_a_default_and_a_most(gateway: Gateway) -> None:
    await gateway.http.get("/api/sessions")
    await gateway.http.get("/api/sessions?limit=1000&user=ada&user_id=ada")
    assert (await gateway.http.get("/api/sessions?limit=1001")).status_code == 400
    assert gateway.world.asked == [
        session.List(user="admin", limit=20),
        session.List(user="admin", limit=1000),
    ]


@pytest.mark.parametrize(
    "query", ["limit=-1", "limit=x", "limit=1.5", "limit=", "limit=²", "offset=" + "9" * 30]
)
async def test_a_wrong_number_names_its_field(gateway: Gateway, query: str) -> None:
    response = await gateway.http.get(f"/api/sessions?{query}")
    assert response.status_code == 400
    field = query.partition("=")[0]
    assert response.json()["error"].startswith(f"{field}: expected a whole number of at least 0")


async def test_one_conversation_can_be_read(gateway: Gateway) -> None:
    assert (await gateway.http.get("/api/sessions/s1")).json()["title"] == "A title"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/sessions/none"),
        ("GET", "/api/sessions/none/messages"),
        ("POST", "/api/sessions/none/read"),
        ("POST", "/api/sessions/none/cancel"),
    ],
)
async def test_an_unknown_conversation_is_not_found(gateway: Gateway, method: str, path: str) -> None:
    response = await gateway.http.request(method, path)
    assert response.status_code == 404
    assert response.json() == {"error": "there is no session 'none'"}


async def test_a_conversation_of_another_user_is_not_found(gateway: Gateway) -> None:
    gateway.world.sessions["s2"] = a_session("s2", user="ada")
    assert (await gateway.http.get("/api/sessions/s2")).status_code == 404
    assert (await gateway.http.get("/api/sessions/s2?user_id=ada&user=ada")).status_code == 404
    assert (await gateway.http.post("/api/sessions/s2/cancel")).status_code == 404
    assert gateway.world.cancelled == []


async def test_messages_are_read_backwards_by_pages(gateway: Gateway) -> None:
    gateway.world.messages["s1"] = [
        session.Message(
            id=1, session="s1", turn="t", role="user", content="hi", attachments=(), timestamp=THEN
        )
    ]
    response = await gateway.http.get("/api/sessions/s1/messages?before=7&limit=3")
    assert [each["content"] for each in response.json()] == ["hi"]
    await gateway.http.get("/api/sessions/s1/messages")
    assert gateway.world.asked == [
        session.Messages(session="s1", user="admin", before=7, limit=3),
        session.Messages(session="s1", user="admin", limit=500),
    ]


async def test_the_unread_mark_is_cleared_and_set(gateway: Gateway) -> None:
    for body, is_read in (({"is_read": False}, False), (None, True)):
        assert (await gateway.http.post("/api/sessions/s1/read", json=body)).json() == {"ok": True}
        assert gateway.world.sessions["s1"].is_read is is_read


async def test_a_running_turn_is_cancelled(gateway: Gateway) -> None:
    gateway.world.running["s1"] = "t9"
    assert (await gateway.http.post("/api/sessions/s1/cancel")).json() == {"cancelled": "t9"}
    gateway.world.running.clear()
    assert (await gateway.http.post("/api/sessions/s1/cancel")).json() == {"cancelled": None}
    assert gateway.world.cancelled == ["s1", "s1"]


async def test_a_conversation_gets_another_title(gateway: Gateway) -> None:
    response = await gateway.http.post("/api/sessions/s1/rename", json={"title": "  New  "})
    assert response.json()["title"] == "New"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "title: expected a string of at most 200 characters, got nothing"),
        ({"title": 5}, "title: expected a string of at most 200 characters, got 5"),
        ({"title": " "}, "expected a title in which there is something to read"),
        ({"title": "x" * 201}, "title: expected at most 200 characters, got 201"),
    ],
)
async def test_a_wrong_title_is_refused(gateway: Gateway, body: Any, says: str) -> None:
    response = await gateway.http.post("/api/sessions/s1/rename", json=body)
    assert (response.status_code, response.json()) == (400, {"error": says})


# --- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"nonsense", b'{"text": "\xff"}'])
async def test_a_malformed_body_is_refused(gateway: Gateway, content: bytes) -> None:
    response = await gateway.http.post(
        "/api/chat", content=content, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 400
    assert "error" in response.json()


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_only_json_is_taken(gateway: Gateway, kind: str) -> None:
    response = await gateway.http.post("/api/chat", content=b'{"text":"a"}', headers={"Content-Type": kind})
    assert response.status_code == 415
    assert response.json() == {"error": "send JSON, with content-type application/json"}
    assert gateway.world.accepted == []


async def test_a_field_of_a_wrong_type_is_named(gateway: Gateway) -> None:
    response = await gateway.http.post("/api/chat", json={"text": ["a"]})
    assert (response.status_code, response.json()) == (400, {"error": 'text: expected a string, got ["a"]'})


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
async def test_an_unknown_path_of_the_api_is_not_found_in_json(gateway: Gateway, method: str) -> None:
    response = await gateway.http.request(method, "/api/typo")
    assert response.status_code == 404
    assert response.json() == {"error": f"there is no {method} /api/typo"}


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/api/sessions"), ("POST", "/api/health"), ("GET", "/api/chat")]
)
async def test_a_wrong_method_names_the_right_ones(gateway: Gateway, method: str, path: str) -> None:
    response = await gateway.http.request(method, path)
    assert response.status_code == 405
    assert "error" in response.json()
    assert response.headers["Allow"] in {"GET, HEAD", "POST"}


async def test_the_socket_path_without_an_upgrade_is_refused_in_json(gateway: Gateway) -> None:
    response = await gateway.http.get("/ws")
    assert response.status_code == 400
    assert "error" in response.json()


async def test_a_full_mailbox_asks_to_come_again(gateway: Gateway) -> None:
    gateway.world.failure = MailboxFull(request="agent.Accept@1", to="conductor", depth=64, waited=1.0)
    response = await gateway.http.post("/api/chat", json={"text": "a"})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert response.json()["error"] == "the agent is busy or restarts; try again in a moment"


async def test_a_deadline_is_a_gateway_timeout(gateway: Gateway) -> None:
    gateway.world.failure = DeadlineExceeded(request="agent.Accept@1", to="conductor", waited=10.0)
    assert (await gateway.http.post("/api/chat", json={"text": "a"})).status_code == 504


async def test_a_crash_behind_us_is_an_internal_error(gateway: Gateway) -> None:
    gateway.world.failure = RuntimeError("secret detail")
    response = await gateway.http.post("/api/chat", json={"text": "a"})
    assert response.status_code == 500
    assert "secret" not in response.text
    gateway.world.failure = None
    assert (await gateway.http.get("/api/health")).status_code == 200


# --- who may ask ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.org", "evil.org:80", "localhost.evil.org"])
async def test_a_request_under_another_name_is_refused(gateway: Gateway, host: str) -> None:
    for path in ("/api/sessions", "/", "/api/typo"):
        response = await gateway.http.get(path, headers={"Host": host})
        assert response.status_code == 403
        assert "is not served under" in response.json()["error"]


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:3000"])
async def test_the_port_may_be_that_of_the_other_end_of_a_tunnel(gateway: Gateway, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert (await gateway.http.post("/api/sessions/s1/read", headers=headers)).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_page_does_not_even_look(gateway: Gateway, site: str) -> None:
    for path in ("/api/mesh", "/api/mesh/trace?turn=t1", "/api/sessions", "/api/health"):
        response = await gateway.http.get(path, headers={"Sec-Fetch-Site": site})
        assert response.status_code == 403
        assert "origin" in response.json()["error"]
    opened = await gateway.http.get("/", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"})
    assert opened.text == WELCOME, "a link may lead to the page"


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_our_own_page_and_the_person_at_the_browser_look(gateway: Gateway, site: str) -> None:
    for path in ("/api/mesh", "/api/sessions", "/api/health"):
        assert (await gateway.http.get(path, headers={"Sec-Fetch-Site": site})).status_code == 200


async def test_whoever_is_known_sees_the_mesh_without_bodies_and_the_bus_not_at_all(
    gateway: Gateway,
) -> None:
    async with gateway.socket() as socket:
        await socket.say(type="message", text="the-secret-word")
        assert (await socket.hear())["type"] == "accepted"
    shown = await gateway.http.get("/api/mesh")
    assert shown.status_code == 200
    assert "agent.Accept" in shown.text
    assert "the-secret-word" not in shown.text
    for path in ("snapshot", "tree", "dead", "turns", "messages"):
        assert (await gateway.http.get(f"/api/bus/{path}")).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.org", "null", "https://127.0.0.1"])
async def test_another_page_changes_nothing(gateway: Gateway, origin: str) -> None:
    for path in ("/api/sessions/s1/read", "/api/chat", "/api/uploads", "/api/typo"):
        response = await gateway.http.post(path, json={"text": "a"}, headers={"Origin": origin})
        assert response.status_code == 403
        assert "origin" in response.json()["error"]
    assert gateway.world.accepted == []


async def test_our_own_page_may(gateway: Gateway) -> None:
    response = await gateway.http.post(
        "/api/sessions/s1/read", headers={"Origin": f"http://{gateway.address}"}
    )
    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/typo", "/none.js"])
async def test_every_answer_is_sealed(gateway: Gateway, path: str) -> None:
    headers = (await gateway.http.get(path)).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    allowed = [each for each in headers["Permissions-Policy"].split(", ") if not each.endswith("=()")]
    assert allowed == ["microphone=(self)"]
    assert headers["Cache-Control"] == "no-store"
    assert "server" not in headers


async def test_no_other_site_is_let_in(gateway: Gateway) -> None:
    response = await gateway.http.options(
        "/api/chat", headers={"Origin": "http://evil.org", "Access-Control-Request-Method": "POST"}
    )
    assert not [name for name in response.headers if name.startswith("access-control-")]


# --- the page ---------------------------------------------------------------------------------------------


async def test_the_page_is_served(gateway: Gateway) -> None:
    for path in ("/", "/session/s1"):
        response = await gateway.http.get(path)
        assert (response.status_code, response.text) == (401, WELCOME), "no browser that is signed in"
        signed_in = {"Cookie": f"starpod_{gateway.address.port}=x"}
        response = await gateway.http.get(path, headers=signed_in)
        assert (response.status_code, response.text) == (200, WELCOME)
    response = await gateway.http.get("/assets/main-abc123.js", headers={"Accept-Encoding": "gzip"})
    assert response.text == SCRIPT
    assert response.headers["Content-Encoding"] == "gzip"
    assert "immutable" in response.headers["Cache-Control"]
    known = {"If-None-Match": response.headers["ETag"]}
    assert (await gateway.http.get("/assets/main-abc123.js", headers=known)).status_code == 304


async def test_a_file_that_is_not_there_is_not_the_page(gateway: Gateway) -> None:
    response = await gateway.http.get("/assets/none.js")
    assert response.status_code == 404
    assert response.json() == {"error": "there is no /assets/none.js"}


@pytest.mark.parametrize("path", ["/assets/..%2f..%2fsecret.txt", "/..%2fsecret.txt", "//evil.org/x.js"])
async def test_no_path_leads_out_of_the_page(gateway: Gateway, path: str) -> None:
    url = httpx2.URL(f"http://{gateway.address}").copy_with(raw_path=path.encode())
    assert (await gateway.http.get(url)).status_code == 404


@pytest.mark.parametrize(
    ("role", "proof", "statuses"),
    [
        (None, "page", {"user": 401, "admin": 401, "operator": 401}),
        ("user", "page", {"admin": 403, "operator": 403}),
        ("admin", "key", {"operator": 403}),
        ("admin", "operator", {}),
    ],
)
@pytest.mark.parametrize("access", ["public", "user", "admin", "operator"])
async def test_what_is_open_to_whom(
    role: Role | None, proof: Proof, statuses: dict[str, int], access: Access
) -> None:
    async with Quart("test").app_context():
        g.principal = None if role is None else Principal(user="ada", role=role, proof=proof)
        refused = admit(access)
    assert (None if refused is None else refused.status_code) == statuses.get(access)
