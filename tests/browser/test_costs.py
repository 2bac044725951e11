"""The costs, as an admin and somebody else see them."""

from playwright.sync_api import BrowserContext, expect

from tests.browser.agent import Agent
from tests.browser.conftest import open_window
from tests.browser.test_people import signed_in
from tests.browser.window import Window


def test_what_was_used_is_shown_to_an_admin_of_all_and_to_others_their_own(
    window: Window, stranger: BrowserContext, context: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    window.ask("Hello.")
    page = open_window(context, agent, complaints, "#/s/costs/7d").page
    expect(page.get_by_role("heading", name="Everybody")).to_be_visible()
    page.get_by_role("button", name="Tokens", exact=True).click()
    expect(page.get_by_role("img", name="Tokens of each day")).to_be_visible()
    models = page.get_by_role("table", name="Models").get_by_role("row").filter(has_text="test-model")
    expect(models).to_contain_text("unknown")
    expect(page.get_by_role("progressbar", name="Tokens used of the day's limit")).to_be_visible()
    page.get_by_role("button", name="Cost", exact=True).click()
    expect(page.get_by_role("img", name="Cost of each day")).to_be_visible()
    page.get_by_text("The days as a table").click()
    expect(page.get_by_role("table", name="Days").get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="All").click()
    expect(page.get_by_role("link", name="All")).to_have_attribute("aria-current", "page")

    key = agent.add_user("rosalind")
    theirs = signed_in(stranger, agent, complaints, key, "#/s/costs").page
    expect(theirs.get_by_text("No model was asked for anything in this period.")).to_be_visible()
    theirs.set_viewport_size({"width": 390, "height": 800})
    assert theirs.evaluate("document.documentElement.scrollWidth") == 390
