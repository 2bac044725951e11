"""The JSON form of every message class and version is kept in ``tests/golden``: files are added, never edited (G1).

``STARPOD_GOLDEN=add pytest tests/bus/message/test_golden.py`` adds what is missing.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bus import Message, wire_name
from bus.message import codec
from bus.testing.examples import example
from tests.bus.registry import KINDS, ROOT

FOLDER = ROOT / "tests" / "golden"
KINDS_BY_NAME = {wire_name(kind).partition("@")[0]: kind for kind in KINDS}
CHANGED = (
    "{0} has changed its shape: raise its version, override upcast, and add the new form beside the old one"
)


def read(path: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return body


def write(path: Path, body: dict[str, Any]) -> None:
    path.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS, ids=wire_name)
def test_a_message_class_still_has_the_form_it_had(kind: type[Message]) -> None:
    path = FOLDER / f"{wire_name(kind)}.json"
    body = json.loads(codec.encode(example(kind)))
    if not path.exists() and os.environ.get("STARPOD_GOLDEN") == "add":
        write(path, body)
    assert path.exists(), f"{wire_name(kind)} has no form yet: see the head of this file"
    assert read(path) == body, CHANGED.format(wire_name(kind))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_form_that_ever_was_can_be_read(path: Path) -> None:
    name, _, version = path.stem.partition("@")
    kind = KINDS_BY_NAME[name]
    message = codec.decode(kind, path.read_text(encoding="utf-8"), int(version))
    if int(version) == kind.version:
        assert json.loads(codec.encode(message)) == read(path)
