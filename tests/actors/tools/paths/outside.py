"""A home beside folders of somebody else, and everything that is done with a path."""

from collections.abc import Callable
from pathlib import Path

from actors.tools import reading
from actors.tools.paths import Home
from tests.actors.tools import files
from tests.actors.tools.files import go_on

SECRET = "the secret"


def read(home: Home, path: str) -> str:
    with home.place(path) as place, place.open() as file:
        return file.read().decode()


def write(home: Home, path: str, content: str = "new") -> None:
    files.write(home, path, content)


def delete(home: Home, path: str) -> None:
    files.delete(home, path)


def list_folder(home: Home, path: str) -> list[str]:
    with home.directory(path) as place:
        return [entry.name for entry in reading.listing(home, place, 50_000, go_on).entries]


Action = Callable[[Home, str], object]
ACTIONS: list[Action] = [read, write, delete, list_folder]


def untouched(home: Home) -> bool:
    """Whether everything outside home is as it was."""
    root = home.root.parent
    found = {
        path.relative_to(root).as_posix()
        for top in (".starpod", "outside")
        for path in (root / top).rglob("*")
    }
    secrets = [(root / name).read_text() for name in (".starpod/.env", "outside/secret.txt")]
    return found == {".starpod/.env", "outside/secret.txt"} and secrets == [SECRET, SECRET]


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}
