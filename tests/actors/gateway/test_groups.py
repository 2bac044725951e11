"""Settings by the groups in which clients of the original look at them."""

from typing import Any

from actors.gateway.groups import changes, shown
from actors.settings.messages import Setting


def setting(key: str, value: Any) -> Setting:
    return Setting(key=key, section="s", value=value, default=None, expected="", file=None, takes="at_once")


KNOWN = [
    setting("max_turns", 30),
    setting("agent_name", "Aster"),
    setting("compaction_model", None),
    setting("channels.telegram.enabled", True),
    setting("secret", 1),
]


def test_a_group_has_what_there_is_of_its_fields() -> None:
    assert shown("general", KNOWN) == {"max_turns": 30, "agent_name": "Aster", "compaction_model": None}
    assert shown("channels", KNOWN) == {"telegram": {"enabled": True}}
    assert shown("memory", KNOWN) == {}


def test_only_what_is_another_is_changed() -> None:
    body = {"max_turns": 30, "agent_name": "Bea", "compaction_model": "", "secret": 2, "timezone": "UTC"}
    assert changes("general", KNOWN, body) == {"agent_name": "Bea"}
    assert changes("general", KNOWN, {"agent_name": ""}) == {"agent_name": None}
    assert changes("channels", KNOWN, {"telegram": {"enabled": False}}) == {
        "channels.telegram.enabled": False
    }
    for wrong in ({"telegram": True}, {}):
        assert changes("channels", KNOWN, wrong) == {}
