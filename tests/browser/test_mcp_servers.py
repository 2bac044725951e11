"""Servers of the Model Context Protocol in the page: one that runs, one that cannot."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

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


def unlocked(window: Window, agent: Agent, place: str) -> Page:
    """A place of the settings, whose page was unlocked."""
    page = window.page
    window.go(place)
    page.get_by_role("button", name="Unlock…").click()
    page.get_by_label("Code").fill(agent.code())
    page.keyboard.press("Enter")
    expect(page.get_by_text("Unlocked: this page")).to_be_visible()
    return page


def keep(page: Page) -> None:
    """Keep what was changed, and wait until it is."""
    button = page.get_by_role("button", name="Keep ")
    button.click()
    expect(button).to_have_count(0)


def add_rule(page: Page, tool: str, decision: str) -> Locator:
    page.get_by_role("button", name="Add one").click()
    rule = page.get_by_role("list", name="Rules").locator("> li").last
    expect(rule.get_by_label("Tool")).to_be_focused()
    rule.get_by_label("Tool").fill(tool)
    rule.get_by_label("Decision").select_option(decision)
    return rule


def test_rules_are_added_ordered_and_deleted_in_the_page_and_decide_at_once(
    window: Window, agent: Agent, model: Model, complaints: list[str]
) -> None:
    page = unlocked(window, agent, "#/s/settings/permissions")
    rules = page.get_by_role("list", name="Rules").locator("> li")
    add_rule(page, "Ech", "allow")
    add_rule(page, "Bash", "allow").get_by_label("Pattern").fill("git *")
    add_rule(page, "FileWrite", "deny").get_by_label("Decision").press("Alt+ArrowUp")
    expect(rules.nth(1).get_by_label("Decision")).to_be_focused()
    expect(page.get_by_text("Number 3 is number 2 now, of 3.")).to_be_attached()
    rules.nth(1).get_by_role("button", name="Move number 2 up").click()
    expect(rules.nth(0).get_by_label("Tool")).to_have_value("FileWrite")
    page.get_by_role("button", name="Keep ").click()
    expect(rules.nth(1).get_by_role("alert")).to_contain_text("there is no tool 'Ech'")
    assert violations(page) == []
    rules.nth(1).get_by_role("button", name="Delete number 2").click()
    expect(rules.nth(1).get_by_role("button", name="Delete number 2")).to_be_focused()
    page.get_by_label("Name of another one").fill("Edit")
    page.keyboard.press("Enter")
    page.get_by_label("Edit", exact=True).select_option("deny")
    keep(page)
    told = [(rule["tool"], rule["decision"]) for rule in agent.get("/api/permissions")["rules"]]
    assert told == [("FileWrite", "deny"), ("Bash", "allow"), ("Edit", "deny")]

    window.go()
    call = {"name": "FileWrite", "input": {"path": "a.md", "content": "x"}, "id": "w"}
    model.script({"calls": [call]}, {"say": "I may not."})
    window.ask("write it")
    assert not (agent.place.home / "a.md").exists()
    agent.change(permissions=None)
    complaints.clear()  # the browser tells of the 400


def test_a_server_is_added_and_deleted_in_the_page(
    window: Window, agent: Agent, complaints: list[str]
) -> None:
    page = unlocked(window, agent, "#/s/settings/mcp")
    page.get_by_label("Name of another one").fill("mine")
    page.get_by_role("button", name="Add", exact=True).click()
    added = page.locator("details").filter(has_text="not kept yet")
    added.get_by_label("Address").fill("nowhere")
    page.get_by_role("button", name="Keep ").click()
    expect(added.get_by_role("alert")).to_contain_text("must be an address that begins with http")
    added.get_by_label("Address").fill("")
    added.get_by_label("Command").fill(sys.executable)
    added.get_by_label("Args").fill(str(FAKE))
    added.get_by_label("Env").fill("TOKEN = $MINE")
    keep(page)
    assert violations(page) == []
    values = agent.get("/api/settings/state")["values"]
    assert values["mcp.servers.mine.env"] == {"TOKEN": "$MINE"}

    page.get_by_role("link", name="All servers").click()
    mine = page.get_by_role("list", name="MCP servers").locator("> li").filter(has_text="mine")
    expect(mine.get_by_role("status")).to_contain_text("MINE")  # tried at once, without it
    agent.keep_secret("MINE", "a secret of mine")
    mine.get_by_role("button", name="Connect again").click()
    expect(mine).to_contain_text("20 tools")

    page.get_by_role("link", name="Add, change and delete servers").click()
    summary = page.locator("summary").filter(has_text="mine")
    summary.click()
    details = page.locator("details").filter(has=summary)
    details.get_by_role("button", name="Delete").click()
    details.get_by_role("button", name="Delete mine").click()
    keep(page)
    expect(summary).to_have_count(0)
    complaints.clear()  # the browser tells of the 400
