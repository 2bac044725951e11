"""What a client of the original asks over HTTP and reads of the answers, path by path: the tables of its interface.

Written from the description of that interface alone. Fields that it does not name may be there besides.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import attrs

TEXT: Final = (str,)
TRUTH: Final = (bool,)
WHOLE: Final = (int,)
NUMBER: Final = (int, float)
NOTHING: Final = type(None)
MAYBE_TEXT: Final = (str, NOTHING)
MAYBE_WHOLE: Final = (int, NOTHING)
"""Each is the types of JSON that a client expects there."""
Shape = Any
"""Such types; an object by its fields; a list of one shape, which has to have an item; or a value as it is."""


@attrs.frozen
class Row:
    """One request and its answer. Words that begin with ``$`` stand for what was kept of an answer before."""

    asks: str
    """Method and path."""
    status: int
    answer: Shape = None
    """None where nothing is read of it."""
    body: Any = None
    keep: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """Fields of the answer by the words for them; of a list, those of its first item."""


@attrs.frozen
class Many:
    """A list, which may be empty."""

    item: Shape


@attrs.frozen
class Optional:
    """A field that may be absent."""

    shape: Shape


def fits(found: Any, shape: Shape, place: str = "") -> Iterator[str]:
    """What of an answer is not as a client reads it."""
    if isinstance(shape, Optional):
        shape = shape.shape
    if isinstance(shape, dict):
        yield from _object(found, cast("dict[str, Shape]", shape), place)
    elif isinstance(shape, list | Many):
        yield from _list(found, shape, place)
    elif isinstance(shape, tuple):
        if type(found) not in shape:
            yield f"{place or 'it'} is {found!r:.80}"
    elif found != shape:
        yield f"{place or 'it'} is {found!r:.80} and not {shape!r}"


def _object(found: Any, shape: dict[str, Shape], place: str) -> Iterator[str]:
    if not isinstance(found, dict):
        yield f"{place or 'it'} is {found!r:.80} and no object"
        return
    fields = cast("dict[str, Any]", found)
    for name, inner in shape.items():
        if name in fields:
            yield from fits(fields[name], inner, f"{place}.{name}")
        elif not isinstance(inner, Optional):
            yield f"{place}.{name} is not there"


def _list(found: Any, shape: Shape, place: str) -> Iterator[str]:
    if not isinstance(found, list) or not (found or isinstance(shape, Many)):
        yield f"{place or 'it'} is {found!r:.80} and no list of something"
        return
    for index, each in enumerate(cast("list[object]", found)):
        yield from fits(each, shape.item if isinstance(shape, Many) else shape[0], f"{place}[{index}]")


DONE: Final = {"status": "ok"}
OK: Final = {"ok": True}
REFUSED: Final = {"error": TEXT}
USER: Final = {"id": TEXT, "display_name": MAYBE_TEXT, "role": TEXT, "filesystem_enabled": TRUTH}
SESSION: Final = {
    "id": TEXT,
    "created_at": TEXT,
    "last_message_at": TEXT,
    "is_closed": TRUTH,
    "summary": MAYBE_TEXT,
    "title": MAYBE_TEXT,
    "message_count": WHOLE,
    "channel": TEXT,
    "channel_session_key": MAYBE_TEXT,
    "user_id": "admin",
    "is_read": TRUTH,
    "triggered_by": MAYBE_TEXT,
    "is_archived": TRUTH,
}
MESSAGE: Final = {"id": WHOLE, "session_id": TEXT, "role": TEXT, "content": TEXT, "timestamp": TEXT}
JOB: Final = {
    "id": TEXT,
    "name": TEXT,
    "prompt": TEXT,
    "schedule": {"kind": TEXT},
    "enabled": TRUTH,
    "delete_after_run": TRUTH,
    "created_at": WHOLE,
    "last_run_at": MAYBE_WHOLE,
    "next_run_at": MAYBE_WHOLE,
    "retry_count": WHOLE,
    "max_retries": WHOLE,
    "last_error": MAYBE_TEXT,
    "retry_at": MAYBE_WHOLE,
    "timeout_secs": WHOLE,
    "session_mode": TEXT,
    "user_id": MAYBE_TEXT,
}
HOURLY: Final = {"kind": "interval", "every_ms": 3_600_000}

CORE: Final = (
    Row("GET /api/health", 200, {"status": "ok", "version": TEXT}),
    Row("GET /api/auth/verify", 200, {"authenticated": True, "auth_disabled": TRUTH, "user": USER}),
    Row(
        "POST /api/chat",
        200,
        {
            "text": TEXT,
            "session_id": TEXT,
            "usage": {
                "input_tokens": WHOLE,
                "output_tokens": WHOLE,
                "cache_read_tokens": WHOLE,
                "cache_write_tokens": WHOLE,
                "cost_usd": NUMBER,
            },
        },
        {"text": "write documents/a.md: hi", "user_id": "x", "channel_id": "web", "model": None},
        {"session": "session_id"},
    ),
    Row("POST /api/chat", 400, REFUSED, {"text": "hi", "model": "there/is-none"}),
    Row("POST /api/chat", 400, REFUSED, {"text": "hi", "channel_id": "telegram"}),
    Row("GET /api/sessions?limit=20", 200, [SESSION]),
    Row("GET /api/sessions/$session", 200, SESSION),
    Row("GET /api/sessions/none", 404, REFUSED),
    Row("GET /api/sessions/$session/messages", 200, [MESSAGE]),
    Row("POST /api/sessions/$session/read", 200, OK, {"is_read": False}),
    Row("POST /api/sessions/$session/read", 200, OK, {}),
    Row("POST /api/sessions/$session/read", 200, OK),
    Row("POST /api/sessions/$session/archive", 200, OK),
    Row("POST /api/sessions/$session/archive", 200, OK, {"archived": False}),
    Row("PUT /api/settings/files/SOUL.md", 200, DONE, {"content": "You like heliotrope.\n"}),
    Row("POST /api/memory/reindex", 200, DONE),
    Row(
        "GET /api/memory/search?q=heliotrope&limit=10",
        200,
        [{"source": TEXT, "text": TEXT, "line_start": WHOLE, "line_end": WHOLE}],
    ),
    Row("GET /api/memory/search", 400, REFUSED),
    Row("GET /api/frame-check?url=ftp://a.example/", 400, REFUSED),
    Row("GET /api/frame-check?url=http://127.0.0.1:1/", 403, REFUSED),
    Row(
        "GET /api/config",
        200,
        {
            "greeting": MAYBE_TEXT,
            "prompts": Many(TEXT),
            "models": [TEXT],
            "agent_name": TEXT,
            "attachments": {"enabled": TRUTH, "max_file_size": WHOLE, "allowed_extensions": Many(TEXT)},
        },
    ),
    Row("GET /api/typo", 404, REFUSED),
)

CRON: Final = (
    Row(
        "POST /api/cron/jobs",
        201,
        {**JOB, "schedule": HOURLY, "next_run_at": WHOLE},
        {"name": "tea", "prompt": "help", "schedule": HOURLY},
        {"job": "id"},
    ),
    Row("GET /api/cron/jobs", 200, [{**JOB, "schedule": HOURLY}]),
    Row(
        "PUT /api/cron/jobs/$job",
        200,
        {**JOB, "enabled": False, "schedule": {"kind": "cron", "expr": TEXT}},
        {"prompt": "say hi", "schedule": {"kind": "cron", "expr": "0 8 * * *"}, "enabled": False},
    ),
    Row("PUT /api/cron/jobs/none", 404, REFUSED, {"enabled": True}),
    Row("POST /api/cron/jobs", 409, REFUSED, {"name": "tea", "prompt": "help", "schedule": HOURLY}),
    Row(
        "POST /api/cron/jobs",
        400,
        REFUSED,
        {"name": "x", "prompt": "help", "schedule": {"kind": "cron", "expr": "61 * * * *"}},
    ),
    Row("POST /api/cron/jobs", 400, REFUSED, {"name": "__heartbeat__", "prompt": "x", "schedule": HOURLY}),
    Row(
        "POST /api/cron/jobs",
        201,
        {**JOB, "delete_after_run": True, "schedule": {"kind": "one_shot", "at": TEXT}},
        {
            "name": "once",
            "prompt": "help",
            "schedule": {"kind": "one_shot", "at": "2099-01-01T08:00:00Z"},
            "delete_after_run": True,
        },
    ),
    Row("DELETE /api/cron/jobs/$job", 204),
)

FILES: Final = (
    Row("PUT /api/files/write", 200, DONE, {"path": "deep/c.md", "content": "hi"}),
    Row("POST /api/files/mkdir", 200, DONE, {"path": "deeper/still"}),
    Row("GET /api/files", 200, [{"name": TEXT, "type": TEXT, "size": WHOLE}]),
    Row("GET /api/files?path=deep", 200, [{"name": "c.md", "type": "file", "size": 2}]),
    Row("GET /api/files?path=deep/c.md", 400, REFUSED),
    Row("GET /api/files/read?path=deep/c.md", 200, {"path": "deep/c.md", "content": "hi", "size": 2}),
    Row("GET /api/files/read?path=gone.md", 404, REFUSED),
    Row("GET /api/files/read?path=deep", 400, REFUSED),
    Row("GET /api/files/read?path=picture.png", 422, REFUSED),
    Row("GET /api/files/raw?path=deep/c.md", 200),
    Row("GET /api/files/raw?path=gone.md", 404, REFUSED),
    Row("DELETE /api/files?path=deep", 200, DONE),
    Row("DELETE /api/files?path=deep", 404, REFUSED),
    *(
        Row(f"GET /api/files/read?path={path}", 400, REFUSED)
        for path in ("/etc/passwd", "%5Cetc", "..%2Fx", ".starpod", ".starpod%2Fdb", "./.starpod")
    ),
)

SETTINGS: Final[Mapping[str, Shape]] = {
    "general": {
        "models": Many(TEXT),
        "proxy_enabled": TRUTH,
        "max_turns": WHOLE,
        "max_tokens": WHOLE,
        "agent_name": TEXT,
        "timezone": Optional(MAYBE_TEXT),
        "reasoning_effort": Optional(MAYBE_TEXT),
        "compaction_model": Optional(MAYBE_TEXT),
        "followup_mode": TEXT,
        "server_addr": TEXT,
        "self_improve": (bool, str),
    },
    "memory": {
        "half_life_days": NUMBER,
        "mmr_lambda": NUMBER,
        "vector_search": TRUTH,
        "chunk_overlap": WHOLE,
        "chunk_size": WHOLE,
        "export_sessions": TRUTH,
        "nudge_interval": WHOLE,
        "nudge_model": Optional(MAYBE_TEXT),
    },
    "compaction": {
        "context_budget": WHOLE,
        "summary_max_tokens": WHOLE,
        "min_keep_messages": WHOLE,
        "max_tool_result_bytes": WHOLE,
        "prune_threshold_pct": WHOLE,
        "prune_tool_result_max_chars": WHOLE,
        "memory_flush": TRUTH,
    },
    "cron": {
        "default_max_retries": WHOLE,
        "default_timeout_secs": WHOLE,
        "max_concurrent_runs": WHOLE,
        "heartbeat_interval_minutes": WHOLE,
    },
    "heartbeat": {"enabled": TRUTH, "interval_minutes": WHOLE, "content": TEXT},
    "frontend": {"greeting": Optional(MAYBE_TEXT), "prompts": Many(TEXT)},
    "browser": {"enabled": TRUTH, "cdp_url": Optional(MAYBE_TEXT), "startup_timeout_secs": WHOLE},
    "internet": {
        "enabled": TRUTH,
        "timeout_secs": NUMBER,
        "max_fetch_bytes": WHOLE,
        "max_text_chars": WHOLE,
        "brave_api_key": MAYBE_TEXT,
    },
    "channels": {
        "telegram": {
            "enabled": TRUTH,
            "gap_minutes": Optional(MAYBE_WHOLE),
            "stream_mode": Optional(MAYBE_TEXT),
            "bot_token": MAYBE_TEXT,
        }
    },
    "attachments": {"enabled": TRUTH, "max_file_size": WHOLE, "allowed_extensions": Many(TEXT)},
}
"""Of each group, what GET answers and PUT takes."""
MONEY: Final = {"total_cost_usd": NUMBER}
COSTS: Final = {
    **MONEY,
    "total_input_tokens": WHOLE,
    "total_output_tokens": WHOLE,
    "total_cache_read": WHOLE,
    "total_cache_write": WHOLE,
    "total_turns": WHOLE,
    "by_user": [{"user_id": TEXT}],
    "by_model": [{"model": TEXT}],
    "by_day": [{"date": TEXT, "by_model": [{"model": TEXT, "cost_usd": NUMBER}], **MONEY}],
    "by_tool": [{"tool_name": TEXT, "invocations": WHOLE, "errors": WHOLE}],
}
SKILL: Final = {"name": "brew", "description": TEXT, "version": MAYBE_TEXT, "created_at": TEXT}
DETAIL: Final = {**SKILL, "body": TEXT, "raw_content": TEXT}
ACCOUNT: Final = {
    **USER,
    "email": MAYBE_TEXT,
    "is_active": TRUTH,
    "created_at": TEXT,
    "updated_at": TEXT,
}
KEY: Final = {
    "id": TEXT,
    "user_id": "ada",
    "prefix": TEXT,
    "label": MAYBE_TEXT,
    "expires_at": MAYBE_TEXT,
    "revoked_at": MAYBE_TEXT,
    "last_used_at": MAYBE_TEXT,
    "created_at": TEXT,
}
SECRET: Final = {
    "key": TEXT,
    "has_value": TRUTH,
    "is_system": TRUTH,
    "allowed_hosts": Many(TEXT),
    "proxy_enabled": TRUTH,
}
LINK: Final = {"telegram_id": WHOLE, "username": MAYBE_TEXT, "linked_at": TEXT}
ACCOUNTS_AT: Final = "/api/settings/auth/users"

ADMIN: Final = (
    *(
        Row(f"{method} /api/settings/{name}", 200, DONE if method == "PUT" else shape, f"${name}", {name: ""})
        for name, shape in SETTINGS.items()
        for method in ("GET", "PUT")
    ),
    Row("PUT /api/settings/general", 400, REFUSED, {"max_turns": 0}),
    Row(
        "PUT /api/settings/heartbeat", 400, REFUSED, {"enabled": True, "interval_minutes": 5, "content": " "}
    ),
    Row(
        "PUT /api/settings/browser",
        400,
        REFUSED,
        {"enabled": True, "cdp_url": None, "startup_timeout_secs": 30},
    ),
    Row("GET /api/settings/models", 200, {"models": {"anthropic": [TEXT]}}),
    *(
        Row(f"GET /api/settings/costs{period}", 200, COSTS)
        for period in ("", "?period=7d", "?period=30d", "?period=90d", "?period=all", "?period=x")
    ),
    Row("GET /api/settings/files/SOUL.md", 200, {"content": "You like heliotrope.\n"}),
    Row("GET /api/settings/files/USER.md", 400, REFUSED),
    Row(
        "GET /api/settings/setup-status",
        200,
        {
            "complete": TRUTH,
            "steps": {"identity": TRUTH, "model": TRUTH, "personality": TRUTH},
            "agent_name": TEXT,
            "provider": TEXT,
        },
    ),
    Row("POST /api/settings/setup/generate-role", 503, REFUSED, {"prompt": "a gardener", "agent_name": "A"}),
    Row("GET /api/settings/connectors", 200, Many({})),
    Row("GET /api/settings/connector-templates", 200, Many({})),
    Row("POST /api/settings/connectors", 400, REFUSED, {"name": "github"}),
    Row("GET /api/settings/connectors/github", 404, REFUSED),
    Row(
        "GET /api/system/version",
        200,
        {
            "current": TEXT,
            "latest": None,
            "update_available": False,
            "release_notes_url": None,
            "published_at": None,
            "platform": TEXT,
        },
    ),
    Row("POST /api/system/update", 409, REFUSED, {}),
    Row("GET /api/instances", 503, REFUSED),
)

SKILLS: Final = (
    Row("POST /api/settings/skills", 201, DETAIL, {"name": "brew", "description": "Tea.", "body": "Boil."}),
    Row("POST /api/settings/skills", 400, REFUSED, {"name": "No!", "description": "x", "body": "x"}),
    Row("GET /api/settings/skills/brew", 200, DETAIL),
    Row("GET /api/settings/skills/none", 404, REFUSED),
    Row("PUT /api/settings/skills/brew", 200, DONE, {"description": "Tea.", "body": "Wait."}),
    Row("PUT /api/settings/skills/none", 404, REFUSED, {"description": "Tea.", "body": "Wait."}),
    Row("DELETE /api/settings/skills/brew", 204),
    Row("DELETE /api/settings/skills/brew", 404, REFUSED),
    Row("POST /api/settings/skills/generate", 503, REFUSED, {"name": "tea", "prompt": "tea"}),
    Row("GET /api/settings/skills", 200, [{**SKILL, "name": TEXT}]),
)

PEOPLE: Final = (
    Row(f"POST {ACCOUNTS_AT}", 201, ACCOUNT, {}),
    Row(f"POST {ACCOUNTS_AT}", 201, ACCOUNT, {"display_name": "also without an address"}),
    Row(f"POST {ACCOUNTS_AT}", 201, ACCOUNT, {"email": "a@b.example", "display_name": "A", "role": "user"}),
    Row(f"POST {ACCOUNTS_AT}", 409, REFUSED, {"email": "a@b.example"}),
    Row("POST /api/settings/users", 201, None, {"id": "ada"}),
    Row("POST /api/settings/users", 400, REFUSED, {"id": ""}),
    Row("POST /api/settings/users", 400, REFUSED, {"id": "a.b"}),
    Row("POST /api/settings/users", 400, REFUSED, {"id": "a b"}),
    Row("POST /api/settings/users", 201, None, {"id": "x" * 32}),
    Row("POST /api/settings/users", 400, REFUSED, {"id": "ada"}),
    Row("POST /api/settings/users", 400, REFUSED, {"id": "a/b"}),
    Row(
        "GET /api/settings/users",
        200,
        [{"id": TEXT, "has_user_md": TRUTH, "has_memory_md": TRUTH, "daily_log_count": WHOLE}],
    ),
    Row("PUT /api/settings/users/admin", 200, DONE, {"content": "I am the admin.\n"}),
    Row(
        "GET /api/settings/users/admin",
        200,
        {"id": "admin", "user_md": "I am the admin.\n", "memory_md": TEXT, "daily_log_count": WHOLE},
    ),
    Row("GET /api/settings/users/ada", 403, REFUSED),
    Row("PUT /api/settings/users/ada", 403, REFUSED, {"content": "x"}),
    Row("PUT /api/settings/users/admin", 400, REFUSED, {"content": 1}),
    Row("DELETE /api/settings/users/admin", 400, REFUSED),
    Row("GET /api/settings/users/none", 404, REFUSED),
    Row("PUT /api/settings/users/none", 404, REFUSED, {"content": "x"}),
    Row(f"GET {ACCOUNTS_AT}", 200, [ACCOUNT]),
    Row(f"GET {ACCOUNTS_AT}/ada", 200, ACCOUNT),
    Row(f"PUT {ACCOUNTS_AT}/ada", 200, {**ACCOUNT, "display_name": "Ada"}, {"display_name": "Ada"}),
    Row(
        f"POST {ACCOUNTS_AT}/ada/api-keys",
        201,
        {"meta": KEY, "key": TEXT},
        {"label": "cli"},
        {"key": "meta.id"},
    ),
    Row(f"GET {ACCOUNTS_AT}/ada/api-keys", 200, [KEY]),
    Row("POST /api/settings/auth/api-keys/$key/revoke", 200),
    Row(f"GET {ACCOUNTS_AT}/ada/telegram", 200, {}),
    Row(f"PUT {ACCOUNTS_AT}/ada/telegram", 200, None, {"telegram_id": 4711, "username": "ada"}),
    Row(f"GET {ACCOUNTS_AT}/ada/telegram", 200, LINK),
    Row(f"PUT {ACCOUNTS_AT}/ada/telegram", 200, None, {"username": "ada"}),
    Row(f"DELETE {ACCOUNTS_AT}/ada/telegram", 200),
    Row(f"POST {ACCOUNTS_AT}/ada/deactivate", 200),
    Row(f"POST {ACCOUNTS_AT}/ada/activate", 200),
    Row(f"POST {ACCOUNTS_AT}/admin/deactivate", 400, REFUSED),
    Row(f"POST {ACCOUNTS_AT}/none/activate", 404, REFUSED),
    Row("PUT /api/settings/vault/CAT_DOOR", 200, None, {"value": "miaow-4711-miaow"}),
    Row("GET /api/settings/vault", 200, [SECRET]),
    Row("DELETE /api/settings/vault/CAT_DOOR", 200),
    Row("DELETE /api/settings/users/ada", 204),
    Row("GET /api/settings/users/ada", 404, REFUSED),
)

PAGES: Final = (
    Row("GET /docs", 200),
    Row("GET /docs/", 200),
    Row("GET /docs/guide/files", 200),
    Row("GET /docs/guide/files.html", 200),
    Row("GET /docs/guide/files/index.html", 200),
    Row("GET /docs/no-such-page", 404),
)
TABLE: Final = (*CORE, *CRON, *FILES, *ADMIN, *SKILLS, *PEOPLE, *PAGES)
