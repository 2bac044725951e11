"""Small decisions: what a model is asked and answers, what a change is made of, who may what, what is shown."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actors.skills import authoring, edits, rights, showing
from actors.skills.authoring import NoSkill, Written
from actors.skills.document import Document
from actors.skills.folder import LARGEST_MAIN, MAIN, File
from actors.skills.library import BUNDLED, SHARED, Card
from actors.skills.messages import BadSkill, NotYours, Revision
from actors.skills.store import Latest

ANSWER = json.dumps({"description": " Use it. ", "body": "\nDo it.\n"})


# --- written by a model -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        f"  {ANSWER}\n",
        f"```json\n{ANSWER}\n```",
        f"```\n{ANSWER}\n```",
        f"\n```JSON \n{ANSWER}\n```\n",
    ],
)
def test_an_answer_may_stand_in_a_block_of_code(text: str) -> None:
    assert authoring.answer(text, None) == Written("Use it.", "Do it.")


def test_a_description_that_was_given_wins() -> None:
    assert authoring.answer(ANSWER, "Mine.") == Written("Mine.", "Do it.")
    long = json.dumps({"description": "x" * 2000, "body": ""})
    assert len(authoring.answer(long, None).description) == 1024


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Here is your skill!", "no JSON"),
        ("[1]", "no JSON"),
        ("```", "no JSON"),
        ('{"description": "d"}', "no text 'body'"),
        ('{"description": 1, "body": "b"}', "no text 'description'"),
        ('{"description": "  ", "body": "b"}', "is empty"),
    ],
)
def test_what_is_no_skill_is_told(text: str, why: str) -> None:
    with pytest.raises(NoSkill, match=why):
        authoring.answer(text, None)


def test_what_the_model_is_asked() -> None:
    assert authoring.request("x", None, None) == "Write the skill x."
    asked = authoring.request("x", "Mine.", "Never on Fridays.")
    assert "word for word:\nMine." in asked
    assert asked.endswith("What else counts:\nNever on Fridays.")


# --- changes ------------------------------------------------------------------------------------------------------


def test_nothing_to_change_changes_nothing() -> None:
    tree = {MAIN: File(b"as it is\r\n")}
    assert edits.edited(tree, "x") is tree
    assert edits.edited(tree, "x", body="new", marks={"a": "b"})[MAIN].data.endswith(b"---\n\nnew")


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(BadSkill, match="bytes at most"):
        edits.new("x", "d", "b" * LARGEST_MAIN)
    with pytest.raises(BadSkill, match="1 to 1024"):
        edits.new("x", "", "b")
    with pytest.raises(BadSkill, match="name of a skill"):
        edits.checked_name("X")
    assert edits.checked_name("x") == "x"


# --- who may what, and what is shown --------------------------------------------------------------------------------


def card(owner: str = SHARED, *, is_source: bool = False) -> Card:
    return Card(
        name="x",
        owner=owner,
        folder=Path("/x"),
        document=Document(description="d", body="", problems=("p",)),
        main="digest",
        changed_at=datetime(2026, 1, 2, tzinfo=UTC),
        is_source=is_source,
        usable=True,
    )


def test_where_somebody_changes_something() -> None:
    assert rights.layer(None, "ada", "user") == "ada"
    assert rights.layer("ada", "ada", "user") == "ada"
    assert rights.layer("bob", "ada", "user") is None
    assert rights.layer("", "ada", "user") is None
    with pytest.raises(BadSkill):
        rights.layer("../etc", "admin", "admin")
    assert rights.layer(None, "root", "admin") == SHARED
    assert rights.layer("bob", "root", "admin") == "bob"


def test_what_nobody_changes() -> None:
    for each, why in ((card(BUNDLED), "comes with Starpod"), (card(is_source=True), "blueprint")):
        assert not rights.may_change(each, "root", "admin")
        with pytest.raises(NotYours, match=why):
            rights.require(each)
    rights.require(card())
    assert rights.may_change(card(), "root", "admin")
    assert not rights.may_change(card(), "ada", "user")
    assert rights.may_change(card("ada"), "ada", "user")
    assert not rights.may_change(card("ada"), "bob", "user")


def test_what_is_shown_of_a_skill() -> None:
    revision = Revision(
        seq=7, at=datetime(2026, 1, 1, tzinfo=UTC), action="install", origin="installed", by="root", source="zip",
        session="s", digest="d", files=1, size=1,
    )  # fmt: skip
    latest = Latest(revision=revision, author="root", main="other", first_at=0)
    found = showing.fields(card(), latest, user="ada", role="user", wanted=())
    assert (found["origin"], found["revision"], found["edited"], found["installed_from"]) == (
        "installed",
        7,
        True,
        "zip",
    )
    assert (found["created_at"].year, found["author"], found["session"], found["changeable"]) == (
        1970,
        "root",
        "s",
        False,
    )
    plain = showing.fields(card(BUNDLED), None, user="ada", role="user", wanted=("y",))
    assert (plain["origin"], plain["owner"], plain["visible"], plain["edited"]) == (
        "bundled",
        "",
        False,
        False,
    )
    assert plain["created_at"] == plain["updated_at"]
    assert showing.origin(card(is_source=True), latest) == "source"
    assert showing.origin(card(), None) == "person"


def test_a_change_that_could_not_be_read_again_is_refused() -> None:
    deep = "".join(
        f"{' ' * n}a:\n" for n in range(1, 300)
    )  # more than is read, once each level has two blanks
    tree = {MAIN: File(f"---\nname: deep\ndescription: It is.\nmeta:\n{deep}---\nbody".encode())}
    with pytest.raises(BadSkill, match="nothing was changed: the front matter has more than"):
        edits.edited(tree, "deep", description="Another one.")


def test_what_stands_before_the_instructions_has_an_end() -> None:
    with pytest.raises(BadSkill, match="65536 characters"):
        edits.new("tea", "Make tea.", "", version="x" * 70_000)
