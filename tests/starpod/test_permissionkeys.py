"""The table of permissions in the files."""

import pytest

from actors.permissions.settings import Permissions, Rule, Settings
from actors.settings.problems import ConfigError
from tests.starpod.configured import load, load_single
from tests.starpod.conftest import Workspace

RULES = """
[permissions]
outside = "allow"
Bash = "ask"
mcp__files__read = "allow"
[[permissions.rules]]
tool = "Bash"
pattern = "git *"
outside = true
decision = "allow"
"""


def test_short_forms_are_rules_behind_those_that_are_written_out(workspace: Workspace) -> None:
    loaded = load_single(workspace, RULES)
    assert loaded.warnings == ()
    assert loaded.of(Settings).permissions == Permissions(
        outside="allow",
        rules=(Rule(tool="Bash", pattern="git *", outside=True, decision="allow"),),
        tools={"Bash": "ask", "mcp__files__read": "allow"},
    )
    assert loaded.of(Settings).permissions.in_order == (
        Rule(tool="Bash", pattern="git *", outside=True, decision="allow"),
        Rule(tool="Bash", decision="ask"),
        Rule(tool="mcp__files__read", decision="allow"),
    )


def test_an_agent_adds_to_the_short_forms_of_its_workspace(workspace: Workspace) -> None:
    loaded = load(workspace, '[permissions]\nBash = "deny"', '[permissions]\nBash = "allow"\nEdit = "ask"')
    rules = loaded.of(Settings).permissions.in_order
    assert {rule.tool: rule.decision for rule in rules} == {"Bash": "deny", "Edit": "ask"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[permissions]\n\nBash = "alow"', "agent.toml:3: permissions.Bash: must be one of"),
        ("[permissions]\nexpires_minute = 5", "agent.toml:2: permissions.expires_minute: must be one of"),
        ("[permissions]\nexpires_minutes = 0", "agent.toml:2: permissions.expires_minutes: must be >= 1"),
        (
            '[[permissions.rules]]\ndecision = "no"',
            "agent.toml:2: permissions.rules.1.decision: must be one of",
        ),
        ('[permissions]\noutside = "deny"', "agent.toml:2: permissions.outside: must be one of"),
        ('[permissions]\nBsh = "ask"', "permissions.Bsh: there is no tool 'Bsh', did you mean 'Bash'?"),
        ('[permissions]\noutsid = "ask"', "there is no tool 'outsid'"),
        (
            '[[permissions.rules]]\ntool = "File*y"\ndecision = "deny"',
            "permissions.rules.1.tool: there is no tool 'File*y'",
        ),
        (
            '[[permissions.rules]]\nchannel = "telegrm"\ndecision = "deny"',
            "permissions.rules.1.channel: there is no channel 'telegrm', did you mean 'telegram'?",
        ),
        (
            '[permissions]\nasks_on = ["man"]',
            "permissions.asks_on: there is no channel 'man', did you mean 'main'?",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(workspace: Workspace, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load_single(workspace, text)
    assert words in str(raised.value)
