"""The agent's home in the page: folders and files are looked at, changed, brought and taken away."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Locator, Page, expect

from tests.browser.agent import Agent, Model
from tests.browser.axe import violations
from tests.browser.conftest import open_window
from tests.browser.test_people import signed_in
from tests.browser.window import Window

HOSTILE = '<img src=x onerror="document.title=1">.csv'


@pytest.fixture
def desk(agent: Agent) -> Path:
    """A folder of home with files of many kinds."""
    folder = agent.place.home / "desk"
    (folder / "inner").mkdir(parents=True, exist_ok=True)
    (folder / "list.md").write_text("# Things\n\nSee [the table](table.csv).\n", encoding="utf-8")
    (folder / "table.csv").write_text(
        'name,note\n"Doe, Ada","=HYPERLINK(""http://x"")"\n<script>document.title=1</script>,b\n',
        encoding="utf-8",
    )
    (folder / HOSTILE).write_text("a,b\n", encoding="utf-8")
    (folder / "page.html").write_text("<script>top.document.title = 1</script><p>Page", encoding="utf-8")
    (folder / "tool.py").write_text("def f():\n    return 1\n", encoding="utf-8")
    (folder / "data.bin").write_bytes(b"\0\1\2")
    (folder / "fake.pdf").write_text("<script>document.title=1</script>", encoding="utf-8")
    (folder / "fake.png").write_text("<script>document.title=1</script>", encoding="utf-8")
    (folder / ".secret").write_text("hidden", encoding="utf-8")
    (folder / "inner/deep.txt").write_text("deep", encoding="utf-8")
    return folder


def more(page: Page, name: str, deed: str) -> None:
    """Do something with an entry of the list."""
    page.get_by_role("button", name=f"More about {name}", exact=True).click()
    page.get_by_role("menuitem", name=deed).click()


def upload(page: Page, *names: str) -> None:
    """Choose files to be brought into the folder that is looked at."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload files").click()
    chooser.value.set_files(
        [FilePayload(name=name, mimeType="text/plain", buffer=f"mine {name}".encode()) for name in names]
    )


def told(page: Page, words: str) -> Locator:
    """What the page says at once to those who do not see it."""
    return page.get_by_role("alert").filter(has_text=words)


def test_files_are_browsed_and_shown_and_nothing_of_them_runs(
    context: BrowserContext, agent: Agent, desk: Path, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/files").page
    page.get_by_role("link", name="desk folder").click()
    entries = page.get_by_role("list", name="In desk").get_by_role("listitem")
    expect(entries).to_have_count(9)
    expect(entries.first).to_contain_text("inner")
    expect(entries.filter(has_text="<img src=x")).to_have_count(1)
    page.get_by_label("Hidden files").check()
    expect(entries).to_have_count(10)
    page.get_by_label("Order").select_option("size")
    expect(entries.nth(1)).to_contain_text("table.csv")
    assert violations(page) == []

    entries.first.get_by_role("link").focus()
    for key, name in (
        ("ArrowDown", "table.csv"),
        ("ArrowUp", "inner"),
        ("End", "data.bin"),
        ("Home", "inner"),
    ):
        page.keyboard.press(key)
        expect(entries.get_by_role("link", name=name)).to_be_focused()
    page.get_by_role("link", name="list.md").click()
    expect(page.get_by_role("heading", name="Things")).to_be_visible()
    page.get_by_role("link", name="the table").click()
    table = page.get_by_role("region", name="Table of table.csv")
    expect(table.get_by_role("cell")).to_have_text(
        ["Doe, Ada", '=HYPERLINK("http://x")', "<script>document.title=1</script>", "b"]
    )
    assert violations(page) == []
    page.get_by_role("button", name="Show what is written").click()
    expect(page.locator("pre")).to_contain_text('"Doe, Ada"')

    way = page.get_by_role("navigation", name="Folders on the way")
    for name, shown in (
        ("tool.py", "def f():"),
        ("data.bin", "There is no preview of such a file"),
        ("fake.pdf", "It is called a PDF, but it is none."),
        ("fake.png", "It is no picture that can be shown."),
        (HOSTILE, "0 rows"),
    ):
        way.get_by_role("link", name="desk").click()
        page.get_by_role("link", name=name).click()
        expect(page.locator(".preview-of")).to_contain_text(shown)
    way.get_by_role("link", name="desk").click()
    page.get_by_role("link", name="page.html").click()
    page.get_by_role("button", name="Show what it looks like").click()
    expect(page.frame_locator("iframe").get_by_text("Page")).to_be_visible()
    assert page.title().endswith("page.html · Aster")  # before it may stand how much is unread
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download").click()
    assert saved.value.suggested_filename == "page.html"

    page.goto(f"{agent.url}/#/s/files/desk/missing.txt")
    expect(told(page, "There is no desk/missing.txt in the agent's home.")).to_be_visible()
    complaints.clear()  # the browser tells of what is none, is shut off, or is not there


def test_files_are_brought_changed_moved_and_deleted(
    context: BrowserContext, agent: Agent, desk: Path, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/files/desk").page
    (desk / "taken.txt").write_text("theirs", encoding="utf-8")
    page.get_by_role("button", name="New folder").click()
    page.get_by_label("Name of the new folder").fill("made")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="made folder")).to_be_visible()

    upload(page, "new.txt", "taken.txt")
    expect(page.get_by_role("link", name="new.txt")).to_be_visible()
    expect(told(page, "taken.txt is there already")).to_be_visible()
    page.get_by_role("button", name="Keep both").click()
    expect(page.get_by_role("link", name="taken (2).txt")).to_be_visible()
    assert (desk / "taken.txt").read_text() == "theirs"
    assert (desk / "taken (2).txt").read_text() == "mine taken.txt"
    upload(page, "taken (2).txt", "taken.txt")
    expect(page.get_by_role("list", name="Uploads").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Forget taken (2).txt").click()
    page.get_by_role("button", name="Replace it").click()
    expect(page.get_by_role("list", name="Uploads")).to_have_count(0)
    assert (desk / "taken.txt").read_text() == "mine taken.txt"

    # dropped anywhere on the page, it comes into the folder that is looked at
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["dropped"], "dropped.txt"));
          for (const type of ["dragover", "drop"])
            document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.get_by_role("link", name="dropped.txt")).to_be_visible()

    more(page, "new.txt", "Rename or move")
    path = page.get_by_label("Its path, from home on")
    path.fill("desk/taken.txt")
    path.press("Enter")
    expect(told(page, "is there already").nth(0)).to_be_visible()
    path.fill("desk/made/renamed.txt")
    path.press("Enter")
    expect(page.get_by_role("status").filter(has_text="It is at desk/made/renamed.txt now.")).to_be_visible()
    assert (desk / "made/renamed.txt").read_text() == "mine new.txt"

    with page.expect_download() as saved:
        more(page, "made", "Download as a zip file")
    with ZipFile(saved.value.path()) as packed:
        assert packed.read("made/renamed.txt") == b"mine new.txt"

    complaints.clear()  # the browser tells of what was refused


def test_what_was_deleted_is_put_back(
    context: BrowserContext, agent: Agent, desk: Path, complaints: list[str]
) -> None:
    (desk / "bygone").mkdir()
    (desk / "bygone/renamed.txt").write_text("mine new.txt", encoding="utf-8")
    (desk / "let-go.txt").write_text("dropped", encoding="utf-8")
    page = open_window(context, agent, complaints, "#/s/files/desk").page
    more(page, "bygone", "Delete")
    expect(page.get_by_role("dialog")).to_contain_text("1 file (12 B)")
    expect(page.get_by_role("dialog")).to_contain_text("It can be put back for 14 days.")
    assert violations(page) == []
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("link", name="bygone folder")).to_have_count(0)
    assert not (desk / "bygone").exists()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="bygone folder")).to_be_visible()
    assert (desk / "bygone/renamed.txt").read_text() == "mine new.txt"

    # later it is found in the list of what was deleted
    for name in ("bygone", "let-go.txt"):
        more(page, name, "Delete")
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    page.get_by_role("button", name="Deleted files").click()
    deleted = page.get_by_role("dialog", name="Deleted files")
    expect(deleted.get_by_role("listitem")).to_contain_text(["desk/let-go.txt", "desk/bygone"])
    assert violations(page) == []
    deleted.get_by_role("button", name="Put back").last.click()
    expect(deleted.get_by_role("status")).to_have_text("desk/bygone is there again.")
    assert (desk / "bygone/renamed.txt").exists()
    deleted.get_by_role("button", name="Delete for good").click()
    deleted.get_by_role("button", name="Delete it for good").click()
    expect(deleted.get_by_text("Nothing that you have deleted is kept.")).to_be_visible()


def test_what_the_agent_wrote_meanwhile_is_not_lost(
    context: BrowserContext, agent: Agent, desk: Path, complaints: list[str]
) -> None:
    page = open_window(context, agent, complaints, "#/s/files/desk").page
    page.get_by_role("button", name="New file").click()
    page.get_by_label("Name of the new file").fill("plan.txt")
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Text of plan.txt")
    field.fill("one\n")
    field.press("Control+s")
    expect(page.locator(".preview-of")).to_contain_text("one")
    assert (desk / "plan.txt").read_bytes() == b"one\n"
    (desk / "plan.txt").write_text("two\n", encoding="utf-8")
    expect(page.locator(".preview-of")).to_contain_text("two")  # what somebody else writes is seen by itself

    (desk / "plan.txt").write_bytes(b"one\r\ntwo\r\n")
    page.get_by_role("button", name="Edit").click()
    expect(field).to_have_value("one\ntwo\n")
    field.fill("mine\n")
    page.get_by_role("link", name="desk").click()
    page.get_by_role("link", name="plan.txt").click()
    expect(field).to_have_value("mine\n")  # going elsewhere loses nothing
    (desk / "plan.txt").write_text("the agent's\n", encoding="utf-8")
    expect(page.get_by_text("Somebody else has changed this file since you began.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(told(page, "has changed this file meanwhile")).to_be_visible()
    theirs = page.get_by_role("region", name="What is there now")
    expect(theirs).to_contain_text("the agent's")
    assert (desk / "plan.txt").read_text() == "the agent's\n"
    assert violations(page) == []
    theirs.get_by_role("button", name="Save mine in its place").click()
    expect(page.locator(".preview-of")).to_contain_text("mine")
    assert (desk / "plan.txt").read_bytes() == b"mine\r\n"

    page.get_by_role("button", name="Edit").click()
    field.fill("lost\n")
    (desk / "plan.txt").write_text("kept\n", encoding="utf-8")
    page.get_by_role("button", name="Save").click()
    theirs.get_by_role("button", name="Take theirs").click()
    expect(page.locator(".preview-of")).to_contain_text("kept")
    assert (desk / "plan.txt").read_text() == "kept\n"
    complaints.clear()  # the browser tells of what was refused


def test_who_may_not_look_around_sees_what_they_have_sent(
    stranger: BrowserContext, agent: Agent, desk: Path, complaints: list[str]
) -> None:
    window = signed_in(stranger, agent, complaints, agent.add_user("gwen"))
    page = window.page
    assert desk.is_dir()
    (agent.place.home / "uploads/gwen").mkdir(parents=True)
    (agent.place.home / "uploads/gwen/mine.txt").write_text("what I sent", encoding="utf-8")
    files = page.get_by_role("navigation").get_by_role("link", name="Files")
    expect(page.get_by_role("link", name="Memory")).to_be_visible()
    expect(files).to_have_count(0)
    window.go("#/s/files")
    expect(page.get_by_text("Your account may not look at the files of the agent")).to_be_visible()
    window.go("#/s/files/uploads/gwen/mine.txt")
    expect(page.locator(".preview-of")).to_contain_text("what I sent")
    window.go("#/s/files/desk/tool.py")
    expect(told(page, "There is no desk/tool.py, or it is not for you to see.")).to_be_visible()

    agent.change_user("gwen", filesystem_enabled=True)
    files.click()
    page.get_by_role("link", name="desk folder").click()
    expect(page.get_by_role("link", name="tool.py")).to_be_visible()
    complaints.clear()  # the browser tells of what was refused


def test_files_that_an_answer_names_are_shown_over_it(
    window: Window, desk: Path, model: Model, complaints: list[str]
) -> None:
    page = window.page
    assert desk.is_dir()
    call = {"name": "FileRead", "input": {"path": "desk/tool.py"}}
    model.script(
        {"calls": [call]},
        {"say": ["See [the table](desk/table.csv), [another](desk/gone.md) and [outside](../etc/passwd)."]},
    )
    window.ask("Where is it?")
    answer = window.turns.last
    expect(answer.get_by_text("(../etc/passwd)")).to_be_visible()
    answer.get_by_role("link", name="the table").click()
    sheet = page.get_by_role("dialog", name="table.csv")
    expect(sheet.get_by_role("cell").first).to_have_text("Doe, Ada")
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    answer.get_by_role("link", name="another").click()
    expect(told(page, "There is no desk/gone.md")).to_be_visible()
    page.keyboard.press("Escape")
    answer.get_by_role("button", name="FileRead").click()
    answer.get_by_role("link", name="desk/tool.py").click()
    expect(page.get_by_role("dialog", name="tool.py")).to_contain_text("def f()")
    page.get_by_role("link", name="Show in Files").click()
    expect(page.get_by_role("region", name="Files")).to_contain_text("def f()")
    complaints.clear()  # the browser tells of what is not there
