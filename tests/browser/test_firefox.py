"""The way of somebody new through the page, in Firefox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from tests.browser.agent import Agent, Model, agent_in
from tests.browser.firefox import ENTER, FOUND, firefox
from tests.fakes.model_process import model_process

pytestmark = pytest.mark.skipif(FOUND is None, reason="no Firefox is installed")


@pytest.fixture
def model() -> Iterator[Model]:
    with model_process() as url:
        yield Model(url)


@pytest.fixture
def agent(model: Model, tmp_path: Path) -> Iterator[Agent]:
    settings = '[[permissions.rules]]\ntool = "FileWrite"\ndecision = "ask"\n'
    with agent_in(tmp_path / "aster", model.url, settings) as agent:
        yield agent


def test_a_new_person_comes_in_asks_answers_and_looks_around(
    agent: Agent, model: Model, tmp_path: Path
) -> None:
    trio.run(_look_around, agent, model, tmp_path)


async def _look_around(agent: Agent, model: Model, tmp_path: Path) -> None:
    async with firefox(tmp_path / "profile") as page:
        await page.go(agent.link())
        await page.click("textarea", "Message to Aster")
        await page.type(f"Hello{ENTER}")
        await page.find("article", "Hello")
        await page.find("footer a", "Trace")

        call = {"name": "FileWrite", "input": {"path": "notes/plan.md", "content": "one\n"}, "id": "w"}
        model.script({"say": "I will write.", "calls": [call]}, {"say": "That was it."})
        await page.click("textarea", "Message to Aster")
        await page.type(f"Write it{ENTER}")
        await page.click(".approval button", "Allow once")
        await page.find("article", "That was it.")
        assert (agent.place.home / "notes" / "plan.md").read_text() == "one\n"

        await page.click("nav a", "Memory")
        await page.find(".desk p", "What the agent remembers of you")
        await page.click("nav a", "Settings")
        await page.find(".desk label", "Agent name")
        await page.click("nav a", "Account")
        await page.find("label", "Language")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth") is True
        assert await page.evaluate("navigator.serviceWorker.ready.then(() => true)") is True
        assert page.complaints == []
