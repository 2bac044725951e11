"""The way of somebody new: from nothing to an agent that remembers, works by itself and is at hand on a phone.

``scripts/test -m slow -s tests/browser/test_newcomer.py`` begins at a clone, and prints what each step took.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.agent import PATIENCE, Model
from tests.browser.test_people import entries
from tests.browser.test_schedule import write as write_job
from tests.browser.test_skills import make as make_skill
from tests.browser.window import PATIENCE as FOR_THE_PAGE
from tests.browser.window import Window
from tests.system.daemons import KEY, environment

ROOT: Final = Path(__file__).parents[2]
LINK: Final = re.compile(r"http://127\.0\.0\.1:\d+/\?code=\S+")
INSTALLING: Final = 900.0
"""Seconds that what the agent is made of may take to be there."""


@final
class Watch:
    """What each step took, in seconds; printed at the end."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._steps: list[tuple[str, float]] = []

    def step(self, name: str) -> None:
        """Say what was done since the step before."""
        now = time.monotonic()
        self._steps.append((name, now - self._begun))
        self._begun = now

    def table(self) -> str:
        rows = [*self._steps, ("in all", sum(seconds for _, seconds in self._steps))]
        return "\n".join(f"{name:<32} {seconds:8.1f} s" for name, seconds in rows)


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    sys.stdout.write(f"\n{watch.table()}\n")


@contextmanager
def running(command: Sequence[str | Path], folder: Path, patience: float) -> Generator[str]:
    """An agent that was begun by a command in a folder: the link to its page that it prints."""
    printed = folder / "printed.txt"
    with printed.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment()
        )
    try:
        end = time.monotonic() + patience
        while (found := LINK.search(printed.read_text(encoding="utf-8"))) is None:
            assert process.poll() is None, printed.read_text(encoding="utf-8")
            assert time.monotonic() < end, printed.read_text(encoding="utf-8")
            time.sleep(0.02)
        yield found[0]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0, printed.read_text(encoding="utf-8")
        assert KEY not in printed.read_text(encoding="utf-8")
    finally:
        process.kill()
        process.wait()


def point_to(model: Model, folder: Path) -> None:
    """Have the providers of a workspace be the model server."""
    with (folder / "starpod.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'\n[providers.anthropic]\nbase_url = "{model.url}"\n[providers.ollama]\nenabled = false\n'
        )


@pytest.fixture
def context(browser: Browser, model: Model) -> Iterator[BrowserContext]:
    """A browser that has never been here."""
    model.forget()
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(FOR_THE_PAGE)
    yield context
    context.close()


def test_from_an_empty_folder_to_an_agent_at_hand(
    context: BrowserContext, model: Model, tmp_path: Path, watch: Watch
) -> None:
    starpod = (sys.executable, "-m", "starpod")
    for command in (("init", "--default"), ("agent", "new", "aster")):
        subprocess.run((*starpod, *command), cwd=tmp_path, env=environment(), check=True, capture_output=True)
    point_to(model, tmp_path)
    with running((*starpod, "dev", "--no-open", "--port", "0"), tmp_path, PATIENCE) as link:
        watch.step("the page is there")
        live_with_it(context, model, link, watch)


@pytest.mark.slow
def test_from_a_clone_to_an_agent_at_hand(
    context: BrowserContext, model: Model, tmp_path: Path, watch: Watch
) -> None:
    clone = tmp_path / "starpod"
    subprocess.run(("git", "clone", "--quiet", ROOT, clone), check=True)
    watch.step("cloned")
    point_to(model, clone)
    path = os.environ["PATH"].replace(str(Path(sys.executable).parent), "")
    command = ("env", f"PATH={path}", "scripts/serve", "--no-open", "--port", "0")
    with running(command, clone, INSTALLING) as link:
        watch.step("installed, and the page is there")
        live_with_it(context, model, link, watch)


def live_with_it(context: BrowserContext, model: Model, link: str, watch: Watch) -> None:
    """From the link on: a key, then all that an agent is for."""
    page = context.new_page()
    complaints = list[str]()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(link)
    give_key(page, watch)
    window = Window(page, link.partition("/?")[0])
    have_it_remember(window, model, watch)
    teach_it(window, watch)
    have_it_work(window, model, watch)
    have_it_write(window, model, watch)
    on_a_phone(context, window.page.url.partition("#")[0].rstrip("/"), watch)
    assert complaints == []


def give_key(page: Page, watch: Watch) -> None:
    expect(page.get_by_role("heading", name="Which model is to answer?")).to_be_visible()
    page.get_by_label("Key", exact=True).fill(KEY)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="Who is it to be?")).to_be_visible()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("article").last).to_contain_text("Hello! Who are you")
    expect(page.get_by_role("article").last).to_have_attribute("aria-busy", "false")
    watch.step("a key, a name, a first answer")


def have_it_remember(window: Window, model: Model, watch: Watch) -> None:
    model.script(
        {"calls": [{"name": "MemoryAppendDaily", "input": {"text": "The boat is called Nora."}}]},
        {"say": "I keep that."},
    )
    window.ask("My boat is called Nora.")
    expect(window.turns.last).to_contain_text("I keep that.")
    window.page.get_by_role("link", name="Memory", exact=True).click()
    window.page.get_by_role("searchbox", name="Search what is remembered").fill("boat called")
    window.page.get_by_role("button", name="Search", exact=True).click()
    expect(window.page.get_by_text("The boat is called Nora.").first).to_be_visible()
    watch.step("it remembers")


def teach_it(window: Window, watch: Watch) -> None:
    page = window.page
    page.get_by_role("link", name="Skills", exact=True).click()
    make_skill(page, "tea-time", "Makes tea", "Boil the water first.")
    page.get_by_role("button", name="Try it").click()
    expect(window.field).to_have_value("/tea-time ")
    window.field.press("Enter")
    expect(window.turns.last).to_contain_text("Boil the water first.")
    window.answered()
    watch.step("it has learnt a skill")


def have_it_work(window: Window, model: Model, watch: Watch) -> None:
    page = window.page
    page.get_by_role("link", name="Schedule", exact=True).click()
    page.get_by_role("link", name="Make a job").click()
    write_job(page, "Tea time", "Say when it is time.", "0 9 * * 1")
    page.get_by_role("button", name="Make it").click()
    expect(entries(page, "Runs, the latest first")).to_contain_text("planned")
    model.script({"say": "The kettle is on."})
    page.get_by_role("button", name="Run now").click()
    done = entries(page, "Runs, the latest first").filter(has_text="asked for by hand")
    expect(done).to_contain_text("The kettle is on.")
    watch.step("it has a job, and did it once")


def have_it_write(window: Window, model: Model, watch: Watch) -> None:
    page = window.page
    page.get_by_role("button", name="New conversation").first.click()
    file = {"path": "documents/plan.md", "content": "# The plan\n\nBuy milk.\n"}
    model.script(
        {"calls": [{"name": "FileWrite", "input": file}]}, {"say": "It is [here](documents/plan.md)."}
    )
    window.ask("Write a plan.")
    window.turns.last.get_by_role("link", name="here").click()
    sheet = page.get_by_role("dialog", name="plan.md")
    expect(sheet.get_by_role("heading", name="The plan")).to_be_visible()
    page.get_by_role("link", name="Show in Files").click()
    expect(page.get_by_role("region", name="Files")).to_contain_text("Buy milk.")
    page.go_back()
    watch.step("it wrote a file")


def on_a_phone(context: BrowserContext, url: str, watch: Watch) -> None:
    assert context.browser is not None
    phone = context.browser.new_context(
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        storage_state=context.storage_state(),
    )
    window = Window(phone.new_page(), url)
    window.go()
    window.has_room()
    window.page.get_by_role("button", name="Show the list").click()
    window.page.get_by_role("link", name="Write a plan.").first.click()
    expect(window.turns.last).to_contain_text("It is here.")
    window.has_room()
    phone.close()
    watch.step("it is at hand on a phone")
