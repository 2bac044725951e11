"""The mesh and the traces of turns, as they are seen."""

import re

from playwright.sync_api import BrowserContext, expect

from tests.browser.agent import Agent, Model
from tests.browser.conftest import open_window
from tests.browser.window import Window

ACTORS = ("session", "persona", "llm", "tools", "conversation", "conductor", "gateway")
SECRET = "a-sentence-nobody-else-may-read"


def test_the_mesh_shows_every_actor_and_what_passes_between_them(
    window: Window, context: BrowserContext, agent: Agent, model: Model, complaints: list[str]
) -> None:
    mesh = open_window(context, agent, complaints, "#/s/mesh")
    for name in ACTORS:
        row = mesh.page.locator(".actor").filter(has=mesh.page.get_by_text(name, exact=True))
        expect(row).to_contain_text("ready")
        expect(row).to_contain_text("0 restarts")

    model.script({"say": SECRET})
    window.ask(SECRET)
    messages = mesh.page.get_by_role("list", name="Messages, newest first").get_by_role("listitem")
    expect(messages.filter(has_text="llm.Complete").first).to_contain_text("conversation")
    mesh.page.get_by_role("searchbox", name="Filter messages").fill("llm.complete")
    expect(messages.filter(has_not_text="llm.Complete")).to_have_count(0)
    expect(messages.first).to_contain_text("llm.Complete")
    assert SECRET not in mesh.page.locator("main").inner_text()
    flows = mesh.page.locator(".flow .stream")  # which come and go; this browser asks for little motion
    moving = flows.evaluate_all(
        "all => all.filter(each => getComputedStyle(each).animationName !== 'none').length"
    )
    assert moving == 0
    assert mesh.page.locator("[aria-live]").filter(has_text=re.compile("waiting|/s")).count() == 0


def test_an_answer_leads_to_its_trace_with_times_tokens_and_cost(
    window: Window, agent: Agent, model: Model
) -> None:
    (agent.place.home / "trace.md").write_text("traced")
    model.script(
        {"calls": [{"name": "FileRead", "input": {"path": "trace.md"}}], "tokens": {"input": 1500}},
        {"say": SECRET, "delay": 0.2},
    )
    window.ask("Trace this")
    window.turns.last.get_by_role("link", name="Trace").click()
    steps = window.page.get_by_role("region", name="Trace").get_by_role("list").first.get_by_role("listitem")
    expect(steps).to_have_count(4)
    for step, words in enumerate(("Message", "Answer 1", "FileRead", "Answer 2")):
        expect(steps.nth(step)).to_contain_text(words)
    expect(steps.nth(1)).to_contain_text("1.5k in")
    expect(steps.nth(3)).to_contain_text("s")
    expect(window.page.get_by_text("llm.Complete").first).to_be_visible()
    assert SECRET not in window.page.locator("main").inner_text()
    window.page.get_by_role("link", name="Conversation", exact=True).click()
    expect(window.turns.last).to_contain_text(SECRET)


def test_a_trace_of_nothing_says_so(window: Window, complaints: list[str]) -> None:
    window.go("#/s/mesh/trace/no-such-turn")
    expect(window.page.get_by_text("There is no such turn.")).to_be_visible()
    complaints.clear()  # the browser tells of the 404
