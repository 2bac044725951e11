"""What the tests of files share."""

from pathlib import Path

from actors.tools.paths import Home

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


def go_on() -> None:
    """Somebody waits for the work for as long as it takes."""


def put(home: Home, path: str, data: bytes) -> Path:
    target = home.root / path
    target.write_bytes(data)
    return target


def names(home: Home) -> list[str]:
    return sorted(path.relative_to(home.root).as_posix() for path in home.root.rglob("*") if path.is_file())
