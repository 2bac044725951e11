"""Signing in with a key, one's own keys and devices, and what an admin sees of everybody."""

import re
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.agent import Agent, Model, agent_in
from tests.browser.conftest import open_window
from tests.browser.window import PATIENCE, Window

EVERYTHING_STORED = """() => JSON.stringify([
  location.href, history.state, {...localStorage}, {...sessionStorage}, document.documentElement.outerHTML,
  [...document.querySelectorAll("input, textarea")].map((field) => field.value),
])"""


def stranger_at(context: BrowserContext, agent: Agent, complaints: list[str], place: str = "") -> Window:
    window = open_window(context, agent, complaints, place)
    expect(window.sign_in).to_be_visible()
    complaints.clear()  # the browser tells of the 401 with which the page comes
    return window


def signed_in(
    context: BrowserContext, agent: Agent, complaints: list[str], key: str, place: str = ""
) -> Window:
    window = stranger_at(context, agent, complaints, place)
    window.show_key(key)
    expect(window.page.locator("header.head")).to_be_visible()
    complaints.clear()
    return window


def entries(page: Page, name: str) -> Locator:
    return page.get_by_role("list", name=name, exact=True).get_by_role("listitem")


def test_a_key_signs_in_and_leaves_no_trace(
    stranger: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    key = agent.new_key("admin")
    window = stranger_at(stranger, agent, complaints)
    expect(window.page.get_by_label("API key", exact=True)).to_be_focused()
    window.page.keyboard.type(key)
    window.page.keyboard.press("Enter")
    expect(window.field).to_be_visible()
    assert key not in window.page.evaluate(EVERYTHING_STORED)
    steps = window.page.evaluate("history.length")
    window.page.reload()
    expect(window.field).to_be_visible()
    assert window.page.evaluate("history.length") == steps
    complaints.clear()


def test_a_wrong_key_is_refused_in_words_and_does_not_stay(
    stranger: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    window = stranger_at(stranger, agent, complaints)
    field = window.page.get_by_label("API key", exact=True)
    for wrong in ("sp_live_" + "0" * 40, "wrong ' 🗝"):
        window.show_key(wrong)
        expect(window.page.get_by_role("alert").first).to_contain_text("Nobody is known by that key")
        expect(field).to_have_value("")
        expect(field).to_be_focused()
        assert wrong not in window.page.evaluate(EVERYTHING_STORED)
    window.show_key(agent.new_key("admin"))
    expect(window.field).to_be_visible()
    complaints.clear()


def test_after_too_many_wrong_keys_the_page_says_how_long_to_wait(
    stranger: BrowserContext, model: Model, tmp_path: Path, complaints: list[str]
) -> None:
    with agent_in(tmp_path / "aster", model.url) as agent:
        window = stranger_at(stranger, agent, complaints)
        for number in range(30):
            httpx2.post(f"{agent.url}/api/auth/login", json={"key": f"wrong {number}"}, trust_env=False)
        window.show_key("another wrong one")
        expect(window.page.get_by_role("alert").first).to_contain_text("Too many wrong keys")
        wait = window.page.get_by_role("button", name=re.compile(r"Wait \d+ s"))
        expect(wait).to_be_disabled()
        complaints.clear()


def test_without_a_daemon_signing_in_says_so(
    stranger: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    key = agent.new_key("admin")
    window = stranger_at(stranger, agent, complaints)
    agent.end()
    try:
        window.show_key(key)
        expect(window.page.get_by_role("alert").first).to_contain_text("Starpod cannot be reached")
    finally:
        agent.start()
    window.show_key(key)
    expect(window.field).to_be_visible()
    complaints.clear()


def test_a_new_key_is_shown_once(
    context: BrowserContext, stranger: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/account").page
    page.get_by_label("What it is for").fill("Backup")
    page.get_by_label("Good").select_option("for 30 days")
    page.get_by_role("button", name="Make a key").click()
    sheet = page.get_by_role("dialog", name="A new key")
    key = sheet.locator("code").inner_text()
    assert re.fullmatch("sp_live_[0-9a-f]{40}", key)
    expect(sheet.get_by_role("button", name="Copy the key")).to_be_visible()
    for _ in range(4):  # the focus stays within
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement?.closest('dialog, body')?.tagName") in {"DIALOG", "BODY"}
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.locator("dialog code")).to_have_text("")
    assert key not in page.evaluate(EVERYTHING_STORED)
    row = entries(page, "API keys").filter(has_text="Backup")
    expect(row).to_contain_text(key[: len("sp_live_") + 4])
    expect(row).to_contain_text("never used")
    expect(row).to_contain_text("good for 30 days")

    signed_in(stranger, agent, complaints, key)
    page.reload()
    expect(row).to_contain_text("last used just now")
    row.get_by_role("button", name="Revoke Backup").click()
    row.get_by_role("button", name="Revoke for good").click()
    expect(row).to_contain_text("revoked")
    expect(row.get_by_role("button")).to_have_count(0)
    complaints.clear()


def test_signing_a_device_out_ends_its_window_and_keeps_its_draft(
    stranger: BrowserContext, browser: Browser, agent: Agent, complaints: list[str]
) -> None:
    key = agent.add_user("robin")
    away = signed_in(stranger, agent, complaints, key)
    away.field.fill("half a th")
    other = browser.new_context()
    other.set_default_timeout(PATIENCE)
    page = signed_in(other, agent, complaints, key, "#/s/account").page
    devices = entries(page, "Devices")
    expect(devices.filter(has_text="this one")).to_have_count(1)
    expect(devices.filter(has_text="this one").get_by_role("button")).to_have_count(0)
    lost = devices.filter(has_not_text="this one")
    expect(lost).to_contain_text("Chrome on")
    lost.get_by_role("button", name=re.compile("Sign out")).click()
    lost.get_by_role("button", name="Sign it out").click()
    expect(away.sign_in).to_be_visible()
    expect(away.page).to_have_title("Sign in · Starpod")
    expect(lost).to_contain_text("signed out")
    other.close()

    away.show_key(key)
    expect(away.field).to_have_value("half a th")
    complaints.clear()


def test_who_is_no_admin_sees_no_people(
    stranger: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    page = signed_in(stranger, agent, complaints, agent.add_user("sascha"), "#/s/account/people").page
    expect(page.locator(".self")).to_contain_text("Signed in as sascha")
    expect(page.get_by_role("heading", name="Devices signed in")).to_be_visible()
    expect(page.get_by_role("link", name="People")).to_have_count(0)
    expect(page.get_by_role("link", name="Audit log")).to_have_count(0)
    expect(page.get_by_role("list", name="People", exact=True)).to_have_count(0)

    agent.change_user("sascha", role="admin")  # the page connects again, and knows
    expect(page.get_by_role("list", name="People", exact=True)).to_contain_text("sascha")
    agent.change_user("sascha", role="user")
    expect(page.get_by_role("list", name="People", exact=True)).to_have_count(0)
    complaints.clear()


def test_an_admin_adds_somebody_and_lets_them_in_no_more(
    context: BrowserContext, stranger: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/account").page
    page.get_by_role("link", name="People").click()
    page.get_by_label("Id", exact=True).fill("kim")
    page.get_by_label("Name", exact=True).fill("Kim")
    page.get_by_label("Email").fill("kim@example.com")
    page.get_by_role("button", name="Add").click()
    row = entries(page, "People").filter(has_text="kim@example.com")
    expect(row).to_contain_text("kim")

    page.get_by_label("Id", exact=True).fill("KIM")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert").first).to_contain_text("is taken")
    expect(page.get_by_label("Id", exact=True)).to_have_value("KIM")

    row.get_by_role("link", name="Kim").click()
    expect(page.get_by_role("heading", name="Change kim")).to_be_visible()
    page.get_by_label("Email").fill("")
    page.get_by_label("May see the agent’s files").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    page.get_by_role("button", name="Make a key").click()
    key = page.get_by_role("dialog").locator("code").inner_text()
    page.get_by_role("button", name="Done").click()

    theirs = signed_in(stranger, agent, complaints, key)
    theirs.field.fill("half a th")
    page.get_by_role("button", name="Deactivate").click()
    page.get_by_role("button", name="Let kim in no more").click()
    expect(theirs.sign_in).to_be_visible()
    theirs.show_key(key)
    expect(theirs.page.get_by_role("alert").first).to_contain_text("Nobody is known by that key")
    page.get_by_role("button", name="Activate", exact=True).click()
    expect(page.get_by_role("button", name="Deactivate")).to_be_visible()
    theirs.show_key(key)
    expect(theirs.field).to_have_value("half a th")

    page.get_by_role("link", name="Audit log").click()
    log = entries(page, "Audit log, newest first")
    for words in (
        "account activated · kim",
        "account deactivated · kim",
        "key made · kim",
        "account added · kim",
    ):
        expect(log.filter(has_text=words).first).to_contain_text("admin")
    assert key not in page.evaluate(EVERYTHING_STORED)
    complaints.clear()


def test_whoever_signs_out_leaves_nothing_to_the_next(
    stranger: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    first, second = agent.add_user("toni"), agent.add_user("uli")
    window = signed_in(stranger, agent, complaints, first)
    window.ask("Only of toni")
    window.field.fill("half a th")
    window.go("#/s/account")
    window.page.get_by_role("button", name="Sign out", exact=True).click()
    window.page.get_by_role("button", name="Sign out; what is unsent is forgotten").click()
    expect(window.sign_in).to_be_visible()
    stored = window.page.evaluate(EVERYTHING_STORED)
    assert "half a th" not in stored
    assert "toni" not in stored

    window.show_key(second)
    expect(window.field).to_have_value("")
    expect(window.page.get_by_text("No conversations yet")).to_be_visible()

    # One whose access ended keeps a draft, but not for somebody else.
    window.field.fill("a secret of uli")
    agent.deactivate("uli")
    expect(window.sign_in).to_be_visible()
    window.show_key(first)
    expect(window.field).to_have_value("")
    expect(window.page.get_by_role("link", name="Only of toni")).to_be_visible()
    assert "of uli" not in window.page.evaluate(EVERYTHING_STORED)
    complaints.clear()


def test_signing_in_and_accounts_fit_a_phone(browser: Browser, agent: Agent, complaints: list[str]) -> None:
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, reduced_motion="reduce"
    )
    phone.set_default_timeout(PATIENCE)
    name = "x" * 64
    window = stranger_at(phone, agent, complaints)
    window.has_room()
    window.show_key(agent.add_user(name, "admin"))
    expect(window.field).to_be_visible()
    for place in ("", "/people", f"/people/{name}", "/log"):
        window.go(f"#/s/account{place}")
        expect(window.page.locator(".entries li, .audit li").first).to_be_visible()
        window.has_room()
    phone.close()
    complaints.clear()
