"""What a model is asked to write of a role, and what is taken of its answer."""

import json
from typing import Any

import pytest

from actors.skills import role
from actors.skills.authoring import NoSkill


def written(**fields: Any) -> role.Written:
    return role.answer(json.dumps({"soul_md": "You garden.", **fields}))


def test_it_is_told_the_name_where_there_is_one() -> None:
    assert "called Nova" in role.request("a gardener", "Nova")
    assert role.request("a gardener", None).endswith("a gardener")
    assert "called" not in role.request("a gardener", None)


def test_texts_end_with_a_line_or_are_empty() -> None:
    assert written(heartbeat_md=" Water. ").heartbeat_md == "Water.\n"
    assert written().heartbeat_md == written(heartbeat_md=3).heartbeat_md == ""
    fenced = f"```json\n{json.dumps({'soul_md': 'x'})}\n```"
    assert role.answer(fenced) == role.Written("x\n", "", ())


@pytest.mark.parametrize(
    ("text", "why"), [("no", "no JSON"), ("{}", "soul_md"), (json.dumps({"soul_md": " "}), "soul_md")]
)
def test_what_is_no_role_is_refused(text: str, why: str) -> None:
    with pytest.raises(NoSkill, match=why):
        role.answer(text)


def test_skills_that_could_be_none_are_left_out() -> None:
    good = {"name": "prune", "description": " Cut. ", "body": " So. "}
    bad: list[Any] = [1, {}, {**good, "name": "No!"}, {**good, "description": " "}, {**good, "body": None}]
    found = written(skills=[*bad, good, {**good, "body": "Later."}])
    assert found.skills == (role.Procedure(name="prune", description="Cut.", body="Later."),)
    assert written(skills="none").skills == ()
    many = [{**good, "name": f"s{number}"} for number in range(20)]
    assert len(written(skills=many).skills) == role.MOST_SKILLS
