"""Crash reports: what was known when the process gave up, as a file that can be read after it."""

import json
import platform
import traceback
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import starpod
from actors import atomic
from bus import Exit, Mesh, NodeHealth, Stall, mask_text
from bus.console import to_json

KEPT_MESSAGES = 500
"""Messages of the flight recorder that a report keeps."""
PACKAGES = ("trio", "hypercorn", "quart", "quart-trio", "anthropic", "openai", "attrs", "cattrs")


def write_report(folder: Path, mesh: Mesh, *, exit: Exit | None = None, stall: Stall | None = None) -> Path:
    """Write a report and return its path.

    Args:
      folder: is made if need be.
      mesh: whose flight recorder, books and health go into the report.
      exit: why the tree has ended.
      stall: what held the loop.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{mesh.core.boot_id[:8]}.json"
    atomic.write(path, json.dumps(_content(mesh, exit, stall), ensure_ascii=False, indent=2), mode=0o600)
    return path


def _content(mesh: Mesh, exit: Exit | None, stall: Stall | None) -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(),
        "boot_id": mesh.core.boot_id,
        "reason": mask_text(str(exit or stall)),
        "stack": mask_text(stall.stack if stall else _traceback(exit)),
        "versions": _versions(),
        "tree": tree_json(mesh.console.health()),
        "books": {name: list(books) for name, books in mesh.console.books().items()},
        "messages": [to_json(event) for event in mesh.console.recorded()[-KEPT_MESSAGES:]],
        "dead_letters": [
            {
                "reason": entry.letter.reason,
                "type": entry.letter.kind,
                "to": entry.letter.to,
                "seq": entry.letter.seq,
            }
            for entry in mesh.console.dead_letters()
        ],
    }


def _traceback(exit: Exit | None) -> str:
    return "".join(traceback.format_exception(exit.error)) if exit and exit.error else ""


def _versions() -> dict[str, str]:
    versions = {
        "starpod": starpod.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def tree_json(node: NodeHealth) -> dict[str, Any]:
    """A supervision tree with its health as JSON-ready values."""
    shown: dict[str, Any] = {"name": node.name, "state": node.health.state.value}
    if node.health.why:
        shown["why"] = mask_text(node.health.why)
    if node.restarts:
        shown["restarts"] = node.restarts
    if node.children:
        shown["children"] = [tree_json(child) for child in node.children]
    return shown
