"""Settings as forms, and the first minute with an agent that has no model yet."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.browser.agent import Agent, Model, agent_in, wait_for
from tests.browser.axe import violations
from tests.browser.conftest import open_window
from tests.browser.window import PATIENCE
from tests.fakes.model_process import model_process
from tests.fakes.ports import reserved_port
from tests.system.daemons import KEY, Place, check_log

PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def agent(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """An agent of its own, whose files are written into."""
    with agent_in(tmp_path_factory.mktemp("settings") / "aster", model.url) as agent:
        yield agent


@pytest.fixture
def page(context: BrowserContext, agent: Agent, complaints: list[str]) -> Iterator[Page]:
    """The settings; what a test has changed is taken back."""
    yield open_window(context, agent, complaints, "#/s/settings/general").page
    agent.change(max_turns=None, timezone=None)


def row(page: Page, key: str) -> Locator:
    return page.locator(".setting").filter(has=page.locator(f"code:text-is('{key}')"))


def keep(page: Page) -> None:
    page.get_by_role("button", name="Keep the change").click()


def come_back(page: Page) -> None:
    """Look at the page after a while elsewhere: it asks at once instead of when it is due."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_change_is_kept_and_says_where_it_stands(page: Page, agent: Agent) -> None:
    expect(row(page, "max_turns")).to_contain_text("default")
    page.get_by_label("Max turns").fill("7")
    keep(page)

    expect(page.locator(".setting-save").get_by_text("Kept.")).to_be_visible()
    expect(row(page, "max_turns")).to_contain_text("from config.local.toml")
    expect(row(page, "max_turns")).to_contain_text("default: 30")
    assert agent.get("/api/settings/state")["values"]["max_turns"] == 7
    row(page, "max_turns").get_by_role("button", name="Give back").click()
    keep(page)
    expect(page.get_by_label("Max turns")).to_have_value("30")


def test_a_mistake_is_told_at_its_field_and_nothing_is_written(
    page: Page, agent: Agent, complaints: list[str]
) -> None:
    page.get_by_label("Max turns").fill("0")
    keep(page)
    expect(row(page, "max_turns").get_by_role("alert")).to_have_text("must be at least 1")
    page.get_by_label("Max turns").fill("30")

    page.get_by_label("Timezone").fill("Nowhere/Land")
    keep(page)
    expect(row(page, "timezone").get_by_role("alert")).to_contain_text("must be an IANA time zone")
    expect(page.get_by_label("Timezone")).to_have_value("Nowhere/Land")
    assert agent.get("/api/settings/state")["values"]["timezone"] is None
    complaints.clear()  # the browser tells of the 400


def test_the_form_follows_the_file_and_overwrites_nothing_unseen(page: Page, agent: Agent) -> None:
    agent.change(max_turns=8)
    expect(page.get_by_label("Max turns")).to_have_value("8")
    page.get_by_label("Max turns").fill("9")
    agent.change(max_turns=10)

    expect(row(page, "max_turns").get_by_role("alert")).to_contain_text("It was changed meanwhile: 10.")
    row(page, "max_turns").get_by_role("button", name="Keep mine").click()
    keep(page)
    expect(page.locator(".setting-save").get_by_text("Kept.")).to_be_visible()
    assert agent.get("/api/settings/state")["values"]["max_turns"] == 9


def test_what_decides_what_the_agent_may_do_takes_a_code_from_the_operator(
    page: Page, agent: Agent, complaints: list[str]
) -> None:
    page.goto(page.url.replace("general", "tools"))
    allowed = page.get_by_label("Env allowed")
    allowed.fill("LANG")
    keep(page)
    dialog = page.get_by_role("dialog", name="Unlock")
    expect(dialog).to_contain_text("starpod open --code")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator(".setting-save")).to_contain_text("tools.env_allowed: this decides what the agent")

    keep(page)
    dialog.get_by_label("Code").fill("AAAA-AAAA")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("that code is not good")
    assert agent.get("/api/settings/state")["values"]["tools.env_allowed"] == []
    dialog.get_by_label("Code").fill(agent.code().lower())
    page.keyboard.press("Enter")
    expect(page.locator(".setting-save").get_by_text("Kept.")).to_be_visible()
    assert agent.get("/api/settings/state")["values"]["tools.env_allowed"] == ["LANG"]

    page.reload()
    banner = page.locator(".banner").filter(has_text="Unlocked")
    expect(banner).to_contain_text("10 minutes left")
    assert violations(page) == []
    banner.get_by_role("button", name="Lock").click()
    expect(banner).to_have_count(0)
    page.get_by_role("button", name="Unlock…").click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    agent.change(**{"tools.env_allowed": None})
    complaints.clear()  # the browser tells of what was refused


def test_a_file_that_is_broken_or_waits_for_a_restart_says_so(page: Page, agent: Agent) -> None:
    settings = agent.place.settings
    before = settings.read_text()
    try:
        settings.write_text(f"max_turns = \n{before}")
        come_back(page)
        alert = page.get_by_role("alert").filter(has_text="What was in force before still is")
        expect(alert).to_contain_text("agent.toml")
        settings.write_text(f"maxturns = 1\n{before}")
        come_back(page)
        expect(page.get_by_text("in the files is passed over")).to_be_visible()
        expect(alert).to_have_count(0)
        settings.write_text(f'{before}\n[gateway]\nhosts = ["a.example"]\n')
        expect(page.get_by_text("gateway.hosts: counts once the agent is started anew")).to_be_visible()
    finally:
        settings.write_text(before)
    expect(page.get_by_text("gateway.hosts: counts once")).to_have_count(0)


def test_every_group_can_be_read_out_and_fits_a_phone(page: Page) -> None:
    expect(page.get_by_label("Max turns")).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size(PHONE)
    groups = page.get_by_label("Group of settings")
    for group in ("Models and keys", "People", "Appearance"):
        groups.select_option(group)
        expect(page.get_by_role("region", name=f"Settings: {group}")).to_be_visible()
        expect(page.locator(".setting").first).to_be_visible()
        assert violations(page) == []
        desk = page.locator(".desk")
        assert desk.evaluate("each => each.scrollWidth <= each.clientWidth")


@pytest.fixture
def empty(model: Model, tmp_path: Path) -> Iterator[Agent]:
    """An agent without a model and without a key, whose providers are the model server."""
    with unsettled(
        tmp_path, f'[providers.anthropic]\nbase_url = "{model.url}"\n[providers.ollama]\nenabled = false'
    ) as agent:
        yield agent


@contextmanager
def unsettled(folder: Path, settings: str) -> Generator[Agent]:
    """An agent without a model and without a key."""
    place = Place(folder / "aster")
    with reserved_port() as port:
        place.port = port
        place.configure(settings)
        agent = Agent(place)
        agent.start()
        try:
            yield agent
            agent.end(15)
            check_log(agent.daemon, expect_errors=True)
        finally:
            agent.daemon.process.kill()
            agent.daemon.process.wait()


def test_an_ollama_is_found_says_how_to_get_a_model_and_talks(
    context: BrowserContext, tmp_path: Path, complaints: list[str]
) -> None:
    with (
        model_process("say:Hello from here.") as ollama,
        unsettled(tmp_path, f'[providers.ollama]\nbase_url = "{ollama}"') as agent,
    ):
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(agent.link())
        missing = page.get_by_role("region", name="An Ollama without a model")
        expect(missing).to_contain_text("ollama pull qwen3:4b")
        expect(page.get_by_label("Provider")).to_have_value("anthropic")
        assert violations(page) == []

        httpx2.post(f"{ollama}/api/pull", json={"model": "qwen3:4b"}, trust_env=False).raise_for_status()
        missing.get_by_role("button", name="Look again").click()
        expect(page.get_by_text("An Ollama was found on this machine. Choose one")).to_be_visible()
        expect(page.get_by_label("Provider")).to_have_value("ollama")
        expect(page.get_by_label("Model", exact=True)).to_have_value("qwen3:4b")
        expect(page.get_by_label("Key", exact=True)).to_have_count(0)
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_role("heading", name="Who is it to be?")).to_be_visible()
        page.get_by_role("button", name="Begin").click()

        answer = page.get_by_role("article").last
        expect(answer).to_contain_text("Hello from here.")
        expect(answer).to_have_attribute("aria-busy", "false")
        chats = httpx2.get(f"{ollama}/_requests", trust_env=False).json()
        assert {each["path"] for each in chats} == {"/api/chat"}
        assert {each["body"]["model"] for each in chats} == {"qwen3:4b"}


def test_the_first_minute_asks_for_a_key_and_a_name_and_then_it_talks(
    browser: Browser, model: Model, empty: Agent, complaints: list[str]
) -> None:
    model.forget()
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, reduced_motion="reduce", locale="de-DE"
    )
    context.set_default_timeout(PATIENCE)
    answers = list[str]()
    page = context.new_page()
    page.on("response", lambda each: answers.append(each.text()) if "/api/settings" in each.url else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(empty.link())

    expect(page.get_by_role("heading", name="Welches Modell soll antworten?")).to_be_visible()
    assert violations(page) == []
    model.script({"status": 401, "message": f"invalid key {KEY}"})
    page.get_by_label("Schlüssel", exact=True).fill(KEY)
    page.get_by_role("button", name="Ausprobieren").click()
    expect(page.get_by_role("alert").filter(has_text="invalid key")).to_be_visible()
    page.get_by_role("button", name="Ausprobieren").click()

    expect(page.get_by_role("heading", name="Wer soll es sein?")).to_be_visible()
    expect(page.get_by_label("Sprache")).to_have_value("German")
    assert violations(page) == []
    page.get_by_label("Name", exact=True).fill("Nova")
    page.get_by_label("Umgangston").select_option("Knapp")
    page.get_by_role("button", name="Anfangen").click()

    expect(page.get_by_role("article").last).to_contain_text("Hallo! Wer bist du")
    expect(page.get_by_role("article").last).to_have_attribute("aria-busy", "false")
    expect(page.get_by_role("textbox", name="Nachricht an Nova")).to_be_visible()
    soul = empty.get("/api/memory/file?name=SOUL.md")["text"]
    assert "You speak German" in soul
    assert "You say as little" in soul
    assert [each["name"] for each in empty.get("/api/settings/vault")] == ["ANTHROPIC_API_KEY"]
    assert not any(KEY in each for each in answers)

    again = context.new_page()
    again.goto(empty.url)
    expect(again.get_by_role("textbox", name="Nachricht an Nova")).to_be_visible()
    wait_for(lambda: empty.get("/api/settings/setup-status")["complete"], "it would be asked again")
    expect(again.get_by_role("heading", name="Welches Modell soll antworten?")).to_have_count(0)
    context.close()
