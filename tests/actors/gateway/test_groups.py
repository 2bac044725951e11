"""Settings by the groups in which clients of the original look at them."""

from typing import Any

import pytest

from actors.endpoints import BadMessage
from actors.gateway.groups import MASK, changes, masked, secrets, shown
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
    general = {"max_turns": 30, "agent_name": "Aster", "compaction_model": None}
    assert shown("general", KNOWN) == {**general, "proxy_enabled": False}
    assert shown("channels", KNOWN) == {"telegram": {"enabled": True}}
    assert shown("frontend", KNOWN) == {}


@pytest.mark.parametrize("embedder", [None, "local"])
def test_what_has_no_key_here_is_told_and_cannot_be_another(embedder: str | None) -> None:
    known = [setting("memory.embedder", embedder)]
    found = shown("memory", known)
    by_meaning = embedder is not None
    assert found == {
        "embedder": embedder,
        "mmr_lambda": 1.0,
        "chunk_overlap": 0,
        "vector_search": by_meaning,
    }
    assert shown("memory", []) == {"mmr_lambda": 1.0, "chunk_overlap": 0}
    assert changes("memory", known, found) == {}
    with pytest.raises(BadMessage, match=r"chunk_overlap: cannot be changed here\Z"):
        changes("memory", known, {"chunk_overlap": 50})
    with pytest.raises(BadMessage, match=r"memory\.embedder says"):
        changes("memory", known, {"vector_search": not by_meaning})


def test_of_secrets_it_is_told_whether_they_are_kept() -> None:
    assert masked("internet", {"BRAVE_API_KEY"}, {"enabled": True}) == {
        "enabled": True,
        "brave_api_key": MASK,
    }
    assert masked("channels", (), {}) == {"telegram": {"bot_token": None}}
    assert masked("frontend", {"BRAVE_API_KEY"}, {}) == {}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({}, {}),
        ({"telegram": True}, {}),
        ({"telegram": {"bot_token": None}}, {}),
        ({"telegram": {"bot_token": MASK}}, {}),
        ({"telegram": {"bot_token": "1:x"}}, {"TELEGRAM_BOT_TOKEN": "1:x"}),
        ({"telegram": {"bot_token": ""}}, {"TELEGRAM_BOT_TOKEN": ""}),
    ],
)
def test_secrets_go_to_the_vault(body: dict[str, Any], wanted: dict[str, str]) -> None:
    assert secrets("channels", body) == wanted
    assert secrets("frontend", body) == {}


def test_a_secret_that_is_no_text_is_refused() -> None:
    assert secrets("internet", {"brave_api_key": "k"}) == {"BRAVE_API_KEY": "k"}
    with pytest.raises(BadMessage, match="brave_api_key: expected text"):
        secrets("internet", {"brave_api_key": 1})


def test_only_what_is_another_is_changed() -> None:
    body = {"max_turns": 30, "agent_name": "Bea", "compaction_model": "", "secret": 2, "timezone": "UTC"}
    assert changes("general", KNOWN, body) == {"agent_name": "Bea"}
    assert changes("general", KNOWN, {"agent_name": ""}) == {"agent_name": None}
    assert changes("channels", KNOWN, {"telegram": {"enabled": False}}) == {
        "channels.telegram.enabled": False
    }
    for wrong in ({"telegram": True}, {}):
        assert changes("channels", KNOWN, wrong) == {}
