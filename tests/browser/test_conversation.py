"""Conversations as people have them, in a real browser."""

import re
import struct
import zlib

from playwright.sync_api import BrowserContext, expect

from tests.browser.agent import Agent, Model
from tests.browser.conftest import open_window
from tests.browser.window import Window

LONG = "".join(f"line {number}\n" for number in range(2000))
"""More than an event carries, less than a stored result may have."""


def test_a_tool_call_is_shown_with_input_and_output_and_a_reload_shows_as_much(
    window: Window, agent: Agent, model: Model
) -> None:
    (agent.place.home / "notes.md").write_text(LONG)
    model.script(
        {"say": "I look. ", "calls": [{"name": "FileRead", "input": {"path": "notes.md"}}]},
        {"say": ["It has **many** ", "lines."], "tokens": {"input": 1200, "output": 34, "cache_read": 500}},
    )
    window.ask("What do my notes say?")
    expect(window.turns.last).to_contain_text("What do my notes say?")
    expect(window.turns.last.locator("strong")).to_have_text("many")

    def look() -> list[str]:
        card = window.tool("FileRead")
        card.click()
        expect(window.page.get_by_role("region", name="Input")).to_contain_text("notes.md")
        expect(window.page.get_by_role("region", name="Output")).to_contain_text("line 1999")
        expect(window.figures).to_contain_text("1 tool round")
        return window.figures.get_by_role("listitem").all_inner_texts()

    live = look()
    assert "39 out" in live
    window.page.reload()
    expect(window.figures).to_be_visible()
    stored = look()
    assert stored[1:] == live[1:]  # the first is the time, which is measured at another place


def test_a_reload_in_mid_stream_loses_nothing_and_repeats_nothing(window: Window, model: Model) -> None:
    words = [f"word{number} " for number in range(24)]
    model.script({"say": words, "gap": 0.1})
    window.say("Count")
    expect(window.turns.last).to_contain_text("word3")
    window.page.wait_for_url("**/#/chat/*")
    window.page.reload()
    expect(window.turns.last).to_contain_text("word8")
    window.answered()
    text = window.turns.last.inner_text()
    assert re.findall(r"word\d+", text) == [word.strip() for word in words]


def test_a_turn_that_was_stopped_still_says_so_after_a_reload(window: Window, model: Model) -> None:
    model.script({"say": [f"step{number} " for number in range(400)], "gap": 0.1})
    window.say("Go on for ever")
    expect(window.turns.last).to_contain_text("step2")
    window.page.get_by_role("button", name="Stop").click()
    window.answered()
    expect(window.turns.last).to_contain_text("Stopped")
    expect(window.turns.last).to_contain_text("step2")
    window.page.reload()
    expect(window.turns.last.locator(".foot")).to_contain_text("Stopped")
    expect(window.turns.last).to_contain_text("step2")


def test_a_turn_that_failed_says_why_and_what_it_cost(window: Window, agent: Agent, model: Model) -> None:
    (agent.place.home / "plan.md").write_text("plan")
    model.script(
        {"calls": [{"name": "FileRead", "input": {"path": "plan.md"}}], "tokens": {"input": 777}},
        {"status": 400, "message": "the script refuses"},
    )
    window.ask("Fail, please")
    expect(window.turns.last).to_contain_text("the script refuses")
    expect(window.figures).to_contain_text("777 in")
    window.page.reload()
    expect(window.figures).to_contain_text("777 in")
    expect(window.turns.last.get_by_role("button", name="Try again")).to_be_visible()


def test_two_windows_on_one_conversation_show_the_same(
    window: Window, context: BrowserContext, agent: Agent, model: Model, complaints: list[str]
) -> None:
    model.script({"say": "First answer."})
    window.ask("From the first window")
    other = open_window(context, agent, complaints, window.place)
    expect(other.turns.last).to_contain_text("First answer.")

    model.script({"say": [f"part{number} " for number in range(8)], "gap": 0.1})
    other.say("From the second window")
    for each in (window, other):
        expect(each.turns).to_have_count(2)
        expect(each.turns.last).to_contain_text("From the second window")
        expect(each.turns.last).to_contain_text("part7")
        each.answered()


def test_what_is_written_while_the_daemon_is_gone_arrives_once_when_it_is_back(
    window: Window, agent: Agent, model: Model
) -> None:
    model.script({"say": "Here."})
    window.ask("Are you there?")
    agent.end()
    try:
        expect(window.page.get_by_text("Offline", exact=True)).to_be_visible()
        window.say("Are you still there?")
        expect(window.page.get_by_text("Kept here until the connection is back")).to_be_visible()
        model.script({"say": "Back again."})
    finally:
        agent.start()
    window.page.evaluate("dispatchEvent(new Event('online'))")  # as a browser does whose network is back
    expect(window.turns).to_have_count(2)
    window.answered()
    expect(window.turns.last).to_contain_text("Back again.")
    expect(window.page.get_by_text("Offline", exact=True)).to_be_hidden()
    window.page.reload()
    expect(window.turns).to_have_count(2)
    expect(window.turns.last).to_contain_text("Are you still there?")


def test_a_picture_from_the_agent_is_large_enough_to_look_at(
    window: Window, agent: Agent, model: Model
) -> None:
    (agent.place.home / "wide.png").write_bytes(a_picture(400, 200))
    model.script({"calls": [{"name": "Attach", "input": {"path": "wide.png"}}]}, {"say": "Here it is."})
    window.ask("Show me")
    picture = window.turns.last.get_by_role("img", name="wide.png")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", value=True)
    box = picture.bounding_box()
    assert box is not None
    assert box["width"] > 250


def test_a_message_that_is_too_long_on_its_way_comes_back_with_the_reason(
    window: Window, model: Model
) -> None:
    window.field.fill("\x01" * 200_000)  # six characters each in JSON
    window.field.press("Enter")
    refused = window.page.locator(".prompt.refused")
    expect(refused).to_contain_text("Not sent: a message may have 1,048,576 characters")
    refused.get_by_role("button", name="Edit").click()
    assert len(window.field.input_value()) == 200_000
    expect(refused).to_have_count(0)
    window.field.fill("Short")
    window.field.press("Enter")
    window.answered()


def a_picture(width: int, height: int) -> bytes:
    """A grey PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_what_went_into_an_answer_is_shown_below_it(window: Window, agent: Agent, model: Model) -> None:
    note = agent.place.inside / "users" / "admin" / "MEMORY.md"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text("- Ada likes green tea.\n")
    model.script({"say": "Green tea."})
    window.ask("What do I like to drink?")
    expect(window.turns.last).to_contain_text("Green tea.")
    window.page.get_by_role("button", name="Context").click()
    dialog = window.page.get_by_role("dialog", name="What it was given")
    dialog.get_by_text("Memory", exact=False).first.click()
    expect(dialog).to_contain_text("- Ada likes green tea.")
    expect(dialog).to_contain_text("Identity")
