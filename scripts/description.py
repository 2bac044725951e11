"""The interface as documents for programs: OpenAPI of what is asked over HTTP, JSON Schema of the frames."""

import json
from collections.abc import Iterable
from typing import Any, Final, cast, final

import attrs

from actors.agent.messages import TURN_EVENTS
from actors.endpoints import Endpoint
from actors.gateway import original
from actors.gateway.client_frames import CLIENT_FRAMES
from actors.gateway.protocol import PROTOCOL, SERVER_FRAMES, wire
from actors.wire import Json
from bus import Stream
from bus.message.codec import reply_type
from scripts.byhand import OTHERS, Other
from scripts.schemas import Schemas, asked

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_SCHEMAS: Final = "#/components/schemas/"
_DEFS: Final = "#/$defs/"
_JSON: Final = "application/json"
_IN_QUERY: Final = frozenset({"GET", "DELETE"})
_ABOUT: Final = (
    "Unknown fields of answers are to be passed over: there may be more of them. Fields that are not here are passed "
    "over by the gateway as well. Conversations are carried by the WebSocket /ws, whose frames are described by "
    "/api/frames.json."
)
_KEYS: Final[Json] = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key of a user."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same."},
    "operator": {"type": "http", "scheme": "bearer", "description": "The token of the running daemon."},
}
_SECURITY: Final[dict[str, list[Json]]] = {
    "public": [],
    "operator": [{"operator": []}],
    "user": [{"key": []}, {"header": []}],
    "admin": [{"key": []}, {"header": []}],
}


def frames() -> Json:
    """A JSON Schema of every frame, in both directions."""
    schemas = Schemas(wire, _DEFS)
    said = [schemas.written(kind) for kind in dict.fromkeys((*SERVER_FRAMES, *TURN_EVENTS))]
    heard: list[Json] = []
    for tag, kind in CLIENT_FRAMES.items():
        schemas.found[f"client.{tag}"] = schemas.read(kind, tag)
        heard.append({"$ref": f"{_DEFS}client.{tag}"})
    _with_data(schemas.found["agent.Attached"])
    return {
        "$schema": DIALECT,
        "$id": f"urn:starpod:frames:{PROTOCOL}",
        "title": "Frames of the WebSocket /ws",
        "description": f"Version {PROTOCOL} of the protocol. Unknown fields are to be passed over, on both sides.",
        "anyOf": [{"$ref": f"{_DEFS}ServerFrame"}, {"$ref": f"{_DEFS}ClientFrame"}],
        "$defs": {"ServerFrame": {"anyOf": said}, "ClientFrame": {"anyOf": heard}, **_sorted(schemas.found)},
    }


_OF_OPENAI: Final[Json] = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "description": "For a person."},
        "type": {"type": "string"},
        "param": {"type": ["string", "null"]},
        "code": {"type": ["string", "null"]},
    },
    "required": ["message", "type", "param", "code"],
}
"""An error as clients of OpenAI's interface read it."""
_NOTHING: Final[Json] = {"type": "object", "maxProperties": 0}
_OF_MCP: Final[Json] = {
    "type": "object",
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "id": {"type": ["string", "integer", "null"]},
        "error": {
            "type": "object",
            "properties": {"code": {"type": "integer"}, "message": {"type": "string"}, "data": {}},
            "required": ["code", "message"],
        },
    },
    "required": ["jsonrpc", "id", "error"],
}
"""An error as the Model Context Protocol has it."""
_REFUSED: Final = "#/components/responses/Refused"
_IF_MATCH: Final[Json] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Another way to give `etag`; what is something else by then is answered with 412.",
}
_REFUSALS: Final = {
    "Refused": "Refusal",
    "RefusedAsOpenAI": "RefusalAsOpenAI",
    "RefusedAsMcp": "RefusalAsMcp",
}
_MISTAKES: Final[Json] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"key": {"type": "string"}, "text": {"type": "string"}},
        "required": ["key", "text"],
    },
    "description": "Where settings were refused: what is wrong, key by key.",
}
_NEEDS: Final[Json] = {
    "type": "string",
    "enum": ["confirmation"],
    "description": "An admin's page may do it once it was unlocked with a code: `POST /api/auth/confirm`.",
}


def openapi(endpoints: Iterable[Endpoint]) -> Json:
    """What is asked over HTTP."""
    written = _Paths()
    for each in endpoints:
        written.add(each.path, each.method, written.of_endpoint(each))
    for other in OTHERS:
        written.add(other.path, other.method, written.of_other(other))
    _with_data(written.schemas.found["Attachment"])
    _in_seconds(written.schemas.found["cron.Job"])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Starpod", "version": str(PROTOCOL), "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": {path: _sorted(methods) for path, methods in sorted(written.paths.items())},
        "components": {
            "securitySchemes": _KEYS,
            "responses": {
                name: {
                    "description": "Why it was not done.",
                    "content": {_JSON: {"schema": {"$ref": f"{_SCHEMAS}{schema}"}}},
                }
                for name, schema in _REFUSALS.items()
            },
            "schemas": _sorted(written.schemas.found),
        },
    }


@final
class _Paths:
    """The operations, by path and method, and the schemas that they name."""

    def __init__(self) -> None:
        self.paths: dict[str, Json] = {}
        self.schemas = Schemas(wire, _SCHEMAS)
        self.schemas.found["Refusal"] = {
            "type": "object",
            "properties": {
                "error": {"type": "string", "description": "For a person."},
                "mistakes": _MISTAKES,
                "needs": _NEEDS,
            },
            "required": ["error"],
        }
        self.schemas.found["RefusalAsOpenAI"] = {
            "type": "object",
            "properties": {"error": _OF_OPENAI},
            "required": ["error"],
        }
        self.schemas.found["RefusalAsMcp"] = {"anyOf": [{"$ref": f"{_SCHEMAS}Refusal"}, _OF_MCP]}

    def add(self, path: str, method: str, operation: Json) -> None:
        self.paths.setdefault(path, {})[method.lower()] = operation

    def of_endpoint(self, endpoint: Endpoint) -> Json:
        kind: Any = endpoint.kind
        fields = [each for each in asked(kind) if each[1].name != endpoint.own]
        in_path = [
            {"name": field.name, "in": "path", "required": True, "schema": schema}
            for _, field, schema in fields
            if field.name in endpoint.parameters
        ]
        rest = [each for each in fields if each[1].name not in endpoint.parameters]
        reads = endpoint.method in _IN_QUERY
        shown: Json = {"summary": _first(kind), **_about(endpoint.access)}
        parameters = [*in_path, *(_query(*each) for each in rest if reads)]
        answers: Json = {"default": {"$ref": _REFUSED}}
        if any(field.name == "etag" for _, field, _ in rest):
            parameters.append(_IF_MATCH)
            answers["412"] = {"$ref": _REFUSED}
        if parameters:
            shown["parameters"] = parameters
        if rest and not reads:
            shown["requestBody"] = _body(rest)
        if issubclass(kind, Stream):
            told = {"101": {"description": "A WebSocket, which carries one JSON object per frame."}}
        else:
            told = {str(endpoint.status): self._answer(endpoint.status, reply_type(kind))}
        return {**shown, "responses": {**told, **answers}}

    def of_other(self, other: Other) -> Json:
        shown: Json = {"summary": other.summary, **_about(other.access)}
        named = [part[1:-1] for part in other.path.split("/") if part.startswith("{")]
        parameters: list[Json] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in named
        ]
        parameters += [
            {"name": name, "in": "query", "required": required, "schema": schema}
            for name, (required, schema) in other.query.items()
        ]
        if parameters:
            shown["parameters"] = parameters
        if other.body is not None:
            body = other.body if isinstance(other.body, dict) else self.schemas.read(other.body)
            shown["requestBody"] = {"content": {other.takes: {"schema": body}}}
        answers = {
            status: {"description": "The answer.", "content": {kind: {"schema": self._filled(schema)}}}
            if schema is not None
            else {"description": "The answer."}
            for status, kind, schema in other.answers
        }
        refused = {"v1": "RefusedAsOpenAI", "mcp": "RefusedAsMcp"}.get(other.path.split("/")[1], "Refused")
        return {**shown, "responses": {**answers, "default": {"$ref": f"#/components/responses/{refused}"}}}

    def _filled(self, schema: Any) -> Any:
        """A schema in which classes stand for theirs."""
        if isinstance(schema, type):
            return self.schemas.written(cast("type[Any]", schema))
        if isinstance(schema, dict):
            return {key: self._filled(value) for key, value in cast("Json", schema).items()}
        if isinstance(schema, list):
            return [self._filled(each) for each in cast("list[Json]", schema)]
        return schema

    def _answer(self, status: int, reply: Any) -> Json:
        if status == 204:
            return {"description": "It is done."}
        schema = {"type": "object"} if reply in (None, type(None)) else self.schemas.of(reply)
        if "anyOf" in schema:  # what there is not is answered with an empty object
            schema = {"anyOf": [_NOTHING if each == {"type": "null"} else each for each in schema["anyOf"]]}
        return {"description": "The answer.", "content": {_JSON: {"schema": schema}}}


def _with_data(schema: Json) -> None:
    """What a file has beside, where a client asks for it with ``inline=1``."""
    schema["properties"]["data"] = {
        "type": ["string", "null"],
        "description": "Its bytes in base64, where they were asked for with `inline=1`; of a large file none.",
    }


def _in_seconds(schema: Json) -> None:
    """How else a job has its times."""
    for name in original.TIMES:
        described: Json = schema["properties"][name]
        about = f"{described.pop('description', '')} With `X-API-Key` or `protocol=0`: in seconds since 1970.".strip()
        either = described.get("anyOf", [described])
        schema["properties"][name] = {"anyOf": [*either, {"type": "integer"}], "description": about}


def _query(name: str, field: "attrs.Attribute[Any]", schema: Json) -> Json:
    return {"name": name, "in": "query", "required": field.default is attrs.NOTHING, "schema": schema}


def _body(fields: list[tuple[str, "attrs.Attribute[Any]", Json]]) -> Json:
    required = [name for name, field, _ in fields if field.default is attrs.NOTHING]
    schema: Json = {"type": "object", "properties": {name: schema for name, _, schema in fields}}
    if required:
        schema["required"] = required
    return {"required": bool(required), "content": {_JSON: {"schema": schema}}}


def _about(access: str) -> Json:
    return {"security": _SECURITY[access], "x-for": access}


def _first(kind: Any) -> str:
    return " ".join((kind.__doc__ or "").partition("\n\n")[0].split("Raises")[0].replace("``", "`").split())


def _sorted(table: Json) -> Json:
    return dict(sorted(table.items()))


def text(document: Json) -> str:
    """A document as it is kept: an entry a line, so that changes can be read."""
    return f"{_spread(document, 3)}\n"


def _spread(value: Any, depth: int, indent: str = "") -> str:
    if not (depth and value and isinstance(value, dict)):
        return json.dumps(value, ensure_ascii=False)
    inner = f"{indent} "
    entries = cast("Json", value).items()
    lines = (f"{inner}{json.dumps(key)}: {_spread(each, depth - 1, inner)}" for key, each in entries)
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
