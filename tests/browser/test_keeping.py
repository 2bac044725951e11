"""Conversations are kept in order: pinned, labelled, searched, saved, deleted and brought back."""

import json
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

from tests.browser.agent import Agent, Model
from tests.browser.test_conversation import a_picture
from tests.browser.window import Window


def choose(window: Window, title: str, item: str) -> None:
    """Choose from the menu of a conversation above it."""
    window.page.get_by_role("main").get_by_role("button", name=f"More about {title}").click()
    window.page.get_by_role("menuitem", name=item).click()


def listed(window: Window, title: str) -> Locator:
    return window.page.get_by_role("navigation").get_by_role("link", name=title)


def test_a_conversation_is_pinned_labelled_put_aside_deleted_and_brought_back(window: Window) -> None:
    window.ask("About wombats")
    choose(window, "About wombats", "Pin")
    pinned = window.page.get_by_role("region", name="Pinned")
    expect(pinned.get_by_role("link", name="About wombats")).to_be_visible()
    choose(window, "About wombats", "Labels")
    window.page.get_by_role("textbox", name="New label").fill("animals")
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_role("button", name="Take off animals")).to_be_visible()
    window.page.get_by_role("button", name="Close").click()
    which = window.page.get_by_role("combobox", name="Which conversations")
    which.select_option(label="animals (1)")
    expect(window.page.get_by_role("navigation").locator(".session")).to_have_count(1)
    choose(window, "About wombats", "Archive")
    expect(listed(window, "About wombats")).to_have_count(0)
    which.select_option(label="Archive")
    expect(listed(window, "About wombats")).to_be_visible()
    choose(window, "About wombats", "Back to the list")
    which.select_option(label="All conversations")
    choose(window, "About wombats", "Delete")
    expect(listed(window, "About wombats")).to_have_count(0)
    expect(window.turns).to_have_count(0)
    window.page.get_by_role("button", name="Undo").click()
    listed(window, "About wombats").click()
    expect(window.turns).to_have_count(1)


def test_a_message_is_found_and_shown_in_place_and_a_conversation_is_saved(window: Window) -> None:
    window.ask("About numbats and their diet of termites")
    for number in range(3):
        window.ask(f"More of that, {number}\n" + "line\n" * 30)
    window.page.keyboard.press("Control+Shift+O")
    expect(window.turns).to_have_count(0)
    expect(window.field).to_be_focused()
    window.page.keyboard.press("Control+K")
    expect(window.page.get_by_role("searchbox")).to_be_focused()
    window.page.keyboard.type("termi")
    hits = window.page.get_by_role("region", name="In messages")
    expect(hits.locator("mark").first).to_have_text("termites")
    hits.get_by_role("link").last.click()
    expect(window.turns.first).to_be_focused()
    expect(window.turns.first).to_be_in_viewport()
    window.page.wait_for_function("CSS.highlights.get('sought')?.size >= 1")
    with window.page.expect_download() as download:
        choose(window, "About numbats", "Save as JSON")
    assert download.value.suggested_filename.endswith(".json")
    saved = json.loads(Path(download.value.path()).read_text())
    assert [each["role"] for each in saved["messages"]] == ["user", "assistant"] * 4


def test_a_conversation_that_was_saved_as_a_page_is_read_without_the_agent(
    window: Window, agent: Agent, model: Model, browser: Browser, tmp_path: Path
) -> None:
    (agent.place.home / "wide.png").write_bytes(a_picture(400, 200))
    model.script(
        {"calls": [{"name": "Attach", "input": {"path": "wide.png"}}]},
        {
            "say": "**Here** it is. ![x](https://tracker.example/x.png) <script>document.title = 'run'</script>"
        },
    )
    window.ask("Show me wombats")
    with window.page.expect_download() as download:
        choose(window, "Show me wombats", "Save as a page")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.suffix == ".html"
    alone = browser.new_context(viewport={"width": 390, "height": 800}, java_script_enabled=False)
    page, said, asked = alone.new_page(), list[str](), list[str]()
    page.on("console", lambda each: said.append(each.text))
    page.on("request", lambda each: asked.append(each.url))
    page.goto(file.as_uri())
    expect(page).to_have_title("Show me wombats")
    expect(page.locator("strong")).to_have_text("Here")
    expect(page.get_by_role("img", name="wide.png")).to_have_js_property("naturalWidth", 400)
    page.get_by_text("Attach", exact=True).click()
    expect(page.get_by_text('"path": "wide.png"')).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert said == []
    assert [each for each in asked if not each.startswith("data:")] == [file.as_uri()]
    alone.close()
