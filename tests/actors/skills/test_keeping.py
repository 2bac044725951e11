"""Skills as people make, change and delete them, and what is on the disk meanwhile."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import trio

from actors.skills import messages as skills
from actors.skills.folder import LARGEST_MAIN
from bus import Request
from tests.actors.skills.conftest import ADA, ADMIN, Skills, lay, life, md

VALID = ("a", "x", "my-skill", "skill123", "a1b2c3", "a" * 64)
INVALID = (
    "", "../escape", "a/b", "a\\b", ".hidden", "-leading", "trailing-", "double--hyphen", "UpperCase", "has space",
    "under_score", "has.dot", "a" * 65, "ä", "a\n", "..",
)  # fmt: skip


async def test_what_is_made_is_a_valid_file_and_is_read_back(shelf: Skills) -> None:
    made = await shelf.create("deploy", 'Use: when "it" #breaks', "Step 1\n\n- a\n", skill_version="1.10")

    assert (made.name, made.description, made.version, made.body, made.origin, made.author) == (
        "deploy", 'Use: when "it" #breaks', "1.10", "Step 1\n\n- a", "person", "admin",
    )  # fmt: skip
    text = (shelf.shared / "deploy" / "SKILL.md").read_text()
    assert text.startswith(
        '---\nname: "deploy"\ndescription: "Use: when \\"it\\" #breaks"\nversion: "1.10"\n---\n\nStep 1'
    )
    assert await shelf.get("deploy") == made
    assert made.raw_content == text
    assert sorted(each.name for each in shelf.shared.iterdir()) == ["deploy"]


async def test_skills_are_listed_by_name_and_strays_are_not(shelf: Skills) -> None:
    await shelf.create("zeta")
    await shelf.create("alpha")
    (shelf.shared / "stray.md").write_text("x")
    (shelf.shared / "empty").mkdir()
    lay(shelf.shared / ".hidden", md())

    assert await shelf.names() == ["alpha", "zeta"]
    assert await shelf.names(**ADA) == ["alpha", "zeta"]


async def test_nothing_is_no_error(shelf: Skills) -> None:
    assert await shelf.names() == []
    assert await shelf.section() == ""
    assert await shelf.everything() == {}
    assert list(shelf.data.rglob("*")) == [shelf.data / "db"], "a database is made with the first change"


@pytest.mark.parametrize("name", VALID)
async def test_names_that_are_good(shelf: Skills, name: str) -> None:
    await shelf.create(name)
    assert await shelf.names() == [name]


@pytest.mark.parametrize("name", INVALID)
async def test_names_that_are_refused_wherever_they_are_given(shelf: Skills, name: str) -> None:
    who = shelf.by_model(None)
    requests: list[Request[object]] = [
        skills.CreateSkill(name=name, description="d", **ADMIN),
        skills.UpdateSkill(name=name, description="d", **ADMIN),
        skills.DeleteSkill(name=name, **ADMIN),
        skills.GetSkill(name=name, **ADMIN),
        skills.GetSkill(name=name, **ADA),
        skills.ReadResource(name=name, path="a", **ADA),
        skills.ListRevisions(name=name, **ADMIN),
        skills.ReadRevision(name=name, seq=1, **ADMIN),
        skills.RevertSkill(name=name, seq=1, **ADMIN),
        skills.ApproveSkill(name=name, owner="ada", **ADMIN),
        skills.GenerateSkill(name=name, **ADMIN),
        skills.InstallSkill(path="/", name=name, digest="", **ADMIN),
        skills.SkillActivate(name=name, user="ada"),
        skills.SkillRead(name=name, path="a", user="ada"),
        skills.SkillCreate(name=name, description="d", body="b", **who),
        skills.SkillUpdate(name=name, body="b", **who),
        skills.SkillDelete(name=name, **who),
    ]
    for request in requests:
        with pytest.raises(skills.BadSkill, match="name of a skill"):
            await shelf.ask(request)
    assert await shelf.ask(skills.Expand(text=f"/{name} x", user="ada")) is None


async def test_a_change_keeps_what_it_does_not_name(shelf: Skills) -> None:
    lay(
        shelf.shared / "x",
        "---\nname: x\ndescription: old\nversion: 1.0\nlicense: MIT\ncompatibility: needs git\nmetadata:\n"
        "  team: core\n  n: 3\nallowed-tools: Read Bash(git add:*)\nuser-invocable: true\n"
        "hooks: {a: [1, 2]}\n---\n\nold body\n",
        scripts__run_0_py="print()",
    )

    changed = await shelf.update("x", description="new: text")

    found = await shelf.get("x")
    assert (found.description, found.version, found.license, found.compatibility) == (
        "new: text", "1.0", "MIT", "needs git",
    )  # fmt: skip
    assert (found.metadata, found.allowed_tools) == ({"team": "core", "n": "3"}, ("Read", "Bash(git add:*)"))
    assert "user-invocable: true\nhooks: {a: [1, 2]}\n---\n\nold body\n" in found.raw_content
    assert changed.digest == found.digest
    assert [each.path for each in found.resources] == ["scripts/run.py"]

    await shelf.update("x", body="new body", skill_version=None)
    found = await shelf.get("x")
    assert (found.version, found.body, found.license) == (None, "new body", "MIT")


async def test_all_of_it_can_be_replaced(shelf: Skills) -> None:
    await shelf.create("x")
    await shelf.update("x", raw_content="---\nname: x\ndescription: a\nlicense: MIT\n---\nb")
    found = await shelf.get("x")
    assert (found.description, found.license, found.body) == ("a", "MIT", "b")


async def test_a_change_of_what_was_changed_meanwhile_is_refused(shelf: Skills) -> None:
    made = await shelf.create("x")
    await shelf.update("x", body="mine", if_digest=made.digest)
    with pytest.raises(skills.ChangedMeanwhile, match="read it again"):
        await shelf.update("x", body="theirs", if_digest=made.digest)
    assert (await shelf.get("x")).body == "mine"


async def test_what_is_there_or_is_not(shelf: Skills) -> None:
    await shelf.create("x")
    with pytest.raises(skills.SkillExists, match="'x' already exists"):
        await shelf.create("x")
    with pytest.raises(skills.NothingToChange, match="'y' does not exist"):
        await shelf.update("y", body="b")
    with pytest.raises(skills.NothingToChange, match="'y' does not exist"):
        await shelf.delete("y")
    with pytest.raises(skills.UnknownSkill, match="'y' not found"):
        await shelf.get("y")

    await shelf.delete("x")

    assert not (shelf.shared / "x").exists()
    assert await shelf.names() == []
    with pytest.raises(skills.NothingToChange):
        await shelf.delete("x")


@pytest.mark.parametrize("description", ["", " \n", "x" * 1025])
async def test_a_description_has_a_length(shelf: Skills, description: str) -> None:
    with pytest.raises(skills.BadSkill, match="1 to 1024 characters"):
        await shelf.create("x", description)
    await shelf.create("x", "y" * 1024)
    with pytest.raises(skills.BadSkill):
        await shelf.update("x", description=description)


async def test_a_text_has_a_size(shelf: Skills) -> None:
    with pytest.raises(skills.BadSkill, match="bytes at most"):
        await shelf.create("x", body="x" * LARGEST_MAIN)
    assert not (shelf.shared / "x").exists()


async def test_an_empty_body_and_lone_surrogates(shelf: Skills) -> None:
    await shelf.create("x", "d\ud800", "")
    found = await shelf.get("x")
    assert (found.description, found.body, found.raw_content[-6:]) == ("d?", "", "\n---\n\n")


async def test_of_many_who_make_the_same_one_exactly_one_does(shelf: Skills) -> None:
    won: list[int] = []

    async def make(n: int) -> None:
        try:
            await shelf.create("x", body=f"by {n}")
        except skills.SkillExists:
            return
        won.append(n)

    async with trio.open_nursery() as nursery:
        for n in range(20):
            nursery.start_soon(make, n)

    (winner,) = won
    assert (await shelf.get("x")).body == f"by {winner}"
    assert len(await shelf.history("x")) == 1


async def test_a_new_skill_and_a_changed_file_are_seen_at_once(shelf: Skills) -> None:
    assert await shelf.section() == ""
    lay(shelf.shared / "x", md(description="first"))
    assert "first" in await shelf.section()
    lay(shelf.shared / "x", md(description="second, longer"))
    assert "second, longer" in await shelf.section()
    (shelf.shared / "x" / "SKILL.md").unlink()
    assert await shelf.section() == ""


async def test_links_are_refused(shelf: Skills, tmp_path: Path) -> None:
    outside = lay(tmp_path / "elsewhere" / "x", md(), a_0_txt="secret")
    shelf.shared.mkdir()
    (shelf.shared / "x").symlink_to(outside)
    (shelf.shared / "dangling").symlink_to(tmp_path / "nowhere")
    y = lay(shelf.shared / "y", md("y"))
    (y / "link.txt").symlink_to(outside / "a.txt")
    (y / "dir").symlink_to(outside)
    z = shelf.shared / "z"
    z.mkdir()
    (z / "SKILL.md").symlink_to(outside / "SKILL.md")

    assert await shelf.names() == ["y"]
    everything = await shelf.everything()
    assert "symbolic link" in everything["", "x"].problems[0]
    assert "no regular file" in everything["", "z"].problems[0]
    assert not everything["", "x"].visible
    for name in ("x", "z"):
        with pytest.raises(skills.UnknownSkill):
            await shelf.ask(skills.SkillActivate(name=name, user="ada"))
        with pytest.raises((skills.BadSkill, skills.UnknownSkill)):
            await shelf.get(name)
    assert (await shelf.get("y")).resources == ()
    for path in ("link.txt", "dir/a.txt", "../x/a.txt", "/etc/passwd", "", ".", "dir", "a\0b"):
        with pytest.raises(skills.UnknownResource):
            await shelf.ask(skills.SkillRead(name="y", path=path, user="ada"))

    await shelf.delete("x")
    assert (outside / "SKILL.md").is_file()
    assert not (shelf.shared / "x").is_symlink()


async def test_what_cannot_be_used_is_shown_with_the_reason(shelf: Skills) -> None:
    lay(shelf.shared / "Bad Name", md())
    lay(shelf.shared / "huge", md(body="x" * LARGEST_MAIN))
    lay(shelf.shared / "binary", b"\xff\xfe---")
    lay(shelf.shared / "broken", "---\nname: [\ndescription: x\n---\nThe body.")
    lay(shelf.shared / "other", md("another"))

    everything = {name: each for (_, name), each in (await shelf.everything()).items()}

    assert {name for name, each in everything.items() if each.visible} == {"binary", "broken", "other"}
    assert "cannot be the name" in everything["Bad Name"].problems[0]
    assert "are allowed" in everything["huge"].problems[0]
    assert everything["binary"].problems == ("it is not UTF-8 text",)
    assert "no YAML" in everything["broken"].problems[0]
    assert "calls it 'another'" in everything["other"].problems[0]
    assert await shelf.names(**ADA) == ["binary", "broken", "other"]
    found = await shelf.get("broken")
    assert (found.body, found.description) == ("The body.", "The body.")
    assert "another" not in await shelf.names()
    assert (await shelf.get("other")).name == "other"


async def test_a_disk_that_refuses_changes_nothing(shelf: Skills) -> None:
    await shelf.create("x")
    shelf.shared.rename(shelf.data / "aside")
    shelf.shared.write_text("in the way")
    with pytest.raises(skills.SkillsFailed, match="the disk refuses"):
        await shelf.create("y")
    shelf.shared.unlink()
    (shelf.data / "aside").rename(shelf.shared)

    assert await shelf.names() == ["x"]
    with pytest.raises(skills.UnknownSkill):
        await shelf.history("y")


@pytest.mark.skipif(os.geteuid() == 0, reason="whoever may read everything is refused nothing")
async def test_a_folder_that_cannot_be_read_is_told(shelf: Skills) -> None:
    await shelf.create("x")
    shelf.shared.chmod(0)
    try:
        with pytest.raises(skills.SkillsFailed, match="cannot be read"):
            await shelf.names()
    finally:
        shelf.shared.chmod(0o700)


async def test_the_files_of_a_skill_are_read(shelf: Skills) -> None:
    lay(
        shelf.shared / "x",
        md(),
        scripts__office__pack_0_py="a\nb\nc\n",
        references__b_0_md="ü",
        assets__logo_0_png=b"\x89PNG\0\xff",
        LICENSE="MIT",
    )
    found = await shelf.get("x")
    assert [(each.path, each.size) for each in found.resources] == [
        ("LICENSE", 3), ("assets/logo.png", 6), ("references/b.md", 2), ("scripts/office/pack.py", 6),
    ]  # fmt: skip

    async def read(path: str, **lines: int) -> str:
        return await shelf.ask(skills.SkillRead(name="x", path=path, user="ada", **lines))

    assert await read("scripts/office/pack.py") == "a\nb\nc\n"
    assert await read("scripts/office/pack.py", offset=2, limit=1) == "b"
    assert await read("scripts/office/pack.py", offset=9) == ""
    assert await read("SKILL.md") == md()
    assert await shelf.ask(skills.ReadResource(name="x", path="references/b.md", **ADA)) == "ü"
    with pytest.raises(skills.BadSkill, match="no text"):
        await read("assets/logo.png")
    with pytest.raises(skills.UnknownResource, match="'x' has no file 'nope'"):
        await read("nope")


async def test_the_folders_are_told_to_who_runs_scripts(shelf: Skills) -> None:
    await shelf.create("x")
    await shelf.create("y", **ADA)
    folders = await shelf.ask(skills.ListFolders(user="ada"))
    assert {each.name: each.path for each in folders} == {
        "x": str(shelf.shared / "x"), "y": str(shelf.own("ada") / "y"),
    }  # fmt: skip


async def test_changes_are_told(shelf: Skills) -> None:
    await shelf.create("x")
    await shelf.update("x", body="b")
    await shelf.create("y", **ADA)
    await shelf.delete("x")
    told = [(each.name, each.owner) for each in shelf.mesh.published(skills.SkillsChanged)]
    assert told == [("x", ""), ("x", ""), ("y", "ada"), ("x", "")]


# --- after a crash ------------------------------------------------------------------------------------------


async def test_what_was_half_made_is_gone_after_a_start(tmp_path: Path) -> None:
    lay(tmp_path / "skills" / ".new-abc", md())
    lay(tmp_path / "skills" / ".old-abc" / "it", md())
    lay(tmp_path / "users" / "ada" / "skills" / ".new-1", md())
    async with life(tmp_path) as shelf:
        assert await shelf.names() == []
        assert list(shelf.shared.iterdir()) == list(shelf.own("ada").iterdir()) == []


async def test_what_was_written_down_and_not_done_is_done_at_the_start(tmp_path: Path) -> None:
    async with life(tmp_path) as shelf:
        await shelf.create("x", body="old")
        await shelf.create("gone")
        await shelf.update("x", body="new")
        await shelf.delete("gone")
    lay(tmp_path / "skills" / "x", md(body="old"))
    lay(tmp_path / "skills" / "gone", md("gone"))
    with sqlite3.connect(tmp_path / "db" / "skills.db") as connection:
        connection.execute(
            "UPDATE revisions SET state = 'intent' WHERE seq IN (SELECT max(seq) FROM revisions GROUP BY name)"
        )

    async with life(tmp_path) as shelf:
        assert await shelf.names() == ["x"]
        assert (await shelf.get("x")).body == "new"
        assert not (await shelf.get("x")).edited


async def test_what_cannot_be_done_after_a_crash_keeps_nobody_from_their_skills(tmp_path: Path) -> None:
    async with life(tmp_path) as first:
        await first.create("fine")
        await first.create("stuck", **ADA)
    with closing(sqlite3.connect(tmp_path / "db/skills.db")) as database, database:
        database.execute("UPDATE revisions SET state = 'intent' WHERE name = 'stuck'")
    shutil.rmtree(first.own("ada"))
    first.own("ada").write_text("in the way", encoding="utf-8")
    async with life(tmp_path) as second:
        assert await second.names() == ["fine"]
    first.own("ada").unlink()
    async with life(tmp_path) as third:
        assert await third.names(**ADA) == ["fine"]
        assert (await third.create("stuck", **ADA)).name == "stuck"
