"""How a person wants to be told, a browser that shows what is pushed, and what could not be delivered."""

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from actors.webpush.sealing import encoded, new_key, public
from tests.browser.agent import Agent, Model, agent_in
from tests.browser.conftest import let_in, open_window
from tests.browser.window import PATIENCE, Window

SUBSCRIBES = """
  const key = "%s", auth = "%s";
  let made = null;
  PushManager.prototype.getSubscription = async () => made;
  PushManager.prototype.subscribe = async function (options) {
    made = {
      options,
      unsubscribe: async () => { made = null; return true; },
      toJSON: () => ({ endpoint: "https://push.example/1", keys: { p256dh: key, auth } }),
    };
    return made;
  };
"""
"""A push service that needs no network; what it stands for is the browser's, not ours."""


@pytest.fixture(scope="session")
def browser(whole_browser: Browser) -> Browser:
    """One that shows notifications."""
    return whole_browser


@pytest.fixture(scope="module")
def agent(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """One whose jobs and subscriptions are no other test's."""
    with agent_in(tmp_path_factory.mktemp("notify") / "aster", model.url) as agent:
        yield agent


@pytest.fixture
def desk(window: Window) -> Page:
    window.go("#/s/notify")
    expect(window.page.get_by_role("heading", name="Quiet hours")).to_be_visible()
    return window.page


def section(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def test_how_one_wants_to_be_told_is_kept(desk: Page, agent: Agent) -> None:
    quiet = section(desk, "Quiet hours")
    quiet.get_by_label("From").fill("22:30")
    quiet.get_by_label("To", exact=True).fill("07:00")
    quiet.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("Quiet from 22:30 to 07:00.")).to_be_visible()
    desk.get_by_label("Telegram").uncheck()
    expect(desk.get_by_text("Telegram, if an account is linked: off.")).to_be_visible()

    mute = section(desk, "Mute")
    mute.get_by_label("For").select_option(label="8 hours")
    mute.get_by_role("button", name="Mute").click()
    expect(mute).to_contain_text("in 8 h")

    desk.reload()
    expect(quiet.get_by_label("From")).to_have_value("22:30")
    expect(desk.get_by_label("Telegram")).not_to_be_checked()
    mute.get_by_role("button", name="Unmute").click()
    expect(mute.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    quiet.get_by_role("button", name="No quiet hours").click()
    expect(quiet.get_by_label("From")).to_have_value("")
    desk.get_by_label("Telegram").check()
    expect(desk.get_by_text("Telegram, if an account is linked: on.")).to_be_visible()


def test_what_could_not_be_delivered_is_said_until_it_is_looked_after(
    window: Window, agent: Agent, context: BrowserContext, complaints: list[str]
) -> None:
    agent.subscribe("https://127.0.0.1:9/push", encoded(public(new_key())), encoded(os.urandom(16)))
    session = agent.run_job("brief")
    page = window.page
    banner = page.get_by_text("A message could not be delivered.")
    expect(banner).to_be_visible()
    other = open_window(context, agent, complaints)
    expect(other.page.get_by_text("A message could not be delivered.")).to_be_visible()
    page.get_by_role("link", name="Look at it").click()
    expect(banner).to_be_hidden()

    rows = page.get_by_role("list", name="Not delivered").get_by_role("listitem")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("is at no address of the internet")
    expect(rows.first.get_by_role("link", name="brief")).to_have_attribute("href", f"#/chat/{session}")
    rows.first.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("It is sent again.")).to_be_visible()
    expect(rows).to_have_count(1)
    rows.first.get_by_role("button", name="Drop").click()
    rows.first.get_by_role("button", name="Do not send it").click()
    expect(rows).to_have_count(0)
    window.go("")
    expect(window.field).to_be_visible()
    expect(banner).to_be_hidden()

    window.go("#/s/notify")
    browsers = page.get_by_role("list", name="Browsers").get_by_role("listitem")
    browsers.first.get_by_role("button", name="Remove").click()
    browsers.first.get_by_role("button", name="Show none there any more").click()
    expect(browsers).to_have_count(0)


def test_a_browser_shows_what_is_pushed_and_leads_to_its_conversation(
    window: Window, agent: Agent, context: BrowserContext, complaints: list[str]
) -> None:
    window.ask("hello")
    talk = window.place
    context.grant_permissions(["notifications"], origin=agent.url)
    browser = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32, "big")
    context.add_init_script(SUBSCRIBES % (encoded(public(browser)), encoded(os.urandom(16))))
    page = open_window(context, agent, complaints, "#/s/notify").page
    page.get_by_role("button", name="Show notifications in this browser").click()
    expect(page.get_by_text("This browser shows notifications.")).to_be_visible()
    (known,) = agent.get("/api/webpush/subscriptions")
    assert known["service"] == "push.example"
    expect(page.get_by_text("this browser", exact=True)).to_be_visible()

    pushed(context, page, agent, {"title": "brief", "text": "All is well.", "path": talk, "tag": "t"})
    pushed(context, page, agent, {"title": "brief", "text": "All is well again.", "path": talk, "tag": "t"})
    shown = page.evaluate(
        "async () => (await (await navigator.serviceWorker.ready).getNotifications())"
        ".map(({ title, body, tag }) => [title, body, tag])"
    )
    assert shown == [["brief", "All is well again.", "t"]]
    window.page.close()
    (worker,) = context.service_workers
    worker.evaluate(
        "async () => { const [notification] = await registration.getNotifications();"
        " dispatchEvent(new NotificationEvent('notificationclick', { notification })); }"
    )
    page.wait_for_url(f"**/{talk}")
    expect(page.get_by_role("article")).to_have_count(1)

    page.goto(f"{agent.url}/#/s/notify")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Show none there any more").click()
    expect(page.get_by_role("button", name="Show notifications in this browser")).to_be_visible()
    assert agent.get("/api/webpush/subscriptions") == []


def pushed(context: BrowserContext, page: Page, agent: Agent, content: dict[str, Any]) -> None:
    """Have the browser believe that its service has sent something."""
    session: Any = context.new_cdp_session(page)
    found = list[str]()

    def registered(told: dict[str, Any]) -> None:
        found.extend(each["registrationId"] for each in told["registrations"])

    session.on("ServiceWorker.workerRegistrationUpdated", registered)
    session.send("ServiceWorker.enable")
    end = time.monotonic() + PATIENCE / 1000
    while not found:
        assert time.monotonic() < end, "no worker was registered"
        page.wait_for_timeout(20)
    delivery = {"origin": agent.url, "registrationId": found[-1], "data": json.dumps(content)}
    session.send("ServiceWorker.deliverPushMessage", delivery)
    session.detach()


def test_a_phone_has_room_for_it(browser: Browser, agent: Agent, complaints: list[str]) -> None:
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, reduced_motion="reduce"
    )
    phone.set_default_timeout(PATIENCE)
    let_in(phone, agent)
    agent.subscribe("https://127.0.0.1:9/phone", encoded(public(new_key())), encoded(os.urandom(16)))
    agent.run_job("phone")
    window = open_window(phone, agent, complaints)
    expect(window.page.get_by_role("link", name="Look at")).to_be_visible()
    window.has_room()
    window.go("#/s/notify")
    expect(
        window.page.get_by_role("list", name="Not delivered").get_by_role("listitem").first
    ).to_be_visible()
    expect(window.page.get_by_role("heading", name="Quiet hours")).to_be_visible()
    window.has_room()
    phone.close()
