"""What clients of the Model Context Protocol send, and what they are answered: JSON-RPC 2.0. Pure.

Each request stands by itself; there are no sessions. Of what a server may offer there are tools alone.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, cast, final

import attrs

from actors import jsontext
from actors.shapes import Mistakes, Record, described
from bus import Data

PATH: Final = "/mcp"
VERSIONS: Final = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""Of the protocol, the newest first."""
PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL: Final = -32603
MAX_TEXT: Final = 1_000_000
"""Characters of a message."""
Json = dict[str, Any]
Id = str | int | float


# --- the tools --------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Chat(Data):
    """Say something to the agent and wait for its answer. It works with its own tools, memory and files."""

    text: Annotated[str, described("What is said.", max_length=MAX_TEXT)]
    conversation: Annotated[
        str,
        described("Id of the conversation to go on with, as an earlier answer has it; left out, a new one."),
    ] = ""


@final
@attrs.frozen(kw_only=True)
class MemorySearch(Data):
    """Find passages in what the agent remembers."""

    query: Annotated[str, described("A question, or words.", max_length=2000)]
    limit: Annotated[int, described("Most passages.", ge=1, le=50)] = 10


@final
@attrs.frozen(kw_only=True)
class SessionsList(Data):
    """List conversations with the agent, those with the newest activity first."""

    limit: Annotated[int, described("How many.", ge=1, le=200)] = 20
    title: Annotated[str, described("Only those whose title contains this.")] = ""


@final
@attrs.frozen(kw_only=True)
class SessionRead(Data):
    """Read what was said in a conversation."""

    session: Annotated[str, described("Its id.", max_length=200)]
    limit: Annotated[int, described("The last so many messages.", ge=1, le=500)] = 50


Tool = Chat | MemorySearch | SessionsList | SessionRead
TOOLS: Final[Mapping[str, type[Tool]]] = {
    "chat": Chat,
    "memory_search": MemorySearch,
    "sessions_list": SessionsList,
    "session_read": SessionRead,
}
_RECORDS: Final = {name: Record(kind) for name, kind in TOOLS.items()}


# --- what is asked ----------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Asked(Data):
    """A request, or a notification, which has no id."""

    id: Id | None
    method: str
    params: Mapping[str, Any]

    @property
    def progress(self) -> Id | None:
        """What names the progress of it that is to be told; None: none is."""
        meta = self.params.get("_meta")
        token = cast("Json", meta).get("progressToken") if isinstance(meta, dict) else None
        return token if isinstance(token, str | int) and not isinstance(token, bool) else None


@attrs.define(eq=False)
class Refused(Exception):
    """Why a request is not carried out, as the protocol has it."""

    code: int
    text: str
    id: Id | None = None


def read(body: bytes) -> Asked | None:
    """What was sent; None for an answer, which nobody here waits for. Raises Refused."""
    try:
        said = jsontext.read(body)
    except jsontext.NotJson as error:
        raise Refused(PARSE_ERROR, f"malformed JSON: {error}") from None
    message = cast("Json", said) if isinstance(said, dict) else {}
    if message.get("jsonrpc") != "2.0":
        raise Refused(INVALID_REQUEST, "send one message of JSON-RPC 2.0")
    id, method, params = message.get("id"), message.get("method"), message.get("params", {})
    if id is not None and (not isinstance(id, str | int | float) or isinstance(id, bool)):
        raise Refused(INVALID_REQUEST, "an id is a text or a number")
    if method is None and ("result" in message or "error" in message):
        return None
    if not isinstance(method, str) or not isinstance(params, dict):
        raise Refused(INVALID_REQUEST, "a request has a method, and its params are an object", id)
    return Asked(id=id, method=method, params=cast("Json", params))


def called(asked: Asked) -> Tool:
    """Which tool is called, with what. Raises Refused."""
    name, given = asked.params.get("name"), asked.params.get("arguments", {})
    record = _RECORDS.get(name) if isinstance(name, str) else None
    if record is None:
        raise Refused(INVALID_PARAMS, f"there is no tool {name!r}: {', '.join(TOOLS)}", asked.id)
    if not isinstance(given, dict):
        raise Refused(INVALID_PARAMS, "arguments are an object", asked.id)
    try:
        tool: Tool = record.load(given)
    except Mistakes as mistakes:
        raise Refused(INVALID_PARAMS, str(mistakes), asked.id) from None
    if isinstance(tool, Chat) and not tool.text.strip():
        raise Refused(INVALID_PARAMS, "text: expected a text that is not empty", asked.id)
    return tool


# --- what is answered -------------------------------------------------------------------------------------


def answered(asked: Asked, agent: str, version: str) -> Json:
    """The answer to whatever is no call of a tool. Raises Refused."""
    match asked.method:
        case "initialize":
            return result(asked, _greeting(asked.params.get("protocolVersion"), agent, version))
        case "ping":
            return result(asked, {})
        case "tools/list":
            return result(asked, {"tools": tools()})
        case other:
            raise Refused(METHOD_NOT_FOUND, f"there is no method {other!r}", asked.id)


def _greeting(wanted: object, agent: str, version: str) -> Json:
    return {
        "protocolVersion": wanted if wanted in VERSIONS else VERSIONS[0],
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "starpod", "title": agent, "version": version},
        "instructions": f"{agent} is an agent with a memory, files and tools of its own. Talk to it with chat.",
    }


def tools() -> list[Json]:
    """The tools as they are listed."""
    return [
        {
            "name": name,
            "description": str(kind.__doc__),
            "inputSchema": _RECORDS[name].schema,
            "annotations": {"readOnlyHint": kind is not Chat, "openWorldHint": kind is Chat},
        }
        for name, kind in TOOLS.items()
    ]


def result(asked: Asked, value: Json) -> Json:
    """The answer to a request that was carried out."""
    return {"jsonrpc": "2.0", "id": asked.id, "result": value}


def texts(asked: Asked, said: Sequence[str], *, is_error: bool = False, more: Json | None = None) -> Json:
    """What a tool has come to. `more` is the same for programs."""
    value: Json = {"content": [{"type": "text", "text": text} for text in said], "isError": is_error}
    return result(asked, value if more is None else {**value, "structuredContent": more})


def error(refused: Refused) -> Json:
    """The answer to one that was not."""
    return {"jsonrpc": "2.0", "id": refused.id, "error": {"code": refused.code, "message": refused.text}}


def progress(token: Id, step: int, text: str) -> Json:
    """A word of what is being done for a request that is under way."""
    params = {"progressToken": token, "progress": step, "message": text}
    return {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}


def event(message: Json) -> bytes:
    """A message as an event of a stream."""
    return b"event: message\ndata: " + jsontext.encode(message) + b"\n\n"
