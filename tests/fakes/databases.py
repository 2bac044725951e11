"""Databases of the session store that are there already: to make one takes longer than most tests do with it."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from actors.session.actor import MIGRATIONS
from actors.storage import numbered
from actors.storage.database import Database, mark_of


@cache
def _content() -> bytes:
    """What is in the file of one without rows."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "session.db"
        made = Database(path=path, migrations=numbered(MIGRATIONS), synchronous="OFF", busy_timeout=1.0)
        made.open_writer().close()
        return path.read_bytes()


def session_database(path: Path) -> Path:
    """Where the session store keeps what it knows; one without rows is put there unless there was one before."""
    if not path.exists() and not mark_of(path).exists():
        path.write_bytes(_content())
    return path
