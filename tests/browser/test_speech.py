"""Speaking instead of writing, with a microphone that beeps, and listening instead of reading."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.agent import Agent, Model
from tests.browser.axe import violations
from tests.browser.conftest import let_in, open_window
from tests.browser.window import PATIENCE, Window

HEARD: Final = "Remind me of the boat."
"""What the model server says of any recording."""
VOICE: Final = """
    window.said = [];
    Object.defineProperty(window, "speechSynthesis", {
        value: {
            speak: (each) => window.said.push([each.text, each.lang]),
            cancel: () => window.said.push("hush"),
            getVoices: () => [],
        },
    });
"""
"""A voice in the place of the browser's, which has none here."""


@pytest.fixture
def hears(agent: Agent, model: Model) -> Iterator[None]:
    """The agent puts speech into words."""
    keys = {"speech.transcriber": "openai/whisper-1", "speech.base_url": f"{model.url}/v1"}
    agent.change(**keys)
    yield
    agent.change(**dict.fromkeys(keys))


@pytest.fixture
def at_microphone(
    whole_browser: Browser, agent: Agent, model: Model, complaints: list[str]
) -> Iterator[Window]:
    """A phone with a microphone, which the light browser is without."""
    model.forget()
    context = whole_browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    let_in(context, agent)
    yield open_window(context, agent, complaints)
    context.close()


def test_what_is_said_is_written_where_the_cursor_is_and_sent_by_hand(
    hears: None, at_microphone: Window, model: Model, agent: Agent
) -> None:
    window = at_microphone
    dictate = window.page.get_by_role("button", name="Dictate")
    done = window.page.get_by_role("button", name="Write down what I said")
    dictate.click()  # nobody has allowed it
    expect(window.page.get_by_text("does not let this page use the microphone")).to_be_visible()
    window.page.get_by_role("button", name="Dismiss").click()

    window.page.context.grant_permissions(["microphone"])
    window.field.fill("Please: now")
    for _ in range(3):
        window.field.press("ArrowLeft")
    dictate.press("Enter")
    expect(done).to_be_visible()
    window.page.keyboard.press("Escape")
    expect(dictate).to_be_visible()
    expect(window.field).to_have_value("Please: now")

    dictate.press("Enter")
    expect(done).to_be_visible()
    assert violations(window.page) == []
    window.has_room()
    window.page.wait_for_timeout(300)  # there has to be something in the recording
    done.press("Enter")
    expect(window.field).to_have_value(f"Please: {HEARD} now")
    expect(window.field).to_be_focused()
    window.page.keyboard.type(" Today")
    model.script({"say": "I will."})
    window.field.press("Enter")
    window.answered()
    expect(window.turns.last).to_contain_text(f"Please: {HEARD} Today now")

    agent.change(**{"speech.transcriber": None})
    expect(dictate).to_be_hidden()


def test_an_answer_is_read_out_until_another_one_or_the_conversation_is_left(
    window: Window, model: Model
) -> None:
    window.page.add_init_script(VOICE)
    window.page.reload()
    model.script({"say": "It is **here**.\n\n```sh\nrm -rf /\n```\n\n- Look."}, {"say": "Second."})
    window.ask("Where is it?")
    window.ask("And then?")
    first, second = (turn.get_by_role("button", name="Read aloud") for turn in window.turns.all())
    first.click()
    expect(window.page.get_by_role("button", name="Stop reading")).to_have_count(1)
    assert window.page.evaluate("window.said") == [["It is here. Look.", "en"]]
    second.click()
    assert window.page.evaluate("window.said.slice(1)") == ["hush", ["Second.", "en"]]
    window.page.get_by_role("button", name="Stop reading").click()
    second.click()
    window.page.keyboard.press("Control+Shift+O")
    expect(window.page.get_by_role("heading", name="New conversation")).to_be_visible()
    assert window.page.evaluate("window.said.slice(3)") == ["hush", ["Second.", "en"], "hush"]
