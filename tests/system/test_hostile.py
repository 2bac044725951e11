"""What a stranger may try at the door of a daemon, said over real sockets. ``docs/security.md`` names each test."""

import re
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from itertools import product
from typing import Final
from urllib.parse import quote

import pytest
import trio

from bus import Stream
from starpod.tree import ENDPOINTS
from tests.system.daemons import PATIENCE, Daemon, Place, serving

KEY: Final = "a-key-for-programs-0815"
UPGRADE: Final = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
"""What makes a request one for a WebSocket."""


async def ask(daemon: Daemon, *lines: str, body: bytes = b"", known: bool = True) -> tuple[int, bytes]:
    """Status and the whole answer, to what is said word by word; 0 when the connection just ends.

    Whoever asks shows a key, unless they are not to be `known`.
    """
    shown = [f"X-API-Key: {KEY}"] if known else []
    length = [f"Content-Length: {len(body)}", "Content-Type: application/json"] if body else []
    last = [] if UPGRADE[0] in lines else ["Connection: close"]
    said = "\r\n".join([*lines, *shown, *length, *last, "", ""]).encode("latin-1") + body
    host, _, port = daemon.address.rpartition(":")
    async with await trio.open_tcp_stream(host, int(port)) as stream:
        with trio.fail_after(PATIENCE):
            answer = b""
            with suppress(trio.BrokenResourceError):
                await stream.send_all(said)
            with suppress(trio.BrokenResourceError):
                while not answer.startswith(b"HTTP/1.1 101 ") and (more := await stream.receive_some()):
                    answer += more
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    return int(found[1]) if found else 0, answer


async def get(daemon: Daemon, host: str, *headers: str, path: str = "/api/sessions") -> int:
    return (await ask(daemon, f"GET {path} HTTP/1.1", f"Host: {host}", *headers))[0]


async def say(daemon: Daemon, *headers: str) -> int:
    """Send the agent a message, as a page would."""
    said = ("POST /api/chat HTTP/1.1", f"Host: {daemon.address}", *headers)
    return (await ask(daemon, *said, body=b'{"text": "help"}'))[0]


async def open_socket(daemon: Daemon, *headers: str, host: str | None = None, known: bool = True) -> int:
    named = f"Host: {daemon.address if host is None else host}"
    return (await ask(daemon, "GET /ws HTTP/1.1", named, *UPGRADE, *headers, known=known))[0]


@asynccontextmanager
async def at_the_door(place: Place) -> AsyncGenerator[Daemon]:
    """A daemon that still works when the stranger has left."""
    async with serving(place, STARPOD_API_KEY=KEY) as daemon:
        yield daemon
        assert await get(daemon, daemon.address) == 200


# --- names and origins --------------------------------------------------------------------------------------


async def test_a_forged_host_is_refused_whatever_is_asked_for(place: Place) -> None:
    async with at_the_door(place) as daemon:
        port = daemon.address.rpartition(":")[2]
        for host in (
            f"evil.example:{port}",
            f"localhost.evil.example:{port}",
            f"localhost@evil.example:{port}",
            f"evil.example#localhost:{port}",
            "127.0.0.1.nip.io",
            "[::ffff:127.0.0.1]:80",
            "0.0.0.0",
            "2130706433",
            "127.1",
            "loc\xe4lhost",
            "localhost, evil.example",
            "",
        ):
            for path in ("/", "/api/health", "/api/sessions", "/nothing"):
                assert await get(daemon, host, path=path) in {400, 403}, host
            assert await open_socket(daemon, host=host) in {400, 403}, host
        for lines in (
            ("GET /api/health HTTP/1.1",),
            ("GET /api/health HTTP/1.0",),
            ("GET /api/health HTTP/1.1", f"Host: {daemon.address}", "Host: evil.example"),
            ("GET http://localhost/api/health HTTP/1.1", "Host: evil.example"),
        ):
            assert (await ask(daemon, *lines))[0] in {400, 403}, lines


async def test_a_page_of_another_origin_changes_nothing_and_opens_no_socket(place: Place) -> None:
    async with at_the_door(place) as daemon:
        ours = f"http://{daemon.address}"
        assert (await say(daemon, f"Origin: {ours}"), await open_socket(daemon, f"Origin: {ours}")) == (
            200,
            101,
        )
        before = await daemon.get("/api/sessions")
        for origin in (
            "http://evil.example",
            "null",
            "",
            "file://",
            f"https://{daemon.address}",
            f"{ours}.evil.example",
            f"{ours}@evil.example",
            f"http://localhost:{daemon.address.rpartition(':')[2]}",
            "http://127.0.0.1:1",
            f"{ours}, http://evil.example",
        ):
            assert await say(daemon, f"Origin: {origin}") == 403, origin
            assert await open_socket(daemon, f"Origin: {origin}") == 403, origin
        for site in ("cross-site", "same-site"):
            assert await get(daemon, daemon.address, f"Sec-Fetch-Site: {site}") == 403
        assert await daemon.get("/api/sessions") == before


async def test_forwarded_headers_of_a_stranger_are_ignored(place: Place) -> None:
    async with at_the_door(place) as daemon:
        for told in (
            "X-Forwarded-Host: localhost",
            f"X-Forwarded-Host: {daemon.address}",
            "Forwarded: for=127.0.0.1;host=localhost;proto=https",
            "X-Host: localhost",
            "X-Original-Host: localhost",
        ):
            assert await get(daemon, "evil.example", told) == 403, told
        secure = ("X-Forwarded-Proto: https", f"Origin: https://{daemon.address}")
        assert await say(daemon, *secure) == 403
        status, answer = await ask(
            daemon, "GET /api/health HTTP/1.1", f"Host: {daemon.address}", "X-Forwarded-Proto: https"
        )
        assert (status, b"strict-transport-security" in answer.lower()) == (200, False)
        for told in ("X-Forwarded-Prefix: /evil", "X-Script-Name: /evil", "X-Original-URL: /api/bus/tree"):
            assert await get(daemon, daemon.address, told) == 200, told


async def test_a_trusted_proxy_is_believed_and_what_its_client_adds_is_not(place: Place) -> None:
    place.configure(
        'provider = "offline"\n[gateway]\ntrusted_proxies = ["127.0.0.1"]\nhosts = ["agent.example"]'
    )
    async with at_the_door(place) as daemon:
        told = ("X-Forwarded-Proto: https", "X-Forwarded-Host: agent.example")
        assert await say(daemon, *told, "Origin: https://agent.example") == 200
        assert await say(daemon, *told, "Origin: http://agent.example") == 403
        assert await get(daemon, "localhost", "X-Forwarded-Host: evil.example") == 403
        assert (
            await get(daemon, "localhost", "X-Forwarded-Host: localhost", "X-Forwarded-Host: evil.example")
            == 403
        )
        assert await get(daemon, "localhost", "Forwarded: host=evil.example") == 200


# --- cookies and links --------------------------------------------------------------------------------------


async def link(daemon: Daemon) -> str:
    """The path of a link to the page."""
    made = await daemon.request("POST", "/api/page-link")
    return str(made.json()["url"]).removeprefix(daemon.url)


async def open_link(daemon: Daemon, path: str, *headers: str, method: str = "GET") -> tuple[str, str]:
    """Both halves that a link gives; empty when it gives none."""
    said = (f"{method} {path} HTTP/1.1", f"Host: {daemon.address}", *headers)
    _, answer = await ask(daemon, *said, known=False)
    cookie = re.search(rb"(?i)set-cookie: ([^;]+);", answer)
    page = re.search(rb"#page=([^\"]+)\"", answer)
    return (cookie[1].decode() if cookie else ""), (page[1].decode() if page else "")


async def test_a_cookie_that_another_port_has_seen_proves_nobody(place: Place) -> None:
    async with at_the_door(place) as daemon:
        cookie, page = await open_link(daemon, await link(daemon))
        other, _ = await open_link(daemon, await link(daemon))

        async def status(*headers: str) -> int:
            return (
                await ask(
                    daemon, "GET /api/sessions HTTP/1.1", f"Host: {daemon.address}", *headers, known=False
                )
            )[0]

        assert await status(f"Cookie: {cookie}", f"X-Starpod-Page: {page}") == 200
        for headers in (
            (f"Cookie: {cookie}",),
            (f"X-Starpod-Page: {page}",),
            (f"Cookie: {cookie}", "X-Starpod-Page: "),
            (f"Cookie: {cookie}", f"X-Starpod-Page: {'0' * len(page)}"),
            (f"Cookie: {cookie}", f"X-Starpod-Page: {page[:-1]}"),
            (f"Cookie: {cookie}", f"X-Starpod-Page: {cookie.partition('=')[2]}"),
            (f"Cookie: {other}", f"X-Starpod-Page: {page}"),
            (f"Cookie: {cookie}x", f"X-Starpod-Page: {page}"),
            (f"Cookie: {cookie.partition('=')[0]}=", f"X-Starpod-Page: {page}"),
            (f"Cookie: {cookie}", f"X-API-Key: {page}"),
        ):
            assert await status(*headers) == 401, headers
        alone = await open_socket(daemon, f"Cookie: {cookie}", f"Origin: {daemon.url}", known=False)
        assert alone == 401


async def test_a_page_code_opens_the_page_once_and_for_one_alone(place: Place) -> None:
    async with at_the_door(place) as daemon:
        path = await link(daemon)
        for looked in ("Sec-Fetch-Dest: empty", "Sec-Fetch-Dest: iframe", "Sec-Fetch-Dest: image"):
            assert await open_link(daemon, path, looked) == ("", "")
        assert await open_link(daemon, path, method="HEAD") == ("", "")
        found: list[tuple[str, str]] = []

        async def try_it() -> None:
            found.append(await open_link(daemon, path))

        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(try_it)
        assert sum(all(halves) for halves in found) == 1
        assert await open_link(daemon, path) == ("", "")
        for guess in ("/?code=", "/?code=%00", f"/?code={'x' * 5000}", f"{path[:-1]}", f"/?code=&{path[2:]}"):
            assert await open_link(daemon, guess) == ("", "")


# --- keys ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.slow)])
async def test_many_wrong_keys_are_refused_before_any_is_looked_at(place: Place, count: int) -> None:
    """From one address, whatever it says of where it comes from. A key that is known already goes on to be right."""
    async with at_the_door(place) as daemon:
        assert await get(daemon, daemon.address) == 200
        seen: Counter[bytes] = Counter()
        for first in range(0, count, 100):
            seen.update(await _guess(daemon, range(first, first + 100)))
        assert seen.total() == count
        assert seen.keys() == {b"401", b"429"}
        assert seen[b"401"] < 20 * 10, "there are twenty a minute"
        said = ("GET /api/sessions HTTP/1.1", f"Host: {daemon.address}", "X-API-Key: another")
        status, refused = await ask(daemon, *said, known=False)
        assert (status, b"retry-after: " in refused.lower()) == (429, True)
        assert await get(daemon, daemon.address) == 200
        assert len(await daemon.get("/api/settings/auth/audit")) < 50


async def _guess(daemon: Daemon, numbers: range) -> list[bytes]:
    """Show wrong keys, one right after the other; what each is answered with."""
    host, _, port = daemon.address.rpartition(":")
    said = (
        f"GET /api/sessions HTTP/1.1\r\nHost: {daemon.address}\r\nX-API-Key: guess-{number}\r\n"
        f"X-Forwarded-For: 198.51.{number >> 8}.{number & 255}\r\n\r\n"
        for number in numbers
    )
    async with await trio.open_tcp_stream(host, int(port)) as stream:
        await stream.send_all("".join(said).encode())
        answers = b""
        with trio.fail_after(PATIENCE):
            while answers.count(b"HTTP/1.1 ") < len(numbers):
                more = await stream.receive_some()
                assert more, answers
                answers += more
    return re.findall(rb"HTTP/1\.1 (\d+) ", answers)


async def test_how_long_a_refusal_takes_says_nothing_of_the_key(place: Place) -> None:
    """Nearly the right key, and nothing like it. Hashes are compared, so time could tell of these alone."""
    async with at_the_door(place) as daemon:
        made = await daemon.request("POST", "/api/settings/auth/users/admin/api-keys", json={})
        key = made.json()["key"]
        for near, far in (
            ([f"{key[:-1]}{each}" for each in "0123456789abcdef" if each != key[-1]], f"{key[:8]}{'0' * 40}"),
            ([f"{KEY[:-1]}{each}" for each in "!?*+-_.,;"], "z" * len(KEY)),
        ):
            nearly = await _work(daemon, near[:4])
            nowhere = await _work(daemon, [f"{far[:-1]}{number}" for number in range(4)])
            assert 1 / 4 < nearly / nowhere < 4


async def _work(daemon: Daemon, keys: list[str]) -> float:
    """Seconds of the processor that it takes to refuse these keys: those of a clock tell of whatever else runs here."""
    its_clock = (~daemon.pid << 3) | 2  # as clock_getcpuclockid() of Linux makes it
    began = time.clock_gettime(its_clock)
    for key in keys:
        said = ("GET /api/sessions HTTP/1.1", f"Host: {daemon.address}", f"X-API-Key: {key}")
        assert (await ask(daemon, *said, known=False))[0] == 401
    await trio.sleep(0.05)  # what it did last may be booked a little later
    return time.clock_gettime(its_clock) - began


async def test_a_proxys_client_is_limited_and_noted_by_its_own_address(place: Place) -> None:
    place.configure('provider = "offline"\n[gateway]\ntrusted_proxies = ["127.0.0.1"]')
    async with at_the_door(place) as daemon:

        async def guess(number: int, way: str) -> int:
            said = ("GET /api/sessions HTTP/1.1", f"Host: {daemon.address}", f"X-API-Key: guess-{number}")
            return (await ask(daemon, *said, f"X-Forwarded-For: {way}", known=False))[0]

        # What a client puts before what the proxy appends makes it nobody else.
        found = [await guess(number, f"10.9.8.{number}, 203.0.113.9") for number in range(30)]
        assert (found[0], found[-1]) == (401, 429)
        assert await guess(99, "203.0.113.10") == 401


# --- shapes -------------------------------------------------------------------------------------------------


async def test_oversized_headers_are_refused_and_hold_nobody_up(place: Place) -> None:
    async with at_the_door(place) as daemon:
        first = ("GET /api/sessions HTTP/1.1", f"Host: {daemon.address}")
        for more in (
            [f"X-Long: {'x' * 100_000}"],
            [f"{'x' * 100_000}: y"],
            [f"X-Many-{number}: {number}" for number in range(10_000)],
            [f"Cookie: {'; '.join(f'c{number}=x' for number in range(10_000))}"],
            [f"X-Forwarded-For: {', '.join(['127.0.0.1'] * 10_000)}"],
        ):
            assert (await ask(daemon, *first, *more))[0] in {0, 400, 431}, more[0][:40]
        assert (await ask(daemon, f"GET /{'x' * 1_000_000} HTTP/1.1", f"Host: {daemon.address}"))[0] in {
            0,
            400,
            414,
            431,
        }
        for odd in (
            "X: a\x00b",
            "X: a\rb",
            " folded: x",
            "no colon",
            ": nothing",
            "Content-Length: -1",
            "X y: z",
        ):
            assert (await ask(daemon, *first, odd))[0] in {400, 403}, odd
        for body in ("Content-Length: 5", "Transfer-Encoding: chunked"):
            smuggled = (
                "POST /api/chat HTTP/1.1",
                f"Host: {daemon.address}",
                "Transfer-Encoding: chunked",
                body,
            )
            assert (await ask(daemon, *smuggled, body=b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n"))[0] in {400, 501}


IDS: Final = (
    "..",
    ".",
    "../..",
    "../../../../etc/passwd",
    "a/../admin",
    "a\0b",
    "\0",
    "\u0430dmin",
    "\uff41dmin",
    "admin\u200b",
    "\u202enimda",
    "ADMIN ",
    "a\r\nX-Evil: 1",
    "%2e%2e",
    "';--",
    "{id}",
    "*",
    "~",
    "x" * 10_000,
)
"""What looks like an id and is none, or like another one."""
_PARAMETER: Final = re.compile(r"\{\w+\}")


async def test_ids_that_are_tricks_are_unknown_on_every_route(place: Place) -> None:
    """Each parameter of each route, from the table of routes."""
    paths = [
        (each.method, each.path)
        for each in ENDPOINTS
        if "{" in each.path and not issubclass(each.kind, Stream)
    ]
    paths.append(("POST", "/api/sessions/{id}/cancel"))
    assert len(paths) > 10
    async with at_the_door(place) as daemon:
        before = await daemon.get("/api/settings/auth/users")
        for (method, path), id in product(paths, IDS):
            written = quote(id, safe="")
            for spelled in {written, written.replace(".", "%2e")}:
                lines = (f"{method} {_PARAMETER.sub(spelled, path)} HTTP/1.1", f"Host: {daemon.address}")
                status, answer = await ask(daemon, *lines, body=b"" if method == "GET" else b"{}")
                unasked = {503} if path.startswith("/api/instances") else set[int]()  # no backend is set up
                assert status in {400, 403, 404, 405} | unasked, (method, path, id, answer)
                assert b"\r\nX-Evil" not in answer
                assert len(answer) < 25_000
        for id in IDS:
            made = await daemon.request("POST", "/api/settings/auth/users", json={"id": id})
            assert made.status_code in {400, 409}, (id, made.text)
        assert await daemon.get("/api/settings/auth/users") == before
    folders = {path.name for path in (place.inside / "users").iterdir()}
    assert folders <= {"admin"}


@pytest.mark.parametrize("known", [True, False])
async def test_paths_that_are_tricks_lead_nowhere(place: Place, known: bool) -> None:  # noqa: FBT001
    (place.root / "outside.txt").write_text("a secret of the owner")
    async with at_the_door(place) as daemon:
        named = f"Host: {daemon.address}"
        for path in (
            "/../../.starpod/daemon.lock",
            "/..%2f..%2f.starpod/daemon.lock",
            "/assets/..%2f..%2f..%2factor.py",
            "/assets/%2e%2e/%2e%2e/actor.py",
            "/assets/..\\..\\actor.py",
            "//etc/passwd",
            "/%00",
            "/api/files/raw?path=../outside.txt",
            "/api/files/raw?path=..%2Foutside.txt",
            "/api/files/raw?path=%252e%252e%252Foutside.txt",
            f"/api/files/raw?path={place.root}/outside.txt",
            "/api/files/raw?path=outside.txt%00.png",
            "/api//sessions",
            "/API/sessions",
            "/api/sessions/",
            "/api/bus/tree",
            "/%61pi/bus/tree",
            "/api/./bus/tree",
            "/x/../api/bus/tree",
            "/api/bus/tree;x",
        ):
            status, answer = await ask(daemon, f"GET {path} HTTP/1.1", named, known=known)
            page = status == 200 and b"<!doctype html>" in answer
            assert page or status in {400, 401, 403, 404}, (path, answer[:200])
            for secret in (
                b"a secret of the owner",
                daemon.token.encode(),
                b"class GatewayActor",
                b"root:x:",
            ):
                assert secret not in answer, path
