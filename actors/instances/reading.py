"""What a backend answers, in either of its shapes, as values. What is missing is None, what is new is passed over."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast, get_args

from actors.instances.messages import Health, Instance, NotOne, RemoteAgent, Status

_KNOWN: Final = frozenset(get_args(Status)) - {"unknown"}
_ORDERS: Final = re.compile(
    r"\x1b(?:\[[0-9;:<=>?]{0,64}[ -/]{0,8}[@-~]|[\]PX^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?|[ -/]?[0-~])?"
)
"""What a terminal obeys: sequences that begin with ESC."""
_SILENT: Final = dict.fromkeys(
    [
        *(code for code in (*range(0x20), *range(0x7F, 0xA0)) if code != ord("\t")),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        0x2028,
        0x2029,
    ]
)
_LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
LONGEST_ID: Final = 200
SHORT: Final = 8
"""Characters of an id that people are shown."""


class Unreadable(ValueError):
    """An answer is not what was asked for. The text says what is wrong, for people."""


def plain(text: str) -> str:
    """`text` without anything that a terminal would obey; tabs stay, line ends do not."""
    return _ORDERS.sub("", text).translate(_SILENT)


def moment(value: object) -> float | None:
    """Seconds since 1970 from such a number or from ISO 8601; a time without a zone is UTC.

    None for anything else. A time before 1970, or beyond all calendars, is the nearest that can be shown.
    """
    found = _seconds(value)
    return None if found is None else min(max(0.0, found), _LATEST)


def _seconds(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def instance(value: object) -> Instance:
    """An instance of either shape. Raises Unreadable."""
    fields = record(value, "an instance")
    id, status = fields.get("id"), fields.get("status")
    if not isinstance(id, str) or not 0 < len(id) <= LONGEST_ID or not isinstance(status, str):
        raise Unreadable("an instance without id or status")
    known = status.lower()
    return Instance(
        id=plain(id),
        name=_text(fields, "name") or _text(fields, "gcp_instance_name"),
        status=cast("Status", known) if known in _KNOWN else "unknown",
        said=plain(status),
        region=_text(fields, "region") or _text(fields, "zone"),
        agent_id=_text(fields, "agent_id"),
        created_at=moment(fields.get("created_at")),
        updated_at=moment(fields.get("updated_at")),
        health=None if fields.get("health") is None else health(fields["health"]),
        error=_text(fields, "error_message"),
        web_url=_text(fields, "web_url"),
    )


def instances(value: object) -> tuple[Instance, ...]:
    """A list of instances. Raises Unreadable."""
    return tuple(instance(each) for each in rows(value))


def agent(value: object) -> RemoteAgent:
    """An agent whose files a backend has. Raises Unreadable."""
    id = text(value, "id")
    return RemoteAgent(id=id, name=_text(record(value, "an agent"), "name") or id)


def rows(value: object) -> Sequence[object]:
    """A list. Raises Unreadable."""
    if not isinstance(value, list):
        raise Unreadable("it is not a list")
    return cast("list[object]", value)


def record(value: object, what: str) -> Mapping[str, Any]:
    """An object. Raises Unreadable."""
    if not isinstance(value, dict):
        raise Unreadable(f"{what} is not an object")
    return cast("dict[str, Any]", value)


def text(value: object, key: str) -> str:
    """A text of an object, which has to be there. Raises Unreadable."""
    found = record(value, "it").get(key)
    if not isinstance(found, str):
        raise Unreadable(f"{key} is missing")
    return found


def health(value: object) -> Health:
    """How an instance is. Raises Unreadable."""
    fields = record(value, "the health")
    beat = moment(fields.get("last_heartbeat"))
    if beat is None:
        raise Unreadable("the health has no last_heartbeat")
    return Health(
        cpu_percent=_number(fields, "cpu_percent"),
        memory_mb=_number(fields, "memory_mb"),
        disk_mb=_number(fields, "disk_mb"),
        last_heartbeat=beat,
        uptime_secs=_number(fields, "uptime_secs"),
    )


def meant(called: str, among: Sequence[Instance]) -> Instance:
    """The one whose id this is, else whose name, else the only one whose id begins so. Raises NotOne."""
    for same in (
        (each for each in among if each.id == called),
        (each for each in among if each.name == called),
    ):
        found = tuple(same)
        if len(found) == 1:
            return found[0]
    beginning = [each for each in among if called and each.id.startswith(called)]
    if len(beginning) != 1:
        raise NotOne(called=called, found=tuple(each.id for each in beginning))
    return beginning[0]


def _text(fields: Mapping[str, Any], key: str) -> str | None:
    found = fields.get(key)
    return plain(found) if isinstance(found, str) and found else None


def _number(fields: Mapping[str, Any], key: str) -> float:
    found = fields.get(key)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else 0.0
