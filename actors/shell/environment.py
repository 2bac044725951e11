"""What commands know of the environment: where programs are, how texts are written. Pure."""

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Final

PASSED: Final = ("LANG", "LC_ALL", "TERM", "TZ")
USUAL: Final = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
MARK: Final = "STARPOD_COMMAND"
"""Variable by which processes are found again that a killed agent has left. In a sandbox those are of one that was
killed while the sandbox came into being: then nothing ends them."""
PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
LOCAL: Final = "localhost,127.0.0.1,::1"


def environment(
    ours: Mapping[str, str],
    granted: Mapping[str, str | None],
    home: PurePath,
    *,
    visible: Iterable[str] | None = None,
    proxy: str | None = None,
    mark: str,
) -> dict[str, str]:
    """The variables of a command.

    Args:
      ours: those of the agent.
      granted: what tools may read.
      home: the folder it runs in.
      visible: folders in which programs can be found at all; None for any.
      proxy: the address through which it reaches the internet, if only through one.
      mark: by which its processes are found again.
    """
    found = {name: ours[name] for name in PASSED if name in ours}
    found |= {name: value for name, value in granted.items() if value is not None}
    if "PATH" not in found:
        found["PATH"] = ":".join((f"{home}/.local/bin", *_searched(ours.get("PATH", USUAL), visible)))
    found |= {"HOME": str(home), "TMPDIR": "/tmp", "PWD": str(home)}  # noqa: S108 - its own, in a sandbox
    if proxy is not None:
        found |= {name: proxy for each in PROXIES for name in (each, each.lower())}
        found |= {"NO_PROXY": LOCAL, "no_proxy": LOCAL}
    return {**found, MARK: mark}


def _searched(path: str, visible: Iterable[str] | None) -> list[str]:
    """Folders of programs that are there for a command, at least the usual ones."""
    folders = [folder for folder in path.split(":") if folder.startswith("/")]
    if visible is None:
        return folders
    roots = tuple(f"{root}/" for root in visible)
    inside = [folder for folder in folders if f"{folder}/".startswith(roots)]
    return list(dict.fromkeys((*inside, *USUAL.split(":"))))
