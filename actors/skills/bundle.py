"""What the skills that come with Starpod say of themselves, read beforehand: for them PyYAML need not be loaded.

``scripts/docs`` writes ``bundle.json`` from their files, and a test says when it is out of date. What is in there
counts for the very file that it was read from; any other is read like those of people.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import attrs

from actors import jsontext
from actors.skills import unseen
from actors.skills.document import Document, parse_file

HOME: Final = Path(__file__).parent / "bundled"
READ: Final = Path(__file__).with_name("bundle.json")


def document_of(data: bytes, name: str, digest: str) -> Document:
    """The document in `data`, of that `digest`, without its body if it was read beforehand."""
    found = _known().get(digest)
    if found is None:
        return parse_file(data, name)
    fields: dict[str, Any] = {**found, "allowed_tools": tuple(found["allowed_tools"])}
    return Document(**fields, body="")


@cache
def _known() -> Mapping[str, Mapping[str, Any]]:
    try:
        return jsontext.read_object(READ.read_bytes())
    except (OSError, jsontext.NotJson):
        return {}


def written(documents: Mapping[str, Document]) -> str:
    """The text of ``bundle.json``, of documents by digest. Raises ValueError for one with something wrong with it."""
    if any(each.problems or unseen.codes(f"{each.description}\n{each.body}") for each in documents.values()):
        raise ValueError("what comes with Starpod is read without a problem")
    fields = [field.name for field in attrs.fields(Document) if field.name not in {"body", "problems"}]
    shown = {
        digest: {name: getattr(document, name) for name in fields} for digest, document in documents.items()
    }
    return f"{jsontext.write(shown, indent=2)}\n"
