"""What answers show besides words: formulas, diagrams, pages; and nothing of a model gets out of its frame."""

from playwright.sync_api import expect

from tests.browser.agent import Model
from tests.browser.window import Window

PAGE = """\
<p id=x>before</p><script>
const x = document.getElementById("x");
try { x.textContent = parent.document.title; } catch (error) { x.textContent = `${origin} ${error.name}`; }
</script>"""


def test_formulas_are_set_diagrams_drawn_and_pages_shown_in_frames_that_reach_nothing(
    window: Window, model: Model
) -> None:
    model.script(
        {
            "say": f"So $E = mc^2$, for $5.\n\n```mermaid\nflowchart LR\n  A[Ask] --> B[Answer]\n```\n\n"
            f"```html\n{PAGE}\n```\n"
        }
    )
    window.ask("Draw")
    expect(window.turns.last.locator("math")).to_have_count(1)
    diagram = window.page.frame_locator("iframe[title=Diagram]")
    expect(diagram.locator("svg")).to_contain_text("Answer")
    window.page.get_by_role("button", name="Show what it looks like").click()
    shown = window.page.frame_locator("iframe[title=Preview]")
    expect(shown.locator("#x")).to_have_text("null SecurityError")


def test_a_draft_is_found_on_another_device(window: Window) -> None:
    with window.page.expect_response("**/api/drafts/new") as kept:
        window.field.fill("half a thought")
    assert kept.value.ok
    window.page.evaluate("localStorage.removeItem('starpod.draft.new')")
    other = window.page.context.new_page()
    other.goto(window.page.url)
    expect(other.get_by_role("textbox", name="Message to Aster")).to_have_value("half a thought")
    other.get_by_role("textbox", name="Message to Aster").fill("")
    other.close()
