"""Opening the agent's page, where there is somebody to look at it."""

import os
import sys
import threading
import webbrowser

from starpod.cli.output import note


def has_display() -> bool:
    """Whether a browser that is opened here could be seen."""
    if sys.platform == "darwin":
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_page(url: str) -> None:
    """Open `url` in the person's browser, or say where it is. Never waits for the browser."""
    if not has_display():
        note(f"open {url} in a browser")
        return
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
