"""The page below a path, as a reverse proxy passes it on, and over TLS."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.agent import Model, agent_in
from tests.browser.conftest import open_window
from tests.browser.window import PATIENCE
from tests.fakes.certificates import certify


def test_the_page_works_below_a_path_over_tls(
    browser: Browser, model: Model, tmp_path: Path, complaints: list[str]
) -> None:
    files = certify(tmp_path)
    settings = (
        '[gateway]\nbase_path = "/my/agent"\n'
        f'[gateway.tls]\ncertificate = "{files.certificate}"\nkey = "{files.key}"\n'
    )
    with agent_in(tmp_path / "aster", model.url, settings) as agent:
        # No browser takes a worker over a certificate that nobody vouches for.
        context = browser.new_context(ignore_https_errors=True, service_workers="block")
        context.set_default_timeout(PATIENCE)
        try:
            page = context.new_page()
            page.goto(agent.link())
            page.wait_for_url(f"{agent.url}/")
            expect(page.get_by_role("textbox", name="Message to Aster")).to_be_visible()
            model.script({"say": "Good day."})
            window = open_window(context, agent, complaints)
            window.ask("Hello")
            expect(window.turns.last).to_contain_text("Good day.")
            window.go("#/s/mesh")
            expect(window.page.get_by_role("heading", name="Mesh", exact=True)).to_be_visible()
            (cookie,) = context.cookies()
            assert (cookie.get("path"), cookie.get("secure"), cookie.get("httpOnly")) == (
                "/my/agent/",
                True,
                True,
            )
            assert window.page.evaluate(
                "Object.keys(localStorage).every((key) => key.startsWith('starpod/my/agent.'))"
            )
        finally:
            context.close()
