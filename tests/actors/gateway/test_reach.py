"""A gateway that is reached from beyond this machine: over TLS, through a proxy, below a path, by a name."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trio
import trio_websocket

from actors.gateway import messages
from actors.gateway.limits import Limits
from actors.gateway.settings import Reach
from actors.users import messages as users
from bus import Actor, BootError, Child, Supervisor, open_mesh
from bus.testing import MeshUnderTest
from tests.actors.gateway.client import KNOWN, PATIENCE, Socket, connected, eventually
from tests.actors.gateway.raw import raw, read_all, request
from tests.actors.gateway.world import Gateway, a_gateway, running
from tests.fakes.certificates import Files, certify


class Nobody(Actor):
    @users.AnyKey.handler
    async def any_key(self, request: users.AnyKey) -> bool:
        return False


def unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return certify(tmp_path)


@asynccontextmanager
async def client(gateway: Gateway, **headers: str) -> AsyncGenerator[httpx2.AsyncClient]:
    """An HTTP client over TLS."""
    async with httpx2.AsyncClient(
        base_url=f"https://{gateway.address}",
        headers={**KNOWN, **headers},
        timeout=PATIENCE,
        verify=unverified(),
    ) as http:
        yield http


# --- TLS ----------------------------------------------------------------------------------------------------


async def test_a_conversation_over_tls(mesh: MeshUnderTest, tmp_path: Path, files: Files) -> None:
    async with running(mesh, tmp_path, reach=Reach(tls=files.tls)) as gateway, client(gateway) as http:
        assert (await http.get("/api/health")).json()["status"] == "ok"
        said = await http.post("/api/chat", json={"text": "hello" * 20_000})
        assert said.json()["text"] == "Hello, Ada"
        url = f"wss://{gateway.address}/ws"
        headers = [(name.encode(), value.encode()) for name, value in KNOWN.items()]
        with trio.fail_after(PATIENCE):
            async with trio_websocket.open_websocket_url(url, unverified(), extra_headers=headers) as found:
                socket = Socket(found)
                assert (await socket.hear())["type"] == "hello"
                await socket.say(type="resume", session_id="s1", after_seq=0)
                assert (await socket.hear())["type"] == "backlog"
                pieces = [str(number) * 40_000 for number in range(10)]
                for piece in pieces:
                    await gateway.world.say(piece)
                heard = ""
                while len(heard) < sum(map(len, pieces)):
                    heard += (await socket.hear())["text"]
                assert heard == "".join(pieces)


async def test_over_tls_a_cookie_stays_there_and_so_do_links(
    mesh: MeshUnderTest, tmp_path: Path, files: Files
) -> None:
    reach = Reach(tls=files.tls, hosts=("agent.example",))
    async with running(mesh, tmp_path, reach=reach) as gateway, client(gateway) as http:
        link = await mesh.bus.ask(messages.NewPageLink())
        assert link.url.startswith(f"https://{gateway.address}/?code=")
        opened = await http.get(link.url.removeprefix(f"https://{gateway.address}"))
        cookie = next(iter(SimpleCookie(opened.headers["Set-Cookie"]).values()))
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (
            True,
            True,
            "Strict",
            "/",
        )
        named = await http.get("/api/health", headers={"Host": "agent.example"})
        assert named.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Strict-Transport-Security" not in opened.headers, "localhost has other tenants"
        ours = {"Host": "agent.example", "Origin": "https://agent.example"}
        assert (await http.post("/api/chat", json={"text": "x"}, headers=ours)).status_code == 200
        plain = {**ours, "Origin": "http://agent.example"}
        assert (await http.post("/api/chat", json={"text": "x"}, headers=plain)).status_code == 403


async def test_who_speaks_plain_http_to_it_is_told(mesh: MeshUnderTest, tmp_path: Path, files: Files) -> None:
    async with running(mesh, tmp_path, reach=Reach(tls=files.tls)) as gateway, raw(gateway) as stream:
        await stream.send_all(request(gateway))
        answer = await read_all(stream)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"https://" in answer


@pytest.mark.parametrize("said", [b"\x16\x03\x01\x00\x05hello", b"\x00" * 100, b"SSH-2.0-x\r\n"])
async def test_who_speaks_neither_is_let_go(
    mesh: MeshUnderTest, tmp_path: Path, files: Files, said: bytes
) -> None:
    async with running(mesh, tmp_path, reach=Reach(tls=files.tls)) as gateway, raw(gateway) as stream:
        await stream.send_all(said)
        await read_all(stream)
        async with client(gateway) as http:
            assert (await http.get("/api/health")).status_code == 200


async def test_who_says_nothing_is_let_go(mesh: MeshUnderTest, tmp_path: Path, files: Files) -> None:
    limits = Limits(keep_alive=0.2, linger=0.2)
    async with running(mesh, tmp_path, limits=limits, reach=Reach(tls=files.tls)) as gateway:
        async with raw(gateway) as stream:
            assert await read_all(stream) == b""
        await eventually(lambda: not gateway.actor.describe()["connections"])


async def test_a_renewed_certificate_is_shown_to_new_connections_and_disturbs_no_other(
    mesh: MeshUnderTest, tmp_path: Path, files: Files
) -> None:
    async with running(mesh, tmp_path, reach=Reach(tls=files.tls)) as gateway, client(gateway) as http:
        assert (await http.get("/api/health")).status_code == 200
        before = await _shown_by(gateway)
        certify(tmp_path)
        after = await _shown_by(gateway)
        assert before != after == await _shown_by(gateway)
        assert (await http.get("/api/health")).status_code == 200


async def _shown_by(gateway: Gateway) -> Any:
    """The certificate."""
    stream = await trio.open_ssl_over_tcp_stream(
        "127.0.0.1", gateway.address.port, ssl_context=unverified(), https_compatible=True
    )
    async with stream:
        await stream.do_handshake()
        return stream.getpeercert(binary_form=True)


async def test_the_stop_is_quick_although_clients_are_connected(
    mesh: MeshUnderTest, tmp_path: Path, files: Files
) -> None:
    async with running(mesh, tmp_path, reach=Reach(tls=files.tls)) as gateway, client(gateway) as http:
        assert (await http.get("/api/health")).status_code == 200
        assert await gateway.stop() < Limits().stop_within


# --- proxies ------------------------------------------------------------------------------------------------


async def test_behind_a_proxy_that_is_trusted_all_is_as_it_was_sent(
    mesh: MeshUnderTest, tmp_path: Path
) -> None:
    reach = Reach(trusted_proxies=("127.0.0.1",), public_url="https://agent.example", base_path="/starpod")
    sent = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "agent.example",
        "Origin": "https://agent.example",
    }
    async with running(mesh, tmp_path, reach=reach) as gateway:
        http = gateway.http
        link = (await mesh.bus.ask(messages.NewPageLink())).url
        assert link.startswith("https://agent.example/starpod/?code=")
        opened = await http.get(link.removeprefix("https://agent.example"), headers=sent)
        assert "url=/starpod/#page=" in opened.text
        assert opened.headers["Strict-Transport-Security"]
        cookie = next(iter(SimpleCookie(opened.headers["Set-Cookie"]).values()))
        assert (cookie["secure"], cookie["path"]) == (True, "/starpod/")
        assert (await http.post("/starpod/api/chat", json={"text": "x"}, headers=sent)).status_code == 200
        page = await http.get("/starpod/", headers=sent)
        script = page.text.partition('src="')[2].partition('"')[0]
        assert script == "/starpod/assets/main-abc123.js"
        assert (await http.get(script, headers=sent)).status_code == 200
        assert (await http.get("/api/health", headers=sent)).status_code == 404
        manual = await http.get("/starpod/docs", headers=sent)
        style = manual.text.partition('stylesheet" href="')[2].partition('"')[0]
        assert style == "/starpod/docs/style.css"
        assert (await http.get(style, headers=sent)).headers["Content-Type"] == "text/css; charset=utf-8"
        async with connected(gateway.url("/starpod/ws"), sent) as socket:
            assert (await socket.hear())["type"] == "hello"


async def test_a_stranger_cannot_play_the_proxy(mesh: MeshUnderTest, tmp_path: Path) -> None:
    reach = Reach(trusted_proxies=("192.0.2.1",), hosts=("agent.example",))
    async with running(mesh, tmp_path, reach=reach) as gateway:
        forged = {"X-Forwarded-Host": "localhost", "Host": "evil.example"}
        assert (await gateway.http.get("/api/health", headers=forged)).status_code == 403
        forged = {"X-Forwarded-Proto": "https", "Host": "agent.example", "Origin": "https://agent.example"}
        refused = await gateway.http.post("/api/chat", json={"text": "x"}, headers=forged)
        assert (refused.status_code, "Strict-Transport-Security" in refused.headers) == (403, False)
        assert 'trusted_proxies = ["127.0.0.1"]' in refused.json()["error"]


# --- addresses ----------------------------------------------------------------------------------------------


async def test_it_listens_beyond_this_machine_once_somebody_can_sign_in(
    mesh: MeshUnderTest, tmp_path: Path
) -> None:
    async with running(mesh, tmp_path, host="0.0.0.0") as gateway:
        url = f"http://{gateway.address.here}"
        assert (await gateway.http.get(f"{url}/api/health")).status_code == 200
        refused = await gateway.http.get(f"{url}/api/health", headers={"Host": "box.local:3000"})
        assert (refused.status_code, 'hosts = ["box.local"]' in refused.json()["error"]) == (403, True)


async def test_with_nobody_to_sign_in_it_does_not(tmp_path: Path) -> None:
    children = [
        Child("users", Nobody),
        Child("gateway", a_gateway(tmp_path, print, host="0.0.0.0")),
    ]
    with pytest.raises(BootError, match=r"no active user has a key that is good; .* `starpod key new`"):
        async with open_mesh(Supervisor("root", "one_for_one", children), complete=False):
            pytest.fail("it started")
