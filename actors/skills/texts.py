"""What the model reads of skills: which there are, the instructions of one, how to keep new ones. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol, TypeVar

from actors.skills import unseen
from actors.skills.document import LONGEST_DESCRIPTION

MOST_FILES: Final = 200
"""Files of a skill that are named when it is called up."""
_CUTS: Final = (LONGEST_DESCRIPTION, 512, 256, 128, 64)
"""Characters of a description, tried until all skills fit."""
_ENTITIES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"},
)
_OURS: Final = re.compile(r"<(?=\s*/?\s*(?:skill_content|skill_resources|available_skills)\b)", re.IGNORECASE)
"""Where a text would begin or end one of our own elements."""

INSTRUCTION: Final = (
    "Skills are tested instructions. When a task matches a description below, call SkillActivate with its name before "
    "you begin, and follow what it says."
)
MAINTENANCE: Final = "When a skill proves wrong or outdated, correct it with SkillUpdate before you answer."
CREATION: Final = (
    "When a task took about five calls of tools or more, or you found the way around a tricky fault, and it will be "
    "wanted again, keep it with SkillCreate: the steps, what went wrong on the way, how to see that it worked."
)


class Told(Protocol):
    """What the catalogue tells of a skill."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...


ToldT = TypeVar("ToldT", bound=Told)


def escaped(text: str) -> str:
    """The text as XML has it."""
    return text.translate(_ENTITIES)


def section(skills: Sequence[Told], budget: int, *, self_improve: bool) -> str:
    """What the system prompt says of skills; empty when there is nothing to say."""
    shown = catalogue(skills, budget)
    parts = [INSTRUCTION, shown, MAINTENANCE] if shown else []
    return "\n\n".join([*parts, CREATION] if self_improve else parts)


def catalogue(skills: Sequence[Told], budget: int) -> str:
    """Names and descriptions, in at most `budget` characters; empty when there are no skills.

    Descriptions are shortened first; then skills are left out from the end, and a line says how many.
    """
    if not skills:
        return ""
    entries: list[str] = []
    for longest in _CUTS:
        entries = [_entry(each, longest) for each in skills]
        if _size(entries) <= budget:
            return _listed(entries)
    while entries and _size(entries) > budget:
        entries.pop()
    left = len(skills) - len(entries)
    return f"{_listed(entries)}\n{left} more are not shown; SkillList lists all."


def named(skills: Sequence[ToldT], section: str) -> Iterator[ToldT]:
    """The skills that a section names: where there is no room for all, some are left out."""
    return (each for each in skills if f"<name>{escaped(each.name)}</name>" in section)


def _entry(skill: Told, longest: int) -> str:
    text = skill.description
    shown = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return (
        f"  <skill>\n    <name>{escaped(skill.name)}</name>\n"
        f"    <description>{escaped(shown)}</description>\n  </skill>"
    )


def _listed(entries: Iterable[str]) -> str:
    return "\n".join(["<available_skills>", *entries, "</available_skills>"])


def _size(entries: Iterable[str]) -> int:
    return len(_listed(entries))


def activation(name: str, body: str, files: Sequence[str]) -> str:
    """The instructions of a skill and the paths of its files. Nothing in them ends the element they stand in."""
    lines = [f'<skill_content name="{escaped(name)}">', _OURS.sub("&lt;", unseen.without(body).strip())]
    if files:
        lines += [
            "",
            "<skill_resources>",
            *(f"  <file>{escaped(each)}</file>" for each in files[:MOST_FILES]),
        ]
        lines += ["</skill_resources>", _where(len(files))]
    return "\n".join([*lines, "</skill_content>"])


def _where(count: int) -> str:
    more = f" The first {MOST_FILES} of {count} are listed." if count > MOST_FILES else ""
    return f"Read a text among them with SkillRead, its path as it is listed.{more}"


def called(text: str) -> tuple[str, str] | None:
    """Name and input of a message ``/name input``; None for any other."""
    if not text.startswith("/"):
        return None
    name, *rest = text[1:].split(maxsplit=1) or [""]
    return (name, rest[0].strip() if rest else "") if not text[1:2].isspace() else None


def expansion(name: str, given: str, activated: str) -> str:
    """What the model is told when a person has called up a skill with a message."""
    order = (
        f"Carry out the skill {name} now. Do not ask back, and do not sum it up: do what it says, with its defaults "
        "where nothing else is given."
    )
    return "\n\n".join([order, *([f"Input: {given}"] if given else []), activated])
