"""States of files that differ, for what has to tell them apart."""

from actors.tools.contents import INLINE, Content
from actors.tools.states import Change, Look, State, Version

A = State(kind="file", digest="a" * 64, mode=0o600)
B = State(kind="file", digest="b" * 64, mode=0o600)
C = State(kind="file", digest="c" * 64, mode=0o600)
LOOK = Look(kind="file", mode=0o600, size=1, inode=1, modified=5, changed=5)
LARGE = b"x" * (INLINE + 1)


def content(digest: str, size: int = 1) -> Content:
    return Content(digest=digest, size=size, data=b"x" * size)


def version(path: str, state: State = A, look: Look = LOOK, *, settled: bool = True) -> Version:
    return Version(path=path, state=state, look=look, settled=settled)


def did(before: State, after: State, id: int = 1, folders: int = 0) -> Change:
    return Change(path="p", before=before, after=after, id=id, folders=folders)
