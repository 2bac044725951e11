"""How values are stored: blocks and attachments as JSON."""

import json
import math
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from cattrs.gen import make_dict_unstructure_fn, override
from cattrs.preconf.json import make_converter

from actors.storage import clean
from actors.vocabulary import (
    MOST_ORIGINS,
    Attachment,
    Block,
    Content,
    Document,
    Image,
    Origin,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)

from .messages import TurnOptions, Unstorable

_CONVERTER: Final = make_converter(omit_if_default=False, detailed_validation=False)
_BLOCKS: Final[Mapping[str, type[Block]]] = {
    "text": Text,
    "image": Image,
    "document": Document,
    "thinking": Thinking,
    "tool_use": ToolUse,
    "tool_result": ToolResult,
}


def dump(value: Any) -> str:
    """JSON-ready data as compact text. Raises Unstorable for what JSON cannot hold, or nests too deeply."""
    try:
        return clean(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
    except (ValueError, TypeError, RecursionError) as error:
        raise Unstorable(reason=str(error)) from error


def load(text: str) -> Any:
    """What :func:`dump` has written. Raises ValueError for what it cannot have written, be it JSON or not.

    A half of a surrogate pair or an infinite number would get as far as whoever sends it on, and crash that one.
    """
    value = _DECODER.decode(text)
    if "\\ud" in text or "\\uD" in text:
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _finite(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise ValueError(f"{digits[:20]} is not finite")
    return number


_DECODER: Final = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


def _upgraded(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A block as it is stored now: what providers want back was Anthropic's alone once, in fields of its own."""
    match value:
        case {"type": "thinking", "text": text, "signature": signature}:
            data = {"signature": signature}
        case {"type": "redacted_thinking", "data": redacted}:
            text, data = "", {"redacted": redacted}
        case _:
            return value
    kept = {"origin": "anthropic", "data": data} if any(data.values()) else None
    return {"type": "thinking", "text": text, "provider_data": kept}


def _structure_block(value: Mapping[str, Any], _: Any) -> Any:
    value = _upgraded(value)
    return _STRUCTURE[value["type"]](value, _BLOCKS[value["type"]])


_CONVERTER.register_structure_hook(Content, _structure_block)
_CONVERTER.register_unstructure_hook(  # what a model wrote is JSON already
    ToolUse, make_dict_unstructure_fn(ToolUse, _CONVERTER, input=override(unstruct_hook=dict))
)
_STRUCTURE: Final = {name: _CONVERTER.get_structure_hook(kind) for name, kind in _BLOCKS.items()}
_UNSTRUCTURE: Final = {kind: _CONVERTER.get_unstructure_hook(kind) for kind in _BLOCKS.values()}
_ATTACHMENT_OUT: Final = _CONVERTER.get_unstructure_hook(Attachment)
_ATTACHMENT_IN: Final = _CONVERTER.get_structure_hook(Attachment)


def blocks_out(blocks: Iterable[Block]) -> list[Any]:
    """Blocks as JSON-ready data."""
    return [_UNSTRUCTURE[type(block)](block) for block in blocks]


def blocks_in(values: Iterable[Any]) -> tuple[Any, ...]:
    """Blocks from the data of a row; the caller knows which kinds it put there."""
    return tuple([_structure_block(value, None) for value in values])


def attachments_out(attachments: Iterable[Attachment]) -> list[Any]:
    """Attachments as JSON-ready data."""
    return [_ATTACHMENT_OUT(attachment) for attachment in attachments]


def attachments_in(values: Iterable[Any]) -> tuple[Attachment, ...]:
    """Attachments from the data of a row."""
    return tuple([_ATTACHMENT_IN(value, Attachment) for value in values])


def origins_out(origins: Iterable[Origin]) -> list[Any]:
    """Origins as JSON-ready data, no more than are kept."""
    return [_CONVERTER.unstructure(origin) for origin in islice(origins, MOST_ORIGINS)]


def origins_in(values: Iterable[Any]) -> tuple[Origin, ...]:
    """Origins from the data of a row."""
    return tuple([_CONVERTER.structure(value, Origin) for value in values])


def options_out(options: TurnOptions) -> dict[str, Any]:
    """Options as JSON-ready data, without what is as configured."""
    return {name: value for name, value in _CONVERTER.unstructure(options).items() if value is not None}


def options_in(values: Mapping[str, Any]) -> TurnOptions:
    """Options from the data of a row."""
    return _CONVERTER.structure(values, TurnOptions)
