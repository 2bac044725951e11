"""What the Anthropic Messages interface takes: the oracle of every request that we build for it."""

import re
from collections.abc import Mapping
from typing import Any

from tests.validators.strict import NAME, demand, is_base64, is_plain_json, is_said, only

ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
THOUGHTS = ("thinking", "redacted_thinking")


def check(body: Mapping[str, Any]) -> None:
    """Raise Refused unless the interface takes `body`."""
    is_plain_json(body)
    _tools(body.get("tools"))
    for block in body.get("system", ()):
        demand(is_said(block["text"]), "system: blank")
    demand(str(body).count("'cache_control'") <= 4, "more than four blocks with cache_control")
    demand(body["messages"], "messages must not be empty")
    waiting: list[str] = []
    used: set[str] = set()
    for at, message in enumerate(body["messages"]):
        where, content = f"messages.{at}", message["content"]
        only(message, ("role", "content"), where)
        demand(message["role"] == ("user", "assistant")[at % 2], f"{where}: roles must take turns")
        demand(content, f"{where}: must have content")
        for block in content:
            _block(block, where, message["role"])
        if message["role"] == "user":
            results = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
            first = [block["type"] == "tool_result" for block in content[: len(results)]]
            demand(all(first) and sorted(results) == sorted(waiting), f"{where}: results of {waiting} first")
            waiting = []
        else:
            demand(content[-1]["type"] not in THOUGHTS, f"{where}: the last block cannot be thinking")
            waiting = [block["id"] for block in content if block["type"] == "tool_use"]
            demand(not used & set(waiting), f"{where}: ids must be unique")
            demand(len(waiting) == len(set(waiting)), f"{where}: ids must be unique")
            used |= set(waiting)
    demand(body["messages"][-1]["role"] == "user", "the last message is the assistant's")
    if "thinking" in body:
        _may_think(body["messages"])


def _tools(tools: Any) -> None:
    if tools is None:
        return
    names = [tool["name"] for tool in tools]
    demand(names, "tools must not be empty")
    demand(len(names) == len(set(names)), "names of tools must be unique")
    for tool in tools:
        only(tool, ("name", "description", "input_schema", "cache_control"), "tools")
        demand(NAME.fullmatch(tool["name"]), f"name of a tool: {tool['name']!r}")


def _block(block: Mapping[str, Any], where: str, role: str) -> None:
    match block["type"]:
        case "text":
            only(block, ("type", "text", "cache_control"), where)
            demand(is_said(block["text"]), f"{where}: blank text")
        case "image":
            only(block, ("type", "source", "cache_control"), where)
            demand(role == "user", f"{where}: a picture of the assistant")
        case "document":
            only(block, ("type", "source", "title", "cache_control"), where)
            demand(role == "user", f"{where}: a document of the assistant")
            demand(1 <= len(block.get("title", "x")) <= 500, f"{where}: title")
            only(block["source"], ("type", "media_type", "data"), where)
            demand(block["source"]["media_type"] == "application/pdf", f"{where}: media_type")
            demand(is_base64(block["source"]["data"]), f"{where}: no base64")
        case "tool_use":
            only(block, ("type", "id", "name", "input"), where)
            demand(role == "assistant", f"{where}: a call of the user")
            demand(ID.fullmatch(block["id"]), f"{where}: id {block['id']!r}")
            demand(NAME.fullmatch(block["name"]), f"{where}: name {block['name']!r}")
            demand(isinstance(block["input"], dict), f"{where}: input")
        case "tool_result":
            only(block, ("type", "tool_use_id", "content", "is_error", "cache_control"), where)
            demand(role == "user", f"{where}: a result of the assistant")
            demand(block["content"], f"{where}: an empty result")
            for part in block["content"]:
                demand(part["type"] in ("text", "image", "document"), f"{where}: {part['type']} in a result")
                _block(part, where, role)
        case "thinking":
            only(block, ("type", "thinking", "signature"), where)
            demand(role == "assistant" and block["signature"], f"{where}: signature is required")
        case "redacted_thinking":
            only(block, ("type", "data"), where)
            demand(role == "assistant" and block["data"], f"{where}: data is required")
        case kind:
            demand(condition=False, why=f"{where}: {kind}")


def _may_think(messages: list[Any]) -> None:
    """What is answered while thinking must have been asked for while thinking."""
    if any(block["type"] == "tool_result" for block in messages[-1]["content"]):
        demand(messages[-2]["content"][0]["type"] in THOUGHTS, "a call must follow its thinking")
