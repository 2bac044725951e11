"""The way to the internet: what a proxy understands, and real programs that go through it to stand-ins on loopback."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
import trio

from actors.resolving import NotPublic, Unreachable, connect
from actors.shell.proxy import MAX_HEAD, Connect, NotForAProxy, serve, wanted
from tests.actors.shell.hands import Hands, hands

ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
SITE: Final = "site.example"


# --- what is understood ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "host", "port", "sent"),
    [
        ("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443", "a.example", 443, None),
        ("CONNECT [2606::1]:8443 HTTP/1.1", "2606::1", 8443, None),
        ("GET http://a.example HTTP/1.1", "a.example", 80, "GET / HTTP/1.1\r\nConnection: close"),
        ("GET http://a.example?q=1 HTTP/1.1", "a.example", 80, "GET /?q=1 HTTP/1.1\r\nConnection: close"),
        (
            "POST http://u:p@a.example:81/x;y?z#f HTTP/1.1\r\nHost: a.example\r\nproxy-connection: close\r\nX: 1",
            "a.example",
            81,
            "POST /x;y?z HTTP/1.1\r\nHost: a.example\r\nX: 1\r\nConnection: close",
        ),
    ],
)
def test_where_a_request_goes(head: str, host: str, port: int, sent: str | None) -> None:
    found = wanted(f"{head}\r\n\r\n".encode())
    assert (found.host, found.port) == (host, port)
    assert found.head == (None if sent is None else f"{sent}\r\n\r\n".encode())


@pytest.mark.parametrize(
    "head",
    [
        *(
            "GET / HTTP/1.1",
            "GET https://a.example/ HTTP/1.1",
            "GET file:///etc/passwd HTTP/1.1",
            "GET",
            "a b c d",
        ),
        *(
            "GET http:///x HTTP/1.1",
            "CONNECT :443 HTTP/1.1",
            "CONNECT a:x HTTP/1.1",
            "CONNECT a:99999 HTTP/1.1",
        ),
        *("GET http://[::1 HTTP/1.1", "GET http://ä/ HTTP/1.1", ""),
    ],
)
def test_what_no_proxy_is_asked(head: str) -> None:
    with pytest.raises(NotForAProxy):
        wanted(f"{head}\r\n\r\n".encode())


# --- what is said ---------------------------------------------------------------------------------------------


@pytest.fixture
async def site(nursery: trio.Nursery) -> int:
    """A server on loopback that answers each request with what it got."""

    async def answer(stream: trio.SocketStream) -> None:
        got = await stream.receive_some(4096)
        body = got.partition(b"\r\n")[0]
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    nursery.start_soon(trio.serve_listeners, answer, [listener])
    port: int = listener.socket.getsockname()[1]
    return port


def reach(port: int) -> Connect:
    """A stand-in for the internet, which knows one site; it is on loopback."""

    async def lookup(host: str) -> tuple[str, ...]:
        if host == SITE:
            return ("127.0.0.1",)
        raise OSError(2, "Name or service not known")

    async def to(host: str, _port: int) -> trio.SocketStream:
        if host == SITE:
            return await connect(host, port, lookup=lookup, allowed="127.0.0.1".__eq__)
        return await connect(host, port, lookup=lookup if host.endswith(".example") else _nowhere)

    return to


async def _nowhere(host: str) -> tuple[str, ...]:
    return ("127.0.0.1",)


@pytest.fixture
async def proxy(nursery: trio.Nursery, site: int) -> int:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    nursery.start_soon(serve, listener, reach(site))
    port: int = listener.socket.getsockname()[1]
    return port


async def said(port: int, *pieces: bytes) -> bytes:
    """What a proxy answers, up to its end."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        for piece in pieces:
            await stream.send_all(piece)
        answer = b""
        with suppress(trio.BrokenResourceError):  # what was sent too much is answered so
            while data := await stream.receive_some(4096):
                answer += data
        return answer


async def test_a_request_is_carried_on(proxy: int) -> None:
    answer = await said(proxy, b"GET http://site.example/x HT", b"TP/1.1\r\nHost: site.example\r\n\r\n")
    assert answer.endswith(b"\r\n\r\nGET /x HTTP/1.1")


async def test_a_connection_is_passed_on(proxy: int) -> None:
    answer = await said(proxy, b"CONNECT site.example:80 HTTP/1.1\r\n\r\nGET /y HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"GET /y HTTP/1.1")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (b"CONNECT localhost:80 HTTP/1.1\r\n\r\n", b"403 Forbidden"),
        (b"GET http://169.254.169.254/latest HTTP/1.1\r\n\r\n", b"403 Forbidden"),
        (b"GET http://other.example/ HTTP/1.1\r\n\r\n", b"502 Bad Gateway"),
        (b"GET /x HTTP/1.1\r\n\r\n", b"400 Bad Request"),
    ],
)
async def test_what_is_refused_says_why(proxy: int, asked: bytes, status: bytes) -> None:
    head, _, body = (await said(proxy, asked)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert len(body) > 10


async def test_who_never_comes_to_the_point_gets_no_answer(proxy: int) -> None:
    assert await said(proxy, b"x" * (2 * MAX_HEAD + 100_000)) == b""


def test_the_errors_of_the_way_are_ours() -> None:
    assert "out of reach" in str(NotPublic(host="x"))
    assert "cannot be reached: y" in str(Unreachable(host="x", reason="y"))


# --- real programs --------------------------------------------------------------------------------------------


@pytest.fixture
async def at_the_site(tmp_path: Path, site: int) -> AsyncIterator[Hands]:
    async with hands(tmp_path, reach=reach(site)) as found:
        if not (await found.protection()).sandbox:
            pytest.skip("bubblewrap does not work here")
        yield found


PYTHON: Final = "python3 -c 'import urllib.request as u; print(u.urlopen(\"{}\").read().decode())'"


async def test_programs_find_the_way(at_the_site: Hands) -> None:
    assert "GET /a HTTP/1.1" in await at_the_site.bash("curl -sS http://site.example/a")
    assert "GET /b HTTP/1.1" in await at_the_site.bash("curl -sS -p -x $HTTP_PROXY http://site.example/b")
    assert "GET /c HTTP/1.1" in await at_the_site.bash(PYTHON.format("http://site.example/c"))


async def test_no_name_leads_to_this_machine_or_its_network(at_the_site: Hands, site: int) -> None:
    for host in ("localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::1]", "192.168.1.1", "169.254.169.254"):
        text = await at_the_site.bash(f"curl -sS --noproxy '' -m 20 http://{host}:{site}/")
        assert "out of reach" in text or "cannot be reached" in text, host
        assert "HTTP/1.1" not in text


async def test_there_is_no_way_around(at_the_site: Hands, site: int) -> None:
    text = await at_the_site.bash(
        f"curl -sS --noproxy '*' -m 5 http://127.0.0.1:{site}/; curl --noproxy '*' -m 5 1.1.1.1"
    )
    assert "HTTP/1.1" not in text
    assert "Exit code 7" in text
    assert "lo" in await at_the_site.bash(
        "ls /sys/class/net 2>/dev/null; cut -d: -f1 /proc/net/dev | tail -n +3"
    )


async def test_what_a_command_serves_itself_it_reaches(at_the_site: Hands) -> None:
    serving = "echo mine > x; python3 -m http.server 8000 >/dev/null 2>&1 &"
    command = f"{serving} curl -sS --retry 50 --retry-connrefused --retry-delay 0 localhost:8000/x"
    assert "mine" in await at_the_site.bash(command)


async def test_off_is_off(tmp_path: Path, site: int) -> None:
    async with hands(tmp_path, reach=reach(site), network="off") as at_work:
        if not (await at_work.protection()).sandbox:
            pytest.skip("bubblewrap does not work here")
        assert "proxy" not in (await at_work.bash("env")).casefold()
        assert "HTTP/1.1" not in await at_work.bash(f"curl -sS -m 5 http://127.0.0.1:{site}/")


async def test_on_is_on(tmp_path: Path, site: int) -> None:
    async with hands(tmp_path, reach=reach(site), network="on") as at_work:
        assert "GET / HTTP/1.1" in await at_work.bash(f"curl -sS -m 20 http://127.0.0.1:{site}/")
