"""What an answer changed in files is seen, and undone, in a real browser."""

from playwright.sync_api import expect

from tests.browser.agent import Agent, Model
from tests.browser.window import Window

PATH = "documents/shopping.md"


def test_what_was_changed_is_shown_and_can_be_undone(window: Window, agent: Agent, model: Model) -> None:
    page = window.page
    home = agent.place.home
    (home / "documents").mkdir(exist_ok=True)
    (home / PATH).write_text("milk\nbread\ncheese\n", encoding="utf-8")
    edit = {"file_path": PATH, "old_string": "bread", "new_string": "rye bread\nbutter"}
    long = {"path": "projects/list.md", "content": "".join(f"line {n}\n" for n in range(60))}
    model.script(
        {"say": ["I change it. "], "calls": [{"name": "Edit", "input": edit}]},
        {"calls": [{"name": "FileWrite", "input": long}]},
        {"say": ["Rye it is."]},
    )
    window.ask("I want rye bread")
    answer = window.turns.last
    diff = answer.get_by_role("figure", name="Changes: 2 lines added, 1 removed")
    expect(diff.locator("del")).to_have_text("-bread\n")
    expect(diff.locator("ins")).to_have_text(["+rye bread\n", "+butter\n"])
    expect(diff).to_contain_text(" milk")

    # a long one is folded
    folded = answer.get_by_role("figure", name="Changes: 60 lines added, 0 removed")
    expect(folded.locator("ins")).to_have_count(15)
    folded.get_by_role("button", name="Show all 61 lines").click()
    expect(folded.locator("ins")).to_have_count(60)
    folded.get_by_role("button", name="Show less").click()

    # read again from the stored messages it is the same
    page.reload()
    expect(diff.locator("ins")).to_have_text(["+rye bread\n", "+butter\n"])

    # the list comes first, then it is put back, and that back again
    answer.get_by_role("button", name="Undo").click()
    sheet = page.get_by_role("dialog", name="Undo what was done to files")
    expect(sheet.get_by_role("heading", name="Would be put back")).to_be_visible()
    expect(sheet.get_by_role("listitem")).to_contain_text([PATH, "projects/list.md"])
    assert (home / PATH).read_text() == "milk\nrye bread\nbutter\ncheese\n"
    sheet.get_by_role("button", name="Put back", exact=True).click()
    expect(sheet.get_by_role("heading", name="Put back", exact=True)).to_be_visible()
    assert (home / PATH).read_text() == "milk\nbread\ncheese\n"
    assert not (home / "projects/list.md").exists()
    sheet.get_by_role("button", name="Undo this").click()
    expect(sheet.get_by_role("listitem").nth(1)).to_contain_text("as it was")
    assert (home / PATH).read_text() == "milk\nrye bread\nbutter\ncheese\n"
    sheet.get_by_role("button", name="Close").click()

    # what a person has written since stays
    (home / PATH).write_text("nothing\n", encoding="utf-8")
    answer.get_by_role("button", name="Undo").click()
    expect(sheet.get_by_role("heading", name="Would stay as they are")).to_be_visible()
    expect(sheet.get_by_text("it was changed after the turn")).to_be_visible()
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
