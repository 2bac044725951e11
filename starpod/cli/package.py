"""Skills from elsewhere: fetching a repository, and showing what a skill asks for."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from starpod.cli.output import note, paint, say, warn
from starpod.errors import StarpodError

CLONE_WITHIN: Final = 120.0
"""Seconds."""
MOST_SHOWN: Final = 20
"""Findings of one skill that are printed."""
_URL: Final = re.compile(r"(?:https|ssh|git|file)://|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:")
_GRAVE: Final = frozenset({"hidden", "injection", "remote_code"})


@contextmanager
def fetched(source: str) -> Generator[Path]:
    """A folder or archive of this machine; of a repository a copy that is gone afterwards. Raises StarpodError."""
    if not _URL.match(source):
        path = Path(source).expanduser().resolve()
        if not path.exists():
            raise StarpodError(f"there is no {path}")
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="starpod-skill-") as folder:
        name = re.sub(r"[^a-z0-9]+", "-", source.rstrip("/").rpartition("/")[2].removesuffix(".git").lower())
        path = Path(folder) / (name.strip("-") or "skill")
        _clone(source, path)
        yield path


def _clone(source: str, path: Path) -> None:
    """The newest state of a repository, without what git would run or ask. Raises StarpodError."""
    if shutil.which("git") is None:
        raise StarpodError("git is not on this machine: fetch it some other way, and give the folder")
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"}
    safe = ["-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never"]
    command = ["git", *safe, "clone", "--quiet", "--depth", "1", "--no-tags", "--", source, str(path)]
    note(f"fetching {source}")
    try:
        done = subprocess.run(
            command,
            env=quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=CLONE_WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise StarpodError(f"{source} was not fetched within {CLONE_WITHIN:g} s") from error
    if done.returncode:
        raise StarpodError(
            f"git could not fetch {source}: {done.stderr.decode(errors='replace').strip()[-500:]}"
        )


def report(skill: Mapping[str, Any]) -> None:
    """Print what a person should know before they install a skill."""
    say(f"\n  {paint(skill['name'], 'bold')}  {skill['description']}")
    asks = skill["asks"]
    lines = {
        "license": skill["license"] or "not said",
        "files": f"{len(skill['files']) + 1}, {skill['size']} bytes" if skill["digest"] else "",
        "needs": asks["compatibility"] or "",
        "tools": _some(asks["tools"]),
        "network": _some(asks["hosts"]),
        "secrets": _some(asks["secrets"]),
        "variables": _some(asks["variables"]),
        "scripts": _some(asks["scripts"]),
    }
    for name, text in lines.items():
        if text:
            say(f"    {paint(f'{name:<10}', 'dim')}{text}")
    for finding in skill["findings"][:MOST_SHOWN]:
        line = f"{finding['file']}:{finding['line']}: {finding['text']}"
        if finding["kind"] in _GRAVE:
            warn(line)
        else:
            note(line)
    if (more := len(skill["findings"]) - MOST_SHOWN) > 0:
        warn(f"and {more} more of the kind")


def _some(values: Sequence[str], most: int = 12) -> str:
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return f"{', '.join(values[:most])}{more}"
