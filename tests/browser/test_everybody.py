"""Every section with something in it: read out in both themes, enlarged, clearer, from right to left."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.agent import Agent, Model, agent_in
from tests.browser.axe import violations
from tests.browser.conftest import let_in
from tests.browser.window import PATIENCE, Window

SECTIONS: Final = (
    *("mesh", "cron", "cron/new", "cron/week", "hooks", "servers", "memory", "memory/MEMORY.md", "notify"),
    *("permissions", "costs", "settings/general", "settings/models", "settings/appearance", "settings/first"),
    *(
        "skills",
        "skills/research",
        "telegram",
        "account",
        "account/people",
        "account/log",
        "secrets",
        "files",
    ),
)
ENLARGED: Final[ViewportSize] = {"width": 195, "height": 422}
"""A phone of 390 by 844 at twice the size."""
HEBREW: Final = "שלום! הקובץ `notes.md` מוכן.\n\n- אחת\n- שתיים\n\n> ציטוט\n\n| א | ב |\n|---|---|\n| 1 | 2 |"
PAGES: Final = ("", "/guide/files", "/reference/http")
"""Of the documentation: its list, an ordinary one, one with everything."""
_BEYOND: Final = """() => {
    const out = [];
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > wide) out.push(`page ${document.documentElement.scrollWidth}`);
    for (const region of document.querySelectorAll(".scroller, .mesh, .trace, .desk, .composer, .head"))
        if (region.scrollWidth > region.clientWidth + 1) out.push(`${region.className} ${region.scrollWidth}`);
    return out;
}"""
"""What reaches beyond the sides of the window."""


@pytest.fixture(scope="module")
def agent(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """One that has something to show in every section."""
    settings = '[mcp.servers.weather]\ncommand = "no-such-server"\n'
    with agent_in(tmp_path_factory.mktemp("everybody") / "aster", model.url, settings) as agent:
        agent.keep_secret("GITHUB_TOKEN", "sesame")
        agent.add_user("bea")
        agent.run_job("morning-news")
        (agent.place.home / "notes.md").write_text("words\n")
        yield agent


@pytest.fixture
def page(browser: Browser, agent: Agent, model: Model) -> Iterator[Page]:
    model.forget()
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    let_in(context, agent)
    page = context.new_page()
    window = Window(page, agent.url)
    window.go()
    call: dict[str, Any] = {"name": "FileWrite", "input": {"path": "a.md", "content": "one\n"}, "id": "w"}
    model.script({"say": "I write.", "calls": [call]}, {"say": HEBREW})
    window.ask("Write a file")
    yield page
    context.close()


def places(page: Page, url: str) -> Iterator[str]:
    """The conversation that is open, and then every section, once it shows what it has."""
    yield "a conversation"
    for place in SECTIONS:
        page.goto(f"{url}/#/s/{place}")
        expect(page.locator(".mesh, .trace, .desk").first).to_be_visible()
        expect(page.get_by_text("…", exact=False).filter(has_text="Reading…")).to_have_count(0)
        yield place


def test_all_of_it_can_be_read_out_in_both_themes(page: Page, agent: Agent) -> None:
    found = {place: violations(page) for place in places(page, agent.url)}
    assert {place: wrong for place, wrong in found.items() if wrong} == {}


def test_all_of_it_fits_a_phone_at_twice_the_size_and_reads_from_right_to_left(
    page: Page, agent: Agent
) -> None:
    page.set_viewport_size(ENLARGED)
    found = dict[str, list[str]]()
    for place in places(page, agent.url):
        found[place] = page.evaluate(_BEYOND)
        page.evaluate("document.documentElement.dir = 'rtl'")
        found[f"{place} from right to left"] = page.evaluate(_BEYOND)
        page.evaluate("document.documentElement.dir = 'ltr'")
    assert {place: wrong for place, wrong in found.items() if wrong} == {}


def test_the_guide_is_a_click_away_and_can_be_read_by_everybody(page: Page, agent: Agent) -> None:
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Guide", exact=True).click()
    guide = opened.value
    expect(guide).to_have_title("Documentation · Starpod")
    guide.get_by_role("main").get_by_role("link", name="Files", exact=True).click()
    expect(guide.get_by_role("heading", level=1)).to_have_text("Files")
    expect(guide.get_by_role("navigation").get_by_role("link", name="Files")).to_have_attribute(
        "aria-current", "page"
    )
    guide.set_viewport_size(ENLARGED)
    found = dict[str, list[str]]()
    for path in PAGES:
        guide.goto(f"{agent.url}/docs{path}")
        found[path] = [*guide.evaluate(_BEYOND), *violations(guide)]
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_the_page_turns_around_and_words_run_as_they_are_written(page: Page) -> None:
    answer = page.locator(".markdown > p").last
    expect(answer).to_have_css("direction", "rtl")
    side = page.get_by_role("navigation", name="Conversations")
    assert side.evaluate("each => each.getBoundingClientRect().left") == 0
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert side.evaluate("each => innerWidth - each.getBoundingClientRect().right") == 0
    expect(page.locator(".prompt .words")).to_have_css("direction", "ltr")
    expect(page.locator(".prompt")).to_have_css("border-right-width", "3px")


def test_who_wants_more_contrast_or_colours_of_their_own_gets_them(page: Page, agent: Agent) -> None:
    ink = "getComputedStyle(document.querySelector('.prompt-aside time')).color"
    quiet = page.evaluate(ink)
    page.emulate_media(contrast="more")
    assert page.evaluate(ink) != quiet
    assert violations(page) == []
    page.emulate_media(contrast=None, forced_colors="active")
    expect(page.locator(".prompt")).to_have_css("border-right-width", "1px")
    here = page.locator(".sidebar [aria-current=page]").first
    expect(here).to_have_css("outline-style", "solid")
    assert violations(page) == []
