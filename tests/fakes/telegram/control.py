"""Tests that drive the stand-in from another process: the path names an object and its method.

The body is ``{"args": […], "kwargs": {…}}``; bytes travel as ``{"base64": "…"}``. What a method raises comes back as
400 with its words.
"""

import base64
import inspect
import json
from collections.abc import Mapping
from typing import Any, cast

from tests.fakes.telegram.connection import Answer
from tests.fakes.telegram.limits import limits_from_json


def do(doors: Mapping[str, object], path: str, body: bytes) -> Answer:
    """Answer ``/_do/people/write``."""
    door, _, name = path.removeprefix("/_do/").partition("/")
    method = None if name.startswith("_") else getattr(doors.get(door), name, None)
    if not callable(method) or inspect.iscoroutinefunction(method):
        return Answer(404, json.dumps({"error": f"there is no {path}"}).encode())
    try:
        said = read(body)
        args, kwargs = said.get("args", []), said.get("kwargs", {})
        if name == "limit":
            args = [limits_from_json(each) for each in args]
        return told(method(*args, **kwargs))
    except Exception as error:  # noqa: BLE001 - for the test that asked
        return Answer(400, json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())


def read(text: bytes) -> Any:
    """A value as it was before `write` wrote it."""
    return json.loads(text or b"{}", object_hook=_bytes)


def write(value: Any) -> bytes:
    return json.dumps(value, default=_base64).encode()


def told(value: Any) -> Answer:
    return Answer(200, write(value))


def _base64(value: Any) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} can't be said from another process")


def _bytes(value: dict[str, Any]) -> Any:
    return base64.b64decode(cast("str", value["base64"])) if value.keys() == {"base64"} else value
