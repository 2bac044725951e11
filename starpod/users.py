"""The files a new user begins with."""

from pathlib import Path
from typing import Final

from actors import atomic
from starpod.workspace import UserContext

PROFILE: Final = """\
# User Profile

## Name
<!-- What should you be called? -->

## Role
<!-- What do you do? -->

## Expertise
<!-- What need not be explained to you? -->

## Preferences
<!-- How do you like answers: language, length, tone? -->

## Context
<!-- What else should be known: projects, people, places? -->
"""

MEMORY: Final = """\
# Memory Index

Important facts about this user, with links to where more is written.
"""


def has_left(id: str, *places: Path) -> bool:
    """Whether in one of these folders there is one of a user with this id, in whatever case it is written."""
    return any(
        each.name.lower() == id.lower() for place in places if place.is_dir() for each in place.iterdir()
    )


def seed_user(user: UserContext) -> None:
    """Create the folder of a user with profile, memory and log folder; what is there is left alone.

    Once there is a history, what is missing was forgotten, and is not made again.
    """
    if user.history.exists():
        return
    user.logs.mkdir(parents=True, exist_ok=True)
    for path, content in ((user.profile, PROFILE), (user.memory, MEMORY)):
        if not path.exists():
            atomic.write(path, content)
