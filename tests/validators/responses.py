"""What OpenAI refuses of a request to ``/v1/responses`` with a conversation in it."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

JsonObject = dict[str, Any]
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_KNOWN: Final = frozenset({
    "model", "input", "instructions", "max_output_tokens", "store", "include", "reasoning", "tools", "stream",
    "temperature", "top_p", "tool_choice", "parallel_tool_calls", "metadata", "text", "truncation", "service_tier",
    "user", "prompt_cache_key", "safety_identifier", "top_logprobs",
})  # fmt: skip
_ITEMS: Final = {
    "message": {"type", "role", "content"},
    "reasoning": {"type", "id", "summary", "encrypted_content"},
    "function_call": {"type", "call_id", "name", "arguments"},
    "function_call_output": {"type", "call_id", "output"},
}


def complaints(body: JsonObject) -> list[str]:
    """All that is wrong with a request; it is as it would be after it has been sent."""
    body = json.loads(json.dumps(body, ensure_ascii=False, allow_nan=False).encode())
    return [*_whole(body), *_conversation(body.get("input") or [])]


def _whole(body: JsonObject) -> Iterator[str]:
    for name in body.keys() - _KNOWN:
        yield f"Unknown parameter: {name!r}."
    if not body.get("model"):
        yield "there is no model"
    if body.get("max_output_tokens", 16) < 16:
        yield "max_output_tokens is below 16"
    if body.get("store") is False and any(
        "encrypted_content" not in i for i in _of(body["input"], "reasoning")
    ):
        yield "an item is not stored, and has no content"
    for tool in body.get("tools", ()):
        if tool.get("type") != "function" or not _NAME.fullmatch(tool.get("name", "")):
            yield "a tool has no name that is one"
        if not isinstance(tool.get("parameters"), dict) or "strict" not in tool:
            yield "a tool has no parameters"


def _of(items: list[JsonObject], kind: str) -> list[JsonObject]:
    return [item for item in items if item.get("type") == kind]


def _conversation(items: list[JsonObject]) -> Iterator[str]:
    if not items:
        yield "there is no input"
    for before, item in zip([None, *items], items, strict=False):
        yield from _item(item)
        if before is not None and before.get("type") == "reasoning" and not _follows(item):
            yield "Item of type 'reasoning' was provided without its required following item."
    if items and items[-1].get("type") == "reasoning":
        yield "Item of type 'reasoning' was provided without its required following item."
    calls = [item["call_id"] for item in _of(items, "function_call")]
    outputs = [item["call_id"] for item in _of(items, "function_call_output")]
    if len(set(calls)) != len(calls):
        yield "two calls have one id"
    yield from (f"No tool output found for function call {id}." for id in set(calls) - set(outputs))
    yield from (f"No tool call found for function call output {id}." for id in set(outputs) - set(calls))
    seen: set[str] = set()
    for item in items:
        if item.get("type") == "function_call":
            seen.add(item["call_id"])
        elif item.get("type") == "function_call_output" and item["call_id"] not in seen:
            yield "an output stands before its call"


def _follows(item: JsonObject) -> bool:
    """Whether reasoning may stand before an item: more of it, or what came of it."""
    return item.get("type") in ("reasoning", "function_call") or item.get("role") == "assistant"


def _item(item: JsonObject) -> Iterator[str]:
    kind = item.get("type", "message")
    if kind not in _ITEMS:
        yield f"Invalid value: {kind!r}."
        return
    for name in item.keys() - _ITEMS[kind]:
        yield f"Unknown parameter: 'input[].{name}'."
    match kind:
        case "message":
            yield from _message(item)
        case "function_call":
            if not _NAME.fullmatch(item.get("name", "")):
                yield "a call has no name that is one"
            if not isinstance(item.get("arguments"), str) or not isinstance(
                json.loads(item["arguments"]), dict
            ):
                yield "arguments are no JSON object"
        case "function_call_output":
            if not isinstance(item.get("output"), str):
                yield "an output is no text"
        case _:
            if not isinstance(item.get("summary"), list) or not item.get("encrypted_content"):
                yield "reasoning has no summary or no content"


def _message(item: JsonObject) -> Iterator[str]:
    content: Any = item.get("content")
    if item.get("role") not in ("user", "assistant"):
        yield f"a role is {item.get('role')!r}"
    if not content:
        yield "a message says nothing"
    if isinstance(content, str):
        return
    for part in content:
        if item.get("role") == "assistant":
            yield "the model's words are a text"
        if part.get("type") == "input_text" and not isinstance(part.get("text"), str):
            yield "a part has no text"
        if part.get("type") == "input_image" and not part.get("image_url", "").startswith("data:image/"):
            yield "a picture is none"
        if part.get("type") == "input_file":
            yield from _file(part)
        if part.get("type") not in ("input_text", "input_image", "input_file"):
            yield f"a part is {part.get('type')!r}"


def _file(part: JsonObject) -> Iterator[str]:
    if not part.get("file_data", "").startswith("data:application/pdf;base64,"):
        yield "a file has no data"
    if not part.get("filename", "").lower().endswith(".pdf"):
        yield "a file has no name that is one"
    for name in part.keys() - {"type", "filename", "file_data"}:
        yield f"a file has {name!r}"
