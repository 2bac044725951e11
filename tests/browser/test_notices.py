"""What jobs have to say reaches whoever has the page open, and is found by whoever comes later."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.agent import Agent, Model, agent_in
from tests.browser.conftest import open_window
from tests.browser.window import Window


@pytest.fixture(scope="module")
def agent(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """One whose jobs are no other test's."""
    with agent_in(tmp_path_factory.mktemp("jobs") / "aster", model.url) as agent:
        yield agent


def test_the_end_of_a_job_is_told_and_leads_to_its_conversation(
    window: Window, agent: Agent, model: Model
) -> None:
    page = window.page
    window.ask("hello")
    model.script({"say": "All is **well**."}, {"status": 401})
    agent.run_job("brief")
    agent.run_job("watch")
    notices = page.get_by_role("status").locator(".toast")
    expect(notices).to_have_count(2)
    expect(notices.first).to_contain_text("brief")
    expect(notices.first).to_contain_text("All is **well**.")
    expect(notices.last).to_contain_text("watch failed")

    row = page.get_by_role("navigation").get_by_role("link").filter(has_text="job brief")
    expect(row).to_contain_text("unread")
    expect(page).to_have_title("(2) hello · Aster")
    notices.first.get_by_role("link", name="Open the conversation of brief").click()
    expect(window.turns.last).to_contain_text("All is well.")
    expect(notices).to_have_count(1)
    expect(row).not_to_contain_text("unread")
    expect(page).to_have_title("(1) sum up · Aster")

    page.keyboard.press("Escape")
    expect(notices).to_have_count(0)
    model.script({"say": "None came."})
    window.ask("And mail?")
    expect(window.turns.last).to_contain_text("None came.")
    page.reload()
    expect(window.turns).to_have_count(2)
    expect(row).not_to_contain_text("unread")


def test_what_was_told_while_nobody_looked_is_found_later_and_not_told_again(
    context: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    agent.run_job("nightly")
    window = open_window(context, agent, complaints)
    row = window.page.get_by_role("navigation").get_by_role("link").filter(has_text="job nightly")
    expect(row).to_contain_text("unread")
    expect(window.page.locator(".toast")).to_have_count(0)


def test_a_conversation_that_somebody_looks_at_needs_no_notice_and_is_read(
    window: Window, agent: Agent, complaints: list[str], context: BrowserContext
) -> None:
    begun = agent.run_job("hourly", session_mode="main")
    window.go(f"#/chat/{begun}")
    expect(window.turns).to_have_count(1)
    assert agent.run_job("hourly") == begun
    expect(window.turns).to_have_count(2)
    other = agent.run_job("other")
    expect(window.page.locator(".toast")).to_have_count(1)
    row = window.page.get_by_role("navigation").get_by_role("link").filter(has_text="job hourly")
    expect(row).not_to_contain_text("unread")
    assert [each["is_read"] for each in agent.get("/api/sessions") if each["id"] == other] == [False]
