"""The schedule, as jobs are made, looked at, run, changed and removed in the page."""

import re
from typing import Final

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.agent import Agent, Model
from tests.browser.conftest import open_window
from tests.browser.test_people import entries, signed_in

LESS_THAN_A_REST: Final = 30_000
"""Milliseconds; by itself, a list asks again only after a minute."""


def write(page: Page, name: str, prompt: str, expression: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("What to do").fill(prompt)
    page.get_by_label("It runs").select_option(label="By the clock")
    page.get_by_label("Minute hour day month weekday").fill(expression)


def make(page: Page, name: str, prompt: str = "Say when it is time.", expression: str = "0 9 * * 1") -> None:
    """A new job, from the form to where it is shown."""
    write(page, name, prompt, expression)
    page.get_by_role("button", name="Make it").click()
    expect(said(page, f"{name} is made.")).to_be_visible()


def said(page: Page, words: str) -> Locator:
    return page.get_by_role("status").filter(has_text=words)


def previewed(page: Page) -> Locator:
    return entries(page, "Next runs")


def runs(page: Page) -> Locator:
    return entries(page, "Runs, the latest first")


def remove(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Remove {name}").click()
    page.get_by_role("button", name="Remove it and its history").click()
    expect(said(page, f"{name} is removed.")).to_be_visible()


def test_a_job_is_made_run_paused_changed_and_removed(
    context: BrowserContext, agent: Agent, model: Model, complaints: list[str]
) -> None:
    agent.forget_jobs()
    page = open_window(context, agent, complaints, "#/s/cron").page
    expect(page.get_by_text("remind me every Monday at 9")).to_be_visible()
    page.get_by_role("link", name="Make a job").click()
    write(page, "Tea time", "Say when it is time.", "0 9 * * 1")
    expect(previewed(page)).to_have_count(5)
    for instant in previewed(page).all():
        expect(instant).to_contain_text("Mon")
    page.get_by_role("button", name="Make it").click()
    expect(said(page, "Tea time is made.")).to_be_visible()
    expect(runs(page)).to_have_count(1)
    expect(runs(page)).to_contain_text("planned")

    model.script({"say": "The kettle is on."})
    page.get_by_role("button", name="Run now").click()
    done = runs(page).filter(has_text="asked for by hand")
    expect(done).to_contain_text("done")
    expect(done).to_contain_text("The kettle is on.")
    done.get_by_role("link", name="Conversation").click()
    page.wait_for_url("**/#/chat/*")
    expect(page.get_by_role("article").last).to_contain_text("The kettle is on.")
    page.go_back()

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("paused", exact=True)).to_be_visible()
    page.get_by_role("link", name="Jobs").click()
    job = entries(page, "Jobs").filter(has_text="Tea time")
    expect(job).to_contain_text("no next run while it is paused")
    expect(job).to_contain_text("done")
    job.get_by_role("button", name="Resume").click()
    expect(job).to_contain_text("next Mon")

    job.get_by_role("link", name="Tea time").click()
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("What to do")).to_have_value("Say when it is time.")
    page.get_by_label("It runs").select_option(label="Again after some time")
    page.get_by_label("Every").fill("90")
    page.get_by_label("Unit").select_option("minutes")
    page.get_by_role("button", name="Keep").click()
    expect(said(page, "Kept.")).to_be_visible()
    expect(page.get_by_text(re.compile("^every 90 minutes"))).to_be_visible()
    remove(page, "Tea time")
    expect(page.get_by_text("Nothing is scheduled")).to_be_visible()


def test_a_list_that_rests_is_told_of_the_end_of_a_run(
    context: BrowserContext, agent: Agent, model: Model, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/cron/new").page
    make(page, "Nightly")
    page.get_by_role("link", name="Jobs").click()
    job = entries(page, "Jobs").filter(has_text="Nightly")
    expect(job).to_contain_text("has not run yet")
    model.script({"say": "All is well."})
    agent.run_now("Nightly")
    expect(job).to_contain_text("done", timeout=LESS_THAN_A_REST)
    job.get_by_role("link", name="Nightly").click()
    remove(page, "Nightly")


def test_a_refusal_is_told_at_the_form_and_loses_nothing(
    context: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/cron/new").page
    make(page, "Twice")
    page.get_by_role("link", name="New job").click()
    write(page, "Twice", "Something long that nobody wants to write again.", "0 0 30 2 *")
    problem = page.locator("#preview")
    expect(problem).to_contain_text("has a day")
    expect(page.get_by_label("Minute hour day month weekday")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("alert").filter(has_text="has a day")).to_be_visible()

    page.get_by_label("Minute hour day month weekday").fill("@daily")
    expect(previewed(page)).to_have_count(5)
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("alert").filter(has_text="already")).to_be_visible()
    page.get_by_role("link", name="Jobs").click()
    page.get_by_role("link", name="New job").click()
    expect(page.get_by_label("What to do")).to_have_value("Something long that nobody wants to write again.")
    page.get_by_role("button", name="Cancel").click()
    entries(page, "Jobs").get_by_role("link", name="Twice").click()
    remove(page, "Twice")
    complaints.clear()  # the browser tells of the 400s and the 409


def test_a_week_shows_what_ran_and_what_will_and_keys_lead_through_it(
    context: BrowserContext, agent: Agent, model: Model, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/cron/new").page
    make(page, "At noon", expression="0 12 * * *")
    model.script({"say": "It is noon."})
    page.get_by_role("button", name="Run now").click()
    expect(runs(page).filter(has_text="It is noon.")).to_be_visible()
    page.get_by_role("link", name="Week", exact=True).click()
    week = page.get_by_role("group", name="Runs;")
    ran = week.get_by_role("link", name="At noon done")
    expect(ran).to_be_visible()
    page.get_by_role("link", name="Next week").click()
    planned = week.get_by_role("link", name="At noon planned")
    expect(planned).to_have_count(7)
    planned.first.focus()
    page.keyboard.press("ArrowRight")
    expect(planned.nth(1)).to_be_focused()
    page.keyboard.press("PageUp")
    expect(ran).to_be_visible()
    ran.click()
    expect(page.locator("[aria-current=true]")).to_contain_text("It is noon.")
    remove(page, "At noon")


def test_everybody_sees_their_own_jobs_and_an_admin_all(
    context: BrowserContext, stranger: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    page = signed_in(stranger, agent, complaints, agent.add_user("hedy"), "#/s/cron/new").page
    make(page, "Hedy's own")
    admin = open_window(context, agent, complaints, "#/s/cron/new").page
    make(admin, "The admin's")
    admin.get_by_role("link", name="Jobs").click()
    expect(entries(admin, "Jobs").filter(has_text="Hedy's own")).to_contain_text("of hedy")
    page.get_by_role("link", name="Jobs").click()
    expect(entries(page, "Jobs")).to_have_count(1)
    expect(page.get_by_role("switch")).to_have_count(0)
    entries(page, "Jobs").get_by_role("link").click()
    remove(page, "Hedy's own")
    admin.get_by_role("link", name="The admin's").click()
    remove(admin, "The admin's")
