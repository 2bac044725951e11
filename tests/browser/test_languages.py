"""The page in another language: what people see of it, found by the words of its own catalogue."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.agent import Agent, Model
from tests.browser.conftest import let_in, open_window
from tests.browser.window import PATIENCE

CATALOGUE: Final = Path(__file__).parents[2] / "actors/gateway/web/src/language/de.json"
NAMES: Final = {"admin"}
"""What people are called here, too."""
SECTIONS: Final = (
    *(
        "mesh",
        "cron",
        "cron/new",
        "cron/week",
        "hooks",
        "servers",
        "memory",
        "notify",
        "permissions",
        "costs",
    ),
    *("settings/general", "settings/models", "settings/appearance", "skills", "telegram", "account"),
    *("account/people", "account/log", "secrets", "files", "instances"),
)
_SEEN: Final = """() => {
    const said = [];
    const names = ".entry-name a, .mesh-picture, .message";
    const foreign = (element) => element.closest(`[lang=en], pre, code, kbd, bdi, .answer, ${names}`) !== null;
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode())
        if (node.parentElement.checkVisibility() && !foreign(node.parentElement)) said.push(node.textContent);
    for (const name of ["aria-label", "title", "placeholder"])
        for (const element of document.querySelectorAll(`[${name}]`))
            if (element.checkVisibility() && !foreign(element)) said.push(element.getAttribute(name));
    return said.map((text) => text.trim()).filter((text) => text !== "");
}"""
"""All that can be read or is read out, but for what is English in every language."""


def english() -> list[re.Pattern[str]]:
    """What the page says in English only. A text of hardly more than values fits too much to tell anything."""
    known: dict[str, str | dict[str, str]] = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    texts = [text.strip() for text, said in known.items() if said != text and text not in NAMES]
    telling = [text for text in texts if len(re.sub(r"\{\w+\}|[^A-Za-z]", "", text)) > 5 or "{" not in text]
    said = {form for each in known.values() for form in ([each] if isinstance(each, str) else each.values())}
    return [re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(text))) for text in telling if text not in said]


ENGLISH: Final = english()


def untranslated(page: Page) -> list[str]:
    """What stands in the page in English although it need not."""
    return [text for text in page.evaluate(_SEEN) if any(each.fullmatch(text) for each in ENGLISH)]


@pytest.fixture
def german(browser: Browser, agent: Agent, model: Model) -> Iterator[BrowserContext]:
    """A browser of somebody who speaks German."""
    model.forget()
    context = browser.new_context(locale="de-DE", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    let_in(context, agent)
    yield context
    context.close()


def test_a_conversation_and_every_section_speak_german(
    german: BrowserContext, agent: Agent, model: Model, complaints: list[str]
) -> None:
    page = open_window(german, agent, complaints).page
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("button", name="Neues Gespräch").first).to_be_visible()
    assert untranslated(page) == []

    call = {"name": "FileWrite", "input": {"path": "brief.md", "content": "Hallo\n"}, "id": "w"}
    model.script({"say": "Ich schreibe.", "calls": [call]}, {"say": "Fertig."})
    page.get_by_role("textbox", name="Nachricht an Aster").fill("Schreib einen Brief")
    page.get_by_role("button", name="Senden").click()
    expect(page.get_by_role("article").last).to_have_attribute("aria-busy", "false")
    expect(page.get_by_role("link", name="Ablauf")).to_be_visible()
    page.get_by_role("button", name="FileWrite").click()
    expect(page.get_by_role("region", name="Ausgabe")).to_be_visible()
    assert untranslated(page) == []

    found = dict[str, list[str]]()
    for place in SECTIONS:
        page.goto(f"{agent.url}/#/s/{place}")
        expect(page.locator(".mesh, .trace, .desk")).to_be_visible()
        expect(page.get_by_text(re.compile("Wird (gelesen|nachgesehen|geladen) …"))).to_have_count(0)
        found[place] = untranslated(page)
    assert {place: texts for place, texts in found.items() if texts} == {}


def test_whoever_chooses_a_language_reads_it_at_once_and_keeps_it(
    context: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/account").page
    page.get_by_label("Language").select_option(label="Deutsch")
    expect(page.get_by_label("Sprache")).to_have_value("de")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.reload()
    expect(page.get_by_role("heading", name="Konto")).to_be_visible()
    page.get_by_label("Sprache").select_option(label="Wie der Browser")
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
