"""Having a model write what an agent is to be: its character, what it looks after by itself, its skills. Pure."""

from collections.abc import Iterator
from typing import Any, Final, cast, final

import attrs

from actors import jsontext
from actors.skills import names
from actors.skills.authoring import NoSkill, unfenced
from actors.skills.document import LONGEST_DESCRIPTION
from bus import Data

MOST_SKILLS: Final = 8
"""That are taken of what a model has written."""
SYSTEM: Final = """\
You set up a personal agent from what its owner says it is to be. You write three things.

soul_md: the character of the agent, in Markdown of fewer than 60 lines, addressed to it: who it is and for whom, \
what it is good at, how it speaks, what it cares for, what it does not do without asking. What its owner has said \
counts word for word; make nothing up about them. No list of tools.

heartbeat_md: what it is to look after by itself, again and again, as a short list in Markdown, each point with what \
to look at and when to speak up. Empty where the role asks for nothing of the kind: most do not.

skills: procedures that the role needs and that a capable model does not know by itself, three at most; none is often \
right. Each has a name (the letters a to z, digits, and - between them), a description of at most 1024 characters \
("Use this skill whenever ...") and a body in Markdown. None holds passwords, keys or other secrets.

Write in the language of the owner. Answer with one JSON object and nothing else: {"soul_md": "...", "heartbeat_md": \
"...", "skills": [{"name": "...", "description": "...", "body": "..."}]}"""


@final
@attrs.frozen(kw_only=True)
class Procedure(Data):
    """A skill that the role needs."""

    name: str
    description: str
    body: str


@final
@attrs.frozen
class Written(Data):
    soul_md: str
    heartbeat_md: str
    skills: tuple[Procedure, ...]


def request(prompt: str, agent_name: str | None) -> str:
    """What the model is asked."""
    named = f"The agent is called {agent_name}.\n\n" if agent_name else ""
    return f"{named}Its owner says what it is to be:\n{prompt}"


def answer(text: str) -> Written:
    """What the model has written, without skills that could be none. Raises NoSkill."""
    try:
        found: Any = jsontext.read_object(unfenced(text.strip()))
    except jsontext.NotJson as error:
        raise NoSkill(f"its answer is no JSON: {error}") from None
    soul, heartbeat = found.get("soul_md"), found.get("heartbeat_md", "")
    if not isinstance(soul, str) or not soul.strip():
        raise NoSkill("its answer has no text 'soul_md'")
    kept = heartbeat.strip() if isinstance(heartbeat, str) else ""
    skills = {each.name: each for each in _skills(found.get("skills"))}
    return Written(f"{soul.strip()}\n", f"{kept}\n" if kept else "", tuple(skills.values())[:MOST_SKILLS])


def _skills(found: object) -> Iterator[Procedure]:
    for each in cast("list[object]", found) if isinstance(found, list) else ():
        said = cast("dict[str, object]", each) if isinstance(each, dict) else {}
        name, description, body = (said.get(key) for key in ("name", "description", "body"))
        if not (isinstance(name, str) and isinstance(description, str) and isinstance(body, str)):
            continue
        told = description.strip()[:LONGEST_DESCRIPTION]
        if told and _can_be(name):
            yield Procedure(name=name, description=told, body=body.strip())


def _can_be(name: str) -> bool:
    try:
        names.checked(name)
    except ValueError:
        return False
    return True
