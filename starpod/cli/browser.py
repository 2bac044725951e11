"""Opening the agent's page, where there is somebody to look at it.

What a program is started with can be read by everybody on the machine, and a link opens the page for whoever has it.
So the browser is started with the address of a file that only its owner can read, and the file leads to the link.
"""

import html
import os
import secrets
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Final

LEFT_AFTER: Final = 60.0
"""Seconds for which the file stays: as long as a link is good."""


def has_display() -> bool:
    """Whether a browser that is opened here could be seen."""
    if sys.platform == "darwin":
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_page(link: str, folder: Path) -> bool:
    """Open `link` in the person's browser, by way of a file in `folder`; False where there is none to be seen."""
    if not has_display():
        return False
    page = lead_to(link, folder)
    remove_later(page, LEFT_AFTER)
    return webbrowser.open(page.as_uri())


def lead_to(link: str, folder: Path) -> Path:
    """Write a page that leads to `link` and that only its owner can read. Raises OSError."""
    page = folder.absolute() / f"open-{secrets.token_hex(4)}.html"
    file = os.open(page, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(file, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor
        stream.write(
            '<!doctype html>\n<meta charset="utf-8">\n<meta name="referrer" content="no-referrer">\n'
            f'<meta http-equiv="refresh" content="0; url={html.escape(link)}">\n<title>Starpod</title>\n'
        )
    return page


def remove_later(page: Path, seconds: float) -> None:
    """Remove a file after a while, also when this process has ended before."""
    script = 'cd / && { sleep "$1"; rm -f -- "$2"; } &'
    command = ["/bin/sh", "-c", script, "sh", str(seconds), str(page)]
    none = subprocess.DEVNULL
    subprocess.run(command, stdin=none, stdout=none, stderr=none, start_new_session=True, check=False)
