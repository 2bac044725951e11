"""Who may speak with a running daemon: tried with the tool that everybody has."""

import json
import shutil
from typing import Any

import pytest
import trio

from tests.system.daemons import Daemon, Place, serving, starpod

KEY = "a-key-for-programs-0815"

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


async def curl(daemon: Daemon, path: str, *arguments: str) -> tuple[int, Any]:
    """Status and JSON of a request."""
    command = ["curl", "-sS", "-w", "\n%{http_code}", *arguments, f"{daemon.url}{path}"]
    done = await trio.run_process(command, capture_stdout=True)
    body, _, status = done.stdout.decode().rpartition("\n")
    return int(status), json.loads(body) if body.startswith(("{", "[")) else body


def sent(**fields: Any) -> tuple[str, ...]:
    """What has curl send an object."""
    return ("-H", "Content-Type: application/json", "-d", json.dumps(fields))


@needs_curl
async def test_curl_speaks_with_a_key_and_not_without(place: Place) -> None:
    chat = ("-H", "Content-Type: application/json", "-d", json.dumps({"text": "help"}))
    async with serving(place, STARPOD_API_KEY=KEY) as daemon:
        for nothing in ((), ("-H", "X-API-Key: wrong"), ("-H", "Authorization: Bearer wrong")):
            status, body = await curl(daemon, "/api/chat", *chat, *nothing)
            assert (status, "Authorization: Bearer" in body["error"]) == (401, True)
        for header in (f"X-API-Key: {KEY}", f"Authorization: Bearer {KEY}"):
            status, body = await curl(daemon, "/api/chat", *chat, "-H", header)
            assert (status, body["outcome"]) == (200, "success")
            assert (await curl(daemon, "/api/bus/tree", "-H", header))[0] == 403
        assert (await curl(daemon, "/api/health"))[1]["status"] == "ok"
        assert KEY not in daemon.log


@needs_curl
async def test_a_chosen_key_may_have_any_letters(place: Place) -> None:
    key = "clé 🔑 ключ"
    async with serving(place, STARPOD_API_KEY=key) as daemon:
        for header in (f"X-API-Key: {key}", f"Authorization: Bearer {key}"):
            assert (await curl(daemon, "/api/sessions", "-H", header))[0] == 200
    key = "clé-of-a-browser"
    async with serving(place, STARPOD_API_KEY=key) as daemon:
        answer = await daemon.request(
            "GET", "/api/sessions", headers={"X-API-Key": key.encode("latin-1"), "Authorization": ""}
        )
        assert answer.status_code == 200


@needs_curl
async def test_a_cookie_outlives_the_daemon(place: Place, free_port: int) -> None:
    place.port = free_port  # by which browsers tell agents apart
    place.configure('provider = "offline"')
    jar = str(place.root / "cookies")
    browser = ("-c", jar, "-b", jar, "-L")
    async with serving(place) as daemon:
        assert (await curl(daemon, "/", *browser))[0] == 401
        made = await daemon.request("POST", "/api/page-link")
        link = made.json()["url"].removeprefix(daemon.url)
        opened = await curl(daemon, link, *browser)
        page = ("-H", f"X-Starpod-Page: {opened[1].partition('#page=')[2].partition(chr(34))[0]}")
        assert (await curl(daemon, "/api/sessions", *browser, *page))[0] == 200
        assert (await curl(daemon, "/api/sessions", *browser))[0] == 401
        change = ("-X", "PUT", *sent(changes={"tools.env_allowed": ["LANG"]}), *browser, *page)
        assert (await curl(daemon, "/api/settings", *change))[0] == 403
        code = await starpod(place.root, "open", "--code")
        assert "good once, and unlocks the page for ten minutes" in code.err
        typed = sent(code=code.out.removesuffix("\n"))
        assert (await curl(daemon, "/api/auth/confirm", *typed, *browser, *page))[0] == 200
        assert (await curl(daemon, "/api/settings", *change))[0] == 200
    async with serving(place) as daemon:
        assert (await curl(daemon, "/api/sessions", *browser, *page))[0] == 200
        change = ("-X", "PUT", *sent(changes={"tools.env_allowed": []}), *browser, *page)
        assert (await curl(daemon, "/api/settings", *change))[0] == 403, "a restart locks every page"
        assert (await curl(daemon, link, *browser))[0] != 401, "a used link is a way to the page"
        assert (await curl(daemon, "/api/auth/logout", "-X", "POST", *browser, *page))[0] == 200
        assert (await curl(daemon, "/api/sessions", *browser, *page))[0] == 401


async def test_a_link_to_the_page_is_given_to_whoever_has_the_files(place: Place) -> None:
    assert (await starpod(place.root, "open")).status == 1
    async with serving(place) as daemon:
        printed = await starpod(place.root, "open", "--print")
        assert printed.status == 0
        assert printed.out.startswith(f"{daemon.url}/?code=")
        told = await starpod(place.root, "open", DISPLAY="", WAYLAND_DISPLAY="")
        assert "in a browser within 60 s; the link is good once" in told.out
