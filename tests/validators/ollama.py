"""What an Ollama refuses of a request to ``/api/chat``: as its server decodes it, and what its templates need."""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any, Final, cast

JsonObject = dict[str, Any]
_BODY: Final[dict[str, type | tuple[type, ...]]] = {
    "model": str, "messages": list, "stream": bool, "format": (str, dict), "keep_alive": (str, int, float),
    "tools": list, "options": dict, "think": (bool, str), "truncate": bool, "shift": bool, "logprobs": bool,
    "top_logprobs": int,
}  # fmt: skip
_MESSAGE: Final[dict[str, type]] = {
    "role": str, "content": str, "thinking": str, "images": list, "tool_calls": list, "tool_name": str,
    "tool_call_id": str,
}  # fmt: skip
_PROPERTY: Final[dict[str, type | tuple[type, ...]]] = {
    "anyOf": list, "type": (str, list), "description": str, "enum": list, "properties": dict,
}  # fmt: skip
_INTEGERS: Final = ("num_ctx", "num_predict", "num_keep", "seed", "top_k", "num_gpu", "num_thread")


def complaints(body: JsonObject) -> list[str]:
    """All that is wrong with a request; it is as it would be after it has been sent."""
    body = json.loads(json.dumps(body, ensure_ascii=False, allow_nan=False).encode())
    return [*_fields(body, _BODY, "body"), *_whole(body), *_conversation(body.get("messages") or [])]


def _whole(body: JsonObject) -> Iterator[str]:
    if not body.get("model"):
        yield "there is no model"
    if isinstance(body.get("think"), str) and body["think"] not in ("low", "medium", "high"):
        yield f"think is {body['think']!r}"
    for name in _INTEGERS:
        if name in (options := body.get("options", {})) and not isinstance(options[name], int):
            yield f"option {name!r} must be of type integer"
    if body.get("options", {}).get("num_ctx", 1) < 1:
        yield "num_ctx is none"
    for tool in body.get("tools", ()):
        yield from _tool(tool)


def _tool(tool: JsonObject) -> Iterator[str]:
    if tool.get("type") != "function" or not isinstance(tool.get("function"), dict):
        yield "a tool is no function"
        return
    function: JsonObject = tool["function"]
    if not function.get("name") or not isinstance(function["name"], str):
        yield "a tool has no name"
    parameters: JsonObject = function.get("parameters", {})
    if not isinstance(parameters.get("type"), str):
        yield "parameters have no type"
    if not all(isinstance(each, str) for each in parameters.get("required", ())):
        yield "what is required is no list of texts"
    properties = parameters.get("properties")
    if not isinstance(properties, dict):
        yield "parameters have no properties"
        return
    for each in cast("JsonObject", properties).values():
        yield from _property(each)


def _property(value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield "a property is no object"
        return
    each = cast("JsonObject", value)
    yield from _fields({key: item for key, item in each.items() if key in _PROPERTY}, _PROPERTY, "property")
    for inner in [*each.get("anyOf", ()), *each.get("properties", {}).values()]:
        yield from _property(inner)


def _conversation(messages: list[JsonObject]) -> Iterator[str]:
    if not messages:
        yield "there are no messages"
    open_calls: list[tuple[str, str]] = []
    for number, message in enumerate(messages):
        yield from _fields(message, _MESSAGE, "message")
        if message.get("role") not in ("system", "user", "assistant", "tool"):
            yield f"a role is {message.get('role')!r}"
        if message.get("role") == "system" and number:
            yield "a system prompt stands in the middle"
        if message.get("role") == "tool":
            yield from _result(message, open_calls)
        else:
            yield from (f"call {call} has no result" for call in open_calls)
            yield from _said(message)
            open_calls = [_call(call) for call in message.get("tool_calls", ())]
    yield from (f"call {call} has no result" for call in open_calls)
    if messages and messages[-1]["role"] in ("assistant", "system"):
        yield "nobody is to be answered"


def _result(message: JsonObject, open_calls: list[tuple[str, str]]) -> Iterator[str]:
    if not open_calls:
        yield "a result answers no call"
    elif (message.get("tool_call_id"), message.get("tool_name")) != open_calls.pop(0):
        yield "a result answers another call"


def _call(call: JsonObject) -> tuple[str, str]:
    return call.get("id", ""), call["function"]["name"]


def _said(message: JsonObject) -> Iterator[str]:
    says = (
        message.get("content", "").strip(),
        message.get("images"),
        message.get("tool_calls"),
    )
    if not any(says):
        yield "a message says nothing"
    for call in message.get("tool_calls", ()):
        function = call.get("function", {})
        if not function.get("name") or not isinstance(function.get("arguments"), dict):
            yield "a call has no name, or its arguments are no object"
    for image in message.get("images", ()):
        try:
            base64.b64decode(image, validate=True)
        except (binascii.Error, TypeError):
            yield "a picture is no base64"
    if message["role"] != "user" and "images" in message:
        yield "a picture is not the person's"


def _fields(value: JsonObject, known: Any, what: str) -> Iterator[str]:
    for name, each in value.items():
        if name not in known:
            yield f"{what}: {name!r} is not known"
        elif not isinstance(each, known[name]):
            yield f"{what}: {name!r} is of another kind"
