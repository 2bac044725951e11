"""Parameters of a call, however they were sent: JSON, a form, a form with files, or the query of the address."""

import contextlib
import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final, cast, final
from urllib.parse import parse_qsl

import attrs
from werkzeug.datastructures import FileStorage
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from tests.fakes.telegram.refusals import bad_request

MISSING: Final = object()
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


@final
@attrs.frozen
class Upload:
    name: str
    media_type: str
    data: bytes = attrs.field(repr=False)


@final
@attrs.frozen
class Parameters:
    """Values as they were sent; forms know only text, so each reader below takes text as well."""

    values: Mapping[str, Any]
    uploads: Mapping[str, Upload]

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name, default)
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """Text that is no number counts as `default`, as in the real server."""
        try:
            return int(self.values.get(name, default))
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in {"true", "yes", "1"}

    def json(self, name: str, default: Any = None) -> Any:
        """A structure, which may have been sent as JSON within text. Raises Refusal."""
        value = self.values.get(name, MISSING)
        if value is MISSING or value == "":
            return default
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None

    def list_of_objects(self, name: str) -> list[dict[str, Any]]:
        """A list of JSON objects; empty if there is none. Raises Refusal."""
        value = self.json(name, [])
        if not isinstance(value, list) or not all(
            isinstance(each, dict) for each in cast("list[object]", value)
        ):
            raise bad_request(f"can't parse {name} JSON object")
        return cast("list[dict[str, Any]]", value)

    def object(self, name: str) -> dict[str, Any]:
        """A JSON object; empty if there is none. Raises Refusal."""
        value = self.json(name, {})
        if not isinstance(value, dict):
            raise bad_request(f"can't parse {name} JSON object")
        return cast("dict[str, Any]", value)

    def shown(self) -> dict[str, Any]:
        """What was sent, for the record: structures as such, files as their name, type and size."""
        read = {name: _structure(value) for name, value in self.values.items()}
        return read | {
            name: {"name": upload.name, "media_type": upload.media_type, "size": len(upload.data)}
            for name, upload in self.uploads.items()
        }


def read(query: str, content_type: str, body: bytes) -> Parameters:
    """The parameters of a request. Raises Refusal."""
    values: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    uploads: dict[str, Upload] = {}
    kind, options = parse_options_header(content_type)
    if kind in FORMS:
        parser = FormDataParser(silent=False)
        _, form, files = parser.parse(BytesIO(body), kind, len(body), options)
        values |= form.to_dict()
        uploads = {name: _upload(file) for name, file in files.items()}
    elif kind == "application/json" and body:
        try:
            sent = json.loads(body)
        except ValueError:
            sent = None
        if not isinstance(sent, dict):
            raise bad_request("can't parse JSON object")
        values |= {name: value for name, value in cast("dict[str, Any]", sent).items() if value is not None}
    elif body:
        raise bad_request(f"content type {content_type!r} is none of the three that are read")
    return Parameters(values, uploads)


def _upload(file: FileStorage) -> Upload:
    with contextlib.closing(file):
        return Upload(file.filename or "file", file.mimetype, file.stream.read())


def _structure(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
