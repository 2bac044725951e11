"""What a change of a skill is made of. Pure; what cannot be is refused with BadSkill."""

from collections.abc import Mapping

from actors.skills import document, folder, names
from actors.skills.folder import MAIN, File, Tree
from actors.skills.messages import BadSkill
from actors.storage import clean


def checked_name(name: str) -> str:
    """The name, if it can be one of a skill."""
    try:
        return names.checked(name)
    except ValueError as error:
        raise BadSkill(str(error)) from None


def checked_description(text: str) -> str:
    """A description that was given, without blanks around it."""
    told = clean(text).strip()
    if not 1 <= len(told) <= document.LONGEST_DESCRIPTION:
        raise BadSkill(f"a description has 1 to {document.LONGEST_DESCRIPTION} characters, not {len(told)}")
    return told


def new(name: str, description: str, body: str, version: str | None = None) -> Tree:
    """The files of a skill that is made. Raises BadSkill."""
    told = checked_description(description)
    try:
        text = document.written(name, told, clean(body), version=version)
    except ValueError as error:
        raise BadSkill(str(error)) from None
    return with_main({}, text)


def edited(
    tree: Tree,
    name: str,
    *,
    description: str | None = None,
    body: str | None = None,
    keys: Mapping[str, str | None] | None = None,
    marks: Mapping[str, str] | None = None,
) -> Tree:
    """The files of a skill with some of its ``SKILL.md`` changed; see :func:`document.changed`."""
    told = {} if description is None else {"description": checked_description(description)}
    values = {**told, **(keys or {})}
    if not values and not marks and body is None:
        return tree
    said = None if body is None else clean(body)
    text = document.decoded(tree[MAIN].data)
    try:
        return with_main(tree, document.changed(text, name, values, body=said, marks=marks))
    except ValueError as error:
        raise BadSkill(f"nothing was changed: {error}") from None


def with_main(tree: Tree, text: str) -> Tree:
    """The files of a skill with another ``SKILL.md``."""
    data = clean(text).encode()
    if len(data) > folder.LARGEST_MAIN:
        raise BadSkill(f"a {MAIN} has {folder.LARGEST_MAIN} bytes at most, not {len(data)}")
    return {**tree, MAIN: File(data)}
