"""A person is asked in the page before something is done, and answers there."""

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.browser.agent import Agent, Model, agent_in
from tests.browser.conftest import let_in, open_window
from tests.browser.window import Window

SETTINGS = """
[permissions]
FileWrite = "ask"
Edit = "ask"
"""
WHOLE = re.compile("^Allow once")


@pytest.fixture(scope="module")
def agent(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """One that asks before it writes."""
    with agent_in(tmp_path_factory.mktemp("approvals") / "aster", model.url, SETTINGS) as agent:
        (home(agent) / "notes").mkdir(parents=True)
        (home(agent) / "notes" / "plan.md").write_text("first\nsecond\nthird\n")
        yield agent


def home(agent: Agent) -> Any:
    return agent.place.home


def writes(model: Model, content: str, path: str = "notes/plan.md", then: str = "That was it.") -> None:
    """Have the model write a file."""
    call = {"name": "FileWrite", "input": {"path": path, "content": content}, "id": "w"}
    model.script({"say": "I will write.", "calls": [call]}, {"say": then})


def card(page: Page) -> Locator:
    return page.get_by_role("group", name="May Aster change this file?")


def asked(window: Window, model: Model, text: str, content: str) -> Locator:
    """Say something that ends in a question, and wait for that."""
    writes(model, content)
    window.say(text)
    expect(card(window.page)).to_have_count(1)
    return card(window.page)


def test_a_key_allows_what_is_shown_and_the_focus_is_taken_from_nobody(
    window: Window, agent: Agent, model: Model
) -> None:
    question = asked(window, model, "write the plan", "first\n2nd\nthird\n")
    expect(window.field).to_be_focused()
    window.page.keyboard.type("y")  # meant for the message
    expect(window.field).to_have_value("y")
    expect(question.get_by_role("group", name="What FileWrite would act on")).to_have_text("notes/plan.md")
    changes = question.get_by_role("figure", name="Changes: 1 lines added, 1 removed")
    expect(changes.get_by_role("deletion")).to_have_text("-second")
    expect(changes.get_by_role("insertion")).to_have_text("+2nd")
    expect(question).to_contain_text("Asked because the owner of this agent wants to be asked (FileWrite).")
    expect(question).to_contain_text("Denied by itself in 24 h")
    expect(window.page.get_by_text(re.compile("Aster waits for your answer about FileWrite"))).to_have_count(
        1
    )
    assert (home(agent) / "notes" / "plan.md").read_text() == "first\nsecond\nthird\n"

    window.page.keyboard.press("F8")
    expect(question).to_be_focused()
    window.page.keyboard.press("y")
    window.answered()
    expect(window.turns.last).to_contain_text("Allowed once by you in the page")
    assert (home(agent) / "notes" / "plan.md").read_text() == "first\n2nd\nthird\n"
    expect(window.turns.last).to_contain_text("That was it.")
    window.page.reload()
    expect(window.turns.last).to_contain_text("Allowed once by you in the page")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_answers_stay_where_they_are_while_the_file_is_read(
    window: Window, model: Model, width: int
) -> None:
    window.page.set_viewport_size({"width": width, "height": 844})
    held = list[Route]()  # until it is seen where the answers stand

    def hold(route: Route) -> None:
        held.append(route)

    window.page.route("**/api/files/raw*", hold)
    long = "".join(f"line {number}\n" for number in range(300))
    question = asked(window, model, "hold the file", long.replace("line 1\n", "line one\n"))
    once = question.get_by_role("button", name=WHOLE)
    ways: list[tuple[dict[str, Any], str]] = [
        ({"body": long}, "-line 1"),
        ({"body": "another\n"}, "-another"),
        ({"status": 404}, "There is no such file yet"),
        ({"status": 500}, "cannot be shown"),
    ]
    for answer, seen in ways:
        with window.page.expect_request("**/api/files/raw*"):
            window.page.reload()
        expect(question).to_contain_text("Reading the file…")
        once.evaluate("element => element.scrollIntoView({ block: 'center' })")
        before = once.bounding_box()
        held.pop().fulfill(**answer)
        expect(question).to_contain_text(seen)
        assert once.bounding_box() == before, seen
    question.get_by_role("button", name="Show all 300 lines").click()
    assert question.get_by_text("+line 299").evaluate("element => element.parentElement.clientHeight") > 200
    question.get_by_role("button", name="Deny").click()
    window.page.get_by_role("button", name="Deny").click()
    window.answered()


def test_who_denies_may_say_why_and_the_model_reads_it(window: Window, agent: Agent, model: Model) -> None:
    before = (home(agent) / "notes" / "plan.md").read_text()
    question = asked(window, model, "write it anew", "nothing\n")
    question.get_by_role("button", name="Deny").click()
    words = question.get_by_label("What Aster is told, if you like")
    expect(words).to_be_focused()
    words.press("Escape")
    expect(question).to_be_focused()
    window.page.keyboard.press("n")
    words.fill("Ask me on Monday.")
    words.press("Enter")
    window.answered()
    expect(window.turns.last).to_contain_text("Denied by you in the page")
    expect(window.turns.last).to_contain_text("Ask me on Monday.")
    window.tool("FileWrite").click()
    expect(window.page.get_by_role("region", name="Output")).to_contain_text(
        "the person has said no: Ask me on Monday."
    )
    assert (home(agent) / "notes" / "plan.md").read_text() == before


def test_what_is_allowed_always_is_not_asked_again_until_it_is_revoked(
    window: Window, agent: Agent, model: Model
) -> None:
    refused = asked(window, model, "write never", "never\n")
    refused.get_by_role("button", name="Deny").click()
    window.page.get_by_role("button", name="Deny").click()
    window.answered()
    question = asked(window, model, "write often", "once\n")
    pattern = question.get_by_label("Or allow all FileWrite that fits")
    expect(pattern).to_have_value("notes/*")
    pattern.fill("elsewhere/*")
    question.get_by_role("button", name="Always").click()
    expect(question.get_by_role("alert")).to_contain_text("does not fit the pattern")
    pattern.fill("notes/*.md")
    question.get_by_role("button", name="Always").click()
    window.answered()
    expect(window.turns.last).to_contain_text("Allowed from now on by you in the page")
    expect(window.turns.last).to_contain_text("with all that fits notes/*.md")

    writes(model, "twice\n", then="Again.")
    window.ask("and again")
    assert (home(agent) / "notes" / "plan.md").read_text() == "twice\n"
    expect(window.turns.last.get_by_text(WHOLE)).to_have_count(0)

    window.go("#/s/permissions")
    page = window.page
    granted = page.get_by_role("list", name="Granted").get_by_role("listitem")
    expect(granted).to_have_count(1)
    expect(granted).to_contain_text("FileWrite notes/*.md")
    decisions = page.get_by_role("list", name="Decisions, newest first").get_by_role("listitem")
    expect(decisions.first).to_contain_text("allowed FileWrite notes/plan.md")
    expect(decisions.first).to_contain_text("grant 1")
    narrow = page.get_by_role("search", name="Decisions")
    narrow.get_by_label("Show").select_option(label="What was not done")
    expect(decisions.first).to_contain_text("denied")
    narrow.get_by_label("Tool").fill("Nothing")
    narrow.get_by_label("Tool").press("Enter")
    expect(decisions).to_have_count(0)
    expect(page.get_by_role("list", name="Rules").get_by_role("listitem").first).to_have_text(
        re.compile("Asked about FileWrite")
    )
    granted.get_by_role("button", name="Revoke").click()
    granted.get_by_role("button", name="Ask again from now on").click()
    expect(page.get_by_text("It is asked about again.")).to_be_visible()
    expect(granted).to_have_count(0)

    window.go("")
    question = asked(window, model, "once more", "thrice\n")
    window.page.get_by_role("button", name="Stop").click()
    window.answered()
    expect(window.turns.last).to_contain_text("Withdrawn: its turn has ended")
    assert (home(agent) / "notes" / "plan.md").read_text() == "twice\n"


def test_a_question_is_seen_from_everywhere_and_answered_once(
    window: Window, agent: Agent, model: Model, context: BrowserContext, complaints: list[str]
) -> None:
    asked(window, model, "a question for two", "two\n")
    window.page.wait_for_url("**/#/chat/*")
    other = open_window(context, agent, complaints)
    banner = other.page.get_by_role("status").filter(has_text="Aster waits for your answer in")
    expect(banner.get_by_role("link", name="a question for two")).to_be_visible()
    row = other.page.get_by_role("navigation", name="Conversations").get_by_role(
        "link", name=re.compile("a question for two.*waits for your answer")
    )
    expect(row).to_be_visible()
    other.go("#/s/permissions")
    listed = other.page.get_by_role("list", name="Waiting for your answer")
    expect(listed.get_by_role("group", name="May Aster change this file?")).to_be_visible()
    other.go("")
    expect(banner).to_be_visible()
    other.page.keyboard.press("F8")
    other.page.wait_for_url("**/#/chat/*")
    question = card(other.page)
    expect(question).to_be_focused()
    expect(banner).to_be_hidden()

    question.get_by_role("button", name=WHOLE).click()
    window.answered()
    for each in (window, other):
        expect(each.turns.last).to_contain_text("Allowed once by you in the page")
        expect(each.page.get_by_text(WHOLE)).to_have_count(0)
    expect(row).to_have_count(0)


def test_a_question_outlives_the_daemon_and_what_it_is_about_is_done_once(
    window: Window, agent: Agent, model: Model
) -> None:
    plan = home(agent) / "notes" / "plan.md"
    question = asked(window, model, "a question that lasts", "lasting\n")
    (before,) = agent.get("/api/approvals")
    agent.end()
    agent.start()
    expect(window.page.get_by_text("Not connected.")).to_be_hidden()
    (after,) = agent.get("/api/approvals")
    assert after == before
    expect(question).to_be_visible()
    assert plan.read_text() != "lasting\n"
    question.get_by_role("button", name=WHOLE).click()
    window.answered()
    assert plan.read_text() == "lasting\n"
    expect(window.tool("FileWrite")).to_have_count(1)
    expect(window.turns.last).to_contain_text("Allowed once by you in the page")
    assert len([row for row in agent.get("/api/audit?tool=FileWrite") if _is_about(row, before)]) == 1


def _is_about(row: Any, approval: Any) -> bool:
    return bool(row["turn"] == approval["turn_id"] and row["kind"] == "call")


def test_time_that_passes_while_the_daemon_is_away_makes_it_a_denial(
    window: Window, agent: Agent, model: Model
) -> None:
    plan = home(agent) / "notes" / "plan.md"
    before = plan.read_text()
    asked(window, model, "too late", "late\n")
    agent.end()
    with sqlite3.connect(agent.place.database.with_name("permissions.db")) as database:
        database.execute("UPDATE asks SET expires_at = asked_at + 1 WHERE state = 'open'")
    database.close()
    agent.start()
    window.answered()
    expect(window.turns.last).to_contain_text("Not done: nobody answered in time")
    assert plan.read_text() == before


def test_what_the_model_writes_is_shown_as_what_it_is(window: Window, agent: Agent, model: Model) -> None:
    path = "notes/<img src=x onerror=alert(1)>\u202egpj.md"
    writes(model, "<script>alert(1)</script>\n", path)
    window.say("hostile")
    question = card(window.page)
    expect(question.get_by_role("group", name="What FileWrite would act on")).to_have_text(
        "notes/<img src=x onerror=alert(1)>\\u{202e}gpj.md"
    )
    expect(question).to_contain_text("<script>alert(1)</script>")
    assert question.locator("img, script").count() == 0
    question.get_by_role("button", name="Deny").click()
    question.get_by_role("button", name="Deny").click()
    window.answered()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """As ever, but that a browser says by itself what was refused: a file that is not there, a pattern that misses."""
    found: list[str] = []
    yield found
    assert [each for each in found if "Failed to load resource" not in each] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_has_room_for_it(
    browser: Browser, agent: Agent, model: Model, complaints: list[str], scheme: Any
) -> None:
    phone = browser.new_context(
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        reduced_motion="reduce",
        color_scheme=scheme,
    )
    let_in(phone, agent)
    window = open_window(phone, agent, complaints)
    writes(model, "first\n" + "long " * 100 + "\n")
    window.say("on the phone")
    question = card(window.page)
    expect(question.get_by_role("figure", name=re.compile("^Changes"))).to_be_visible()
    window.has_room()
    other = open_window(phone, agent, complaints, "#/s/permissions")
    expect(card(other.page)).to_be_visible()
    other.has_room()
    other.page.close()
    question.get_by_role("button", name="Deny").tap()
    window.has_room()
    question.get_by_role("button", name="Deny").tap()
    window.answered()
    phone.close()
