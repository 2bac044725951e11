"""Servers of the Model Context Protocol in the page: one that runs, one that cannot."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.agent import Agent, Model, agent_in
from tests.browser.axe import violations
from tests.browser.window import Window

FAKE = Path(__file__).parents[1] / "fakes" / "mcp_server.py"


@pytest.fixture(scope="module")
def agent(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    settings = (
        f"[mcp.servers.good]\ncommand = {json.dumps(sys.executable)}\nargs = [{json.dumps(str(FAKE))}]\n"
        '[mcp.servers.bad]\ncommand = "/nowhere/at-all"\n'
    )
    with agent_in(tmp_path_factory.mktemp("mcp") / "aster", model.url, settings) as agent:
        yield agent


def test_servers_are_shown_with_their_tools_and_connected_again(window: Window, agent: Agent) -> None:
    page = window.page
    window.go("#/s/servers")
    rows = page.get_by_role("list", name="MCP servers").locator("> li")
    bad, good = rows.nth(0), rows.nth(1)
    expect(good).to_contain_text("not running: it is started when it is used")

    good.get_by_role("button", name="Connect again").click()
    expect(page.get_by_text("good answers and has 20 tools.")).to_be_visible()
    expect(good).to_contain_text("running")
    good.locator("summary").click()
    expect(good.get_by_role("listitem").filter(has_text="mcp__good__echo")).to_contain_text("only reads")
    expect(good.get_by_role("listitem").filter(has_text="mcp__good__write")).to_contain_text(
        "may change things"
    )

    bad.get_by_role("button", name="Connect again").click()
    expect(bad).to_contain_text("could not be used")
    expect(bad.get_by_role("status")).to_contain_text("No such file or directory")


def test_where_there_is_none_an_example_that_is_good_can_be_copied(window: Window, agent: Agent) -> None:
    page, file = window.page, agent.place.settings
    before = file.read_text(encoding="utf-8")
    rest = before.partition("[mcp.servers.good]")[0]
    try:
        file.write_text(rest, encoding="utf-8")
        window.go("#/s/servers")
        example = page.get_by_role("region", name="An example")
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        example.get_by_role("button", name="Copy the example").click()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert violations(page) == []
        file.write_text(f"{rest}\n{copied}", encoding="utf-8")
        rows = page.get_by_role("list", name="MCP servers").locator("> li")
        expect(rows).to_contain_text(["files", "issues"])
        expect(example).to_have_count(0)
    finally:
        file.write_text(before, encoding="utf-8")
    expect(page.get_by_role("list", name="MCP servers")).to_contain_text("good")
