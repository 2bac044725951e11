"""Skills in the shapes in which others publish theirs: all are read, listed and called up.

Those in ``published`` were written for this test in the shapes that the format describes; nothing is copied.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from actors.skills import bundle
from actors.skills import messages as skills
from starpod.cli.main import COMMANDS
from tests.actors.skills.conftest import ADA, Skills

FOLDER: Final = Path(__file__).parent / "published"
SHAPES: Final = {
    at.name: [file for file in at.rglob("*") if file.is_file()] for at in sorted(FOLDER.iterdir())
}


@pytest.fixture
async def published(shelf: Skills) -> Skills:
    shutil.copytree(FOLDER, shelf.shared)
    return shelf


async def test_all_are_listed_with_a_description(published: Skills) -> None:
    assert len(SHAPES) >= 20
    assert await published.names(**ADA) == sorted(SHAPES)
    listed = await published.ask(skills.ListSkills(**ADA))
    assert all(each.description.strip() for each in listed)
    section = await published.section()
    assert all(f"<name>{name}</name>" in section for name in SHAPES)


async def test_all_are_called_up_with_their_files(published: Skills) -> None:
    for name, files in SHAPES.items():
        activated = await published.ask(skills.SkillActivate(name=name, user="ada"))
        assert activated.startswith(f'<skill_content name="{name}">\n')
        assert activated.count("<file>") == len(files) - 1, name
        assert await published.ask(skills.Expand(text=f"/{name} now", user="ada")) is not None
        for each in (await published.get(name)).resources:
            if not each.path.endswith((".ttf", ".png")):
                await published.ask(skills.SkillRead(name=name, path=each.path, user="ada"))


async def test_what_they_say_is_understood(published: Skills) -> None:
    found = {each.name: each for each in await published.ask(skills.ListSkills(**ADA))}
    assert found["docx"].license == "Proprietary. LICENSE.txt has the terms"
    assert found["xlsx"].description == "Tables: it's for .xlsx"
    assert found["folded"].description == "Does one thing and another.\nAnd more."
    assert found["folded-strip"].description == "Does one thing: well and another."
    assert found["literal"].description == "First: line.\n- second"
    assert found["unquoted-colon"].description == "Use when: the user asks. Not when: they do not."
    assert found["tools-text"].allowed_tools == ("Bash(git:*)", "Bash(jq:*)", "Read")
    assert found["tools-commas"].allowed_tools == ("Read", "Grep", "Glob")
    assert found["tools-list"].allowed_tools == ("Read", "Write")
    assert found["metadata-map"].metadata == {"author": "example-org", "version": "1.0", "count": "3"}
    assert found["metadata-map"].compatibility == "Python 3.11+, network"
    assert found["client-keys"].version == "2"
    assert found["marked"].description == "»Grüße« 日本語 🙂"
    assert found["no-front-matter"].description == "Writes changelogs from commits."
    assert found["no-name"].description == "Has no name."
    told = {name for name, each in found.items() if each.problems}
    assert told == {"unquoted-colon", "other-name", "empty-front"}
    assert len(found["pptx"].description) <= 1024


async def test_a_change_by_us_costs_them_nothing(published: Skills) -> None:
    for name in SHAPES:
        before = await published.get(name)
        await published.update(name, description="Changed: by us.")
        after = await published.get(name)
        assert (after.description, after.body, after.resources) == (
            "Changed: by us.",
            before.body,
            before.resources,
        )
        assert (after.license, after.metadata, after.allowed_tools) == (
            before.license, before.metadata, before.allowed_tools,
        )  # fmt: skip
    kept = (published.shared / "client-keys" / "SKILL.md").read_text()
    assert "user-invocable: false\ncontext: fork\nhooks:\n  Stop:\n  - command: ./x\n" in kept


# --- our own --------------------------------------------------------------------------------------------------------


async def test_those_that_come_along_are_without_a_fault_and_their_files_are_named(shelf: Skills) -> None:
    shelf.set(bundled_skills=True)
    for each in await shelf.ask(skills.ListSkills(**ADA)):
        found = await shelf.get(each.name)
        assert not each.problems
        assert 100 < len(each.description) < 1024
        assert len(found.body.splitlines()) < 500
        assert all(resource.path in found.body for resource in found.resources)


def test_the_commands_that_they_name_are_there() -> None:
    """A command that was renamed is to be renamed there too."""
    words = " ".join(path.read_text() for path in bundle.HOME.rglob("*.md")).split("starpod ")[1:]
    named = {word.split()[0].strip("`.,;:)") for word in words if word[0].islower()}
    assert {"skill", "vault", "bus", "open"} < named
    assert named - {"in"} <= set(COMMANDS)


def test_the_script_that_comes_along_tells_what_a_table_holds(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text(
        "day;amount;who\n2026-01-01;1.234,50;a\n2026-01-02;2,5;b\n2026-01-02;2,5;b\n2026-01-03;-;c;d\n"
    )
    lines = tmp_path / "b.jsonl"
    lines.write_text('{"a": 1, "b": "x"}\n{"a": 2}\n')
    script = bundle.HOME / "data-analysis" / "scripts" / "profile.py"

    def told(path: Path) -> str:
        return subprocess.run(
            [sys.executable, str(script), str(path)], check=True, capture_output=True, text=True
        ).stdout

    said = told(table)
    for each in (
        "separator: ';'",
        "4 rows, 3 columns",
        "1 rows have another",
        "1 rows are repetitions",
        "sum 1239.5",
        "first 2026-01-01",
    ):
        assert each in said
    assert "2 rows, 2 columns" in told(lines)
