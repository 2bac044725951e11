"""What is wrong with settings, as data."""

import pytest

from actors.settings.problems import placed


@pytest.mark.parametrize(
    ("words", "key", "rest"),
    [
        (
            "permissions.rules.2.tool: there is no tool 'x'",
            "permissions.rules.2.tool",
            "there is no tool 'x'",
        ),
        (
            "mcp.servers.a-b needs either a command\nor a url",
            "mcp.servers.a-b",
            "needs either a command\nor a url",
        ),
        ("mcp.servers.a.url must be an address", "mcp.servers.a.url", "must be an address"),
        ("the door is shut", "", "the door is shut"),
        ("shut: the door", "", "shut: the door"),
        ("a.b", "", "a.b"),
        ("", "", ""),
    ],
)
def test_a_sentence_that_begins_with_a_key_is_about_that(words: str, key: str, rest: str) -> None:
    assert placed(words) == (key, rest)
