"""Accounts in the store."""

import re
import sqlite3
from typing import Any, Final, Literal, TypeVar

import attrs

from actors.storage import clean, moment
from actors.vocabulary import UNCHANGED, BadUserId, is_one_line, may, user_id

from . import audit
from .messages import (
    AccessChanged,
    Activate,
    AddUser,
    Deactivate,
    GetUser,
    LeftBehind,
    ListUsers,
    OwnAccount,
    Taken,
    Unfit,
    UnknownUser,
    UpdateUser,
    User,
)
from .rights import leaving_an_admin, require_admin

T = TypeVar("T")

_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")

Told = tuple[AccessChanged, ...]
Done = tuple[T, Told]
"""What a change comes to, and what is to be told once it is committed."""
NOBODY: Final[Told] = ()


def find(connection: sqlite3.Connection, id: str) -> User:
    """An account. Raises UnknownUser."""
    row = connection.execute("SELECT * FROM users WHERE id = ?", (clean(id),)).fetchone()
    if row is None:
        raise UnknownUser(id=id)
    return _user_of(row)


def active(connection: sqlite3.Connection, id: str) -> User:
    """An account that is let in. Raises UnknownUser."""
    user = find(connection, id)
    if not user.is_active:
        raise UnknownUser(id=id)
    return user


def get(connection: sqlite3.Connection, request: GetUser) -> User:
    """One account. Raises UnknownUser, NotAllowed."""
    if request.id != request.user:
        require_admin(connection, request)
    return find(connection, request.id)


def all_of(connection: sqlite3.Connection, request: ListUsers) -> tuple[User, ...]:
    """Every account, oldest first. Raises NotAllowed."""
    require_admin(connection, request)
    return tuple(map(_user_of, connection.execute("SELECT * FROM users ORDER BY created_at, rowid")))


def add(
    connection: sqlite3.Connection, request: AddUser, fresh: str, now: int, *, left: bool = False
) -> Done[User]:
    """Make an account, by default with the id `fresh`. Raises Unfit, Taken, LeftBehind, NotAllowed.

    `left` says whether somebody who had the id that is asked for has left something.
    """
    require_admin(connection, request)
    id = fresh if request.id is None else _fit_id(request.id)
    _require_fit(request)
    insert(
        connection,
        id=id,
        email=request.email,
        display_name=request.display_name,
        role=request.role,
        filesystem_enabled=request.filesystem_enabled,
        now=now,
    )
    if left and not request.adopt:
        raise LeftBehind(id=id)
    adopted = ", with what was left by an earlier user" if left else ""
    audit.record(connection, request, "user.added", id, now, detail=f"role {request.role}{adopted}")
    return find(connection, id), NOBODY


def insert(connection: sqlite3.Connection, *, id: str, email: str | None, now: int, **values: Any) -> None:
    """Write a new row. Raises Taken."""
    if connection.execute("SELECT 1 FROM users WHERE id = ?", (id,)).fetchone():
        raise Taken(field="id", value=id)
    _refuse_taken(connection, email, id)
    row = {"id": id, "email": email, **values, "created_at": now, "updated_at": now}
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO users ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608 - names are ours


def update(connection: sqlite3.Connection, request: UpdateUser, now: int) -> Done[User]:
    """Change what is given. Raises UnknownUser, Unfit, Taken, OwnAccount, LastAdmin, NotAllowed."""
    require_admin(connection, request)
    before = find(connection, request.id)
    _require_fit(request)
    after = attrs.evolve(before, **_given(request))
    if after == before:
        return before, NOBODY
    if before.role == "admin" != after.role and _is_own(before, request):
        raise OwnAccount(what="demoted")
    _refuse_taken(connection, after.email, before.id)
    with leaving_an_admin(connection, now):
        connection.execute(
            "UPDATE users SET email = ?, display_name = ?, role = ?, filesystem_enabled = ?, updated_at = ?"
            " WHERE id = ?",
            (after.email, after.display_name, after.role, after.filesystem_enabled, now, before.id),
        )
    audit.record(connection, request, "user.changed", before.id, now, detail=_difference(before, after))
    rights = (before.role, before.filesystem_enabled) != (after.role, after.filesystem_enabled)
    return find(connection, before.id), _everything_of(before, "changed") if rights else NOBODY


def deactivate(connection: sqlite3.Connection, request: Deactivate, now: int) -> Done[User]:
    """Let somebody in no more. Raises UnknownUser, OwnAccount, LastAdmin, NotAllowed."""
    require_admin(connection, request)
    user = find(connection, request.id)
    if not user.is_active:
        return user, NOBODY
    if _is_own(user, request):
        raise OwnAccount(what="deactivated")
    with leaving_an_admin(connection, now):
        _switch(connection, user, now, active=False)
    connection.execute(
        "UPDATE devices SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL", (now, user.id)
    )
    audit.record(connection, request, "user.deactivated", user.id, now)
    return find(connection, user.id), _everything_of(user, "ended")


def activate(connection: sqlite3.Connection, request: Activate, now: int) -> Done[User]:
    """Let somebody in again. Raises UnknownUser, NotAllowed."""
    require_admin(connection, request)
    user = find(connection, request.id)
    if user.is_active:
        return user, NOBODY
    _switch(connection, user, now, active=True)
    audit.record(connection, request, "user.activated", user.id, now)
    return find(connection, user.id), _everything_of(user, "changed")


def _switch(connection: sqlite3.Connection, user: User, now: int, *, active: bool) -> None:
    connection.execute("UPDATE users SET is_active = ?, updated_at = ? WHERE id = ?", (active, now, user.id))


def _is_own(user: User, request: UpdateUser | Deactivate) -> bool:
    return not may(request.proof, "operate") and request.user.lower() == user.id.lower()


def _given(request: UpdateUser) -> dict[str, Any]:
    """The fields that a request gives a value."""
    texts = {"email": request.email, "display_name": request.display_name}
    others = {"role": request.role, "filesystem_enabled": request.filesystem_enabled}
    return {
        **{name: value for name, value in texts.items() if value != UNCHANGED},
        **{name: value for name, value in others.items() if value is not None},
    }


def _fit_id(id: str) -> str:
    try:
        return user_id(id)
    except BadUserId as error:
        raise Unfit(why=str(error)) from error


def _require_fit(request: AddUser | UpdateUser) -> None:
    """Raises Unfit for what cannot be read, or be written to."""
    email, name = request.email, request.display_name
    if email is not None and email != UNCHANGED and not (is_one_line(email) and _ADDRESS.fullmatch(email)):
        raise Unfit(why="email: expected an address such as ada@example.org")
    if name is not None and name != UNCHANGED and not is_one_line(name):
        raise Unfit(why="display_name: expected a name that can be read, on one line")


def _refuse_taken(connection: sqlite3.Connection, email: str | None, id: str) -> None:
    if connection.execute("SELECT 1 FROM users WHERE email = ? AND id <> ?", (email, id)).fetchone():
        raise Taken(field="email", value=email or "")


def _difference(before: User, after: User) -> str:
    changed = [name for name in attrs.asdict(before) if getattr(before, name) != getattr(after, name)]
    return ", ".join(f"{name}: {getattr(after, name)}" for name in changed)


def _everything_of(user: User, why: Literal["ended", "changed"]) -> Told:
    return (AccessChanged(user=user.id, credential=None, why=why),)


def _user_of(row: sqlite3.Row) -> User:
    return User(
        id=row["id"],
        email=row["email"],
        display_name=row["display_name"],
        role=row["role"],
        is_active=bool(row["is_active"]),
        filesystem_enabled=bool(row["filesystem_enabled"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
