"""Notes are written, changed and forgotten, by people and by the model."""

from pathlib import Path
from typing import Any

import pytest
import trio

from actors.memory import messages as memory
from tests.actors.memory.conftest import Notes


async def test_what_is_written_can_be_read_and_is_listed(notes: Notes) -> None:
    written = await notes.write("projects/boat.md", "# Boat\nred\n")

    assert await notes.read("projects/boat.md") == "# Boat\nred\n"
    assert await notes.names() == ["projects/boat.md"]
    assert (written.size, written.notice) == (11, None)
    assert notes.path("projects/boat.md").stat().st_mode & 0o777 == 0o600
    assert notes.mesh.published(memory.MemoryChanged) == [
        memory.MemoryChanged(user="ada", name="projects/boat.md")
    ]


async def test_content_is_appended_on_a_line_of_its_own(notes: Notes) -> None:
    await notes.tool("a.md", "one", append=True)
    await notes.tool("a.md", "two\n", append=True)
    await notes.tool("a.md", "three", append=True)
    assert await notes.read("a.md") == "one\ntwo\nthree"


async def test_a_passage_is_replaced_where_it_is_there_exactly_once(notes: Notes) -> None:
    await notes.tool("a.md", "tea, tea, coffee")

    await notes.tool("a.md", "milk", replace="coffee")
    for passage, count in (("tea", 2), ("rum", 0), ("", 0)):
        with pytest.raises(memory.NotOnce) as refused:
            await notes.tool("a.md", "x", replace=passage)
        assert refused.value.count == count

    assert await notes.read("a.md") == "tea, tea, milk"


async def test_what_contradicts_itself_is_refused(notes: Notes) -> None:
    for more in ({"mode": "replace"}, {"passage": "x"}):
        with pytest.raises(memory.Contradiction):
            await notes.write("a.md", "b", **more)
    with pytest.raises(memory.Contradiction):
        await notes.tool("a.md", "b", append=True, replace="c")


async def test_a_passage_or_a_note_is_forgotten(notes: Notes) -> None:
    await notes.write("a.md", "one\ntwo\nthree\n")

    await notes.forget("a.md", "two")
    assert await notes.read("a.md") == "one\nthree\n"
    await notes.forget("a.md")

    assert await notes.names() == []
    with pytest.raises(memory.UnknownFile):
        await notes.read("a.md")
    with pytest.raises(memory.UnknownFile):
        await notes.forget("a.md")
    shown = memory.Note(name="a.md", text=await notes.read_as_tool("a.md")).rendered()
    assert "does not exist" in str(shown.content[0])


async def test_nothing_is_overwritten_that_was_changed_since_it_was_read(notes: Notes) -> None:
    first = await notes.write("a.md", "one", etag="")
    await notes.write("a.md", "two", etag=first.etag)
    for etag in (first.etag, ""):
        with pytest.raises(memory.ChangedMeanwhile):
            await notes.write("a.md", "three", etag=etag)
    assert await notes.read("a.md") == "two"


async def test_a_call_that_is_repeated_acts_once(notes: Notes) -> None:
    first = await notes.tool("a.md", "line\n", append=True, call="t:1")
    again = await notes.tool("a.md", "line\n", append=True, call="t:1")
    assert (again.revision, again.size) == (first.revision, first.size)
    assert await notes.read("a.md") == "line\n"


async def test_appends_at_once_are_all_there(notes: Notes) -> None:
    async with trio.open_nursery() as nursery:
        for number in range(40):
            nursery.start_soon(notes.daily, f"entry {number}")
    text = await notes.read(f"memory/{notes.mesh.bus.clock.now().astimezone():%Y-%m-%d}.md")
    assert all(f"entry {number}\n" in text for number in range(40))
    assert text.count("# Daily Log — ") == 1


async def test_the_model_keeps_within_what_a_prompt_has_room_for(notes: Notes) -> None:
    notes.settings = type(notes.settings)(memory_md_limit=10)
    with pytest.raises(memory.OverLimit, match="Consolidate"):
        await notes.tool("MEMORY.md", "x" * 11)
    written = await notes.write("MEMORY.md", "x" * 20)
    assert written.notice is not None
    assert "10" in written.notice

    await notes.tool("MEMORY.md", "x" * 15)  # a step on the way

    with pytest.raises(memory.OverLimit):
        await notes.tool("MEMORY.md", "y", append=True)


async def test_a_note_of_a_megabyte_is_the_largest(notes: Notes) -> None:
    await notes.write("a.md", "x" * memory.LARGEST)
    with pytest.raises(memory.TooLarge):
        await notes.write("a.md", "x" * (memory.LARGEST + 1))
    with pytest.raises(memory.TooLarge):
        await notes.daily("x" * (memory.LARGEST + 1))
    assert len(await notes.read("a.md")) == memory.LARGEST


async def test_what_a_model_might_mean_for_another_one_is_refused(notes: Notes) -> None:
    for text in ("<|im_start|>system", "a\u200bb"):
        with pytest.raises(memory.Suspicious):
            await notes.tool("a.md", text)
        with pytest.raises(memory.Suspicious):
            await notes.daily(text)
        await notes.write("a.md", text)  # what a person writes is theirs


async def test_lines_of_a_note_are_read(notes: Notes) -> None:
    await notes.write("a.md", "1\n2\u2028\n3\n4")
    assert await notes.read("a.md", start_line=2, end_line=3) == "2\u2028\n3"
    assert await notes.read("a.md", start_line=4) == "4"
    assert await notes.read("a.md", end_line=1) == "1\n2\u2028\n3\n4"
    assert await notes.read_as_tool("a.md", start_line=9) == ""
    assert await notes.read_as_tool("a.md", start_line=3, end_line=2) == ""


async def test_what_is_the_agents_is_read_by_all_and_written_by_admins(notes: Notes) -> None:
    for name in ("SOUL.md", "shared/house.md"):
        with pytest.raises(memory.AdminsOnly):
            await notes.tool(name, "mine")
        await notes.write(name, "ours", user="bob", role="admin")
        assert await notes.read(name) == "ours"
        assert (await notes.history(name, role="admin"))[0].by == "bob"
        with pytest.raises(memory.AdminsOnly):
            await notes.history(name)
    assert (notes.data / "config" / "SOUL.md").read_text() == "ours"
    assert await notes.names() == ["SOUL.md", "shared/house.md"]
    assert await notes.history() == []


async def test_a_user_begins_with_what_everybody_begins_with(notes: Notes) -> None:
    await notes.names()
    await notes.names("bob")
    assert notes.seeded == ["ada", "bob"]


@pytest.mark.parametrize("user", ["heartbeat", "../ada", "a b", ""])
async def test_nobody_has_notes_who_cannot_be_a_user(notes: Notes, user: str) -> None:
    with pytest.raises(memory.BadName):
        await notes.names(user)
    assert notes.seeded == []
    assert sorted(each.name for each in (notes.data / "users").iterdir()) == ["ada", "bob"]


def holding(folder: Path, *words: str) -> list[tuple[str, str]]:
    """The files in which a word stands, whatever they are."""
    return [
        (word, str(file.relative_to(folder)))
        for file in folder.rglob("*")
        if file.is_file()
        for word in words
        if word.encode() in file.read_bytes()
    ]


async def test_what_was_purged_is_in_no_copy_of_the_database_either(stopped: Notes) -> None:
    folder = stopped.path("")
    folder.mkdir(parents=True)
    for copy in (
        "memory.db.damaged1",
        "memory.db.damaged3-wal",
        "memory.db.v2.snapshot",
        "memory.db.v2.partial",
    ):
        (folder / copy).write_text("the word is heliotrope")
    await stopped.start()
    await stopped.write("a.md", "heliotrope\n")
    await stopped.forget("a.md")
    await stopped.mesh.bus.ask(memory.Purge(name="a.md", user="ada", role="user"))
    assert not holding(stopped.data, "heliotrop")


async def test_what_is_purged_of_the_agents_notes_is_in_the_index_of_no_user(notes: Notes) -> None:
    (notes.data / "users" / "lost+found").mkdir()
    admin: dict[str, Any] = {"user": "ada", "role": "admin"}
    await notes.write("shared/house.md", "keep\nheliotrope\n", **admin)
    await notes.write("SOUL.md", "You like zinnias.\n", **admin)
    for user in ("ada", "bob"):
        assert await notes.search("heliotrope", user) == ["shared/house.md"]
    await notes.forget("shared/house.md", "heliotrope", **admin)
    await notes.forget("SOUL.md", "zinnias", **admin)
    for name in ("shared/house.md", "SOUL.md"):
        await notes.mesh.bus.ask(memory.Purge(name=name, **admin))
    assert not holding(notes.data, "heliotrop", "zinnia")
    assert await notes.search("keep", "bob") == ["shared/house.md"]
    assert [(each.user, each.source) for each in notes.forgotten] == [("ada", "SOUL.md"), ("bob", "SOUL.md")]


async def test_what_was_purged_is_nowhere_on_the_disk(notes: Notes) -> None:
    await notes.write("a.md", "keep\nheliotrope\n")
    await notes.write("b.md", "zinnia\n")
    await notes.forget("a.md", "heliotrope")
    await notes.forget("b.md")
    async with trio.open_nursery() as nursery:  # nobody who asks meanwhile is refused
        for _ in range(20):
            nursery.start_soon(notes.search, "keep")
            nursery.start_soon(notes.write, "c.md", "rose")
        for name in ("a.md", "b.md"):
            nursery.start_soon(notes.mesh.bus.ask, memory.Purge(name=name, user="ada", role="user"))
    assert not holding(notes.data, "heliotrop", "zinnia")
    assert await notes.search("keep") == ["a.md"]
    assert [each.action for each in await notes.history("a.md")] == ["purge"]
