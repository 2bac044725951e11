"""Tools that are described to a model only once it has looked them up, so that each request stays small. Pure.

Which those are in a conversation follows from what stands in it: what was looked up in the part that the model sees.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from actors.agent.messages import FindTools
from actors.shapes import Mistakes, Record
from actors.tooling import CallContext, InvalidInput, Tool
from actors.vocabulary import ChatMessage, ToolSpec, ToolUse

NAME: Final = "ToolSearch"
MOST: Final = 8
"""Tools that one search finds."""
_RECORD: Final = Record(FindTools)
_WORD: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])|[^\W_]+")


def search_tool(tools: Iterable[Tool]) -> Tool | None:
    """The tool that looks up those of `tools` that are offered so; None where there are none."""
    searched = tuple(tool for tool in tools if tool.offer == "searched")
    if not searched:
        return None

    def decode(input: Mapping[str, Any], _context: CallContext) -> FindTools:
        try:
            asked: FindTools = _RECORD.load(input, {"found": ()})
        except Mistakes as mistakes:
            raise InvalidInput(tool=NAME, problems=mistakes.problems) from None
        return FindTools(query=asked.query, found=tuple(tool.spec for tool in found(asked.query, searched)))

    names = ", ".join(tool.name for tool in searched)
    spec = ToolSpec(
        name=NAME,
        description=f"Look up how to call one of these further tools before its first use: {names}.",
        input_schema=_RECORD.schema,
    )
    return Tool(spec=spec, effect="pure", decode=decode)


def found(query: str, tools: Iterable[Tool]) -> list[Tool]:
    """Those of `tools` that a query names; else those that share most words with it, the best first."""
    tools = tuple(tools)
    named = {word.casefold() for word in re.findall(r"[\w-]+", query)}
    if exact := [tool for tool in tools if tool.name.casefold() in named]:
        return exact[:MOST]
    wanted = _words(query)
    scores = {tool.name: len(wanted & _words(f"{tool.name} {tool.spec.description}")) for tool in tools}
    hits = [tool for tool in tools if scores[tool.name]]
    return sorted(hits, key=lambda tool: -scores[tool.name])[:MOST]


def _words(text: str) -> set[str]:
    """Words without their endings, roughly: a plural is to find a singular."""
    return {word.casefold().removesuffix("s") for word in _WORD.findall(text)}


def looked_up(messages: Iterable[ChatMessage], tools: Iterable[Tool]) -> tuple[str, ...]:
    """Names of the tools that stand described in a conversation, in the order in which they were looked up."""
    queries = [
        str(block.input.get("query"))
        for message in messages
        for block in message.content
        if isinstance(block, ToolUse) and block.name == NAME
    ]
    if not queries:
        return ()
    searched = tuple(tool for tool in tools if tool.offer == "searched")
    return tuple(dict.fromkeys(tool.name for query in queries for tool in found(query, searched)))


def described(specs: Iterable[ToolSpec]) -> str:
    """What a search has found, for the model."""
    lines = [
        f"{spec.name}: {spec.description}\nInput: {json.dumps(spec.input_schema, default=dict, ensure_ascii=False)}"
        for spec in specs
    ]
    return "\n\n".join(lines) or "No tool fits; name one of those that the description lists."
