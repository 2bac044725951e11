"""Hooks, as they are seen in the page."""

from playwright.sync_api import BrowserContext, expect

from tests.browser.agent import Agent
from tests.browser.conftest import open_window

HOOK = '+++\nname = "looks"\nevent = "Stop"\ncommand = "echo it looked >&2; exit 3"\n+++\n'


def test_which_hooks_there_are_and_what_came_of_them(
    context: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    folder = agent.place.inside / "hooks"
    for name, text in (("looks", HOOK), ("torn", "+++\n")):
        (folder / name).mkdir(parents=True)
        (folder / name / "HOOK.md").write_text(text)
    window = open_window(context, agent, complaints, "#/s/hooks")
    page = window.page
    listed = page.get_by_role("list", name="Hooks").get_by_role("listitem")
    expect(listed.filter(has_text="looks")).to_contain_text("It is called.")
    expect(listed.filter(has_text="torn")).to_contain_text("It cannot be used: missing closing +++.")

    agent.run_job("brief")
    calls = page.get_by_role("list", name="Calls of hooks").get_by_role("listitem")
    expect(calls.first).to_contain_text("looks failed: it ended with status 3")
    expect(calls.first).to_contain_text("it looked")
    looks = (
        page.get_by_role("list", name="Hooks", exact=True).get_by_role("listitem").filter(has_text="looks")
    )
    looks.get_by_role("button", name="Switch off").click()
    page.get_by_label("Code").fill(agent.code())
    page.keyboard.press("Enter")
    expect(looks).to_contain_text("It is not called: [hooks] disabled names it.")
    looks.get_by_role("button", name="Switch on").click()
    expect(looks).to_contain_text("It is called.")
    agent.change(**{"hooks.disabled": None})
    complaints.clear()  # the browser tells of what took a code
    page.set_viewport_size({"width": 390, "height": 844})
    desk = page.locator(".desk")
    assert desk.evaluate("each => each.scrollWidth <= each.clientWidth")

    for name in ("looks", "torn"):
        (folder / name / "HOOK.md").unlink()
    expect(page.get_by_text("None yet.")).to_be_visible()
