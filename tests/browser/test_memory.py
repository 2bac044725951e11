"""What is remembered, as it is read, searched, corrected and taken back in the page."""

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.agent import Agent
from tests.browser.conftest import let_in, open_window
from tests.browser.test_people import signed_in
from tests.browser.window import PATIENCE


def write(page: Page, name: str, text: str) -> None:
    """Begin a note, and keep it."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="Write it").click()
    page.get_by_role("textbox", name=f"Text of {name}").fill(text)
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_label("Text of the note")).to_have_text(text)


def test_a_note_is_written_found_corrected_and_brought_back(
    context: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    window = open_window(context, agent, complaints, "#/s/memory")
    page = window.page
    lines = "\n".join(f"Day {day}: nothing but fog over the harbour." for day in range(60))
    write(page, "boat.md", f"{lines}\nThe mooring costs 340 euros a year.\n{lines}\n")

    page.get_by_role("link", name="All notes").click()
    page.get_by_role("searchbox", name="Search what is remembered").fill("what does the mooring cost?")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="boat.md, line").first.click()
    hit = page.locator("mark")
    expect(hit).to_contain_text("The mooring costs 340 euros a year.")
    expect(hit).to_be_in_viewport()

    page.get_by_role("button", name="Edit the note").click()
    page.get_by_role("textbox", name="Text of boat.md").fill("The mooring costs 360 euros a year.\n")
    page.get_by_role("link", name="All notes").click()
    page.get_by_role("link", name="boat.md", exact=True).click()
    field = page.get_by_role("textbox", name="Text of boat.md")
    expect(field).to_have_value("The mooring costs 360 euros a year.\n")  # going elsewhere loses nothing
    field.press("Control+Enter")
    expect(page.get_by_label("Text of the note")).to_have_text("The mooring costs 360 euros a year.\n")

    changes = page.get_by_role("list", name="Changes, the newest first").get_by_role("listitem")
    expect(changes).to_have_count(2)
    changes.last.get_by_role("button", name="Show it").click()
    expect(changes.last.get_by_label("As it was")).to_contain_text("340 euros")
    changes.last.get_by_role("button", name="Bring back").click()
    changes.last.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_label("Text of the note")).to_contain_text("340 euros")
    expect(changes).to_have_count(3)

    page.get_by_role("button", name="Forget boat.md").click()
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_text("There is no such note.")).to_be_visible()
    page.get_by_role("button", name="Purge the history").click()
    page.get_by_role("button", name="Purge for good").click()
    expect(changes.filter(has_text="Written")).to_have_count(0)
    complaints.clear()  # the browser tells of the 404


def test_what_somebody_else_wrote_meanwhile_is_not_lost(
    context: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/memory").page
    write(page, "plans.md", "one")
    page.get_by_role("button", name="Edit the note").click()
    other = open_window(context, agent, complaints, "#/s/memory/plans.md").page
    other.get_by_role("button", name="Edit the note").click()
    other.get_by_role("textbox", name="Text of plans.md").fill("two")
    other.get_by_role("button", name="Keep").click()
    expect(other.get_by_label("Text of the note")).to_have_text("two")

    page.get_by_role("textbox", name="Text of plans.md").fill("three")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("alert").filter(has_text="plans.md")).to_be_visible()
    expect(page.get_by_role("textbox", name="Text of plans.md")).to_have_value("three")
    page.get_by_role("button", name="Write over what is there now").click()
    expect(page.get_by_label("Text of the note")).to_have_text("three")
    expect(page.get_by_role("list", name="Changes, the newest first").get_by_role("listitem")).to_have_count(
        3
    )
    complaints.clear()  # the browser tells of the 404 and the 409


def test_everybody_sees_their_own_and_what_is_the_agents(
    context: BrowserContext, stranger: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    admin = open_window(context, agent, complaints, "#/s/memory").page
    write(admin, "secret-plan.md", "The treasure lies under the old elm.")
    admin.get_by_role("link", name="All notes").click()
    write(admin, "shared/house.md", "The door sticks in winter.")
    page = signed_in(stranger, agent, complaints, agent.add_user("ellen"), "#/s/memory").page

    expect(page.get_by_role("list", name="Yours")).to_contain_text("USER.md")
    expect(page.get_by_role("list", name="Yours")).not_to_contain_text("secret-plan.md")
    shared = page.get_by_role("list", name="The agent's, for everybody").get_by_role("listitem")
    expect(shared.filter(has_text="shared/house.md")).to_contain_text("an admin changes it")
    page.get_by_role("searchbox", name="Search what is remembered").fill("treasure elm")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("Nothing fits.")).to_be_visible()
    complaints.clear()  # the browser tells of the 404


def test_the_section_fits_a_phone(browser: Browser, agent: Agent, complaints: list[str]) -> None:
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, reduced_motion="reduce"
    )
    phone.set_default_timeout(PATIENCE)
    let_in(phone, agent)
    window = open_window(phone, agent, complaints, "#/s/memory")
    write(window.page, f"{'long-' * 20}name.md", f"{'wide' * 100}\n")
    window.has_room()
    window.page.get_by_role("button", name="Edit the note").click()
    window.has_room()
    window.page.get_by_role("button", name="Cancel").click()
    window.page.get_by_role("link", name="All notes").click()
    window.page.get_by_role("searchbox", name="Search what is remembered").fill("wide long")
    window.page.get_by_role("button", name="Search").click()
    window.has_room()
    phone.close()
    complaints.clear()  # the browser tells of the 404
