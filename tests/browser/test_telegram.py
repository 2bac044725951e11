"""The bot in the page: none, then one with a token, and somebody who asks to be let in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.agent import Agent, Model, agent_in
from tests.browser.window import Window
from tests.fakes.telegram.remote import RemoteTelegram, telegram_process

ADA = 7


@pytest.fixture(scope="module")
def telegram() -> Iterator[RemoteTelegram]:
    with telegram_process() as telegram:
        yield telegram


@pytest.fixture(scope="module")
def agent(
    model: Model, telegram: RemoteTelegram, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Agent]:
    settings = f'[channels.telegram]\napi_url = "{telegram.url}"\n'
    with agent_in(tmp_path_factory.mktemp("telegram") / "aster", model.url, settings) as agent:
        yield agent


def test_a_bot_is_connected_and_somebody_let_in(
    window: Window, agent: Agent, telegram: RemoteTelegram
) -> None:
    page = window.page
    window.go("#/s/telegram")
    expect(page.get_by_text("There is no bot yet.")).to_be_visible()
    expect(page.get_by_text("TELEGRAM_BOT_TOKEN")).to_be_visible()
    agent.keep_secret("TELEGRAM_BOT_TOKEN", telegram.token)
    expect(page.get_by_text("The bot receives what people write.")).to_be_visible()
    expect(page.get_by_role("link", name="@starpod_test_bot")).to_be_visible()

    telegram.people.write("hello")
    asking = page.get_by_role("list", name="Asking to be let in").get_by_role("listitem")
    expect(asking).to_contain_text("Ada @ada (7)")
    code = asking.locator("code").inner_text()
    telegram.wait_for(lambda: code in "".join(telegram.seen.texts(ADA)))
    asking.get_by_role("button", name="Let in").click()
    expect(page.get_by_text("Ada @ada (7) now speaks for admin.")).to_be_visible()
    expect(asking).to_have_count(0)

    telegram.people.write("good morning")
    telegram.wait_for(lambda: "good morning" in telegram.seen.texts(ADA)[-1])

    telegram.people.meet(8, "Mallory")
    telegram.people.write("let me in", sender=8)
    expect(asking).to_contain_text("Mallory (8)")
    asking.get_by_role("button", name="Refuse").click()
    asking.get_by_role("button", name="Do not let in").click()
    expect(page.get_by_text("The code is void.")).to_be_visible()
    expect(page.get_by_text("Nobody. Whoever writes to the bot")).to_be_visible()
