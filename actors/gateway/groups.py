"""Settings by the groups in which clients of the original look at them and change them. Pure."""

from collections.abc import Container, Iterable, Mapping
from typing import Any, Final, cast

from actors.endpoints import BadMessage
from actors.settings import messages as settings
from actors.wire import Json


def _own(table: str, *names: str) -> dict[str, str]:
    return {name: f"{table}.{name}" if table else name for name in names}


GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "general": _own(
        "",
        "provider",
        "model",
        "models",
        "max_turns",
        "max_tokens",
        "agent_name",
        "timezone",
        "reasoning_effort",
        "compaction_model",
        "followup_mode",
        "server_addr",
        "self_improve",
    ),
    "memory": _own(
        "memory",
        "half_life_days",
        "chunk_size",
        "export_sessions",
        "nudge_interval",
        "nudge_model",
        "embedder",
    ),
    "compaction": _own(
        "compaction",
        "context_budget",
        "summary_max_tokens",
        "min_keep_messages",
        "max_tool_result_bytes",
        "prune_threshold_pct",
        "prune_tool_result_max_chars",
        "memory_flush",
    ),
    "frontend": _own("", "greeting", "prompts"),
    "internet": _own("internet", "enabled", "timeout_secs", "max_fetch_bytes", "max_text_chars"),
    "attachments": _own("attachments", "enabled", "max_file_size", "allowed_extensions"),
    "channels": {
        f"telegram.{name}": f"channels.telegram.{name}" for name in ("enabled", "gap_minutes", "stream_mode")
    },
}
"""Field of a client, with a dot where it stands in an object, and the key of the settings that it is."""


FIXED: Final[Mapping[str, Mapping[str, Any]]] = {
    "general": {"proxy_enabled": False},
    "memory": {"mmr_lambda": 1.0, "chunk_overlap": 0},
}
"""Fields of a client for which there is no key here, and what is so."""
SECRETS: Final[Mapping[str, Mapping[str, str]]] = {
    "internet": {"brave_api_key": "BRAVE_API_KEY"},
    "channels": {"telegram.bot_token": "TELEGRAM_BOT_TOKEN"},
}
"""Fields that are kept in the vault, and the names under which they are."""
MASK: Final = "********"
"""What is told of one that is kept."""
BY_MEANING: Final = "vector_search"
EMBEDDER: Final = "memory.embedder"
"""What says whether a search goes by meaning too."""


def _fixed(group: str, values: Mapping[str, Any]) -> Json:
    by_meaning = (
        {BY_MEANING: values[EMBEDDER] is not None} if group == "memory" and EMBEDDER in values else {}
    )
    return {**FIXED.get(group, {}), **by_meaning}


def shown(group: str, known: Iterable[settings.Setting]) -> Json:
    """A group as a client gets it. Keys that there are not are left out."""
    values = {each.key: each.value for each in known}
    found: Json = {}
    for field, key in GROUPS[group].items():
        if key in values:
            table, _, name = field.rpartition(".")
            (found.setdefault(table, {}) if table else found)[name] = values[key]
    return found | _fixed(group, values)


def masked(group: str, kept: Container[str], found: Json) -> Json:
    """The same group with what may be told of its secrets: null for one that is not `kept`."""
    for field, name in SECRETS.get(group, {}).items():
        table, _, inner = field.rpartition(".")
        (found.setdefault(table, {}) if table else found)[inner] = MASK if name in kept else None
    return found


def secrets(group: str, body: Mapping[str, Any]) -> dict[str, str]:
    """What a client wants kept in the vault, by name; an empty text for what is to be forgotten.

    What is not given, null, or as it was told is to stay. Raises BadMessage for what is no text.
    """
    wanted: dict[str, str] = {}
    for field, name in SECRETS.get(group, {}).items():
        table, _, inner = field.rpartition(".")
        given: Any = body.get(table) if table else body
        value = cast("Mapping[str, Any]", given).get(inner) if isinstance(given, Mapping) else None
        if value is None or value == MASK:
            continue
        if not isinstance(value, str):
            raise BadMessage("expected text", field)
        wanted[name] = value
    return wanted


def changes(group: str, known: Iterable[settings.Setting], body: Mapping[str, Any]) -> dict[str, Any]:
    """What a client wants changed: only what is another than it is, so that whoever sends all back may do so.

    A text that is empty gives a key back, as null does. Raises BadMessage for what cannot be another.
    """
    values = {each.key: each.value for each in known}
    for name, value in _fixed(group, values).items():
        if body.get(name, value) != value:
            instead = f"; {EMBEDDER} says what finds by meaning" if name == BY_MEANING else ""
            raise BadMessage(f"cannot be changed here{instead}", name)
    wanted: dict[str, Any] = {}
    for field, key in GROUPS[group].items():
        table, _, name = field.rpartition(".")
        given: Any = body.get(table) if table else body
        if key not in values or not isinstance(given, Mapping):
            continue
        fields = cast("Mapping[str, Any]", given)
        value = fields.get(name, values[key])
        value = None if value == "" else value
        if value != values[key]:
            wanted[key] = value
    return wanted
