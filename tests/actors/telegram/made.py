"""Updates as Telegram makes them."""

from typing import Any, Final

from actors.telegram import update as updates
from actors.telegram.update import Bot, Post

BOT: Final = Bot(id=99, username="star_bot")
ADA: Final = {"id": 7, "is_bot": False, "first_name": "Ada", "last_name": "L", "username": "Ada_L"}
OURS: Final = {"id": BOT.id, "is_bot": True, "first_name": "Star", "username": BOT.username}
PRIVATE: Final = {"id": 7, "type": "private"}
GROUP: Final = {"id": -5, "type": "supergroup"}


def message(said: str | None = None, /, **fields: Any) -> dict[str, Any]:
    """A message of Ada, privately unless something else is said."""
    made = {"message_id": 1, "date": 1_767_225_600, "chat": PRIVATE, "from": ADA, **fields}
    return made if said is None else {**made, "text": said}


def update(id: int, said: str | None = None, /, **fields: Any) -> dict[str, Any]:
    return {"update_id": id, "message": message(said, **{"message_id": id, **fields})}


def post(said: str | None = None, /, **fields: Any) -> Post:
    found = updates.read(update(1, said, **fields))
    assert found is not None
    return found


def entity(kind: str, text: str, part: str, **fields: Any) -> dict[str, Any]:
    """The entity that `part` of a text is."""
    before = text[: text.index(part)]
    return {"type": kind, "offset": _units(before), "length": _units(part), **fields}


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
