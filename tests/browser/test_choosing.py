"""Which model answers: chosen below the field, kept with the conversation, shown wherever it is open."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.agent import Agent
from tests.browser.conftest import open_window
from tests.browser.window import Window

USUAL, THINKER = "anthropic/test-model", "anthropic/claude-sonnet-4-6"


@pytest.fixture
def two(agent: Agent) -> Iterator[None]:
    """Two models, of which one can be told how much to think."""
    agent.change(models=[USUAL, THINKER])
    yield
    agent.change(models=None)


@pytest.mark.usefixtures("two")
def test_a_model_is_chosen_for_a_conversation_and_every_page_shows_it(
    window: Window, context: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    model, effort = (window.page.get_by_role("combobox", name=name) for name in ("Model", "Effort"))
    expect(effort).to_have_count(0)  # the usual one cannot be told
    model.select_option(THINKER)
    effort.select_option(label="High effort")
    window.ask("Hello.")
    chosen = window.page.get_by_title("Chosen for this conversation")
    expect(chosen).to_have_text("claude-sonnet-4-6 · high effort")
    expect(window.figures).to_contain_text("claude-sonnet-4-6")

    other = open_window(context, agent, complaints, window.place).page
    expect(other.get_by_title("Chosen for this conversation")).to_have_text("claude-sonnet-4-6 · high effort")
    other.get_by_role("combobox", name="Model").select_option("")
    expect(chosen).to_have_count(0)  # told, not asked for
    window.ask("And now?")
    expect(window.figures).to_contain_text("test-model")
    window.page.set_viewport_size({"width": 390, "height": 800})
    other.get_by_role("combobox", name="Model").select_option(THINKER)
    expect(chosen).to_be_visible()
    assert window.page.evaluate("document.documentElement.scrollWidth") == 390
