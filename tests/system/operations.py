"""One request for each operation that is described, in an order in which most of them have something to act on."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

import attrs

from tests.actors.gateway.answered import Operation, operations
from tests.system.daemons import Json

AT: Final = {"kind": "one_shot", "at": "2099-01-01T08:00:00Z"}
DAILY: Final = {"kind": "cron", "expr": "0 8 * * *"}
KEY_OF_BROWSER: Final = (
    "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
)


@attrs.frozen
class Asks:
    """One request. Words that begin with ``$`` stand for what was kept of an answer before."""

    operation: str
    body: Any = None
    query: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    path: Mapping[str, str] = attrs.field(factory=dict[str, str])
    status: int = 0
    """0: that with which it is described to go well."""
    keep: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """Fields of the answer by the words for them."""
    files: Any = None


def skills(base: str) -> Iterator[Asks]:
    """A skill from its beginning to its end."""
    one = {"name": "tea"}
    yield Asks(f"POST {base}", {"name": "tea", "description": "Make tea.", "body": "Boil."})
    yield Asks(f"GET {base}")
    yield Asks(f"PUT {base}/{{name}}", {"body": "Boil water."}, path=one)
    yield Asks(f"GET {base}/{{name}}", path=one)
    yield Asks(f"GET {base}/{{name}}/history", path=one)
    yield Asks(f"GET {base}/{{name}}/revision", query={"seq": 1}, path=one)
    yield Asks(f"POST {base}/{{name}}/revert", {"seq": 1}, path=one)
    if base == "/api/skills":
        yield Asks(f"GET {base}/{{name}}/file", query={"path": "SKILL.md"}, path=one)
    else:
        yield Asks(f"POST {base}/{{name}}/approve", {"owner": "ada"}, path=one, status=404)
    yield Asks(f"DELETE {base}/{{name}}", path=one)


def groups() -> Iterator[Asks]:
    """Groups of settings go back as they came."""
    for name in ("general", "memory", "compaction", "frontend", "internet", "channels", "attachments"):
        yield Asks(f"GET /api/settings/{name}", keep={name: "."})
        yield Asks(f"PUT /api/settings/{name}", f"${name}")
    soul = {"name": "SOUL.md"}
    yield Asks("PUT /api/settings/files/{name}", {"content": "You are kind.\n"}, path=soul)
    yield Asks("GET /api/settings/files/{name}", path=soul)


def people() -> Iterator[Asks]:
    """Somebody comes, has keys and a number, and goes."""
    base, ada = "/api/settings/auth/users", {"id": "ada"}
    yield Asks(f"POST {base}", {"id": "ada", "display_name": "Ada"})
    yield Asks(f"GET {base}")
    yield Asks(f"GET {base}/{{id}}", path=ada)
    yield Asks(f"PUT {base}/{{id}}", {"display_name": "Ada L."}, path=ada)
    yield Asks(f"POST {base}/{{id}}/api-keys", {"label": "cli"}, path=ada, keep={"her key": "meta.id"})
    yield Asks(f"GET {base}/{{id}}/api-keys", path=ada)
    yield Asks("POST /api/settings/auth/api-keys/{id}/revoke", path={"id": "$her key"})
    yield Asks(f"PUT {base}/{{id}}/telegram", {"telegram_id": 4711, "username": "ada"}, path=ada)
    yield Asks(f"GET {base}/{{id}}/telegram", path=ada)
    yield Asks(f"DELETE {base}/{{id}}/telegram", path=ada)
    yield Asks("PUT /api/email/addresses/{id}", {"email": "ada@home.example"}, path=ada)
    yield Asks("GET /api/email/addresses/{id}", path=ada)
    yield Asks("DELETE /api/email/addresses/{id}", path=ada)
    yield Asks(f"POST {base}/{{id}}/deactivate", path=ada)
    yield Asks(f"POST {base}/{{id}}/activate", path=ada)
    yield Asks("GET /api/settings/auth/audit")


def profiles() -> Iterator[Asks]:
    """What the agent keeps of people."""
    base, bob = "/api/settings/users", {"id": "bob"}
    yield Asks(f"POST {base}", bob)
    yield Asks(f"GET {base}")
    yield Asks(f"PUT {base}/{{id}}", {"content": "I am.\n"}, path={"id": "admin"})
    yield Asks(f"GET {base}/{{id}}", path={"id": "admin"})
    yield Asks(f"DELETE {base}/{{id}}", path=bob)


def absent() -> Iterator[Asks]:
    """What there is not, and is looked for."""
    base = "/api/settings"
    yield Asks("GET /api/system/version")
    yield Asks("POST /api/system/update", {}, status=409)
    yield Asks(f"GET {base}/browser", keep={"browser": "."})
    yield Asks(f"PUT {base}/browser", "$browser")
    yield Asks(f"GET {base}/connectors")
    yield Asks(f"GET {base}/connector-templates")
    yield Asks(f"POST {base}/connectors", {}, status=400)


def conversations() -> Iterator[Asks]:
    """What was said, in all its ways to be looked at and put in order."""
    one, turn = {"session": "$session"}, {"turn": "$turn"}
    kept = {"session": "session_id", "turn": "turn_id"}
    yield Asks("POST /api/chat", {"text": "write documents/a.md: hi"}, keep=kept)
    of = "/api/sessions/{session}"
    for rest in ("", "/messages", "/turns", "/undoable"):
        yield Asks(f"GET {of}{rest}", path=one)
    for rest, body in {
        "pin": {"pinned": True},
        "read": {"is_read": False},
        "rename": {"title": "Tea"},
        "archive": {"archived": True},
    }.items():
        yield Asks(f"POST {of}/{rest}", body, path=one)
    yield Asks(f"PUT {of}/labels", {"labels": ["home"]}, path=one)
    yield Asks(f"PUT {of}/model", {"effort": "low"}, path=one)
    yield Asks("GET /api/sessions", query={"q": "te", "archived": True})
    yield Asks("GET /api/labels")
    yield Asks("GET /api/search", query={"q": "hi"})
    yield Asks("GET /api/sessions/{id}/export", path={"id": "$session"}, query={"format": "json"})
    yield Asks("POST /api/sessions/{id}/cancel", path={"id": "$session"})
    yield Asks("PUT /api/drafts/{place}", {"text": "half"}, path={"place": "$session"})
    yield Asks("GET /api/drafts")
    yield Asks("GET /api/mesh/trace", query=turn)
    yield Asks("GET /api/turns/{turn}/context", path=turn)
    yield Asks("GET /api/turns/{turn}/given", path=turn)
    yield Asks("GET /api/turns/{turn}/subagents", path=turn)
    yield Asks("POST /api/turns/{turn}/undo", {"dry_run": True}, path=turn)
    yield Asks("POST /api/turns/{turn}/versions", {"text": "help"}, path=turn)
    yield Asks("POST /api/turns/{turn}/choose", path={"turn": "nowhere"}, status=404)
    yield Asks(f"DELETE {of}", path=one)
    yield Asks(f"POST {of}/restore", path=one)


def schedule() -> Iterator[Asks]:
    """A job, from its beginning to its end."""
    job = {"id": "$job"}
    yield Asks("POST /api/cron/preview", {"schedule": DAILY, "timezone": "Europe/Berlin"})
    made = {"name": "tea", "prompt": "help", "schedule": AT}
    yield Asks("POST /api/cron/jobs", made, keep={"job": "id"})
    yield Asks("GET /api/cron/jobs")
    yield Asks("GET /api/cron/jobs/{id}", path=job)
    yield Asks("PUT /api/cron/jobs/{id}", {"schedule": DAILY}, path=job)
    yield Asks("POST /api/cron/jobs/{id}/run", path=job)
    yield Asks("GET /api/cron/jobs/{id}/runs", path=job)
    yield Asks("GET /api/cron/jobs/{id}/why", path=job)
    yield Asks(
        "GET /api/cron/calendar", query={"start": "2099-01-01T00:00:00Z", "end": "2099-01-03T00:00:00Z"}
    )
    yield Asks("DELETE /api/cron/jobs/{id}", path=job)


def notes() -> Iterator[Asks]:
    """A note of the memory."""
    name = {"name": "boat.md"}
    yield Asks("PUT /api/memory/file", {**name, "content": "It is blue.\n"}, keep={"revision": "revision"})
    yield Asks("GET /api/memory/files")
    yield Asks("GET /api/memory/file", query=name)
    yield Asks("POST /api/memory/reindex")
    yield Asks("GET /api/memory/search", query={"q": "blue"})
    yield Asks("GET /api/memory/history", query=name)
    yield Asks("GET /api/memory/revision", query={**name, "seq": "$revision"})
    yield Asks("GET /api/memory/trace", query={**name, "line": 1})
    yield Asks("POST /api/memory/revert", {**name, "seq": "$revision"})
    yield Asks("DELETE /api/memory/file", query=name)
    yield Asks("POST /api/memory/purge", name)


def files() -> Iterator[Asks]:
    """What lies in home."""
    yield Asks("POST /api/uploads", files={"file": ("a.txt", b"hello", "text/plain")})
    yield Asks("POST /api/speech/transcribe", {}, status=409)  # nothing is set that could
    yield Asks("POST /api/files/upload", files={"file": ("b.txt", b"hello", "text/plain")})
    yield Asks("PUT /api/files/write", {"path": "c.md", "content": "hi"})
    yield Asks("POST /api/files/mkdir", {"path": "deep"})
    yield Asks("POST /api/files/move", {"path": "c.md", "to": "deep/c.md"})
    yield Asks("GET /api/files")
    yield Asks("GET /api/files/read", query={"path": "deep/c.md"})
    yield Asks("GET /api/files/stat", query={"path": "deep/c.md"})
    yield Asks("GET /api/files/raw", query={"path": "deep/c.md"})
    yield Asks("GET /api/files/zip", query={"path": "deep"})
    for word in ("$deep", "$gone"):
        yield Asks("DELETE /api/files", query={"path": "deep"}, keep={word[1:]: "kept"})
        if word == "$deep":
            yield Asks("GET /api/files/trash")
            yield Asks("POST /api/files/trash/{id}/restore", {}, path={"id": word})
        else:
            yield Asks("DELETE /api/files/trash/{id}", path={"id": word})


def secrets() -> Iterator[Asks]:
    """Values that nobody may see."""
    name = {"name": "CAT_DOOR"}
    for base in ("/api/vault", "/api/settings/vault"):
        yield Asks(f"PUT {base}/{{name}}", {"value": "miaow-4711-miaow"}, path=name)
        yield Asks(f"GET {base}")
        yield Asks(f"PUT {base}/{{name}}/meta", {"hosts": ["cat.example"]}, path=name)
        if base == "/api/settings/vault":
            yield Asks(f"POST {base}/{{name}}/reveal", path=name)
            yield Asks(f"GET {base}/audit")
            yield Asks(f"POST {base}/rotate")
        yield Asks(f"DELETE {base}/{{name}}", path=name)


def daemon() -> Iterator[Asks]:
    """What is about the daemon as a whole."""
    for path in ("checks", "dead", "graph", "latency", "messages", "snapshot", "tree", "turns"):
        yield Asks(f"GET /api/bus/{path}")
    actor = {"name": "persona"}
    yield Asks("GET /api/bus/actor", query=actor)
    yield Asks("POST /api/bus/actor/suspend", actor)
    yield Asks("POST /api/bus/actor/resume", actor)
    yield Asks("POST /api/bus/actor/restart", actor)
    yield Asks("GET /api/bus/trace", query={"id": "$turn"})
    yield Asks("GET /api/bus/turn", query={"id": "$turn"})
    yield Asks("GET /api/bus/letter", query={"seq": 1}, status=404)
    yield Asks("POST /api/bus/letter/resend", {"seq": 1}, status=404)
    yield Asks("POST /api/bus/turn/cancel", {"id": "nowhere"}, status=404)
    yield Asks("POST /api/bus/turn/retry", {"id": "nowhere"}, status=404)
    yield Asks("POST /api/bus/send", {"type": "persona.Identity"})
    for path in (
        "/api/mesh",
        "/api/health",
        "/api/config",
        "/api/openapi.json",
        "/api/frames.json",
        "/api/permissions",
        "/api/grants",
        "/api/audit",
        "/api/approvals",
        "/api/hooks",
        "/api/hooks/runs",
        "/api/outbox",
        "/api/mcp",
        "/api/email",
        "/api/email/addresses",
        "/api/telegram",
        "/api/telegram/pairings",
        "/api/notify/preferences",
        "/api/webpush/key",
        "/api/webpush/subscriptions",
        "/api/settings",
        "/api/settings/schema",
        "/api/settings/state",
        "/api/settings/setup-status",
        "/api/settings/models",
        "/api/settings/costs",
        "/api/settings/costs/today",
        "/api/settings/cron",
        "/api/settings/heartbeat",
        "/api/settings/audit",
        "/api/settings/audit/verify",
        "/v1/models",
    ):
        yield Asks(f"GET {path}")


def changes() -> Iterator[Asks]:
    """Everything else that changes something."""
    yield Asks("PUT /api/settings", {"changes": {"max_turns": 50}})
    yield Asks("PUT /api/settings/cron", {"max_jobs_per_user": 20})
    yield Asks("PUT /api/settings/heartbeat", {"enabled": False})
    yield Asks("PUT /api/notify/preferences", {"muted": False})
    there = {"endpoint": "https://push.example/x", "p256dh": KEY_OF_BROWSER, "auth": "AAAAAAAAAAAAAAAAAAAAAA"}
    place = {"place": "id"}
    yield Asks("POST /api/webpush/subscriptions", {**there, "page": "http://localhost"}, keep=place)
    yield Asks("DELETE /api/webpush/subscriptions/{id}", path={"id": "$place"})
    yield Asks("POST /api/hooks/test", {"event": "PreToolUse", "tool": "FileRead", "input": {"path": "a"}})
    yield Asks("GET /api/frame-check", query={"url": "https://page.example/"})
    yield Asks("POST /api/page-link", {})
    yield Asks("POST /api/page-code", {})
    yield Asks("GET /api/auth/confirm")
    yield Asks("POST /api/auth/confirm", {"code": "AAAA-AAAA"}, status=409)
    yield Asks("DELETE /api/auth/confirm", status=409)
    yield Asks("POST /api/auth/keys", {"label": "other"}, keep={"key": "meta.id"})
    yield Asks("GET /api/auth/keys")
    yield Asks("POST /api/auth/keys/{id}/revoke", path={"id": "$key"})
    yield Asks("GET /api/auth/devices")
    yield Asks("GET /api/auth/verify")
    yield Asks("POST /api/auth/logout", status=409)
    yield Asks(
        "POST /v1/chat/completions",
        {"model": "offline/basic", "messages": [{"role": "user", "content": "help"}]},
    )
    yield Asks("POST /v1/responses", {"model": "offline/basic", "input": "help"})
    yield Asks("GET /v1/models/{model}", path={"model": "offline/basic"})
    yield Asks("POST /mcp", {"jsonrpc": "2.0", "id": 1, "method": "ping"})
    # What needs something that is not here answers in words; the tests of each ask for the rest.
    yield Asks("POST /api/auth/login", {"key": "no such key"}, status=401)
    yield Asks("POST /api/auth/devices/{id}/sign-out", path={"id": "none"}, status=404)
    yield Asks("GET /api/approvals/{id}", path={"id": "none"}, status=404)
    yield Asks("POST /api/approvals/{id}", {"decision": "once"}, path={"id": "none"}, status=404)
    yield Asks("DELETE /api/grants/{id}", path={"id": "4711"}, status=404)
    yield Asks("POST /api/outbox/{id}/drop", path={"id": "4711"}, status=404)
    yield Asks("POST /api/outbox/{id}/retry", path={"id": "4711"}, status=404)
    yield Asks("POST /api/mcp/{name}/reconnect", path={"name": "none"}, status=404)
    yield Asks("GET /api/mcp/{name}/tools", path={"name": "none"}, status=404)
    yield Asks("POST /api/telegram/pairings/{code}", {}, path={"code": "NONE"}, status=404)
    yield Asks("DELETE /api/telegram/pairings/{code}", path={"code": "NONE"}, status=404)
    yield Asks("POST /api/settings/models/try", {"provider": "none", "model": "x", "key": "y"})
    yield Asks("POST /api/settings/skills/generate", {"name": "tea", "prompt": "tea"}, status=503)
    yield Asks("POST /api/settings/setup/generate-role", {"prompt": "tea"}, status=503)
    yield Asks("POST /api/settings/skills/inspect", {"path": "none.zip"}, status=400)
    what = {"path": "none.zip", "name": "x", "digest": "x"}
    yield Asks("POST /api/settings/skills/install", what, status=400)
    instances = [each for each in operations() if each.path.startswith("/api/instance")]
    for each in instances:
        body: Json | None = {} if each.body else None
        path = {"id": "none"} if "{id}" in each.path else {}
        yield Asks(each.name, body, path=path, status=_without_a_backend(each))


def _without_a_backend(operation: Operation) -> HTTPStatus:
    """What is answered where instances are asked for, and there is nobody who has any."""
    if "101" in operation.described["responses"]:
        return HTTPStatus.BAD_REQUEST  # it is a WebSocket
    return HTTPStatus.OK if operation.path == "/api/instance-overview" else HTTPStatus.SERVICE_UNAVAILABLE


def story() -> Iterator[Asks]:
    for part in (
        conversations,
        schedule,
        notes,
        files,
        secrets,
        people,
        profiles,
        groups,
        absent,
        daemon,
        changes,
    ):
        yield from part()
    for base in ("/api/skills", "/api/settings/skills"):
        yield from skills(base)
