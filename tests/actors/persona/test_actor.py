import os
from functools import partial
from pathlib import Path

import pytest

from actors.context import Section
from actors.persona import messages
from actors.persona.actor import PersonaActor
from actors.persona.settings import Settings
from bus.testing import MeshUnderTest


async def start(mesh: MeshUnderTest, soul: Path) -> None:
    await mesh.start(partial(PersonaActor, lambda: Settings(agent_name="Nova"), soul), name="persona")


async def test_the_soul_is_read_anew_each_time(mesh: MeshUnderTest, tmp_path: Path) -> None:
    soul = tmp_path / "SOUL.md"
    await start(mesh, soul)
    assert await mesh.bus.ask(messages.Soul()) == Section(text="")
    soul.write_text("Be kind.")
    assert await mesh.bus.ask(messages.Soul()) == Section(text="Be kind.")


async def test_bytes_that_are_no_text_are_told_once_and_warned_of_at_the_start(
    mesh: MeshUnderTest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    soul = tmp_path / "SOUL.md"
    soul.write_bytes(b"J\xfcrgen")
    await start(mesh, soul)
    assert "SOUL.md is not UTF-8 at byte 1" in caplog.text
    fault = "SOUL.md is not UTF-8 at byte 1"
    assert await mesh.bus.ask(messages.Soul()) == Section(text="J\N{REPLACEMENT CHARACTER}rgen", notice=fault)
    assert await mesh.bus.ask(messages.Soul()) == Section(text="J\N{REPLACEMENT CHARACTER}rgen")
    soul.write_text("Jürgen", encoding="utf-8")
    assert await mesh.bus.ask(messages.Soul()) == Section(text="Jürgen")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
async def test_what_is_no_file_is_a_notice(mesh: MeshUnderTest, tmp_path: Path, make: object) -> None:
    soul = tmp_path / "SOUL.md"
    assert callable(make)
    make(soul)
    await start(mesh, soul)
    assert await mesh.bus.ask(messages.Soul()) == Section(
        text="", notice="SOUL.md could not be read: it is not a file"
    )


async def test_it_says_who_and_when_it_is(mesh: MeshUnderTest, tmp_path: Path) -> None:
    await start(mesh, tmp_path / "none")
    assert (await mesh.bus.ask(messages.Identity())).startswith("You are Nova")
    assert "Session: s1." in await mesh.bus.ask(messages.Now(session="s1"))
