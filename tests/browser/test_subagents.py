"""A subagent, from the call that started it to its conversation and back."""

from playwright.sync_api import expect

from tests.browser.agent import Model
from tests.browser.window import Window


def test_the_call_leads_to_the_conversation_of_its_subagent_and_that_back(
    window: Window, model: Model
) -> None:
    call = {"description": "Look behind the door", "prompt": "What is behind the door?"}
    model.script(
        {"say": ["I ask. "], "calls": [{"name": "Agent", "input": call}]},
        {"say": ["A cupboard."]},
        {"say": ["There is a cupboard."]},
    )
    window.ask("Is there a cupboard?")
    page, asked = window.page, window.place
    window.tool("Agent").click()
    page.get_by_role("link", name="Read its conversation").click()
    expect(page.get_by_role("heading", name="Look behind the door")).to_be_visible()
    expect(window.turns).to_have_count(1)
    expect(window.turns.first).to_contain_text("What is behind the door?")
    expect(window.turns.first).to_contain_text("A cupboard.")
    expect(window.field).to_have_count(0)
    expect(page.get_by_text("A subagent has worked here")).to_be_visible()
    expect(window.turns.first.get_by_role("button", name="Copy answer")).to_have_count(1)
    for said in ("Answer again", "Answer again with another model", "Edit your message"):
        expect(window.turns.first.get_by_role("button", name=said, exact=True)).to_have_count(0)
    expect(page.get_by_role("main").get_by_role("combobox")).to_have_count(0)
    listed = page.get_by_role("navigation", name="Conversations").get_by_role("link")
    asking = listed.filter(has_text="Is there a cupboard?")
    expect(asking).to_be_visible()
    expect(listed.filter(has_text="Look behind the door")).to_have_count(0)
    expect(asking.filter(has_text="at work")).to_have_count(
        0
    )  # others may be: the agent is that of all tests
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("link", name="Back to who asked it").click()
    expect(window.turns.last).to_contain_text("There is a cupboard.")
    assert window.place == asked
