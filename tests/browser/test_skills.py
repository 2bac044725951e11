"""Skills, as they are read, written, tried, approved and taken back in the page."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.agent import Agent
from tests.browser.conftest import open_window
from tests.browser.test_people import signed_in


def make(page: Page, name: str, description: str, body: str) -> None:
    section = page.get_by_role("region", name="Skills")  # others have names too, and may be left just now
    section.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("What it is for").fill(description)
    page.get_by_label("Instructions").fill(body)
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_label("Text of the skill")).to_contain_text(body)


def test_a_skill_is_made_changed_brought_back_tried_and_deleted(
    context: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/skills").page
    expect(page.get_by_role("list", name="All skills")).to_contain_text("comes with Starpod")
    make(page, "tea-time", 'Makes tea: "green", or black', "Boil the water first.")

    page.get_by_role("button", name="Edit the skill").click()
    field = page.get_by_role("textbox", name="Text of the skill")
    field.fill(field.input_value().replace("Boil", "Warm the pot, then boil"))
    page.get_by_role("button", name="Keep").click()
    text = page.locator("pre").first
    expect(text).to_contain_text("Warm the pot, then boil")
    changes = page.get_by_role("list", name="Changes, the newest first").get_by_role("listitem")
    expect(changes).to_have_count(2)
    changes.last.get_by_role("button", name="Bring back").click()
    changes.last.get_by_role("button", name="Bring it back").click()
    expect(text).not_to_contain_text("Warm the pot")
    expect(changes).to_have_count(3)

    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("textbox", name="Message to Aster")).to_have_value("/tea-time ")
    page.get_by_role("textbox", name="Message to Aster").fill("")

    page.get_by_role("link", name="Skills").click()
    page.get_by_role("link", name="tea-time").click()
    page.get_by_role("button", name="Delete tea-time").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("There is no such skill.")).to_be_visible()
    complaints.clear()  # the browser tells of the 404


def test_users_have_skills_of_their_own_and_an_admin_sees_them(
    context: BrowserContext, stranger: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    page = signed_in(stranger, agent, complaints, agent.add_user("grace"), "#/s/skills").page
    expect(page.get_by_role("button", name="Have the model write it")).to_have_count(0)
    make(page, "my-own", "Counts what is in the cellar", "Count the bottles.")
    page.get_by_role("link", name="All skills").click()
    expect(page.get_by_role("list", name="All skills")).to_contain_text("yours alone")
    page.get_by_role("link", name="web-research").click()
    expect(page.get_by_role("button", name="Edit the skill")).to_have_count(0)

    admin = open_window(context, agent, complaints, "#/s/skills").page
    row = admin.get_by_role("listitem").filter(has_text="my-own")
    expect(row).to_contain_text("of grace")
    row.get_by_role("link").click()
    admin.get_by_role("button", name="Approve").click()
    admin.get_by_role("button", name="Let everybody have it").click()
    admin.wait_for_url("**/#/s/skills/my-own")
    expect(admin.get_by_label("Text of the skill")).to_contain_text("Count the bottles.")
    complaints.clear()  # the browser tells of histories that are not there


def test_a_refusal_is_told_and_loses_nothing(
    context: BrowserContext, agent: Agent, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/skills").page
    page.get_by_label("Name", exact=True).fill("Not A Name")
    page.get_by_label("What it is for").fill("Nothing")
    page.get_by_label("Instructions").fill("Do nothing.")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("alert").filter(has_text="a to z")).to_be_visible()
    expect(page.get_by_label("Instructions")).to_have_value("Do nothing.")
    complaints.clear()  # the browser tells of the 400
