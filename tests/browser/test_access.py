"""Who may see the page: whoever opened it with a link of the agent or signed in with a key, and nobody else."""

import re
import sqlite3
from contextlib import closing

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.agent import Agent, Model
from tests.browser.window import SIGN_IN, Window


def open_with_a_link(context: BrowserContext, agent: Agent) -> Page:
    page = context.new_page()
    page.goto(agent.link())
    page.wait_for_url(f"{agent.url}/")
    page.goto(f"{agent.url}/#/s/mesh")
    expect(page.get_by_role("heading", name="Mesh", exact=True)).to_be_visible()
    return page


def forget_devices(agent: Agent) -> None:
    """Sign every browser out, while no daemon runs."""
    with closing(sqlite3.connect(agent.place.inside / "db" / "users.db")) as connection, connection:
        connection.execute("DELETE FROM devices")


def test_a_link_opens_the_page_and_leaves_no_code_behind(stranger: BrowserContext, agent: Agent) -> None:
    page = open_with_a_link(stranger, agent)
    assert page.url == f"{agent.url}/#/s/mesh"
    page.reload()
    expect(page.get_by_role("heading", name="Mesh", exact=True)).to_be_visible()


def test_without_a_link_the_page_says_how_to_get_one_and_goes_on_when_it_was_opened(
    stranger: BrowserContext, agent: Agent
) -> None:
    page = stranger.new_page()
    page.goto(agent.url)
    expect(page.get_by_role("heading", name=SIGN_IN)).to_be_visible()
    expect(page.locator("main")).to_contain_text("starpod open")
    expect(page.get_by_role("textbox")).to_have_count(1)
    expect(page.get_by_role("main").get_by_role("status")).to_have_text(
        ""
    )  # there is nothing that would be kept
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name=SIGN_IN)).to_be_visible()

    open_with_a_link(stranger, agent)
    page.evaluate("dispatchEvent(new Event('focus'))")  # as somebody comes back to this window
    expect(page.get_by_role("textbox", name="Message to Aster")).to_be_visible()


def test_an_agent_that_forgets_its_devices_takes_no_draft_and_no_message_along(
    window: Window, context: BrowserContext, agent: Agent, model: Model, complaints: list[str]
) -> None:
    model.script({"say": "Good day."}, {"say": "Here as well."})
    window.ask("Hello")
    agent.end()
    try:
        expect(window.page.get_by_text("Offline", exact=True)).to_be_visible()
        window.say("Are you there?")
        window.field.fill("half a th")
        forget_devices(agent)
    finally:
        agent.start()
    window.page.evaluate("dispatchEvent(new Event('online'))")
    expect(window.page.get_by_role("heading", name=SIGN_IN)).to_be_visible()
    expect(window.page.get_by_role("main").get_by_role("status")).to_contain_text(
        "a message goes out then by itself"
    )

    open_with_a_link(context, agent)
    window.page.evaluate("dispatchEvent(new Event('focus'))")  # if it did not come back by itself
    expect(window.turns).to_have_count(2)
    window.answered()
    expect(window.turns.last).to_contain_text(re.compile("Here as well"))
    expect(window.field).to_have_value("half a th")
    complaints.clear()  # the browser tells of each 401
