"""What is fetched, and what is not: against real servers on loopback, one port of which stands for the web."""

import gzip
import ssl
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest
import trio

from actors.resolving import NotPublic, Unreachable, on_the_internet
from actors.web.client import Client, Fetched
from actors.web.messages import BadAddress, NotFetched, TooManyRedirects, TooSlow
from actors.web.world import ANYWHERE, Reach, World
from tests.actors.web.sites import Site, answer, moved, site, world
from tests.fakes.certificates import certify

LONG = 30.0
MOST = 100_000


async def fetch(client: Client, url: str, *, within: float = LONG, most: int = MOST) -> Fetched:
    return await client.page(url, within=within, most=most)


async def test_a_page_comes_as_it_is(web: Site, client: Client) -> None:
    web.pages["/a"] = answer("<p>hello</p>")
    got = await fetch(client, web.at("/a?q=1#part"))

    assert got == Fetched(
        url=web.at("/a?q=1"),
        status=200,
        content_type="text/html; charset=utf-8",
        body=b"<p>hello</p>",
        whole=True,
    )
    (asked,) = web.asked
    assert (asked.method, asked.target) == ("GET", "/a?q=1")
    assert asked.headers["user-agent"] == "Starpod/1.2.3"
    assert asked.headers["accept"].startswith("text/html")
    assert asked.headers["host"] == f"site.example:{web.port}"


async def test_neither_cookies_nor_proxies_nor_passwords_of_the_environment(
    web: Site, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine site.example login ada password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web.pages["/set"] = answer("", status=302, Location="/", Set_Cookie="a=b; Path=/")
    web.pages["/"] = answer("", Set_Cookie="c=d")

    await fetch(client, web.at("/set"))
    await fetch(client, web.at("/"))

    assert len(web.asked) == 3
    assert not any({"cookie", "authorization", "referer"} & set(each.headers) for each in web.asked)


# --- where it may not lead --------------------------------------------------------------------------------

WITHIN = [
    "127.0.0.1",
    "127.1.2.3",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "localhost",
    "LocalHost",
    "localhost.",
    "127.0.0.1.",
    "a.localhost",
    "printer.local",
    "printer.LOCAL.",
    "metadata.google.internal",
    "router.home.arpa",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "2852039166",
    "168.63.129.16",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[fe80::1]",
    "[fd00::1]",
    "[fd00:ec2::254]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[2001:db8::1]",
    "１２７.0.0.1",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "ｌｏｃａｌｈｏｓｔ",
]


@pytest.mark.parametrize("host", WITHIN)
async def test_this_machine_and_its_network_are_out_of_reach_however_they_are_written(
    host: str, web: Site
) -> None:
    """With what daemons run with: no name is looked up in another way, and no port is anything but a port."""
    client = Client(World(), "Starpod")
    with pytest.raises((NotPublic, BadAddress, Unreachable)):
        await fetch(client, f"http://{host}:{web.port}/")
    with pytest.raises((NotPublic, BadAddress, Unreachable)):
        await fetch(client, f"https://{host}/")
    assert web.asked == []


async def test_another_port_of_this_machine_is_out_of_reach(web: Site, client: Client) -> None:
    async with site() as other:
        with pytest.raises(NotPublic, match="is not on the internet"):
            await fetch(client, other.at("/"))
        assert other.asked == []


@pytest.mark.parametrize(
    "address", ["172.15.0.1", "172.32.0.1", "172.200.1.1", "11.0.0.1", "192.167.1.1", "8.8.8.8"]
)
def test_neighbours_of_private_networks_are_of_the_internet(address: str) -> None:
    assert on_the_internet(address)


async def test_a_name_that_begins_like_a_private_address_is_a_name(web: Site, client: Client) -> None:
    web.pages["/"] = answer("fine")
    for host in ("10.example", "192.168.example", "localhost.example", "172.16.0.1.example"):
        assert (await fetch(client, web.at("/", host))).body == b"fine"


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.1"], ["127.0.0.2"], ["::1"], ["::ffff:127.0.0.1"], ["169.254.169.254"], ["fe80::1%lo"]],
)
async def test_a_name_that_leads_within_is_refused(addresses: list[str], web: Site) -> None:
    client = Client(world(web.port, names={"rebound.example": addresses}), "Starpod")
    with pytest.raises(NotPublic):
        await fetch(client, web.at("/", "rebound.example"))


async def test_a_name_bound_anew_between_look_and_connection_gains_nothing(web: Site) -> None:
    """The first look is the last: what the name stands for afterwards is never asked."""
    web.pages["/"] = answer("of the web")
    looks = [["127.0.0.1"], ["127.0.0.2"]]
    client = Client(world(web.port, names={"rebound.example": looks}), "Starpod")

    assert (await fetch(client, web.at("/", "rebound.example"))).body == b"of the web"
    assert looks == [["127.0.0.2"]]
    with pytest.raises(NotPublic):
        await fetch(client, web.at("/", "rebound.example"))


async def test_a_redirect_to_the_same_name_is_looked_up_and_checked_anew(web: Site) -> None:
    web.pages["/"] = moved("/secret")
    web.pages["/secret"] = answer("secret")
    client = Client(world(web.port, names={"rebound.example": [["127.0.0.1"], ["127.0.0.2"]]}), "Starpod")
    with pytest.raises(NotPublic):
        await fetch(client, web.at("/", "rebound.example"))
    assert [each.target for each in web.asked] == ["/"]


async def test_the_next_address_of_a_name_is_tried_where_one_does_not_answer(
    web: Site, free_port: int
) -> None:
    web.pages["/"] = answer("fine")
    everywhere = Reach(lookup=_two, allowed=lambda _address, _port: True)
    client = Client(World(public=everywhere), "Starpod")

    assert (await fetch(client, web.at("/"))).body == b"fine"
    with pytest.raises(NotFetched, match="Connection refused"):
        await fetch(client, f"http://site.example:{free_port}/")


async def _two(_host: str) -> list[str]:
    return ["127.0.0.2", "127.0.0.1"]


async def test_a_name_that_is_none_is_unreachable(web: Site) -> None:
    client = Client(world(web.port, names={"nowhere.example": []}), "Starpod")
    with pytest.raises(Unreachable, match="has no address"):
        await fetch(client, web.at("/", "nowhere.example"))


# --- redirects --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(status: int, web: Site, client: Client) -> None:
    web.pages["/old/a"] = moved("../new?b=c#d", status)
    web.pages["/new"] = answer("here")
    got = await fetch(client, web.at("/old/a"))
    assert (got.url, got.body) == (web.at("/new?b=c"), b"here")


async def test_a_redirect_without_a_place_is_an_answer(web: Site, client: Client) -> None:
    web.pages["/"] = answer("which of them?", status=302)
    assert (await fetch(client, web.at("/"))).status == 302


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://169.254.169.254/latest/meta-data/",
        "//127.0.0.1:1/",
        "https://192.168.0.1/",
    ],
)
async def test_a_redirect_leads_nowhere_within(to: str, web: Site, client: Client) -> None:
    web.pages["/"] = moved(to)
    with pytest.raises((NotPublic, Unreachable)):
        await fetch(client, web.at("/"))


@pytest.mark.parametrize(
    "to",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/_HELO",
        "ftp://site.example/",
        "data:text/plain,hello",
        "javascript:alert(1)",
        "http://ada:secret@site.example/",
        "http://site.example:99999/",
        "http://[::1",
        "/" + "a" * 9000,
    ],
)
async def test_a_redirect_keeps_to_addresses_of_the_web(to: str, web: Site, client: Client) -> None:
    web.pages["/"] = moved(to)
    with pytest.raises((BadAddress, NotFetched)):
        await fetch(client, web.at("/"))
    assert len(web.asked) == 1


async def test_ten_redirects_and_no_more(web: Site, client: Client) -> None:
    web.pages |= {f"/{n}": moved(f"/{n + 1}") for n in range(11)}
    web.pages["/10"] = answer("at last")
    assert (await fetch(client, web.at("/0"))).body == b"at last"

    web.pages["/10"] = moved("/11")
    with pytest.raises(TooManyRedirects, match="redirects more than 10 times"):
        await fetch(client, web.at("/0"))
    web.pages["/round"] = moved("/round")
    with pytest.raises(TooManyRedirects):
        await fetch(client, web.at("/round"))


# --- what is no address -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "site.example",
        "file:///etc/passwd",
        "gopher://site.example/",
        "ftp://site.example/",
        "http:///path",
        "http://ada:secret@site.example/",
        "http://site.example@127.0.0.1/",
        "http://site.example:0/",
        "http://site.example:x/",
        "http://[::1/",
        "http://site.example/\0",
        f"http://site.example/{'a' * 9000}",
    ],
)
async def test_what_is_no_address_of_the_web_is_not_asked_for(url: str, client: Client, web: Site) -> None:
    with pytest.raises(BadAddress, match="cannot be fetched"):
        await fetch(client, url)
    assert web.asked == []


async def test_a_name_in_another_alphabet(web: Site) -> None:
    web.pages["/"] = answer("fine")
    client = Client(world(web.port, names={"xn--bcher-kva.example": ["127.0.0.1"]}), "Starpod")
    got = await fetch(client, web.at("/", "bücher.example"))
    assert got.body == b"fine"
    assert web.asked[0].headers["host"] == f"xn--bcher-kva.example:{web.port}"


# --- how much and how long --------------------------------------------------------------------------------


async def test_what_is_too_long_is_cut(web: Site, client: Client) -> None:
    web.pages["/"] = answer("x" * MOST)
    got = await fetch(client, web.at("/"))
    assert (len(got.body), got.whole) == (MOST, True)
    got = await fetch(client, web.at("/"), most=MOST - 1)
    assert (len(got.body), got.whole) == (MOST - 1, False)


async def test_a_body_without_end_is_left(web: Site, client: Client) -> None:
    async def endless(stream: trio.abc.Stream) -> None:
        await stream.send_all(b"HTTP/1.1 200 So\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            await stream.send_all(b"more " * 1000)

    web.pages["/"] = endless
    got = await fetch(client, web.at("/"))
    assert (len(got.body), got.whole) == (MOST, False)


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_what_is_packed_is_unpacked_and_a_bomb_is_left(
    encoding: str, pack: Callable[[bytes], bytes], web: Site, client: Client
) -> None:
    web.pages["/"] = answer(pack(b"hello"), Content_Encoding=encoding)
    assert (await fetch(client, web.at("/"))).body == b"hello"

    web.pages["/bomb"] = answer(pack(b"\0" * 64 * MOST), Content_Encoding=encoding)
    got = await fetch(client, web.at("/bomb"))
    assert (len(got.body), got.whole) == (MOST, False)


async def test_a_bomb_within_a_bomb_is_left(web: Site, client: Client) -> None:
    inner = gzip.compress(gzip.compress(b"\0" * 64 * MOST))
    web.pages["/"] = answer(inner, Content_Encoding="gzip, gzip")
    got = await fetch(client, web.at("/"))
    assert (len(got.body), got.whole) == (MOST, False)


@pytest.mark.parametrize(
    "broken",
    [
        b"no HTTP at all\r\n\r\n",
        b"",
        b"HTTP/1.1 200 So\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 So\r\nX: " + b"x" * 200_000,
        answer(b"not packed", Content_Encoding="gzip"),
    ],
)
async def test_what_is_no_answer(broken: bytes, web: Site, client: Client) -> None:
    web.pages["/"] = broken
    with pytest.raises(NotFetched, match=r"^Web fetch error: http://site\.example"):
        await fetch(client, web.at("/?token=1"))


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 So\r\n", b"HTTP/1.1 200 So\r\nContent-Length: 9\r\n\r\nx"]
)
async def test_a_server_that_is_slow_is_left(said: bytes, web: Site, client: Client) -> None:
    left = trio.Event()

    async def slow(stream: trio.abc.Stream) -> None:
        try:
            await stream.send_all(said)
            await stream.receive_some()
        finally:
            left.set()

    web.pages["/"] = slow
    with pytest.raises(TooSlow, match=r"has not come within 0\.5 s"):
        await fetch(client, web.at("/"), within=0.5)
    with trio.fail_after(LONG):
        await left.wait()


async def test_redirects_do_not_begin_the_time_anew(web: Site, client: Client) -> None:
    async def slow(stream: trio.abc.Stream) -> None:
        await trio.sleep(0.2)
        await stream.send_all(moved("/"))

    web.pages["/"] = slow
    with pytest.raises(TooSlow):
        await fetch(client, web.at("/"), within=0.5)


async def test_a_name_that_nobody_knows_about_in_time(web: Site) -> None:
    async def silent(_host: str) -> list[str]:
        await trio.sleep_forever()
        raise AssertionError

    client = Client(World(public=Reach(lookup=silent)), "Starpod")
    with pytest.raises(TooSlow):
        await fetch(client, web.at("/"), within=0.2)


# --- over TLS ---------------------------------------------------------------------------------------------


async def _secure(folder: Path, name: str, use: Callable[[int, ssl.SSLContext], Awaitable[None]]) -> None:
    files = certify(folder, name)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(files.certificate, files.key)
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listener.socket.getsockname()[1]
        here = Site(port, {"/": answer("in private")})
        safe = trio.SSLListener(listener, own, https_compatible=True)

        async def serve(stream: trio.SSLStream[trio.SocketStream]) -> None:
            await here.serve(stream)

        nursery.start_soon(trio.serve_listeners, serve, [safe])
        await use(port, ssl.create_default_context(cafile=str(files.certificate)))
        nursery.cancel_scope.cancel()


async def test_a_certificate_counts_for_the_name_and_not_for_the_address(tmp_path: Path) -> None:
    async def use(port: int, trusts: ssl.SSLContext) -> None:
        client = Client(world(port, trusts=trusts), "Starpod")
        assert (await fetch(client, f"https://safe.example:{port}/")).body == b"in private"
        with pytest.raises(NotFetched, match="certificate"):
            await fetch(client, f"https://other.example:{port}/")
        with pytest.raises(NotFetched, match="certificate"):
            await fetch(Client(world(port), "Starpod"), f"https://safe.example:{port}/")

    await _secure(tmp_path, "safe.example", use)


# --- questions --------------------------------------------------------------------------------------------


async def test_a_question_is_sent_as_it_is_and_no_redirect_is_followed(web: Site, client: Client) -> None:
    web.pages["/ask"] = moved("/elsewhere")
    request = httpx2.Request("POST", web.at("/ask"), data={"q": "a b"}, headers={"X-Key": "secret"})
    got = await client.answer(request, reach=None, within=LONG, most=MOST)

    assert got.status == 302
    (asked,) = web.asked
    assert (asked.method, asked.body, asked.headers["x-key"]) == ("POST", b"q=a+b", "secret")


async def test_only_what_the_operator_names_may_be_on_this_machine(web: Site) -> None:
    web.pages["/ask"] = answer("yes")
    client = Client(World(), "Starpod")
    request = httpx2.Request("GET", f"http://localhost:{web.port}/ask")

    with pytest.raises(NotPublic):
        await client.answer(request, reach=None, within=LONG, most=MOST)
    assert (await client.answer(request, reach=ANYWHERE, within=LONG, most=MOST)).body == b"yes"


async def test_a_question_that_is_not_answered_in_time(web: Site, client: Client) -> None:
    web.pages["/"] = lambda stream: stream.receive_some()
    with pytest.raises(TooSlow, match=r"^Web fetch error: http://site\.example:\d+/ has"):
        await client.answer(httpx2.Request("GET", web.at("/?q=secret")), reach=None, within=0.2, most=MOST)
