"""Skills as they are shown to people. Pure."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from actors.skills import rights
from actors.skills.library import BUNDLED, SHARED, Card
from actors.skills.messages import Origin
from actors.skills.store import Latest
from actors.storage import moment
from actors.vocabulary import Role


def fields(
    card: Card, latest: Latest | None, *, user: str, role: Role, wanted: Collection[str]
) -> dict[str, Any]:
    """What is known of a skill, by the fields of ``messages.Skill``.

    Args:
      card: as it is on the disk.
      latest: its newest revision, if it has one.
      user: who looks.
      role: what that one may.
      wanted: the setting `skills`.
    """
    said = card.document
    last = None if latest is None else latest.revision
    return {
        "name": card.name,
        "description": said.description,
        "version": said.version,
        "license": said.license,
        "compatibility": said.compatibility,
        "metadata": said.metadata,
        "allowed_tools": said.allowed_tools,
        "owner": SHARED if card.owner == BUNDLED else card.owner,
        "origin": origin(card, latest),
        "author": "" if latest is None else latest.author,
        "session": None if last is None else last.session,
        "created_at": created(card, latest),
        "updated_at": card.changed_at,
        "revision": None if last is None else last.seq,
        "edited": latest is not None and latest.main != card.main,
        "installed_from": None if last is None else last.source,
        "visible": card.usable and (not wanted or card.name in wanted),
        "changeable": rights.may_change(card, user, role),
        "problems": said.problems,
    }


def origin(card: Card, latest: Latest | None) -> Origin:
    """Where a skill comes from; what nobody has written down, a person has put there."""
    if card.owner == BUNDLED:
        return "bundled"
    if card.is_source:
        return "source"
    return "person" if latest is None else latest.revision.origin


def created(card: Card, latest: Latest | None) -> datetime:
    """When a skill was made, as far as that is known."""
    return card.changed_at if latest is None else moment(latest.first_at)
