"""Links, keys and devices over HTTP: how a browser is signed in, and how that ends."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
import pytest
import trio
import trio_websocket

from actors.gateway.authentication import ATTEMPTS
from actors.gateway.codes import CODE_SECONDS
from actors.gateway.messages import NewPageLink
from actors.gateway.settings import Settings
from actors.session import messages as session
from actors.users import messages as users
from actors.vocabulary import ADMIN
from tests.actors.gateway.client import KEY, KNOWN, PATIENCE, Socket, connected
from tests.actors.gateway.values import a_session
from tests.actors.gateway.world import TOKEN, WELCOME, Gateway, add

LEADS_ON = '<meta http-equiv="refresh" content="0; url=/'
ASKS: dict[str, Any] = {"user": ADMIN, "proof": "operator"}
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


async def link_to(gateway: Gateway) -> str:
    return (await gateway.mesh.bus.ask(NewPageLink())).url


def stranger(gateway: Gateway) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=f"http://{gateway.address}", verify=False)


async def test_a_link_opens_the_page_and_leaves_no_code_behind(gateway: Gateway) -> None:
    async with stranger(gateway) as browser:
        locked = await browser.get("/")
        assert (locked.status_code, locked.text) == (401, WELCOME)
        assert (await browser.get("/assets/main-abc123.js")).status_code == 200
        traded = await browser.get(await link_to(gateway))
        assert (traded.status_code, traded.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert LEADS_ON in traded.text, (
            "and not by a redirect, which goes without the cookie after a foreign link"
        )
        cookie = traded.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Max-Age" not in cookie
        opened = await browser.get("/")
        assert (opened.status_code, opened.text) == (200, WELCOME)
        page = traded.text.partition("/#page=")[2].partition('"')[0]
        known = {"X-Starpod-Page": page}
        assert (await browser.get("/api/sessions", headers=known)).status_code == 200
        picture = f"/api/files/raw?path=none.png&page={page}"
        assert (await browser.get(picture)).status_code == 404, "a picture has no header"
        shown = {"Cookie": cookie.partition(";")[0]}
        protocols = ("starpod", page)
        async with connected(gateway.url(), shown, known=False, subprotocols=protocols) as socket:
            assert socket.connection.subprotocol == "starpod"
            assert (await socket.hear())["type"] == "hello"


async def test_the_cookie_alone_which_every_port_sees_opens_nothing(gateway: Gateway) -> None:
    async with stranger(gateway) as browser:
        cookie = (await browser.get(await link_to(gateway))).headers["set-cookie"].partition(";")[0]
        for path in ("/api/sessions", "/api/files/raw?path=a", "/api/mesh", "/api/config", "/ws"):
            for headers in ({}, {"Sec-Fetch-Site": "same-origin"}):
                answer = await browser.get(path, headers=headers)
                assert answer.status_code == (400 if path == "/ws" else 401)
        assert (await browser.post("/api/chat", json={"text": "hi"})).status_code == 401
    with pytest.RaisesGroup(trio_websocket.ConnectionRejected, flatten_subgroups=True):
        async with connected(gateway.url(), {"Cookie": cookie}, known=False):
            pass


async def test_a_used_link_leads_to_the_page_and_opens_nothing(gateway: Gateway) -> None:
    link = await link_to(gateway)
    async with stranger(gateway) as browser, stranger(gateway) as thief:
        await browser.get(link)
        stolen = await thief.get(link)
        assert (stolen.status_code, "set-cookie" in stolen.headers) == (200, False)
        assert LEADS_ON in stolen.text
        assert (await thief.get("/")).status_code == 401


@pytest.mark.parametrize(
    "path", ["/", "/%5Cevil.org/", "/evil.org", "/.//evil.org", "//evil.org", "/%0aX", "/%0d%0aX"]
)
async def test_no_link_leads_elsewhere(gateway: Gateway, path: str) -> None:
    url = httpx2.URL(f"http://{gateway.address}").copy_with(raw_path=f"{path}?code=x".encode())
    async with stranger(gateway) as browser:
        answer = await browser.get(url)
    assert "location" not in answer.headers
    assert answer.status_code == 404 or LEADS_ON in answer.text


@pytest.mark.parametrize("how", ["image", "iframe", "empty", "head", "post"])
async def test_a_code_is_for_who_opens_the_link(gateway: Gateway, how: str) -> None:
    link = await link_to(gateway)
    method = how.upper() if how in {"head", "post"} else "GET"
    headers = {} if how in {"head", "post"} else {"Sec-Fetch-Dest": how, "Sec-Fetch-Site": "cross-site"}
    async with stranger(gateway) as browser:
        looked = await browser.request(method, link, headers=headers)
        assert "set-cookie" not in looked.headers
        opened = await browser.get(
            link, headers={"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"}
        )
        assert "set-cookie" in opened.headers


async def test_a_site_that_shows_wrong_codes_as_pictures_breaks_nothing(gateway: Gateway) -> None:
    async with stranger(gateway) as browser:
        for number in range(20):
            wrong = await browser.get(f"/?code={number}", headers={"Sec-Fetch-Dest": "image"})
            assert wrong.status_code == 401
            assert (await browser.get(f"/?code={number}")).status_code == 200
        assert "set-cookie" in (await browser.get(await link_to(gateway))).headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/config"),
        ("GET", "/api/sessions"),
        ("GET", "/api/mesh"),
        ("POST", "/api/chat"),
        ("POST", "/api/uploads"),
        ("GET", "/api/files/raw?path=a"),
        ("POST", "/api/page-link"),
        ("GET", "/api/nothing"),
    ],
)
async def test_nobody_speaks_unknown_not_even_on_loopback(gateway: Gateway, method: str, path: str) -> None:
    async with stranger(gateway) as program:
        answer = await program.request(method, path)
        assert answer.status_code == 401
        assert "Authorization: Bearer" in answer.json()["error"]
        assert (await program.get("/api/health")).status_code == 200


async def test_a_link_is_for_the_operator_to_give(gateway: Gateway) -> None:
    async with stranger(gateway) as program:
        assert (await program.post("/api/page-link", headers=KNOWN)).status_code == 403
        operator = {"Authorization": f"Bearer {TOKEN}"}
        made = (await program.post("/api/page-link", headers=operator)).json()
        assert made["url"].startswith(f"http://{gateway.address}/?code=")
        assert made["seconds"] == CODE_SECONDS


async def test_nobody_says_whom_he_speaks_for(gateway: Gateway) -> None:
    async with gateway.socket("/ws?user_id=ada") as socket:
        await socket.say(type="message", text="hi", user_id="ada", user="ada")
        assert (await socket.hear())["type"] == "accepted"
    assert [request.user for request in gateway.world.accepted] == ["admin"]


async def test_what_is_open_to_anybody_is_so_for_those_with_a_wrong_key(gateway: Gateway) -> None:
    wrong = {"X-API-Key": "wrong"}
    assert (await gateway.http.get("/api/sessions", headers=wrong)).status_code == 401
    assert (await gateway.http.get("/api/health", headers=wrong)).status_code == 200


# --- login, logout, verify ----------------------------------------------------------------------------------

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@asynccontextmanager
async def signed_in(gateway: Gateway, key: str) -> AsyncGenerator[httpx2.AsyncClient]:
    """A browser that was signed in with a key."""
    async with stranger(gateway) as browser:
        answer = await browser.post("/api/auth/login", json={"key": key})
        assert answer.status_code == 200
        browser.headers["X-Starpod-Page"] = answer.json()["page"]
        yield browser


def socket_of(browser: httpx2.AsyncClient, gateway: Gateway) -> Any:
    """The WebSocket of a page."""
    (cookie,) = browser.cookies.items()
    shown = {"Cookie": "=".join(cookie)}
    protocols = ("starpod", browser.headers["X-Starpod-Page"])
    return connected(gateway.url(), shown, known=False, subprotocols=protocols)


async def test_a_key_signs_a_browser_in(gateway: Gateway) -> None:
    key = await add(gateway, "ada", display_name="Ada Lovelace")
    async with stranger(gateway) as browser:
        answer = await browser.post("/api/auth/login", json={"key": key}, headers={"User-Agent": FIREFOX})
        body = answer.json()
        page = body.pop("page")
        user = {"id": "ada", "display_name": "Ada Lovelace", "role": "user", "filesystem_enabled": False}
        assert (answer.status_code, body) == (200, {"user": user})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"starpod_{gateway.address.port}=")
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert page not in cookie
        assert (await browser.get("/api/sessions")).status_code == 401, "the cookie is half of it"
        known = {"X-Starpod-Page": page}
        (device,) = (await browser.get("/api/auth/devices", headers=known)).json()
        assert (device["user"], device["label"]) == ("ada", "Firefox on Linux")
        assert device["address"] == "127.0.0.1"


async def test_another_cookie_of_the_same_name_does_not_keep_a_browser_out(gateway: Gateway) -> None:
    """As of an earlier base path, whose cookie the browser shows first."""
    key = await add(gateway, "ada")
    async with signed_in(gateway, key) as browser:
        ((name, value),) = browser.cookies.items()
        browser.cookies.clear()
        for shown in ([value, "stale"], ["stale", value], ["", "stale", "older", value]):
            cookies = {"Cookie": "; ".join(f"{name}={each}" for each in shown)}
            assert (await browser.get("/api/sessions", headers=cookies)).status_code == 200, shown
            verified = await browser.get("/api/auth/verify", headers=cookies)
            assert verified.json()["authenticated"]
            protocols = ("starpod", browser.headers["X-Starpod-Page"])
            async with connected(gateway.url(), cookies, known=False, subprotocols=protocols) as socket:
                assert (await socket.hear())["type"] == "hello"
        many = {"Cookie": "; ".join([f"{name}=stale{number}" for number in range(50)] + [f"{name}={value}"])}
        assert (await browser.get("/api/sessions", headers=many)).status_code == 401


async def test_signing_out_ends_what_the_browser_has_open_and_nothing_else(gateway: Gateway) -> None:
    key = await add(gateway, "ada")
    async with signed_in(gateway, key) as one, signed_in(gateway, key) as other:
        async with socket_of(one, gateway) as socket, socket_of(other, gateway) as stays:
            assert (await socket.hear())["type"] == (await stays.hear())["type"] == "hello"
            answer = await one.post("/api/auth/logout")
            assert answer.json() == {"ok": True}
            assert "Max-Age=0" in answer.headers["set-cookie"]
            assert await socket.closed() == 1008
            assert (await one.get("/api/sessions")).status_code == 401
            await stays.say(type="ping")
            assert (await stays.hear())["type"] == "pong"


async def test_only_a_browser_is_signed_out(gateway: Gateway) -> None:
    answer = await gateway.http.post("/api/auth/logout")
    assert (answer.status_code, "revoked" in answer.json()["error"]) == (409, True)


@pytest.mark.parametrize("body", [{"key": "wrong"}, {"key": ""}, {"key": "clé\x00"}, {"key": TOKEN[:-1]}])
async def test_nothing_else_signs_anybody_in(gateway: Gateway, body: dict[str, str]) -> None:
    async with stranger(gateway) as browser:
        answer = await browser.post("/api/auth/login", json=body)
        assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)


async def test_a_login_from_another_page_is_refused(gateway: Gateway) -> None:
    async with stranger(gateway) as browser:
        for headers in ({"Origin": "http://evil.org"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = await browser.post("/api/auth/login", json={"key": KEY}, headers=headers)
            assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_whether_somebody_is_known_is_never_an_error(gateway: Gateway) -> None:
    key = await add(gateway, "ada")
    user = {"id": "ada", "display_name": None, "role": "user", "filesystem_enabled": False}
    async with stranger(gateway) as program:
        for headers in ({}, {"X-API-Key": "wrong"}):
            answer = await program.get("/api/auth/verify", headers=headers)
            assert answer.status_code == 200
            assert answer.json() == {"authenticated": False, "auth_disabled": False}
        known = await program.get("/api/auth/verify", headers={"X-API-Key": key})
        assert known.json() == {"authenticated": True, "auth_disabled": False, "user": user}


async def test_what_a_proxy_asks_for_is_no_key_of_ours(gateway: Gateway) -> None:
    key = await add(gateway, "ada")
    async with stranger(gateway) as program:
        for headers in (
            {"Authorization": "Basic YTpi", "X-API-Key": key},
            {"Authorization": f"bearer  {key}"},
            {"Authorization": f"Bearer {key}", "X-API-Key": "wrong"},
        ):
            known = await program.get("/api/auth/verify", headers=headers)
            assert known.json()["authenticated"]
    async with signed_in(gateway, key) as browser:
        assert (
            await browser.get("/api/sessions", headers={"Authorization": "Basic YTpi"})
        ).status_code == 200


async def test_many_wrong_keys_are_refused_whatever_they_are_shown_to(gateway: Gateway) -> None:
    assert (await gateway.http.get("/api/sessions")).status_code == 200
    async with stranger(gateway) as program:
        for number in range(ATTEMPTS):
            await program.get("/api/auth/verify", headers={"X-API-Key": f"wrong {number}"})
        for answer in (
            await program.get("/api/auth/verify", headers={"X-API-Key": "another"}),
            await program.get("/api/sessions", headers={"X-API-Key": "another"}),
            await program.post("/api/auth/login", json={"key": "another"}),
        ):
            assert answer.status_code == 429
            assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert (await gateway.http.get("/api/sessions")).status_code == 200, "who is known stays so"


async def test_a_user_may_be_limited_over_http_and_websocket(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = Settings(rate_limit_requests=3)
    monkeypatch.setattr(gateway.actor, "_settings", lambda: limited)
    monkeypatch.setattr(gateway.actor._limit, "_settings", lambda: limited)
    ada, bob = await add(gateway, "ada"), await add(gateway, "bob")
    async with connected(gateway.url(), {"X-API-Key": ada}, known=False) as socket:
        assert (await socket.hear())["type"] == "hello"
        await socket.say(type="message", text="one", client_message_id="m1")
        assert (await socket.hear())["type"] == "accepted"
        async with stranger(gateway) as program:
            assert (await program.get("/api/sessions", headers={"X-API-Key": ada})).status_code == 200
            refused = await program.get("/api/sessions", headers={"X-API-Key": ada})
            assert refused.status_code == 429
            assert 0 < int(refused.headers["Retry-After"]) <= 60
            assert (await program.get("/api/sessions", headers={"X-API-Key": bob})).status_code == 200
        await socket.say(type="message", text="two", client_message_id="m2")
        frame = await socket.hear()
        assert (frame["type"], frame["kind"], frame["client_message_id"]) == ("error", "rate_limited", "m2")
        await socket.say(type="ping")
        assert (await socket.hear())["type"] == "pong"
    assert [each.text for each in gateway.world.accepted] == ["one"]


# --- links for others ---------------------------------------------------------------------------------------


async def test_a_link_may_be_for_any_user(gateway: Gateway) -> None:
    await add(gateway, "ada")
    async with stranger(gateway) as browser:
        made = await browser.post("/api/page-link", json={"id": "ada"}, headers=OPERATOR)
        opened = await browser.get(made.json()["url"])
        page = opened.text.partition("/#page=")[2].partition('"')[0]
        verified = await browser.get("/api/auth/verify", headers={"X-Starpod-Page": page})
        assert verified.json()["user"]["id"] == "ada"


async def test_a_link_is_for_those_who_are_let_in(gateway: Gateway) -> None:
    await add(gateway, "ada")
    link = (await gateway.mesh.bus.ask(NewPageLink(id="ada"))).url
    await gateway.mesh.bus.ask(users.Deactivate(id="ada", **ASKS))
    async with stranger(gateway) as browser:
        opened = await browser.get(link)
        assert (opened.status_code, "set-cookie" in opened.headers) == (200, False)
        for user, status in (("ada", 409), ("nobody", 404)):
            refused = await browser.post("/api/page-link", json={"id": user}, headers=OPERATOR)
            assert (refused.status_code, user in refused.json()["error"]) == (status, True)


# --- access ends --------------------------------------------------------------------------------------------


@asynccontextmanager
async def let_in(gateway: Gateway, key: str) -> AsyncGenerator[Socket]:
    async with connected(gateway.url(), {"X-API-Key": key}, known=False) as socket:
        assert (await socket.hear())["type"] == "hello"
        yield socket


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (users.Deactivate(id="ada", **ASKS), 1008),
        (users.UpdateUser(id="ada", role="admin", **ASKS), 1012),
    ],
)
async def test_sockets_end_within_a_second(gateway: Gateway, change: Any, code: int) -> None:
    ada, bob = await add(gateway, "ada"), await add(gateway, "bob")
    async with let_in(gateway, ada) as ends, let_in(gateway, bob) as stays:
        await gateway.mesh.bus.ask(change)
        with trio.fail_after(1):
            assert await ends.closed() == code
        await stays.say(type="ping")
        assert (await stays.hear())["type"] == "pong"


async def test_whoever_waits_with_a_key_that_is_revoked_waits_no_longer(gateway: Gateway) -> None:
    await gateway.mesh.bus.ask(users.AddUser(id="ada", **ASKS))
    made = await gateway.mesh.bus.ask(users.NewKey(id="ada", **ASKS))
    gateway.world.gate = trio.Event()
    async with stranger(gateway) as program, trio.open_nursery() as nursery:
        statuses: list[int] = []

        async def wait() -> None:
            answer = await program.post(
                "/api/chat", json={"text": "hi"}, headers={"X-API-Key": made.key}, timeout=PATIENCE
            )
            statuses.append(answer.status_code)

        nursery.start_soon(wait)
        with trio.fail_after(PATIENCE):
            while not gateway.world.asked_to_run:
                await trio.sleep(0.01)
        await gateway.mesh.bus.ask(users.RevokeKey(id=made.meta.id, **ASKS))
    assert statuses == [401]
    assert [each.user for each in gateway.world.asked_to_run] == ["ada"]


async def test_the_role_of_who_asks_goes_with_the_message(gateway: Gateway) -> None:
    key = await add(gateway, "ada")
    async with let_in(gateway, key) as socket:
        await socket.say(type="message", text="hi")
        assert (await socket.hear())["type"] == "accepted"
    (incoming,) = gateway.world.accepted
    assert (incoming.user, incoming.role) == ("ada", "user")


async def test_fifty_users_have_a_socket_each_and_hear_of_their_own_alone(gateway: Gateway) -> None:
    keys = {f"user{number}": "" for number in range(50)}
    for user in keys:
        keys[user] = await add(gateway, user)
        gateway.world.sessions[user] = a_session(user, user=user)
    async with AsyncExitStack() as stack:
        sockets = {user: await stack.enter_async_context(let_in(gateway, key)) for user, key in keys.items()}
        for user in keys:
            await gateway.mesh.bus.publish(session.SessionChanged(session=user, user=user))
        for user, socket in sockets.items():
            heard = await socket.hear()
            assert (heard["type"], [each["user_id"] for each in heard["sessions"]]) == (
                "sessions_updated",
                [user],
            )
        await gateway.mesh.bus.ask(users.Deactivate(id="user7", **ASKS))
        with trio.fail_after(1):
            assert await sockets.pop("user7").closed() == 1008
        for socket in sockets.values():
            await socket.say(type="ping")
            assert (await socket.hear())["type"] == "pong"
