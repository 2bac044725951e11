"""A conversation of many messages: what is far from the eye is let go of, and nothing is lost or jumps for that."""

from typing import Final

import pytest
from playwright.sync_api import expect

from tests.browser.agent import Agent
from tests.browser.window import Window
from tests.fakes.archive import archive

TURNS: Final = 90
"""More than two pages of messages."""
MOST_DRAWN: Final = 30
"""Turns that are drawn in full at a time: those in view, some before and behind them, and the last ones."""
WALK: Final = """async step => {
    const box = document.querySelector(".scroller");
    const paint = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    const middle = () => [...document.querySelectorAll("article")].find(each => {
        const { top, bottom } = each.getBoundingClientRect();
        return bottom > 200 && top < 600;
    });
    // What comes above the conversation, such as a banner, moves all of it: that is no jump within it.
    const place = each => each.getBoundingClientRect().top - box.getBoundingClientRect().top;
    // Whoever scrolls faster than anything can be drawn sees it when it is: nothing has jumped for that.
    const behind = () => [...document.querySelectorAll("article.away")].some(each => {
        const { top, bottom } = each.getBoundingClientRect();
        return bottom > -1200 && top < 2000;
    });
    const settle = async () => {
        for (let frames = 0; frames < 2 || (behind() && frames < 600); frames++) await paint();
    };
    let jump = 0, drawn = 0, steps = 0, idle = 0;
    await settle();
    while (idle < 10 && steps < 2000) {
        const [seen, top] = [middle(), box.scrollTop];
        const before = seen && place(seen);
        box.scrollTop = top + step;
        const moved = box.scrollTop - top;
        await settle();
        if (seen?.isConnected) jump = Math.max(jump, Math.abs(place(seen) - before + moved));
        drawn = Math.max(drawn, document.querySelectorAll("article:not(.away)").length);
        idle = moved === 0 && (step > 0 || !document.querySelector(".older")) ? idle + 1 : 0;
        steps++;
    }
    return { jump, drawn, turns: document.querySelectorAll("article").length };
}"""
"""Scrolls to an end in steps. How far what was in view jumped, and how many turns were drawn in full at most."""


@pytest.fixture(scope="module")
def long(agent: Agent) -> str:
    """A conversation of many turns."""
    with archive(agent.place.database) as ledger:
        return ledger.conversation(TURNS)


def test_a_walk_through_a_long_conversation_keeps_little_and_does_not_jump(window: Window, long: str) -> None:
    window.go(f"#/chat/{long}")
    expect(window.turns.last.locator(".foot")).to_be_visible()
    first, last = (window.turns.first, window.turns.last)
    up = window.page.evaluate(WALK, -1000)
    assert up["turns"] == TURNS
    assert up["drawn"] <= MOST_DRAWN
    assert up["jump"] <= 2
    expect(first.locator(".foot")).to_be_visible()
    expect(last).to_have_class("turn done away")
    expect(last).to_contain_text("Answer")  # its words can be searched and read out all the same
    window.page.wait_for_function("find('Answer', false, false, true)")
    down = window.page.evaluate(WALK, 1000)
    assert down["drawn"] <= MOST_DRAWN
    assert down["jump"] <= 2
    expect(last.locator(".foot")).to_be_in_viewport()


def test_what_somebody_is_at_stays_drawn_and_a_search_goes_to_a_message_far_back(
    window: Window, long: str
) -> None:
    window.go(f"#/chat/{long}")
    last = window.turns.last
    last.get_by_role("button", name="FileRead").click()
    window.page.evaluate(WALK, -2000)
    expect(last.get_by_role("region", name="Output")).to_be_attached()
    window.page.keyboard.press("Control+K")
    window.page.keyboard.type("13 Answ")
    hits = window.page.get_by_role("region", name="In messages")
    hits.get_by_role("link").click()
    sought = window.page.locator("article:focus")
    expect(sought).to_be_in_viewport()
    expect(sought.get_by_role("heading", name="Answer 13")).to_be_in_viewport()
    window.page.wait_for_function("CSS.highlights.get('sought')?.size >= 1")
