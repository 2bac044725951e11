"""A window with the page, in the words of somebody who uses it."""

from typing import Final, final

from playwright.sync_api import Locator, Page, expect

PATIENCE: Final = 60_000
"""Milliseconds that a test waits for anything to be seen."""
SIGN_IN: Final = "Sign in"
"""What the page says to a browser that nobody is signed in with."""


@final
class Window:
    """One window. Everything is found as people find it: by its role and its name."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def go(self, place: str = "") -> None:
        """Open a place of the page, such as ``#/s/mesh``, and wait until the page is up."""
        self.page.goto(f"{self._url}/{place}")
        expect(self.page.locator("main")).to_be_visible()

    @property
    def place(self) -> str:
        """The part of the address that tells where the page is."""
        return "#" + self.page.url.partition("#")[2]

    @property
    def field(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message to Aster")

    @property
    def turns(self) -> Locator:
        return self.page.get_by_role("article")

    @property
    def figures(self) -> Locator:
        """The statistics line of the last answer."""
        return self.turns.last.get_by_role("list", name="Figures of this answer")

    @property
    def sign_in(self) -> Locator:
        """The heading of the page while nobody is signed in."""
        return self.page.get_by_role("heading", name=SIGN_IN)

    def show_key(self, key: str) -> None:
        """Try to sign in with a key."""
        self.page.get_by_label("API key", exact=True).fill(key)
        self.page.get_by_role("button", name=SIGN_IN).click()

    def say(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def ask(self, text: str) -> None:
        """Say something and wait for the end of the answer."""
        if self.place.startswith("#/chat/"):
            expect(self.turns).not_to_have_count(0)  # after a reload its history is still to come
        before = self.turns.count()
        self.say(text)
        expect(self.turns).to_have_count(before + 1)
        self.answered()

    def answered(self) -> None:
        """Wait until the last turn is over and kept: its place in the address included."""
        expect(self.turns.last).to_have_attribute("aria-busy", "false")
        expect(self.turns.last.get_by_role("link", name="Trace")).to_be_visible()
        self.page.wait_for_url("**/#/chat/*")

    def tool(self, name: str) -> Locator:
        return self.page.get_by_role("list", name="Tool calls").get_by_role("button", name=name)

    def has_room(self) -> None:
        """Nothing reaches beyond the sides of a phone, and every button can be met with a finger."""
        assert self.page.evaluate("document.documentElement.scrollWidth") == 390
        for region in self.page.locator(".scroller, .mesh, .trace, .desk").all():
            assert region.evaluate("element => element.scrollWidth <= element.clientWidth"), region
        for button in self.page.locator("main button:visible").all():
            box = button.bounding_box()
            assert box is not None
            assert max(box["width"], box["height"]) >= 44, button
