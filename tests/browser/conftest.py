"""A real Chromium that looks at a real daemon, which talks to a scripted model server: three processes beside ours."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Playwright, expect, sync_playwright

from tests.browser.agent import Agent, Model, agent_in
from tests.browser.window import PATIENCE, Window
from tests.fakes.model_process import model_process

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",  # a microphone that beeps; who may use it is asked as ever
    "--host-resolver-rules=MAP *.example 127.0.0.1",
    "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",  # the gateway refuses by itself
)
WHOLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LIGHT = "chromium-headless-shell"
"""Chromium without what is around a page, which takes half of the time."""


def launched(playwright: Playwright, *names: str) -> Browser:
    """The first browser of these that the machine has, or the one that Playwright brings.

    Without one the tests are skipped; where CI=true they fail instead.
    """
    found = os.environ.get("STARPOD_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None and not Path(playwright.chromium.executable_path).exists():
        missing = "no Chromium is installed: `playwright install chromium`, or name one in STARPOD_CHROMIUM"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    return playwright.chromium.launch(executable_path=found, args=FLAGS)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What starts browsers."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The browser, started once."""
    with launched(playwright, LIGHT, *WHOLE) as browser:
        yield browser


@pytest.fixture(scope="session")
def whole_browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser with all that people have around a page, such as notifications."""
    with launched(playwright, *WHOLE) as browser:
        yield browser


@pytest.fixture(scope="session")
def model(browser: Browser) -> Iterator[Model]:
    """The model server; with nothing scripted it echoes."""
    with model_process() as url:
        yield Model(url)


@pytest.fixture(scope="session")
def agent(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """A daemon that runs for all tests; one that ended it starts it again."""
    with agent_in(tmp_path_factory.mktemp("browser") / "aster", model.url) as agent:
        yield agent


@pytest.fixture
def context(browser: Browser, agent: Agent, model: Model) -> Iterator[BrowserContext]:
    """A browser at a desk that the agent knows, without a window."""
    model.forget()
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    let_in(context, agent)
    yield context
    context.close()


@pytest.fixture
def stranger(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that nobody has signed in with."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def let_in(context: BrowserContext, agent: Agent) -> None:
    """Have a browser known as a link does, with less than all of the page: that takes as long as many a test."""
    leads = context.request.get(agent.link()).text()
    half = re.search(r"#page=([0-9a-f]+)", leads)
    assert half is not None, leads
    page = context.new_page()
    page.goto(f"{agent.url}/sw.js")
    page.evaluate("half => localStorage.setItem('starpod.page', JSON.stringify(half))", half[1])
    page.close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What windows complained about: scripts that failed, what the content policy refused. None may be left."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def window(context: BrowserContext, agent: Agent, complaints: list[str]) -> Window:
    """A window that shows the page."""
    return open_window(context, agent, complaints)


def open_window(context: BrowserContext, agent: Agent, complaints: list[str], place: str = "") -> Window:
    """Another window of the same browser."""
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: _heard(message, complaints))
    window = Window(page, agent.url)
    window.go(place)
    return window


def _heard(message: ConsoleMessage, complaints: list[str]) -> None:
    # A connection that fails is told by the browser itself, and some tests make it fail.
    if message.type == "error" and "net::ERR_" not in message.text:
        complaints.append(message.text)
