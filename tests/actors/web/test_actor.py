"""The web tools as a model meets them: over the bus, with servers on loopback."""

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

from actors.resolving import NotPublic
from actors.tooling import CallContext, InvalidInput, render, tool_of
from actors.web import messages
from actors.web.actor import WebActor
from actors.web.engines import KEY
from actors.web.messages import Hit, NotReadable, Page, Refused, SearchFailed, WebFetch, WebSearch
from actors.web.reader import Reader
from actors.web.settings import Internet, Settings, Web
from bus import redact
from bus.testing import MeshUnderTest
from tests.actors.vault.conftest import Vault
from tests.actors.web import wire
from tests.actors.web.pdfs import pdf
from tests.actors.web.sites import Site, answer, moved, world
from tests.system.daemons import environment

FOUND = (("Title", "https://a.example/", "About it"), ("Other", "https://b.example/", ""))


class Desk:
    """The actor, with a server that is all there is of the web."""

    def __init__(self, mesh: MeshUnderTest, web: Site) -> None:
        self.mesh = mesh
        self.web = web
        self.settings = Settings(internet=Internet(timeout_secs=30))
        self.environment: dict[str, str] = {}
        self.room = 50_000

    async def start(self) -> None:
        factory = partial(
            WebActor,
            lambda: self.settings,
            lambda: self.room,
            self.environment,
            "1.2.3",
            world(self.web.port),
            Reader(seconds=60),
        )
        await self.mesh.start(factory, name="web")

    def set(self, **internet: Any) -> None:
        self.settings = attrs.evolve(self.settings, internet=attrs.evolve(self.settings.internet, **internet))

    async def fetch(self, path: str = "/", start: int = 0) -> Page:
        return await self.mesh.bus.ask(WebFetch(url=self.web.at(path), start=start))

    async def search(self, **given: Any) -> messages.Hits:
        return await self.mesh.bus.ask(WebSearch(**{"query": "q", **given}))


@pytest.fixture
async def desk(mesh: MeshUnderTest, web: Site) -> Desk:
    here = Desk(mesh, web)
    await here.start()
    return here


def shown(reply: object) -> str:
    (block,) = render(reply).content
    return str(getattr(block, "text", ""))


# --- pages ------------------------------------------------------------------------------------------------


async def test_a_page_is_read(desk: Desk) -> None:
    desk.web.pages["/"] = answer("<title>Hello</title><h1>Hello</h1><p>There is <a href=b>more</a>.")
    got = await desk.fetch()
    assert got == Page(
        url=desk.web.at("/"),
        moved=False,
        title="Hello",
        text=f"# Hello\n\nThere is [more]({desk.web.at('/b')}).",
    )
    assert shown(got) == f"Title: Hello\n# Hello\n\nThere is [more]({desk.web.at('/b')})."
    assert desk.web.asked[0].headers["user-agent"] == "Starpod/1.2.3"


async def test_where_a_page_was_in_the_end_is_told(desk: Desk) -> None:
    desk.web.pages |= {"/old": moved("/new"), "/new": answer("hello", "text/plain")}
    assert shown(await desk.fetch("/old")) == f"URL: {desk.web.at('/new')}\nhello"


async def test_a_pdf_is_read(desk: Desk) -> None:
    desk.web.pages["/"] = answer(pdf("Hello", title="T"), "application/pdf")
    assert shown(await desk.fetch()) == "Title: T\n[page 1]\nHello"


@pytest.mark.parametrize("kind", ["application/json", "text/plain; charset=utf-8", "text/markdown"])
async def test_text_is_left_as_it_is(kind: str, desk: Desk) -> None:
    desk.web.pages["/"] = answer('{"a":  "<b>é</b>"}', kind)
    assert shown(await desk.fetch()) == '{"a":  "<b>é</b>"}'


async def test_what_is_no_text_is_a_sentence(desk: Desk) -> None:
    desk.web.pages["/"] = answer(b"\x89PNG\0\0", "image/png")
    assert shown(await desk.fetch()) == "(a file that is no text: image/png, 6 bytes)"
    desk.set(max_fetch_bytes=5)
    assert "image/png, more than 5 bytes" in shown(await desk.fetch())
    desk.web.pages["/"] = answer(b"\0\0", "")
    assert shown(await desk.fetch()) == "(a file that is no text: of no known type, 2 bytes)"


async def test_a_long_page_is_read_piece_by_piece(desk: Desk) -> None:
    words = " ".join(f"word{n}" for n in range(1000))
    desk.web.pages["/"] = answer(words, "text/plain")
    desk.set(max_text_chars=3000)
    got, start = "", 0
    while start < len(words):
        part = await desk.fetch(start=start)
        got, start = got + part.text, start + len(part.text)
        assert part.note == (
            ""
            if start == len(words)
            else f"[cut: characters {start - 3000} to {start} of {len(words)} are shown; "
            f"read on with start {start}]"
        )
    assert got == words
    assert (
        await desk.fetch(start=start)
    ).note == f"(the text ends before that: it has {len(words)} characters)"


async def test_no_result_is_larger_than_one_may_be(desk: Desk) -> None:
    desk.room = 4000
    desk.web.pages["/"] = answer(f"<title>{'T' * 5000}</title><p>{'€ ' * 20_000}")
    assert 2000 < len(shown(await desk.fetch()).encode()) <= 4000


async def test_of_more_than_is_fetched_the_beginning_is_told(desk: Desk) -> None:
    desk.web.pages["/"] = answer("aé" * 100, "text/plain; charset=utf-8")
    desk.set(max_fetch_bytes=8)
    assert shown(await desk.fetch()) == "aéaéa\n[only the first 8 bytes of it were fetched]"

    desk.web.pages["/"] = answer(pdf("Hello"), "application/pdf")
    with pytest.raises(NotReadable, match="the PDF has more than 8 bytes"):
        await desk.fetch()


async def test_what_cannot_be_read_says_so(desk: Desk) -> None:
    desk.web.pages["/"] = answer(b"%PDF-", "application/pdf")
    with pytest.raises(NotReadable, match="was fetched and cannot be read: the PDF cannot be read"):
        await desk.fetch()


@pytest.mark.parametrize("status", [304, 401, 404, 500])
async def test_a_status_is_an_error(status: int, desk: Desk) -> None:
    desk.web.pages["/"] = answer("oh", status=status)
    with pytest.raises(Refused, match=f"Web fetch error: HTTP {status}"):
        await desk.fetch()


async def test_this_machine_is_out_of_reach(desk: Desk) -> None:
    desk.web.pages["/"] = moved("http://127.0.0.1:1/")
    with pytest.raises(NotPublic) as refused:
        await desk.fetch()
    assert refused.value.kind == "forbidden"


async def test_settings_count_as_they_are(desk: Desk) -> None:
    desk.web.pages["/"] = lambda stream: stream.receive_some()
    desk.set(timeout_secs=1)
    with pytest.raises(messages.TooSlow, match="within 1 s") as slow:
        await desk.fetch()
    assert slow.value.kind == "timeout"


async def test_nothing_is_asked_while_the_internet_is_off(desk: Desk) -> None:
    desk.set(enabled=False)
    with pytest.raises(messages.InternetOff, match=r"^Internet access is disabled in config\.$"):
        await desk.mesh.bus.ask(WebFetch(url="no address at all"))
    with pytest.raises(messages.InternetOff):
        await desk.search()
    assert desk.web.asked == []


# --- searches ---------------------------------------------------------------------------------------------


async def test_without_anything_duckduckgo_is_asked(desk: Desk) -> None:
    desk.web.pages["/html/"] = answer(wire.duckduckgo(*FOUND))
    got = await desk.search(query="two words")

    assert shown(got) == (
        "Found by DuckDuckGo:\n\n"
        "1. Title\n   https://a.example/\n   About it\n\n"
        "2. Other\n   https://b.example/\n   (no description)"
    )
    assert desk.web.asked[0].body == b"q=two+words&b="


async def test_with_a_key_brave_is_asked(desk: Desk) -> None:
    desk.environment[KEY] = "secret"
    desk.web.pages["/res/v1/web/search"] = answer(wire.brave(*FOUND), "application/json")
    got = await desk.search(count=1)

    assert got == messages.Hits(
        engine="Brave", hits=(Hit(title="Title", url="https://a.example/", description="About it"),)
    )
    (asked,) = desk.web.asked
    assert asked.target == "/res/v1/web/search?q=q&count=1"
    assert asked.headers["x-subscription-token"] == "secret"


async def test_a_searxng_of_ones_own_may_be_on_this_machine(desk: Desk) -> None:
    address = f"http://127.0.0.1:{desk.web.port}/searx"
    desk.settings = attrs.evolve(desk.settings, web=Web(searxng_url=address))
    desk.web.pages["/searx/search"] = answer(wire.searxng(*FOUND), "application/json")
    got = await desk.search(count=1)
    assert (got.engine, [each.url for each in got.hits]) == ("SearXNG", ["https://a.example/"])


async def test_there_may_be_no_results(desk: Desk) -> None:
    desk.web.pages["/html/"] = answer(wire.duckduckgo())
    assert shown(await desk.search()) == "No results found. (DuckDuckGo)"


async def test_what_is_missing_is_said_to_be(desk: Desk) -> None:
    desk.environment[KEY] = "secret"
    desk.web.pages["/res/v1/web/search"] = answer(b'{"web": {"results": [{"x": 1}]}}', "application/json")
    assert shown(await desk.search()) == "Found by Brave:\n\n1. (no title)\n   \n   (no description)"


async def test_no_more_than_twenty_results(desk: Desk) -> None:
    desk.environment[KEY] = "secret"
    many = [(str(n), "https://a.example/", "") for n in range(50)]
    desk.web.pages["/res/v1/web/search"] = answer(wire.brave(*many), "application/json")
    assert len((await desk.search(count=100)).hits) == 20
    assert desk.web.asked[0].target.endswith("count=20")
    assert len((await desk.search()).hits) == 5


async def test_the_key_may_be_in_the_vault_and_change(desk: Desk, tmp_path: Path) -> None:
    desk.web.pages["/res/v1/web/search"] = answer(wire.brave(*FOUND), "application/json")
    desk.web.pages["/html/"] = answer(wire.duckduckgo(*FOUND))
    vault = Vault(desk.mesh, tmp_path)
    await vault.start()
    assert (await desk.search()).engine == "DuckDuckGo"

    await vault.set(KEY, "one-secret-of-many")
    await desk.mesh.settle()
    assert (await desk.search()).engine == "Brave"
    assert desk.web.asked[-1].headers["x-subscription-token"] == "one-secret-of-many"


@pytest.mark.parametrize(
    ("chosen", "page", "said"),
    [
        (Web(search="brave"), None, ("Brave: there is no BRAVE_API_KEY", "starpod vault set BRAVE_API_KEY")),
        (Web(), answer("", status=202), ("DuckDuckGo: it was asked too often", "Brave answers with a key")),
        (Web(), answer("<form id=challenge-form>"), ("DuckDuckGo: it wants to know whether a person", "")),
        (Web(), answer("<h1>new</h1>"), ("DuckDuckGo: its page is not what it was", "searxng_url")),
        (Web(), moved("/elsewhere"), ("DuckDuckGo: it answered with HTTP 302", "")),
        (Web(), b"nonsense", ("DuckDuckGo: Web fetch error", "")),
    ],
)
async def test_who_does_not_answer_is_named_and_what_to_do(
    chosen: Web, page: bytes | None, said: tuple[str, str], desk: Desk
) -> None:
    desk.settings = attrs.evolve(desk.settings, web=chosen)
    if page is not None:
        desk.web.pages["/html/"] = page
    with pytest.raises(SearchFailed) as failed:
        await desk.search()
    assert failed.value.kind == "unavailable"
    assert str(failed.value).startswith("Web search error: ")
    assert all(each in str(failed.value) for each in said)


async def test_a_key_that_is_refused_is_not_told(desk: Desk) -> None:
    desk.environment[KEY] = "hush-hush-hush"
    desk.web.pages["/res/v1/web/search"] = answer("no", status=422)
    with pytest.raises(SearchFailed, match="does not take the key") as failed:
        await desk.search()
    assert "hush" not in redact(str(failed.value))
    assert "hush" not in str(failed.value)


async def test_a_searxng_that_gives_no_json(desk: Desk) -> None:
    address = f"http://127.0.0.1:{desk.web.port}"
    desk.settings = attrs.evolve(desk.settings, web=Web(searxng_url=address))
    desk.web.pages["/search"] = answer("Forbidden", status=403)
    with pytest.raises(SearchFailed, match=r"it gives no JSON .* settings\.yml has json"):
        await desk.search()
    desk.settings = attrs.evolve(desk.settings, web=Web(searxng_url="http://127.0.0.1:1"))
    with pytest.raises(SearchFailed, match="SearXNG: Web fetch error"):
        await desk.search()


# --- as tools ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "field"), [(WebFetch, "url"), (WebSearch, "query")])
def test_what_the_tools_say_of_themselves(kind: Any, field: str) -> None:
    tool = tool_of(kind)
    assert (tool.effect, tool.outside, tool.subject, tool.offer) == ("pure", True, field, "always")
    assert tool.spec.input_schema["required"] == [field]


@pytest.mark.parametrize(
    ("kind", "input", "field"),
    [
        (WebFetch, {}, "url"),
        (WebFetch, {"url": "x", "start": -1}, "start"),
        (WebSearch, {}, "query"),
        (WebSearch, {"query": "x", "count": 0}, "count"),
        (WebSearch, {"query": "x" * 401}, "query"),
    ],
)
def test_what_is_missing_or_wrong_is_named(kind: Any, input: dict[str, Any], field: str) -> None:
    context = CallContext.__new__(CallContext)
    with pytest.raises(InvalidInput, match=field):
        tool_of(kind).decode(input, context)


def test_a_daemon_begins_without_what_reads_pages() -> None:
    """The time to the first accepted request is measured."""
    heavy = (
        "{'selectolax', 'html_to_markdown', 'pypdf', 'httpcore2', 'actors.web.client', 'actors.web.reading'}"
    )
    program = f"import sys, starpod.tree; sys.exit(bool({heavy} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", program], env=environment(), check=False).returncode == 0
