"""The page without a mouse, and on a phone."""

from playwright.sync_api import Browser, Locator, expect

from tests.browser.agent import Agent, Model
from tests.browser.conftest import let_in, open_window
from tests.browser.window import PATIENCE, Window

HOLD_FRAMES = """() => {
    const [held, draw] = [[], requestAnimationFrame];
    window.requestAnimationFrame = (then) => held.push(then);
    window.release = () => {
        window.requestAnimationFrame = draw;
        held.forEach((then) => then(performance.now()));
    };
}"""
"""On a busy machine a frame may come after what somebody who is quick does next."""


def test_everything_can_be_done_from_the_keyboard(window: Window, agent: Agent, model: Model) -> None:
    (agent.place.home / "keys.md").write_text("by hand")
    model.script(
        {"calls": [{"name": "FileRead", "input": {"path": "keys.md"}}]}, {"say": "Read by keyboard."}
    )
    keys = window.page.keyboard
    expect(window.field).to_be_focused()
    keys.press("Escape")
    keys.type("Read it by keys")
    keys.press("Enter")
    window.answered()

    window.turns.last.get_by_role("link", name="Trace").focus()
    _tab_back_to(window, window.tool("FileRead"))
    keys.press("Enter")
    expect(window.page.get_by_role("region", name="Output")).to_contain_text("by hand")

    keys.press("?")
    sheet = window.page.get_by_role("dialog")
    expect(sheet).to_contain_text("Mesh, and back")
    keys.press("Escape")
    expect(sheet).to_be_hidden()

    here = window.place
    keys.press("Alt+m")
    expect(window.page.get_by_role("heading", name="Mesh", exact=True)).to_be_visible()
    keys.press("Alt+m")
    expect(window.turns.last).to_contain_text("Read by keyboard.")
    assert window.place == here

    keys.press("Control+Shift+O")
    expect(window.page.get_by_role("heading", name="New conversation")).to_be_visible()
    expect(window.field).to_be_focused()
    window.page.evaluate(HOLD_FRAMES)
    keys.press("Control+k")
    expect(window.page.get_by_role("searchbox", name="Search conversations")).to_be_focused()
    keys.type("Read it by keys")
    expect(window.page.get_by_role("link", name="Read it by keys").first).to_be_visible()
    expect(window.page.locator(".session")).to_have_count(1)
    keys.press("ArrowDown")
    window.page.evaluate("release()")
    keys.press("Enter")
    expect(window.turns.last).to_contain_text("Read by keyboard.")


def test_the_search_is_ready_for_the_next_key_wherever_the_list_is(window: Window, model: Model) -> None:
    model.script({"say": "Done."})
    window.ask("Findable")
    search = window.page.get_by_role("searchbox", name="Search conversations")
    window.page.keyboard.press("Control+k")
    window.page.keyboard.type("Find")  # no pause: people type at once
    expect(search).to_have_value("Find")
    expect(window.field).to_have_value("")
    search.fill("")

    window.page.set_viewport_size({"width": 600, "height": 800})  # the list is a drawer, and closed
    window.page.keyboard.press("Control+k")
    expect(search).to_be_focused()
    window.page.keyboard.press("Escape")
    expect(search).to_be_hidden()
    window.page.get_by_role("button", name="Show the list").press("Enter")
    expect(window.page.get_by_role("button", name="Hide the list")).to_be_focused()


def test_what_waits_says_so_at_once_where_little_motion_is_asked_for(window: Window, model: Model) -> None:
    model.script({"say": [f"word {n} " for n in range(200)], "gap": 0.1})
    window.say("Talk")
    expect(window.turns.last).to_contain_text("word 1")
    window.say("And more")
    note = window.page.locator(".prompt-note").last
    expect(note).to_contain_text("Received")
    window.page.wait_for_timeout(500)
    assert note.evaluate("element => getComputedStyle(element).opacity") == "1"
    window.page.keyboard.press("Escape")
    expect(window.turns.last).to_have_attribute("aria-busy", "false")


def test_changed_settings_are_seen_at_once(window: Window, agent: Agent) -> None:
    window.go("#/chat")
    for name in ("Beryl", None):
        agent.change(agent_name=name)
        expect(window.page.get_by_role("textbox", name=f"Message to {name or 'Aster'}")).to_be_visible()


def test_the_time_stands_beside_the_words_and_not_on_them(window: Window, model: Model) -> None:
    model.script({"say": "Indeed."})
    window.ask("many words " * 40)
    words, time = (window.turns.last.locator(f".prompt {part}").bounding_box() for part in (".words", "time"))
    room = window.turns.last.locator(".words").evaluate(
        "element => parseFloat(getComputedStyle(element).paddingRight)"
    )
    assert words is not None
    assert time is not None
    assert words["x"] + words["width"] - room <= time["x"]


def _tab_back_to(window: Window, target: Locator) -> None:
    for _ in range(30):
        window.page.keyboard.press("Shift+Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("the keyboard does not get there")


def test_a_phone_has_room_for_all_of_it(
    browser: Browser, agent: Agent, model: Model, complaints: list[str]
) -> None:
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, reduced_motion="reduce"
    )
    phone.set_default_timeout(PATIENCE)
    let_in(phone, agent)
    window = open_window(phone, agent, complaints)
    wide = "| " + " | ".join(f"column {n}" for n in range(12)) + " |\n|" + "---|" * 12
    model.script({"say": f"{'unbreakable' * 30}\n\n{wide}\n\n```\n{'x' * 300}\n```\n\nThe end."})
    window.ask("Something wide")
    expect(window.turns.last).to_contain_text("The end.")
    window.has_room()

    window.page.get_by_role("button", name="Show the list").tap()
    window.page.get_by_role("link", name="Mesh").tap()
    expect(window.page.get_by_role("list", name="Messages, newest first")).to_be_visible()
    window.has_room()
    window.page.get_by_role("list", name="Messages, newest first").get_by_role("link").first.tap()
    expect(window.page.get_by_role("heading", name="Steps")).to_be_visible()
    window.has_room()
    phone.close()
