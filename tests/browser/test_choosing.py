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
    expect(chosen).to_have_text("claude-sonnet-4-6 · High effort")
    expect(window.figures).to_contain_text("claude-sonnet-4-6")

    other = open_window(context, agent, complaints, window.place).page
    expect(other.get_by_title("Chosen for this conversation")).to_have_text("claude-sonnet-4-6 · High effort")
    other.get_by_role("combobox", name="Model").select_option("")
    expect(chosen).to_have_count(0)  # told, not asked for
    window.ask("And now?")
    expect(window.figures).to_contain_text("test-model")
    window.page.set_viewport_size({"width": 390, "height": 800})
    other.get_by_role("combobox", name="Model").select_option(THINKER)
    expect(chosen).to_be_visible()
    assert window.page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.usefixtures("two")
def test_a_chosen_model_that_is_gone_is_shown_as_such(window: Window, agent: Agent) -> None:
    page = window.page
    page.get_by_role("combobox", name="Model").select_option(THINKER)
    window.ask("Hello.")
    agent.change(models=[USUAL])
    page.reload()
    expect(page.get_by_title(f"{THINKER} was chosen for this conversation")).to_contain_text("is not offered")
    expect(page.get_by_role("combobox", name="Model")).to_contain_text(f"Not offered any more: {THINKER}")
    for question, times in (("Who is there?", 1), ("And now?", 0)):
        window.ask(question)
        expect(window.turns.last.get_by_text("is not offered any more; the usual model")).to_have_count(times)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.usefixtures("two")
def test_the_menu_of_models_fits_on_a_phone(window: Window) -> None:
    window.ask("Hello.")
    window.page.set_viewport_size({"width": 390, "height": 800})
    window.turns.last.get_by_role("button", name="Answer again with another model").click()
    menu = window.turns.last.get_by_role("list", name="Models").bounding_box()
    assert menu is not None
    assert menu["x"] >= 0
    assert menu["x"] + menu["width"] <= 390
