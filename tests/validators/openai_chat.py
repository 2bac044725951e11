"""What a strict server that speaks chat completions takes: the oracle of every request that we build for one."""

from collections.abc import Mapping
from typing import Any

from tests.validators.strict import NAME, demand, is_base64, is_plain_json, is_said, only, strict_object

LONGEST_ID = 40
REASONING = ("reasoning_content", "reasoning", "reasoning_text", "reasoning_details")


def check(body: Mapping[str, Any], *, reasoning: bool = False) -> None:
    """Raise Refused unless such a server takes `body`. `reasoning`: it is one that knows its own reasoning again."""
    is_plain_json(body)
    _tools(body.get("tools"))
    messages = body["messages"]
    demand(messages, "messages must not be empty")
    waiting: list[str] = []
    used: set[str] = set()
    for at, message in enumerate(messages):
        where, role = f"messages[{at}]", message["role"]
        demand(not waiting or role == "tool", f"{where}: the calls {waiting} have no result before it")
        match role:
            case "system":
                only(message, ("role", "content"), where)
                demand(at == 0 and is_said(message["content"]), f"{where}: blank, or not the first")
            case "user":
                only(message, ("role", "content"), where)
                _content(message["content"], where)
            case "assistant":
                known = ("role", "content", "tool_calls", *(REASONING if reasoning else ()))
                only(message, known, where)
                waiting = _calls(message, where, used)
            case "tool":
                only(message, ("role", "content", "tool_call_id"), where)
                demand(message["tool_call_id"] in waiting, f"{where}: answers no call before it")
                waiting.remove(message["tool_call_id"])
                demand(is_said(message["content"]), f"{where}: blank")
            case _:
                demand(condition=False, why=f"{where}: role {role!r}")
    demand(not waiting, f"the calls {waiting} have no result")
    demand(messages[-1]["role"] in ("user", "tool"), "the last message is the assistant's")


def _tools(tools: Any) -> None:
    if tools is None:
        return
    demand(tools, "tools must not be empty")
    names = [tool["function"]["name"] for tool in tools]
    demand(len(names) == len(set(names)), "names of tools must be unique")
    for name in names:
        demand(NAME.fullmatch(name), f"name of a tool: {name!r}")


def _content(content: Any, where: str) -> None:
    if isinstance(content, str):
        demand(is_said(content), f"{where}: blank")
        return
    demand(content, f"{where}: no parts")
    for part in content:
        if part["type"] == "text":
            demand(is_said(part["text"]), f"{where}: a blank part")
        elif part["type"] == "file":
            only(part, ("type", "file"), where)
            only(part["file"], ("filename", "file_data"), where)
            kind, _, data = part["file"]["file_data"].partition(";base64,")
            pdf = kind == "data:application/pdf" and is_base64(data)
            demand(pdf, f"{where}: Expected a base64-encoded data URL with an application/pdf MIME type")
            demand(part["file"]["filename"].lower().endswith(".pdf"), f"{where}: filename")
        else:
            only(part, ("type", "image_url"), where)
            demand(part["image_url"]["url"].startswith("data:image/"), f"{where}: no picture")


def _calls(message: Mapping[str, Any], where: str, used: set[str]) -> list[str]:
    calls = message.get("tool_calls")
    if calls is None:
        demand(is_said(message["content"]), f"{where}: neither content nor calls")
        return []
    demand(calls, f"{where}: no calls")
    demand(message["content"] is None or is_said(message["content"]), f"{where}: blank content")
    for call in calls:
        only(call, ("id", "type", "function", "extra_content"), where)
        demand(0 < len(call["id"]) <= LONGEST_ID, f"{where}: id {call['id']!r}")
        demand(call["id"] not in used, f"{where}: id {call['id']!r} is used twice")
        demand(call["type"] == "function", f"{where}: type of a call")
        demand(NAME.fullmatch(call["function"]["name"]), f"{where}: name {call['function']['name']!r}")
        strict_object(call["function"]["arguments"])
        used.add(call["id"])
    return [call["id"] for call in calls]
