"""Messages as JSON and back, with secrets masked on request (G1).

Fields may be scalars, bytes (base64), aware datetimes (ISO 8601, UTC), enums, tuples, string-keyed mappings,
other frozen attrs classes, and unions of those told apart by a ``type`` literal.
"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import attrs
import cattrs
from cattrs.preconf.json import make_converter

from bus.errors import MessageTooLarge
from bus.message import SECRET, Message, wire_name

MessageT = TypeVar("MessageT", bound=Message)
MASK = "•••"
CREDENTIAL = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{8,}|sp_live_[0-9a-f]{8,}|xox[abp]-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{8,}"
    r"|gh[pousr]_[A-Za-z0-9]{16,}|AKIA[0-9A-Z]{12,}|AIza[0-9A-Za-z_-]{20,}|\d{6,}:[A-Za-z0-9_-]{30,})"
    r"|(?i:bearer)\s+[A-Za-z0-9._~+/-]{8,}=*"
)
"""Shapes of well-known credentials, masked wherever they appear in text that leaves the process."""


def _datetime_out(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def _datetime_in(value: Any, _: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a datetime needs a time zone")
    return moment.astimezone(UTC)


def make() -> cattrs.Converter:
    """A converter between messages and JSON-ready values."""
    converter = make_converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(datetime, _datetime_out)
    converter.register_structure_hook(datetime, _datetime_in)
    converter.register_unstructure_hook(bytes, lambda value: base64.b64encode(value).decode("ascii"))
    converter.register_structure_hook(bytes, lambda value, _: base64.b64decode(value, validate=True))
    return converter


converter = make()


def body(message: Message) -> dict[str, Any]:
    """The fields of a message as JSON-ready values, secrets in clear."""
    fields: dict[str, Any] = converter.unstructure(message, unstructure_as=type(message))
    return fields


def encode(message: Message) -> bytes:
    """A message as UTF-8 JSON. Raises MessageTooLarge beyond the class's `max_bytes`."""
    data = json.dumps(body(message), ensure_ascii=False, separators=(",", ":")).encode()
    limit = type(message).max_bytes
    if len(data) > limit:
        raise MessageTooLarge(request=wire_name(type(message)), size=len(data), limit=limit)
    return data


def decode(kind: type[MessageT], data: bytes | str, version: int | None = None) -> MessageT:
    """Read a message back; `version` is that of its writer.

    Raises ValueError with one line per mistake, each naming the field.
    """
    fields = json.loads(data)
    if not isinstance(fields, dict):
        raise ValueError(f"{wire_name(kind)} is a JSON object")  # noqa: TRY004 - bad input, not a bad call
    if version is not None and version != kind.version:
        fields = kind.upcast(version, fields)
    try:
        return converter.structure(fields, kind)
    except cattrs.BaseValidationError as error:
        raise ValueError("; ".join(cattrs.transform_error(error))) from error


def mask_text(text: str) -> str:
    """Text with everything that looks like a credential masked."""
    return CREDENTIAL.sub(MASK, text)


def _mask_value(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {key: _mask_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mask_value(item) for item in value]
    return value


def _mask_secrets(value: Any, plain: Any) -> Any:
    """Mask secret fields of `value` (an attrs instance, at any depth) in its JSON form `plain`."""
    if attrs.has(type(value)) and isinstance(plain, dict):
        return {
            field.name: MASK
            if field.metadata.get(SECRET)
            else _mask_secrets(getattr(value, field.name), plain.get(field.name))
            for field in attrs.fields(type(value))
        }
    if isinstance(value, tuple | list) and isinstance(plain, list):
        return [_mask_secrets(item, shown) for item, shown in zip(value, plain, strict=True)]
    if isinstance(value, Mapping) and isinstance(plain, dict):
        return {str(key): _mask_secrets(item, plain.get(key)) for key, item in value.items()}
    return _mask_value(plain)


def shorten(value: Any, limit: int = 200) -> Any:
    """Cut every text in a JSON-ready value to `limit` characters, saying how many are missing."""
    if isinstance(value, str) and len(value) > limit:
        return f"{value[:limit]}… ({len(value) - limit} more)"
    if isinstance(value, dict):
        return {key: shorten(item, limit) for key, item in value.items()}
    if isinstance(value, list):
        return [shorten(item, limit) for item in value]
    return value


def mask_attrs(value: Any) -> Any:
    """An attrs instance as JSON-ready values for display: secret fields and credentials masked."""
    return _mask_secrets(value, converter.unstructure(value, unstructure_as=type(value)))


def masked(message: Message) -> dict[str, Any]:
    """The fields of a message for display: secret fields and credentials masked."""
    shown: dict[str, Any] = mask_attrs(message)
    return shown
