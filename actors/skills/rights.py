"""Who may see and change which skill. Pure."""

from actors.skills.library import BUNDLED, SHARED, Card
from actors.skills.messages import BadSkill, NotYours
from actors.vocabulary import BadUserId, Role, user_id


def layer(owner: str | None, user: str, role: Role) -> str | None:
    """Where somebody wants to change something; None where they may not know whether there is anything.

    Raises BadSkill for what is no user.
    """
    if owner is None:
        return SHARED if role == "admin" else user
    return checked_owner(owner) if role == "admin" or owner == user else None


def checked_owner(owner: str) -> str:
    """Whose a skill is said to be, which becomes the name of a folder. Raises BadSkill for what is no user."""
    try:
        return owner if owner == SHARED else user_id(owner)
    except BadUserId as error:
        raise BadSkill(str(error)) from None


def fixed(card: Card) -> str | None:
    """Why nobody changes a skill here; None for one that can be changed."""
    if card.owner == BUNDLED:
        return "it comes with Starpod; make another one under a name of its own"
    if card.is_source:
        return "it comes from the agent's blueprint and would be overwritten; change it there"
    return None


def may_change(card: Card, user: str, role: Role) -> bool:
    """Whether somebody may change a skill that they see."""
    return fixed(card) is None and (role == "admin" or card.owner == user)


def require(card: Card) -> None:
    """Raises NotYours for what nobody changes."""
    if (why := fixed(card)) is not None:
        raise NotYours(name=card.name, why=why)
