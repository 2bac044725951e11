"""Having a model write a skill: what it is asked, and what its answer says. Pure."""

from typing import Any, Final, final

import attrs

from actors import jsontext
from actors.skills.document import LONGEST_DESCRIPTION
from bus import Data

SYSTEM: Final = """\
You write skills for AI agents, in the AgentSkills format. A skill is a description, by which an agent recognises the \
tasks it is for, and a body, which it reads once it works on one.

The description
- Says in the imperative what to do and when: "Use this skill whenever ...". It names the words, kinds of files and \
situations by which such a task shows, those included in which nobody names the skill.
- Has at most 1024 characters.

The body
- Is Markdown of fewer than 500 lines, without front matter.
- Says only what a capable model does not know by itself: what is particular here, what goes wrong, what was decided.
- Gives procedures, step by step, rather than facts; one way that works rather than a menu, with its defaults.
- Is exact where a mistake is costly or a format is brittle, and leaves room where judgement is better.
- Has, as far as they help: pitfalls, a template of the result, a checklist, and a loop of checking and mending.
- Is about one kind of task and no more. It holds no passwords, keys or other secrets.

Answer with one JSON object and nothing else: {"description": "...", "body": "..."}"""

FENCE: Final = "```"


class NoSkill(ValueError):
    """What a model has answered is no skill. The text says why."""


@final
@attrs.frozen
class Written(Data):
    description: str
    body: str


def request(name: str, description: str | None, prompt: str | None) -> str:
    """What the model is asked."""
    parts = [f"Write the skill {name}."]
    if description:
        parts.append(f"Its description is this, word for word:\n{description}")
    if prompt:
        parts.append(f"What else counts:\n{prompt}")
    return "\n\n".join(parts)


def answer(text: str, description: str | None) -> Written:
    """What the model has written; a description that was given wins. Raises NoSkill."""
    try:
        found: Any = jsontext.read_object(unfenced(text.strip()))
    except jsontext.NotJson as error:
        raise NoSkill(f"its answer is no JSON: {error}") from None
    for key in ("description", "body"):
        if not isinstance(found.get(key), str):
            raise NoSkill(f"its answer has no text {key!r}")
    told = (description or found["description"]).strip()
    if not told:
        raise NoSkill("its description is empty")
    return Written(told[:LONGEST_DESCRIPTION], found["body"].strip())


def unfenced(text: str) -> str:
    """What stands in a block of code, if all of it does; the first line may name a language."""
    if not (text.startswith(FENCE) and text.endswith(FENCE) and "\n" in text):
        return text
    return text.partition("\n")[2].removesuffix(FENCE)
