"""An answer is given again, a message said in another way, and one of the versions chosen, in a real browser."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.agent import Agent, Model
from tests.browser.conftest import open_window
from tests.browser.window import Window


def versions(turn: Locator) -> Locator:
    return turn.get_by_role("group", name=re.compile("Version"))


def test_versions_stand_beside_each_other(
    window: Window, agent: Agent, model: Model, complaints: list[str]
) -> None:
    model.script({"say": "one"}, {"say": "two"}, {"say": "two again"}, {"say": "uno"}, {"say": "three"})
    page, turns = window.page, window.turns
    window.ask("first")
    window.ask("second")

    # an answer is given again
    turns.last.get_by_role("button", name="Answer again", exact=True).click()
    expect(turns.last).to_contain_text("two again")
    expect(turns).to_have_count(2)
    expect(turns.last.get_by_role("group", name="Version 2 of 2")).to_be_visible()

    # with the keyboard alone the other version is shown, and what has the focus says which
    previous = turns.last.get_by_role("button", name="Previous version")
    previous.focus()
    page.keyboard.press("Enter")
    expect(turns.last.get_by_role("group", name="Version 1 of 2")).to_be_visible()
    expect(turns.last).not_to_contain_text("two again")
    expect(turns.last.get_by_role("button", name="Next version")).to_be_focused()

    # any message is said in another way; Escape leaves it
    edit = turns.first.get_by_role("button", name="Edit your message")
    edit.focus()
    page.keyboard.press("Enter")
    field = turns.first.get_by_role("textbox", name="Your message")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(edit).to_be_focused()
    page.keyboard.press("Enter")
    field.fill("primero")
    field.press("Enter")
    expect(turns).to_have_count(1)
    expect(turns.last).to_contain_text("uno")
    window.answered()

    # another window shows the same, and hears of what is chosen in this one
    other = open_window(page.context, agent, complaints, window.place)
    expect(versions(other.turns.first)).to_have_attribute("aria-label", "Version 2 of 2")
    turns.first.get_by_role("button", name="Previous version").click()
    for each in (window, other):
        expect(each.turns).to_have_count(2)
        expect(each.turns.first).to_contain_text("first")
        expect(each.turns.last).to_contain_text("two")
    other.page.close()

    # what is chosen is gone on from, and a reload shows it
    window.ask("third")
    page.reload()
    expect(turns).to_have_count(3)
    expect(turns.last).to_contain_text("three")
    expect(versions(turns.first)).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_arrow_up_in_the_empty_field_edits_what_was_said_last(window: Window, model: Model) -> None:
    model.script({"say": "one"}, {"say": "two"}, {"say": "dos"})
    page, turns = window.page, window.turns
    window.field.press("ArrowUp")
    expect(window.field).to_have_value("")
    window.ask("first")
    window.ask("second")
    window.field.fill("half a thought")
    window.field.press("ArrowUp")
    expect(turns.last.get_by_role("textbox", name="Your message")).to_have_count(0)
    window.field.fill("")
    window.field.press("ArrowUp")
    field = turns.last.get_by_role("textbox", name="Your message")
    expect(field).to_be_focused()
    expect(field).to_have_value("second")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    window.field.press("ArrowUp")
    field.fill("segundo")
    field.press("Enter")
    expect(turns.last).to_contain_text("dos")
    window.answered()
    expect(turns).to_have_count(2)
    expect(versions(turns.last)).to_have_attribute("aria-label", "Version 2 of 2")
