"""The page as something that is installed: what browsers ask for, and that it starts while the agent is away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.agent import Agent, Model, agent_in
from tests.browser.window import PATIENCE

CONTROLLED = """() => new Promise((done) => {
    const look = () => navigator.serviceWorker.controller === null || done();
    navigator.serviceWorker.addEventListener("controllerchange", look);
    look();
})"""
"""Holds once the worker answers for the page."""
KEPT = """async () => {
    const names = await caches.keys();
    const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return kept.flat().map(({ url }) => new URL(url).pathname);
}"""
"""Paths of all that the worker keeps."""


@pytest.fixture
def agent(model: Model, tmp_path: Path) -> Iterator[Agent]:
    """An agent below a path, which may be ended."""
    with agent_in(tmp_path / "aster", model.url, '[gateway]\nbase_path = "/my/agent"\n') as agent:
        yield agent


@pytest.fixture
def page(whole_browser: Browser, agent: Agent) -> Iterator[Page]:
    """A page of a browser that could install it."""
    context = whole_browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(agent.link())
    page.wait_for_url(f"{agent.url}/")
    expect(page.get_by_role("textbox", name="Message to Aster")).to_be_visible()
    page.evaluate(CONTROLLED)
    yield page
    context.close()


def test_a_browser_may_install_it(page: Page) -> None:
    devtools: Any = page.context.new_cdp_session(page)
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["manifest"]["startUrl"] == page.url
    assert manifest["manifest"]["scope"] == page.url
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [each["errorId"] for each in errors] == ["in-incognito"]  # as every browser of a test is
    icons = page.evaluate(
        """async () => {
            const address = document.querySelector("link[rel=manifest]").href;
            const { icons } = await (await fetch(address)).json();
            const size = async ({ src }) => {
                const { width, height } = await createImageBitmap(await (await fetch(new URL(src, address))).blob());
                return `${width}x${height}`;
            };
            return Promise.all(icons.map(async (icon) => [icon.purpose, icon.sizes, await size(icon)]));
        }"""
    )
    assert sorted(icons) == [
        ["any", "192x192", "192x192"],
        ["any", "512x512", "512x512"],
        ["maskable", "192x192", "192x192"],
        ["maskable", "512x512", "512x512"],
    ]


def test_it_starts_while_the_agent_is_away_and_goes_on_when_it_is_back(
    page: Page, agent: Agent, model: Model
) -> None:
    field = page.get_by_role("textbox", name="Message to Aster")
    field.fill("Is anybody there?")
    field.press("Enter")
    expect(page.get_by_role("article").last).to_have_attribute("aria-busy", "false")
    page.goto(f"{agent.url}/#/s/costs")
    expect(page.get_by_role("region", name="Costs")).to_be_visible()
    kept = page.evaluate(KEPT)
    assert "/my/agent/" in kept
    assert [path for path in kept if path != "/my/agent/" and not path.startswith("/my/agent/assets/")] == []

    agent.end()
    page.goto("about:blank")
    page.goto(f"{agent.url}/")
    banner = page.get_by_role("status").filter(has_text="Not connected. What you write is kept here.")
    expect(banner).to_contain_text("Try")
    page.get_by_role("textbox", name="Message").fill("Later then")
    assert page.evaluate("fetch('/my/agent/api/config').then(() => 'there', () => 'away')") == "away"

    agent.start()
    banner.get_by_role("button", name="Try now").click()
    expect(banner).to_have_count(0)
    expect(page.get_by_role("textbox", name="Message to Aster")).to_have_value("Later then")
