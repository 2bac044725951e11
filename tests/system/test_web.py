"""The web through a real daemon: what a model that asks for anything gets, and what the model of its owner finds."""

from pathlib import Path

import pytest

from tests.actors.web import wire
from tests.actors.web.sites import answer, site
from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, serving


@pytest.fixture
def place(tmp_path: Path, model_server: ModelServer) -> Place:
    """An agent with a model that is scripted."""
    return Place(tmp_path / "aster", model_server.url)


def also(place: Place, toml: str) -> None:
    """Add to its settings."""
    place.settings.write_text(f"{place.settings.read_text()}{toml}\n")


async def test_a_daemon_fetches_nothing_of_its_own_nor_of_its_neighbours(
    place: Place, model_server: ModelServer
) -> None:
    async with site() as neighbour, serving(place) as daemon:
        port = daemon.url.rpartition(":")[2]
        hosts = ("127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0")
        wanted = [f"http://{host}:{each}/" for host in hosts for each in (port, neighbour.port)]
        wanted += [f"file://{place.inside}/operator.token", f"gopher://127.0.0.1:{port}/_GET%20/"]
        calls = [Call("WebFetch", {"url": each}) for each in wanted]
        model_server.script(Reply(*calls), Reply(Say("Nothing.")))

        await daemon.chat("have a look around")

        results = model_server.requests[-1].tool_results
        assert len(results) == len(wanted)
        assert all("is not on the internet" in each or "cannot be" in each for each in results), results
        assert neighbour.asked == []


async def test_a_search_comes_back_from_the_searxng_that_its_owner_names(
    place: Place, model_server: ModelServer
) -> None:
    async with site() as searxng:
        searxng.pages["/search"] = answer(
            wire.searxng(("Title", "https://a.example/", "About it")), "application/json"
        )
        also(place, f'[web]\nsearxng_url = "http://127.0.0.1:{searxng.port}"\n')
        model_server.script(Reply(Call("WebSearch", {"query": "two words"})), Reply(Say("Found.")))
        async with serving(place) as daemon:
            await daemon.chat("search for two words")
        assert model_server.requests[-1].tool_results == [
            "Found by SearXNG:\n\n1. Title\n   https://a.example/\n   About it"
        ]
        assert [each.target for each in searxng.asked] == ["/search?q=two+words&format=json"]


async def test_nothing_is_fetched_while_the_internet_is_off(place: Place, model_server: ModelServer) -> None:
    also(place, "[internet]\nenabled = false\n")
    calls = (Call("WebFetch", {"url": "https://a.example/"}), Call("WebSearch", {"query": "a"}))
    model_server.script(Reply(*calls), Reply(Say("Off.")))
    async with serving(place) as daemon:
        await daemon.chat("what is new?")
    assert model_server.requests[-1].tool_results == ["Internet access is disabled in config."] * 2
