"""Who speaks: cookie, key and token, and what they do not give."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import httpx2
import pytest
import trio_websocket

from actors.gateway.authentication import (
    CODE_SECONDS,
    COOKIE_DAYS,
    MOST_CODES,
    SHORTEST_KEY,
    Authenticator,
    Secrets,
    load_page_key,
    weakness,
)
from actors.gateway.messages import NewPageLink
from actors.vocabulary import Principal
from tests.actors.gateway.client import KEY, KNOWN, connected
from tests.actors.gateway.world import TOKEN, WELCOME, Gateway

LEADS_ON = '<meta http-equiv="refresh" content="0; url=/'


class Time:
    now = 0.0
    days = 0.0

    def today(self) -> datetime:
        return datetime(2026, 1, 2, tzinfo=UTC) + timedelta(days=self.days)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def authenticator(tmp_path: Path, time: Time) -> Authenticator:
    known = Secrets(operator_token=TOKEN, api_key=KEY, page_key=tmp_path / "page.key")
    return Authenticator(known, time, time.today)


def identify(
    authenticator: Authenticator,
    authorization: str | None = None,
    api_key: str | None = None,
    cookie: str | None = None,
    page: str | None = None,
) -> Principal | None:
    return authenticator.identify(authorization=authorization, api_key=api_key, cookie=cookie, page=page)


def halves(authenticator: Authenticator) -> dict[str, str]:
    traded = authenticator.trade(authenticator.new_code())
    assert traded is not None
    return attrs.asdict(traded)


def test_everything_that_proves_somebody_says_how(authenticator: Authenticator) -> None:
    found = [
        identify(authenticator, authorization=f"Bearer {TOKEN}"),
        identify(authenticator, authorization=f"Bearer {KEY}"),
        identify(authenticator, api_key=KEY),
        identify(authenticator, **halves(authenticator)),
    ]
    assert [each and (each.user, each.role, each.proof) for each in found] == [
        ("admin", "admin", "operator"),
        ("admin", "admin", "key"),
        ("admin", "admin", "key"),
        ("admin", "admin", "page"),
    ]


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer ", f"Basic {TOKEN}", "Bearer wrong", "\ud800"])
def test_nothing_else_proves_anybody(authenticator: Authenticator, shown: str) -> None:
    assert identify(authenticator, authorization=shown) is None
    assert identify(authenticator, api_key=shown) is None
    assert identify(authenticator, cookie=shown, page=shown) is None


def test_a_wrong_header_is_not_mended_by_a_cookie(authenticator: Authenticator) -> None:
    assert identify(authenticator, api_key="wrong", **halves(authenticator)) is None


def test_without_a_configured_key_no_key_is_right(tmp_path: Path, time: Time) -> None:
    for key in (None, ""):
        known = Secrets(operator_token=TOKEN, api_key=key, page_key=tmp_path / "page.key")
        assert identify(Authenticator(known, time, time.today), api_key="") is None


def test_a_code_is_good_once(authenticator: Authenticator) -> None:
    code = authenticator.new_code()
    assert authenticator.trade(code) is not None
    assert authenticator.trade(code) is None


def test_a_code_is_good_for_a_minute(authenticator: Authenticator, time: Time) -> None:
    code = authenticator.new_code()
    time.now = CODE_SECONDS + 0.1
    assert authenticator.trade(code) is None


def test_only_the_newest_links_wait(authenticator: Authenticator) -> None:
    codes = [authenticator.new_code() for _ in range(MOST_CODES + 1)]
    assert authenticator.trade(codes[0]) is None
    assert authenticator.trade(codes[1]) is not None


def test_a_changed_cookie_is_void(authenticator: Authenticator) -> None:
    ours = halves(authenticator)
    name, issued, signature = ours["cookie"].split(".")
    for changed in (
        f"x{name}.{issued}.{signature}",
        f"{name}.{int(issued) + 1}.{signature}",
        f"{name}.{issued}.{signature[:-1]}",
        f"{name}.{signature}",
        name,
        f"{name}..",
    ):
        assert not authenticator.knows(changed)
        assert identify(authenticator, cookie=changed, page=ours["page"]) is None


def test_neither_half_is_enough(authenticator: Authenticator) -> None:
    one, other = halves(authenticator), halves(authenticator)
    assert identify(authenticator, cookie=one["cookie"]) is None
    assert identify(authenticator, page=one["page"]) is None
    assert identify(authenticator, cookie=one["cookie"], page=other["page"]) is None
    assert identify(authenticator, **one) is not None


def test_what_a_link_gave_ends_after_a_month(authenticator: Authenticator, time: Time) -> None:
    ours = halves(authenticator)
    time.days = COOKIE_DAYS - 0.01
    assert identify(authenticator, **ours) is not None
    time.days = COOKIE_DAYS
    assert identify(authenticator, **ours) is None


def test_whoever_shows_wrong_keys_and_codes_keeps_nobody_out(authenticator: Authenticator) -> None:
    for number in range(100):
        assert identify(authenticator, api_key=f"wrong {number}") is None
        assert authenticator.trade(f"wrong {number}") is None
    assert identify(authenticator, api_key=KEY) is not None
    assert authenticator.trade(authenticator.new_code()) is not None


def test_a_key_that_could_be_guessed_is_told() -> None:
    (told,) = weakness("k" * (SHORTEST_KEY - 1))
    assert "STARPOD_API_KEY has 7 characters" in told
    assert weakness("k" * SHORTEST_KEY) == weakness("") == weakness(None) == []


def test_the_key_of_cookies_stays_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "page.key"
    key = load_page_key(path)
    assert load_page_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(key[:5])
    assert len(load_page_key(path)) == len(key)


# --- over HTTP --------------------------------------------------------------------------------------------


async def link_to(gateway: Gateway) -> str:
    return (await gateway.mesh.bus.ask(NewPageLink())).url


def stranger(gateway: Gateway) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=f"http://{gateway.address}")


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


async def test_wrong_keys_keep_nobody_out(gateway: Gateway) -> None:
    wrong = {"X-API-Key": "wrong"}
    for _ in range(20):
        assert (await gateway.http.get("/api/sessions", headers=wrong)).status_code == 401
    assert (await gateway.http.get("/api/health", headers=wrong)).status_code == 200
    assert (await gateway.http.get("/api/sessions")).status_code == 200
