"""Where the files shipped with Starpod are: blueprints, the annotated configuration, the model catalogue."""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Path of a shipped file or folder such as ``config/starpod.toml`` or ``agents/aster``.

    An installed wheel carries them as package data; an editable install uses the folders of the repository.
    Raises FileNotFoundError when the installation is incomplete.
    """
    packed = _PACKAGE / "_data"
    path = (packed if packed.is_dir() else _PACKAGE.parent) / name
    if not path.exists():
        raise FileNotFoundError(f"this installation of Starpod lacks {name} (looked for {path})")
    return path


def documentation() -> Path | None:
    """Where the documentation is; None for an installation that came without."""
    try:
        return resource("docs")
    except FileNotFoundError:
        return None
