"""Messages as JSON and back, with secrets masked on request (G1).

Fields may be scalars, bytes (base64), aware datetimes (ISO 8601, UTC), enums, tuples, string-keyed mappings,
other frozen attrs classes, and unions of those told apart by a ``type`` literal. In a union of messages each is
marked with its wire name.
"""

import base64
import functools
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin

import attrs
import cattrs
from cattrs.preconf.json import make_converter

from bus.message.message import SECRET, Message, Request, Stream, wire_name
from bus.message.redactor import redact

MessageT = TypeVar("MessageT", bound=Message)
MASK = "•••"
NAME = "@"
"""Key that holds the wire name of a message in a union; no field can be called so."""
LONGEST = 8
"""Text may be so many times longer than what it says: an escape of JSON takes six characters."""
DEEPEST = 100
CREDENTIAL = re.compile(
    r"(?:\b|(?<=\\[bfnrt]))"  # text within text may have its line ends written as escapes
    r"(?:sk-[A-Za-z0-9_-]{8,}|sp_live_[0-9a-f]{8,}|xox[a-z]-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{8,}"
    r"|(?:gsk|hf)_[A-Za-z0-9]{16,}|xai-[A-Za-z0-9]{16,}"
    r"|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|AKIA[0-9A-Z]{12,}|AIza[0-9A-Za-z_-]{20,}|\d{6,}:[A-Za-z0-9_-]{30,})"
    r"|(?i:bearer)\s+[A-Za-z0-9._~+/-]{8,}=*",
    re.ASCII,
)
"""Shapes of well-known credentials, masked wherever they appear in text that leaves the process."""


def _datetime_out(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def _datetime_in(value: Any, _: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a datetime needs a time zone")
    return moment.astimezone(UTC)


def _exactly(kind: type) -> Callable[[Any, Any], Any]:
    """Read a scalar as what it is: cattrs by itself would take "false" for True and 5 for "5"."""

    def read(value: Any, _: Any) -> Any:
        if type(value) is kind:
            return value
        raise TypeError(f"expected {kind.__name__}, not {type(value).__name__}")

    return read


def _float_in(value: Any, _: Any) -> float:
    if type(value) not in {int, float}:
        raise TypeError(f"expected float, not {type(value).__name__}")
    return float(value)


def _is_union_of_messages(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType) and all(
        isinstance(part, type) and issubclass(part, Message) for part in get_args(hint)
    )


def _union_out(_: Any, converter: cattrs.Converter) -> Callable[[Message], dict[str, Any]]:
    def write(value: Message) -> dict[str, Any]:
        kind = type(value)
        return {NAME: wire_name(kind), **converter.unstructure(value, unstructure_as=kind)}

    return write


def _union_in(hint: Any, converter: cattrs.Converter) -> Callable[[Any, Any], Message]:
    kinds: dict[Any, Any] = {wire_name(kind): kind for kind in get_args(hint)}

    def read(value: Any, _: Any) -> Message:
        fields = dict(value)
        message: Message = converter.structure(fields, kinds[fields.pop(NAME)])
        return message

    return read


converter = make_converter(forbid_extra_keys=True)
for kind in (str, int, bool, NoneType):
    converter.register_structure_hook(kind, _exactly(kind))
converter.register_structure_hook(float, _float_in)
converter.register_unstructure_hook_factory(_is_union_of_messages, _union_out)
converter.register_structure_hook_factory(_is_union_of_messages, _union_in)
converter.register_unstructure_hook(datetime, _datetime_out)
converter.register_structure_hook(datetime, _datetime_in)
converter.register_unstructure_hook(bytes, lambda value: base64.b64encode(value).decode("ascii"))
converter.register_structure_hook(bytes, lambda value, _: base64.b64decode(value, validate=True))


def body(message: Message) -> dict[str, Any]:
    """The fields of a message as JSON-ready values, secrets in clear."""
    fields: dict[str, Any] = converter.unstructure(message, unstructure_as=type(message))
    return fields


def encode(message: Message) -> bytes:
    """A message as UTF-8 JSON.

    Raises ValueError for a number that JSON does not know (NaN).
    """
    return _json(body(message))


def _json(value: Any) -> bytes:
    dumps = functools.partial(json.dumps, separators=(",", ":"), allow_nan=False)
    try:
        return dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which UTF-8 cannot say and an escape can
        return dumps(value).encode()


def decode(kind: type[MessageT], data: bytes | str, version: int | None = None) -> MessageT:
    """Read a message back; `version` is that of its writer.

    Raises ValueError with one line per mistake, each naming the field; also for text that is longer, nested deeper or
    has larger numbers than any message would need.
    """
    fields = _read(data, longest=LONGEST * kind.max_bytes)
    if not isinstance(fields, dict):
        raise ValueError(f"{wire_name(kind)} is a JSON object")  # noqa: TRY004 - bad input, not a bad call
    if version is not None and version != kind.version:
        fields = kind.upcast(version, cast("dict[str, Any]", fields))
    message: MessageT = _structured(fields, kind)
    return message


def _read(data: bytes | str, longest: int) -> Any:
    if len(data) > longest:
        raise ValueError(f"the text is longer than {longest} bytes")
    try:
        value = json.loads(data, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise ValueError(f"it is nested deeper than {DEEPEST} levels") from None
    level: list[Any] = [value]
    depth = 0
    while level := [part for each in level for part in _nested(each)]:
        depth += 1
        if depth > DEEPEST:
            raise ValueError(f"it is nested deeper than {DEEPEST} levels")
    return value


def _nested(value: Any) -> Iterable[Any]:
    """What is in a list or an object."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).values()
    found: Any = cast("Any", value) if isinstance(value, list) else ()
    parts: Iterable[Any] = found
    return parts


def _whole(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= (number := int(digits)) < 2**63:
        raise ValueError(f"the number {digits[:20]}… does not fit into 64 bits")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is no number that JSON knows")
    return number


def reply_type(kind: type[Message]) -> Any:
    """What a request is answered with, or the items of a stream are; None for what nobody answers."""
    generics = (generic for base in kind.__mro__ for generic in getattr(base, "__orig_bases__", ()))
    answers = (get_args(generic)[0] for generic in generics if get_origin(generic) in (Request, Stream))
    return next(answers, None)


def _structured(value: Any, kind: Any) -> Any:
    try:
        return converter.structure(value, kind)
    except cattrs.BaseValidationError as error:
        raise ValueError("; ".join(cattrs.transform_error(error))) from error


def mask_text(text: str) -> str:
    """Text with every secret that is known, and everything that looks like a credential, masked."""
    return CREDENTIAL.sub(MASK, redact(text))


def is_attrs(value: object) -> bool:
    """Whether a value is an instance of an attrs class."""
    return "__attrs_attrs__" in vars(type(value))


def _mask(value: Any, plain: Any) -> Any:
    """The JSON form `plain` of `value` with secret fields (at any depth) and credentials in text masked."""
    if isinstance(value, bytes):
        return MASK if CREDENTIAL.search(value.decode("ascii", "replace")) else redact(plain)
    if isinstance(plain, str):
        return mask_text(plain)
    if is_attrs(value):
        kind: Any = cast("Any", type)(value)
        secrets = _secrets(kind)
        return {
            name: MASK if name in secrets else _mask(getattr(value, name, shown), shown)
            for name, shown in plain.items()
        }
    if isinstance(plain, dict):
        members: Any = cast("Any", plain).items()
        return {mask_text(key): _mask(value.get(key, shown), shown) for key, shown in members}
    if isinstance(plain, list | tuple):
        return [_mask(item, shown) for item, shown in zip(value, cast("Any", plain), strict=True)]
    return plain


@functools.cache
def _secrets(kind: Any) -> frozenset[str]:
    return frozenset(field.name for field in attrs.fields(kind) if field.metadata.get(SECRET))


def shorten(value: Any, limit: int = 200) -> Any:
    """Cut every text in a JSON-ready value to `limit` characters, saying how many are missing."""
    if isinstance(value, str) and len(value) > limit:
        return f"{value[:limit]}… ({len(value) - limit} more)"
    if isinstance(value, dict):
        return {key: shorten(item, limit) for key, item in cast("Any", value).items()}
    if isinstance(value, list | tuple):
        return [shorten(item, limit) for item in cast("Any", value)]
    return value


def mask_value(value: Any) -> Any:
    """Anything that a handler may answer, as JSON-ready values for display: secret fields and credentials masked."""
    if is_attrs(value):
        return _mask(value, converter.unstructure(value, unstructure_as=type(value)))
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        members: Any = cast("Any", value).items()
        return {mask_text(str(key)): mask_value(member) for key, member in members}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask_value(member) for member in cast("Iterable[Any]", value)]
    return _mask(value, converter.unstructure(value))
