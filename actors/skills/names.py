"""Names of skills, which are names of folders. Pure."""

import re
from typing import Final

from actors.vocabulary import quoted

LONGEST: Final = 64
SOURCE: Final = ".source"
"""File beside the shared skills with the names of those that come from the blueprint, one a line."""
_NAME: Final = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")


def checked(name: str) -> str:
    """The name, if it can be one of a skill. Raises ValueError with a sentence for people."""
    if not name:
        raise ValueError("the name of a skill is empty: use letters a to z, digits, and - between them")
    if len(name) > LONGEST:
        raise ValueError(f"the name of a skill has {LONGEST} characters at most, not {len(name)}")
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{quoted(name)} cannot be the name of a skill: use letters a to z, digits, and single - between them"
        )
    return name


def is_name(name: str) -> bool:
    """Whether a skill can have this name."""
    try:
        checked(name)
    except ValueError:
        return False
    return True
