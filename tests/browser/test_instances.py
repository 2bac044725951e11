"""Instances in the page: a real host, an instance that runs there, and a host that is gone."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import axe
from tests.browser.agent import Agent, Model, agent_in, wait_for
from tests.browser.conftest import open_window
from tests.system.daemons import NOWHERE, Process, launch, read_json

PATIENCE: Final = 60_000
"""Milliseconds for an agent to start on a machine that has much to do."""


@pytest.fixture(scope="module")
def agent(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    with agent_in(tmp_path_factory.mktemp("instances") / "aster", model.url) as agent:
        yield agent


@pytest.fixture
def host(tmp_path: Path) -> Iterator[tuple[str, str, Process]]:
    """Address, key and process of a host."""
    data, log = tmp_path / "host", tmp_path / "host.log"
    with log.open("wb") as file, NOWHERE.open("rb") as nothing:
        process = launch(
            tmp_path,
            *("host", "--data", str(data), "--listen", "127.0.0.1:0"),
            streams=(nothing.fileno(), file.fileno(), file.fileno()),
            imported=["starpod.host.service"],
            variables={},
        )
    try:
        url: Callable[[], object] = lambda: read_json(data / "host.lock").get("url")  # noqa: E731
        wait_for(url, "the host did not get ready")
        yield str(url()), (data / "host.key").read_text().strip(), process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait()


def has_room(page: Page) -> None:
    """Nothing reaches beyond the sides of a phone."""
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.locator(".desk").evaluate("each => each.scrollWidth <= each.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 800})


def test_an_instance_from_the_first_page_to_a_host_that_is_gone(
    context: BrowserContext, agent: Agent, host: tuple[str, str, Process], complaints: list[str]
) -> None:
    url, key, process = host
    window = open_window(context, agent, complaints, "#/s/instances")
    page = window.page
    page.set_default_timeout(PATIENCE)
    expect(page.get_by_role("heading", name="There is no hosting backend yet")).to_be_visible()
    expect(page.get_by_text("starpod host", exact=True)).to_be_visible()
    has_room(page)
    assert axe.violations(page) == []

    agent.keep_secret("STARPOD_INSTANCE_BACKEND_KEY", key)
    agent.change(**{"instances.url": url})
    page.get_by_role("button", name="New instance").click()
    page.get_by_label("Name", exact=True).fill("Nova")
    page.get_by_role("button", name="Create", exact=True).click()
    row = page.get_by_role("list", name="Instances", exact=True).locator("> li").filter(has_text="Nova")
    expect(row.locator(".instance-status")).to_have_text("running", timeout=PATIENCE)
    expect(row.get_by_role("link")).to_have_attribute("href", _an_address())

    row.locator("summary").click()
    expect(row.get_by_role("log")).to_contain_text("Nova is running", timeout=PATIENCE)
    expect(row.get_by_role("list", name="Health now")).to_contain_text("of memory")
    expect(row.locator(".command")).to_contain_text("starpod instance ssh")
    has_room(page)
    assert axe.violations(page) == []
    shown = page.content()
    assert key not in shown
    assert "?code=…" in shown

    row.get_by_role("button", name="Pause").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("keeps all it has")
    dialog.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Nova is paused.")).to_be_visible()
    expect(row.locator(".instance-status")).to_have_text("paused")

    row.get_by_role("button", name="Delete").click()
    expect(dialog).to_contain_text("its conversations, its memory, the files in its home")
    page.keyboard.press("Escape")
    expect(row).to_be_visible()

    process.kill()
    expect(page.get_by_role("alert").filter(has_text="does not answer")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("list", name="Instances as they were")).to_contain_text("Nova")
    has_room(page)
    assert axe.violations(page) == []


def _an_address() -> re.Pattern[str]:
    return re.compile(r"http://127\.0\.0\.1:\d+")
