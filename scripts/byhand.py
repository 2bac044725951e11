"""What is asked over HTTP and is no endpoint of a subsystem, for the description of the interface."""

from collections.abc import Mapping
from typing import Any, Final, final

import attrs

from actors.endpoints import Access, Method
from actors.gateway.client_frames import ClientMessage
from actors.gateway.groups import BY_MEANING, FIXED, GROUPS, SECRETS
from actors.gateway.routes.auth import Login
from actors.tools import messages as tools
from actors.vocabulary import Attachment

JSON: Final = "application/json"
FORM: Final = "multipart/form-data"
BYTES: Final = "application/octet-stream"


@final
@attrs.frozen(kw_only=True)
class Other:
    """One operation. In its schemas classes stand for theirs."""

    method: Method
    path: str
    summary: str
    access: Access = "user"
    query: Mapping[str, tuple[bool, Any]] = attrs.field(factory=dict[str, tuple[bool, Any]])
    """By name, whether it has to be given, and the schema."""
    body: type[Any] | dict[str, Any] | None = None
    takes: str = JSON
    answers: tuple[tuple[str, str, Any], ...]
    """Status, media type and schema; None where there is no body."""


def _object(optional: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


_TEXT: Final = {"type": "string"}
_MAYBE: Final = {"type": ["string", "null"]}
_TRUTH: Final = {"type": "boolean"}
_NUMBER: Final = {"type": "integer"}
_ANYTHING: Final = {"type": "object"}
_USER: Final = _object(id=_TEXT, display_name=_MAYBE, role=_TEXT, filesystem_enabled=_TRUTH)
_ANSWER: Final = _object(
    text=_TEXT,
    session_id=_TEXT,
    turn_id=_TEXT,
    outcome=_MAYBE,
    usage=_object(
        model=_MAYBE,
        input_tokens=_NUMBER,
        output_tokens=_NUMBER,
        cache_read_tokens=_NUMBER,
        cache_write_tokens=_NUMBER,
        cost_usd={"type": "number", "description": "0 when the price is not known."},
        cost_known=_TRUTH,
    ),
    attachments=_list(Attachment),
    notice=_MAYBE,
)
_DONE: Final = _object(status={"const": "ok"})
_PROFILE: Final = _object(id=_TEXT, user_md=_TEXT, memory_md=_TEXT, daily_log_count=_NUMBER)
_BROWSER: Final = _object(enabled={"const": False}, cdp_url={"type": "null"}, startup_timeout_secs=_NUMBER)
_FAILED: Final = _object(error=_TEXT, **_ANSWER["properties"])

_BOTH: Final[tuple[Method, Method]] = ("GET", "PUT")


def _group(name: str, *, required: bool = True) -> dict[str, Any]:
    """The fields of a group of settings, which may be of any type."""
    tables: dict[str, dict[str, Any]] = {}
    for field in (*GROUPS[name], *SECRETS.get(name, ())):
        table, _, inner = field.rpartition(".")
        tables.setdefault(table, {})[inner] = {}
    plain = tables.pop("", {})
    plain |= {field: {} for field in (*FIXED.get(name, ()), *([BY_MEANING] if name == "memory" else ()))}
    fields = {**plain, **{table: {"type": "object", "properties": inner} for table, inner in tables.items()}}
    return {"type": "object", "properties": fields, "required": list(fields) if required else []}


OTHERS: Final = (
    Other(
        method="GET",
        path="/api/auth/verify",
        summary="Whether it is known who asks; never 401.",
        access="public",
        answers=(("200", JSON, _object(("user",), authenticated=_TRUTH, auth_disabled=_TRUTH, user=_USER)),),
    ),
    Other(
        method="POST",
        path="/api/auth/login",
        summary="Sign a browser in with a key; the answer sets its cookie.",
        access="public",
        body=Login,
        answers=(("200", JSON, _object(page=_TEXT, user=_USER)),),
    ),
    Other(
        method="POST",
        path="/api/auth/logout",
        summary="Sign the browser out that asks.",
        answers=(("200", JSON, _object(ok=_TRUTH)),),
    ),
    Other(
        method="POST",
        path="/api/chat",
        summary="Say something, wait for the end of its turn, and get what the agent said.",
        body=ClientMessage,
        answers=(("200", JSON, _ANSWER), ("502", JSON, _FAILED)),
    ),
    Other(
        method="POST",
        path="/api/sessions/{id}/cancel",
        summary="Stop the running turn of a conversation.",
        answers=(("200", JSON, _object(cancelled=_MAYBE)),),
    ),
    Other(
        method="GET",
        path="/api/sessions/{id}/export",
        summary="A conversation as a file: for people, or for programs.",
        query={"format": (False, {"enum": ["markdown", "html", "json"]})},
        answers=(("200", BYTES, {"type": "string", "format": "binary"}),),
    ),
    Other(
        method="POST",
        path="/api/uploads",
        summary="Store files, to be named in a message afterwards.",
        body=_object(file=_list({"type": "string", "format": "binary"})),
        takes=FORM,
        answers=(("200", JSON, _list(Attachment)),),
    ),
    Other(
        method="POST",
        path="/api/files/upload",
        summary="Put files into a folder of the agent's home, under their own names.",
        body=_object(
            ("path", "replace"),
            file=_list({"type": "string", "format": "binary"}),
            path=_TEXT,
            replace=_TRUTH,
        ),
        takes=FORM,
        answers=(("200", JSON, _list(tools.Stored)),),
    ),
    Other(
        method="POST",
        path="/api/speech/transcribe",
        summary="The words of a recording, which is the body; it is not stored.",
        query={"language": (False, _TEXT)},
        body={"type": "string", "format": "binary"},
        takes="audio/*",
        answers=(("200", JSON, _object(text=_TEXT)),),
    ),
    Other(
        method="GET",
        path="/api/files/raw",
        summary="The bytes of a file, or with `Range` a part of them.",
        query={"path": (True, _TEXT)},
        answers=(
            ("200", BYTES, {"type": "string", "format": "binary"}),
            ("206", BYTES, {"type": "string", "format": "binary"}),
            ("304", BYTES, None),
        ),
    ),
    Other(
        method="GET",
        path="/api/files/zip",
        summary="All of a folder in the agent's home as a zip file, without links.",
        query={"path": (True, _TEXT)},
        answers=(("200", "application/zip", {"type": "string", "format": "binary"}),),
    ),
    Other(
        method="GET",
        path="/api/openapi.json",
        summary="This description.",
        access="public",
        answers=(("200", JSON, _ANYTHING),),
    ),
    Other(
        method="GET",
        path="/api/frames.json",
        summary="A JSON Schema of the frames of the WebSocket.",
        access="public",
        answers=(("200", JSON, _ANYTHING),),
    ),
    *(
        Other(
            method=method,
            path=f"/api/settings/{group}",
            summary=f"Settings of the group {group}; all are at `/api/settings`.",
            access="admin",
            body=None if method == "GET" else _group(group, required=False),
            answers=(("200", JSON, _group(group) if method == "GET" else _object(status={"const": "ok"})),),
        )
        for group in GROUPS
        for method in _BOTH
    ),
    *(
        Other(
            method=method,
            path="/api/settings/files/{name}",
            summary="SOUL.md, HEARTBEAT.md, BOOT.md or BOOTSTRAP.md; empty where there is none.",
            access="admin",
            body=None if method == "GET" else _object(content=_TEXT),
            answers=(
                ("200", JSON, _object(content=_TEXT) if method == "GET" else _object(status={"const": "ok"})),
            ),
        )
        for method in _BOTH
    ),
    Other(
        method="GET",
        path="/api/settings/users",
        summary="Who is let in, by id, and whether the agent has notes of them.",
        access="admin",
        answers=(
            (
                "200",
                JSON,
                _list(_object(id=_TEXT, has_user_md=_TRUTH, has_memory_md=_TRUTH, daily_log_count=_NUMBER)),
            ),
        ),
    ),
    Other(
        method="POST",
        path="/api/settings/users",
        summary="Make an account, as `POST /api/settings/auth/users` does.",
        access="admin",
        body=_object(id=_TEXT),
        answers=(("201", JSON, _PROFILE),),
    ),
    Other(
        method="GET",
        path="/api/settings/users/{id}",
        summary="What the agent keeps of who asks; 403 for anybody else's.",
        access="admin",
        answers=(("200", JSON, _PROFILE),),
    ),
    Other(
        method="PUT",
        path="/api/settings/users/{id}",
        summary="Write one's own USER.md; 403 for anybody else's.",
        access="admin",
        body=_object(content=_TEXT),
        answers=(("200", JSON, _DONE),),
    ),
    Other(
        method="DELETE",
        path="/api/settings/users/{id}",
        summary="Let somebody in no more; their notes stay.",
        access="admin",
        answers=(("204", JSON, None),),
    ),
    Other(
        method="GET",
        path="/api/system/version",
        summary="What runs. Nothing is known of newer versions.",
        access="admin",
        answers=(
            (
                "200",
                JSON,
                _object(
                    current=_TEXT,
                    latest=_MAYBE,
                    update_available=_TRUTH,
                    release_notes_url=_MAYBE,
                    published_at=_MAYBE,
                    platform=_TEXT,
                ),
            ),
        ),
    ),
    Other(
        method="POST",
        path="/api/system/update",
        summary="409: a new version comes as this one did.",
        access="admin",
        answers=(),
    ),
    Other(
        method="GET",
        path="/api/settings/browser",
        summary="That no browser is driven.",
        access="admin",
        answers=(("200", JSON, _BROWSER),),
    ),
    Other(
        method="PUT",
        path="/api/settings/browser",
        summary="Takes what is so, and refuses the rest.",
        access="admin",
        body=_BROWSER,
        answers=(("200", JSON, _DONE),),
    ),
    *(
        Other(
            method="GET",
            path=f"/api/settings/{name}",
            summary="None: there are no connectors.",
            access="admin",
            answers=(("200", JSON, {"type": "array", "maxItems": 0}),),
        )
        for name in ("connectors", "connector-templates")
    ),
    Other(
        method="POST",
        path="/api/settings/connectors",
        summary="400: there are no connectors.",
        access="admin",
        answers=(),
    ),
    Other(
        method="POST",
        path="/v1/chat/completions",
        summary="As OpenAI's interface has it, whole or streamed.",
        body=_ANYTHING,
        answers=(("200", JSON, _ANYTHING),),
    ),
    Other(
        method="POST",
        path="/v1/responses",
        summary="As OpenAI's interface has it, whole or streamed.",
        body=_ANYTHING,
        answers=(("200", JSON, _ANYTHING),),
    ),
    Other(
        method="GET",
        path="/v1/models",
        summary="As OpenAI's interface has it.",
        answers=(("200", JSON, _ANYTHING),),
    ),
    Other(
        method="GET",
        path="/v1/models/{model}",
        summary="As OpenAI's interface has it.",
        answers=(("200", JSON, _ANYTHING),),
    ),
    Other(
        method="POST",
        path="/mcp",
        summary="The Model Context Protocol, over HTTP.",
        body=_ANYTHING,
        answers=(("200", JSON, _ANYTHING), ("202", JSON, None)),
    ),
)
