"""Secrets, as they are kept and seen in the page."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.agent import Agent
from tests.browser.conftest import open_window
from tests.browser.test_people import signed_in

VALUE = "tangerine-4711"


def keep(page: Page, name: str, hosts: str = "") -> None:
    form = page.locator("form")
    form.get_by_label("Name", exact=True).fill(name)
    form.get_by_label("Value").fill(VALUE)
    form.get_by_label("May be sent to").fill(hosts)
    form.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("status").filter(has_text="is kept.")).to_contain_text(name)


def test_a_secret_is_kept_changed_and_deleted_and_its_value_never_comes_back(
    context: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    answers: list[str] = []
    page = open_window(context, agent, complaints, "#/s/secrets").page
    page.on("response", lambda each: answers.append(each.text()) if "/vault" in each.url else None)
    rows = page.get_by_role("list", name="Secrets that are kept").get_by_role("listitem")

    keep(page, "GITHUB_TOKEN")
    row = rows.filter(has_text="GITHUB_TOKEN")
    expect(row).to_contain_text("of the agent")
    expect(row).to_contain_text("to api.github.com")
    expect(row).to_contain_text("never used")
    expect(page.get_by_label("Value")).to_have_value("")

    row.get_by_role("button", name="Change").click()
    expect(page.get_by_label("Value")).to_be_focused()
    page.get_by_label("May be sent to").fill("x.org *.y.org")
    page.locator("form").get_by_role("button", name="Change").click()
    expect(page.get_by_role("dialog", name="Unlock")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert").filter(has_text="keep it anew, with its value")).to_be_visible()
    complaints.clear()  # the browser tells of the 403
    page.get_by_label("Value").fill(VALUE)
    page.locator("form").get_by_role("button", name="Change").click()
    expect(row).to_contain_text("to x.org, *.y.org")
    row.get_by_role("button", name="Change").click()
    page.get_by_label("May be sent to").fill("x.org")
    page.locator("form").get_by_role("button", name="Change").click()
    expect(row).not_to_contain_text("*.y.org")
    row.get_by_role("button", name="Change").click()
    page.get_by_label("May be sent to").fill("x.org z.org")
    page.locator("form").get_by_role("button", name="Change").click()
    page.get_by_label("Code").fill(agent.code())
    page.keyboard.press("Enter")
    expect(row).to_contain_text("to x.org, z.org")
    complaints.clear()  # likewise

    page.get_by_text("Who used and changed them").click()
    log = page.locator("details").get_by_role("listitem")
    expect(log.first).to_contain_text(re.compile("GITHUB_TOKEN may be sent to: x.org, z.org"))
    expect(log.nth(3)).to_contain_text("GITHUB_TOKEN kept")

    row.get_by_role("button", name="Delete GITHUB_TOKEN").click()
    row.get_by_role("button", name="No").click()
    row.get_by_role("button", name="Delete GITHUB_TOKEN").click()
    row.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    assert answers
    assert not [answer for answer in answers if VALUE in answer]
    assert VALUE not in page.content()


def test_everybody_keeps_their_own_and_only_an_admin_sees_more(
    context: BrowserContext, stranger: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    admin = open_window(context, agent, complaints, "#/s/secrets").page
    keep(admin, "OF_THE_AGENT")
    admin.get_by_role("combobox", name="For").select_option("You alone")
    keep(admin, "OF_THE_ADMIN")
    page = signed_in(stranger, agent, complaints, agent.add_user("ada"), "#/s/secrets").page
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    expect(page.get_by_role("combobox", name="For")).to_have_count(0)
    expect(page.get_by_text("Who used and changed them")).to_have_count(0)

    keep(page, "OF_ADA", "x.org")
    row = page.get_by_role("list", name="Secrets that are kept").get_by_role("listitem")
    row.get_by_role("button", name="Change").click()
    page.get_by_label("May be sent to").fill("")
    page.locator("form").get_by_role("button", name="Change").click()
    expect(row).to_contain_text("to no host")
    admin.reload()
    rows = admin.get_by_role("list", name="Secrets that are kept").get_by_role("listitem")
    expect(rows).to_contain_text(["of the agent", "of ada", "of admin"])
    row.get_by_role("button", name="Delete OF_ADA").click()
    row.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()


def test_a_refusal_is_told_in_words_and_loses_nothing(
    context: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/secrets").page
    page.locator("form").get_by_label("Name", exact=True).fill("not a name")
    page.get_by_label("Value").fill(VALUE)
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("alert").filter(has_text="1 to 128 letters")).to_be_visible()
    expect(page.get_by_label("Value")).to_have_value(VALUE)
    complaints.clear()  # the browser tells of the 400


def test_the_section_fits_a_phone(context: BrowserContext, agent: Agent, complaints: list[str]) -> None:
    page = open_window(context, agent, complaints, "#/s/secrets").page
    page.set_viewport_size({"width": 390, "height": 844})
    name = "PASSWORD_" * 14
    keep(page, name, "mail.example.com, *.smtp.example.org")
    page.get_by_role("button", name=f"Change {name}").click()
    for wide in (page.locator(".desk"), page.locator(".fields")):
        assert wide.evaluate("each => each.scrollWidth <= each.clientWidth")
    page.get_by_role("button", name=f"Delete {name}").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("button", name=f"Change {name}")).to_have_count(0)
