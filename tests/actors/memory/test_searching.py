"""What is written is found at once, by everybody who may; so is, a moment later, what was changed by hand."""

import os
import sqlite3
from pathlib import Path

import pytest
import trio
import trio.testing

from actors.memory import messages as memory
from actors.memory.searchable import LOOK_EVERY
from tests.actors.memory.conftest import Notes


async def test_what_is_written_is_found_through_every_door(notes: Notes) -> None:
    await notes.write("boat.md", "The boat is called heliotrope.")
    assert await notes.search("heliotrope") == ["boat.md"]
    await notes.tool("boat.md", "violet", replace="heliotrope")
    assert await notes.search("heliotrope") == []
    assert await notes.search("violet") == ["boat.md"]
    await notes.daily("we painted the mast")
    assert await notes.search("mast") == [f"memory/{notes.mesh.bus.clock.now().astimezone():%Y-%m-%d}.md"]
    await notes.forget("boat.md")
    assert await notes.search("violet") == []


async def test_a_hit_says_where_it_is_and_why(notes: Notes) -> None:
    await notes.write("memory/2026-03-12.md", "# Day\n\n## 10:00\nWe saw a heron.\n")
    (found,) = await notes.found("heron")
    assert (found.source, found.date, found.complete) == ("memory/2026-03-12.md", "2026-03-12", True)
    assert found.lines == f"{found.line_start}-{found.line_end}"
    assert found.citation == f"memory/2026-03-12.md#L{found.line_start}-L{found.line_end}"
    assert "heron" in found.why
    hits = await notes.mesh.bus.ask(memory.MemorySearch(query="heron", user="ada"))
    assert '"citation": "memory/2026-03-12.md#L' in str(hits.rendered().content[0])


async def test_what_an_admin_writes_for_all_is_found_by_all_at_once(notes: Notes) -> None:
    await notes.write("own.md", "nothing", user="bob")
    assert await notes.search("heliotrope", user="bob") == []
    await notes.write("shared/house.md", "The key is below the heliotrope.", role="admin")
    assert await notes.search("heliotrope", user="bob") == ["shared/house.md"]
    await notes.write("SOUL.md", "You like chrysanthemums.", role="admin")
    assert await notes.search("chrysanthemums", user="bob") == ["SOUL.md"]
    await notes.forget("shared/house.md", role="admin")
    assert await notes.search("heliotrope", user="bob") == []


async def test_nobody_finds_what_is_somebody_elses(notes: Notes) -> None:
    await notes.write("own.md", "heliotrope")
    assert await notes.search("heliotrope", user="bob") == []
    assert await notes.names("bob", "admin") == []
    for name in ("own.md", "users/ada/own.md", "../ada/own.md", "shared/../users/ada/own.md"):
        with pytest.raises((memory.UnknownFile, memory.BadName)):
            await notes.read(name, user="bob")
        with pytest.raises((memory.UnknownFile, memory.BadName)):
            await notes.forget(name, user="bob", role="admin")
    assert await notes.history(user="bob", role="admin") == []


async def test_what_was_changed_by_hand_is_found_and_written_down(
    notes: Notes, autojump_clock: trio.testing.MockClock
) -> None:
    await notes.write("a.md", "heliotrope")
    notes.path("a.md").write_text("chrysanthemum", encoding="utf-8")
    notes.path("new").mkdir()
    notes.path("new/b.md").write_text("chrysanthemum and rose", encoding="utf-8")
    await trio.sleep(LOOK_EVERY)

    assert sorted(await notes.search("chrysanthemum")) == ["a.md", "new/b.md"]
    assert await notes.search("heliotrope") == []
    newest = (await notes.history("a.md"))[0]
    assert (newest.action, newest.door, newest.by) == ("by hand", "disk", "")
    assert memory.MemoryChanged(user="ada", name="new/b.md") in notes.mesh.published(memory.MemoryChanged)

    notes.path("a.md").unlink()
    await trio.sleep(LOOK_EVERY)
    assert await notes.search("chrysanthemum") == ["new/b.md"]


async def test_a_note_of_the_agents_that_was_changed_by_hand_is_written_down(
    notes: Notes, autojump_clock: trio.testing.MockClock
) -> None:
    await notes.write("SOUL.md", "kind", role="admin")
    (notes.data / "config" / "SOUL.md").write_text("heliotrope", encoding="utf-8")
    await trio.sleep(LOOK_EVERY)
    assert await notes.search("heliotrope") == ["SOUL.md"]
    await notes.mesh.settle()
    assert [each.action for each in await notes.history("SOUL.md", role="admin")] == ["by hand", "whole"]


async def test_what_is_there_at_the_start_is_found(stopped: Notes) -> None:
    stopped.path("memory").mkdir(parents=True)
    stopped.path("memory/2026-01-02.md").write_text("heliotrope", encoding="utf-8")
    await stopped.start()
    assert await stopped.search("heliotrope") == ["memory/2026-01-02.md"]


async def test_names_that_mean_something_else_are_not_taken_from_a_users_folder(stopped: Notes) -> None:
    stopped.path("shared").mkdir(parents=True)
    for name in ("shared/x.md", "SOUL.md", "user.md", "config.md", "ok.md"):
        stopped.path(name).write_text(f"heliotrope of {name}", encoding="utf-8")
    await stopped.start()
    assert sorted(await stopped.search("heliotrope")) == ["config.md", "ok.md"]
    assert await stopped.names() == ["config.md", "ok.md"]


@pytest.mark.parametrize(
    "query",
    ["", " ", '"', "user's", "C++ (x", "-rust", "NOT x", "a AND", "NEAR(", "source:", "\0", "\ud800", "😀"],
)
async def test_any_text_is_a_question(notes: Notes, query: str) -> None:
    await notes.write("a.md", "text")
    await notes.search(query)


async def test_a_reindex_says_what_there_is_and_what_cannot_be_searched(notes: Notes) -> None:
    await notes.write("a.md", "heliotrope")
    os.mkfifo(notes.path("pipe.md"))
    notes.path("big.md").write_bytes(b"x" * (memory.LARGEST + 1))
    done = await notes.mesh.bus.ask(memory.Reindex(user="ada"))
    assert (done.status, done.files, done.chunks) == ("ok", 1, 1)
    assert list(done.problems) == ["big.md"]
    assert await notes.search("heliotrope") == ["a.md"]


class TestDamage:
    def destroy(self, path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(os.urandom(path.stat().st_size - 4096))

    async def test_an_index_that_is_damaged_while_it_is_used_is_made_anew(self, notes: Notes) -> None:
        await notes.write("a.md", "heliotrope")
        database = notes.path("memory.db")
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE word_index_data SET block = X'00ff00' WHERE id > 10")
        connection.close()
        found: list[str] = []
        for _ in range(3):
            try:
                found = await notes.search("heliotrope")
            except memory.Incomplete:
                continue
            if found:
                break
        assert found == ["a.md"]
        assert [each.action for each in await notes.history("a.md")] == ["whole"]
        assert not list(notes.path("").glob("memory.db.damaged*"))

    async def test_a_database_that_is_none_is_put_aside(self, stopped: Notes) -> None:
        stopped.path("a.md").parent.mkdir(parents=True)
        stopped.path("a.md").write_text("heliotrope", encoding="utf-8")
        stopped.path("memory.db").write_bytes(b"no database" * 1000)
        await stopped.start()
        assert await stopped.search("heliotrope") == ["a.md"]
        assert stopped.path("memory.db.damaged1").exists()

    async def test_a_database_that_is_gone_is_made_anew(self, notes: Notes) -> None:
        await notes.write("a.md", "heliotrope")
        for left in notes.path("").glob("memory.db*"):
            left.unlink()
        written = await notes.write("b.md", "heliotrope and rose")
        assert written.size == 19
        assert sorted(await notes.search("heliotrope")) == ["a.md", "b.md"]
