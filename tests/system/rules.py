"""Whom every route and every frame of the daemon is for, and whose what it shows is."""

from collections.abc import Callable
from typing import Any, Final, Literal

import attrs

MARK: Final = "heliotrope"
"""What only Ada says, and only to the agent."""
Whom = Literal["anybody", "a user", "an admin", "the operator"]
Path_ = Callable[["Ada"], str]


@attrs.frozen
class Rule:
    """Whom a route is for."""

    whom: Whom
    own: Path_ | None = None
    """Its address with something of Ada's: for all others, an admin and the operator included, it is not there."""
    body: Any = None


def of_session(rest: str = "") -> Path_:
    return lambda ada: f"/api/sessions/{ada.session}{rest}"


def of_note(rest: str) -> Rule:
    return Rule("a user", lambda ada: f"/api/memory/{rest}{ada.note}")


def of_skill(rest: str = "") -> Rule:
    return Rule("a user", lambda ada: f"/api/skills/{ada.skill}{rest}")


OPEN, USER, ADMINS, OPERATOR = Rule("anybody"), Rule("a user"), Rule("an admin"), Rule("the operator")
RULES: Final[dict[str, Rule]] = {
    "GET /": OPEN,
    "GET /<place:path>": OPEN,
    "GET /docs": OPEN,
    "GET /docs/": OPEN,
    "GET /docs/<path:page>": OPEN,
    "GET /api/health": OPEN,
    "GET /api/auth/verify": OPEN,
    "POST /api/auth/login": OPEN,
    "GET /api/openapi.json": OPEN,
    "GET /api/frames.json": OPEN,
    "POST /api/auth/logout": USER,
    "GET /api/auth/keys": USER,
    "POST /api/auth/keys": USER,
    "POST /api/auth/keys/<id>/revoke": USER,  # an admin may revoke anybody's
    "GET /api/auth/devices": USER,
    "POST /api/auth/devices/<id>/sign-out": Rule(
        "a user", lambda ada: f"/api/auth/devices/{ada.device}/sign-out"
    ),
    "GET /api/config": USER,
    "GET /api/frame-check": USER,
    "GET /api/mesh": USER,
    "GET /api/mesh/trace": Rule("a user", lambda ada: f"/api/mesh/trace?turn={ada.turn}"),
    "GET /api/turns/<turn>/context": Rule("a user", lambda ada: f"/api/turns/{ada.turn}/context"),
    "GET /api/turns/<turn>/given": Rule("a user", lambda ada: f"/api/turns/{ada.turn}/given"),
    "GET /api/turns/<turn>/subagents": Rule("a user", lambda ada: f"/api/turns/{ada.turn}/subagents"),
    "POST /api/turns/<turn>/choose": Rule("a user", lambda ada: f"/api/turns/{ada.turn}/choose"),
    "POST /api/turns/<turn>/undo": Rule(
        "a user", lambda ada: f"/api/turns/{ada.turn}/undo", {"dry_run": True}
    ),
    "POST /api/turns/<turn>/versions": Rule("a user", lambda ada: f"/api/turns/{ada.turn}/versions"),
    "POST /api/chat": USER,
    "POST /v1/chat/completions": USER,
    "POST /v1/responses": USER,
    "POST /mcp": USER,
    "GET /v1/models": USER,
    "GET /v1/models/<path:model>": USER,
    "POST /api/uploads": USER,
    "POST /api/speech/transcribe": USER,
    "GET /api/files": ADMINS,  # and for whoever has filesystem_enabled, as all below
    "GET /api/files/stat": USER,
    "GET /api/files/read": USER,
    "PUT /api/files/write": USER,
    "POST /api/files/mkdir": USER,
    "POST /api/files/move": USER,
    "POST /api/files/upload": USER,
    "DELETE /api/files": USER,
    "GET /api/files/trash": ADMINS,
    "POST /api/files/trash/<id>/restore": ADMINS,
    "DELETE /api/files/trash/<id>": ADMINS,
    "GET /api/files/raw": Rule("a user", lambda ada: f"/api/files/raw?path={ada.file}"),
    "GET /api/files/zip": USER,
    "GET /api/sessions": USER,
    "GET /api/sessions/<session>": Rule("a user", of_session()),
    "GET /api/sessions/<session>/messages": Rule("a user", of_session("/messages")),
    "GET /api/sessions/<session>/turns": Rule("a user", of_session("/turns")),
    "POST /api/sessions/<session>/archive": Rule("a user", of_session("/archive"), {"archived": False}),
    "POST /api/sessions/<session>/read": Rule("a user", of_session("/read"), {"is_read": False}),
    "POST /api/sessions/<session>/rename": Rule("a user", of_session("/rename"), {"title": MARK}),
    "PUT /api/sessions/<session>/model": Rule("a user", of_session("/model"), {"model": None}),
    "POST /api/sessions/<id>/cancel": Rule("a user", of_session("/cancel")),
    "GET /api/sessions/<session>/undoable": Rule("a user", of_session("/undoable")),
    "GET /api/sessions/<id>/export": Rule("a user", of_session("/export")),
    "POST /api/sessions/<session>/pin": Rule("a user", of_session("/pin"), {"pinned": True}),
    "PUT /api/sessions/<session>/labels": Rule("a user", of_session("/labels"), {"labels": [MARK]}),
    "DELETE /api/sessions/<session>": Rule("a user", of_session()),
    "POST /api/sessions/<session>/restore": Rule("a user", of_session("/restore")),
    "GET /api/labels": USER,
    "GET /api/search": USER,
    "GET /api/drafts": USER,
    "PUT /api/drafts/<place>": Rule("a user", lambda ada: f"/api/drafts/{ada.session}", {"text": MARK}),
    "GET /api/memory/search": USER,
    "POST /api/memory/reindex": USER,
    "GET /api/memory/files": USER,
    "GET /api/memory/file": of_note("file?name="),
    "PUT /api/memory/file": USER,
    "DELETE /api/memory/file": of_note("file?passage=purple&name="),
    "GET /api/memory/history": USER,
    "GET /api/memory/revision": of_note("revision?seq=1&name="),
    "GET /api/memory/trace": of_note("trace?line=1&name="),
    "POST /api/memory/revert": USER,
    "POST /api/memory/purge": USER,
    "GET /api/skills": USER,
    "POST /api/skills": USER,
    "GET /api/skills/<name>": of_skill(),
    "PUT /api/skills/<name>": USER,
    "DELETE /api/skills/<name>": USER,
    "GET /api/skills/<name>/file": of_skill("/file?path=SKILL.md"),
    "GET /api/skills/<name>/history": of_skill("/history"),
    "GET /api/skills/<name>/revision": of_skill("/revision?seq=1"),
    "POST /api/skills/<name>/revert": USER,
    "GET /api/settings/costs": USER,  # an admin sees everybody's
    "GET /api/settings/costs/today": USER,
    "GET /api/approvals": USER,
    "GET /api/audit": USER,
    "GET /api/permissions": USER,
    "GET /api/approvals/<id>": USER,
    "POST /api/approvals/<id>": USER,
    "GET /api/grants": USER,
    "DELETE /api/grants/<id>": USER,
    "GET /api/settings/audit": OPERATOR,
    "GET /api/settings/audit/verify": OPERATOR,
    "POST /api/settings/skills/inspect": OPERATOR,
    "POST /api/settings/skills/install": OPERATOR,
    "GET /api/vault": USER,
    "PUT /api/vault/<name>": USER,
    "PUT /api/vault/<name>/meta": Rule("a user", lambda ada: f"/api/vault/{ada.secret}/meta", {"hosts": []}),
    "DELETE /api/vault/<name>": USER,  # again, or of what is not there, it is no failure
    "GET /api/hooks": ADMINS,
    "GET /api/hooks/runs": ADMINS,
    "POST /api/hooks/test": ADMINS,
    "GET /api/instances": ADMINS,
    "GET /api/instance-overview": ADMINS,
    "GET /api/instance-agents": ADMINS,
    "POST /api/instances": ADMINS,
    "GET /api/instances/<id>": ADMINS,
    "DELETE /api/instances/<id>": ADMINS,
    "POST /api/instances/<id>/pause": ADMINS,
    "POST /api/instances/<id>/restart": ADMINS,
    "GET /api/instances/<id>/health": ADMINS,
    "GET /api/instances/<id>/history": ADMINS,
    "GET /api/instances/<id>/ssh": ADMINS,
    "GET /api/mcp": ADMINS,
    "GET /api/mcp/<name>/tools": ADMINS,
    "POST /api/mcp/<name>/reconnect": ADMINS,
    "GET /api/cron/jobs": USER,  # an admin sees everybody's
    "POST /api/cron/jobs": USER,
    "GET /api/cron/jobs/<id>": USER,
    "PUT /api/cron/jobs/<id>": USER,
    "DELETE /api/cron/jobs/<id>": USER,
    "POST /api/cron/jobs/<id>/run": USER,
    "GET /api/cron/jobs/<id>/runs": USER,
    "GET /api/cron/jobs/<id>/why": USER,
    "POST /api/cron/preview": USER,
    "GET /api/cron/calendar": USER,
    "GET /api/notify/preferences": USER,
    "PUT /api/notify/preferences": USER,
    "GET /api/outbox": USER,  # an admin sees everybody's
    "POST /api/outbox/<id>/retry": USER,
    "POST /api/outbox/<id>/drop": USER,
    "GET /api/webpush/key": USER,
    "GET /api/webpush/subscriptions": USER,
    "POST /api/webpush/subscriptions": USER,
    "DELETE /api/webpush/subscriptions/<id>": USER,
    "GET /api/email": ADMINS,
    "GET /api/email/addresses": ADMINS,
    "GET /api/email/addresses/<id>": ADMINS,
    "PUT /api/email/addresses/<id>": ADMINS,
    "DELETE /api/email/addresses/<id>": ADMINS,
    "GET /api/telegram": ADMINS,
    "GET /api/telegram/pairings": ADMINS,
    "POST /api/telegram/pairings/<code>": ADMINS,
    "DELETE /api/telegram/pairings/<code>": ADMINS,
    "GET /api/system/version": ADMINS,
    "POST /api/system/update": ADMINS,
    "POST /api/page-link": OPERATOR,
    "POST /api/page-code": OPERATOR,
    "POST /api/auth/confirm": ADMINS,
    "GET /api/auth/confirm": USER,
    "DELETE /api/auth/confirm": USER,  # of the page that asks
    "POST /api/settings/vault/<name>/reveal": OPERATOR,
    "POST /api/settings/vault/rotate": OPERATOR,
}
ADMINS_BELOW: Final = "/api/settings"
OPERATORS_BELOW: Final = "/api/bus/"
FRAMES: Final[dict[str, dict[str, Any]]] = {
    "message": {"text": "hi"},
    "revise": {},
    "choose": {},
    "cancel": {},
    "select_model": {},
    "resume": {},
    "unfollow": {},
    "looking": {"is_seen": False},
    "ping": {},
}
"""What each frame needs beside the conversation and the turn that it is about."""


def rule_of(route: str) -> Rule | None:
    """Whom a route is for; None where nobody has said so."""
    path = route.partition(" ")[2]
    if route in RULES:
        return RULES[route]
    below = {OPERATORS_BELOW: OPERATOR, ADMINS_BELOW: ADMINS}
    return next((rule for start, rule in below.items() if path.startswith(start)), None)


@attrs.frozen(kw_only=True)
class Ada:
    """What is Ada's."""

    session: str
    turn: str
    file: str
    device: str
    note: str
    skill: str
    secret: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.session, self.turn, self.device, self.note, self.secret, MARK)
