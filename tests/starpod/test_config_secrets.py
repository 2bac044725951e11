"""Keys and passwords are where they belong, strong enough, and shown nowhere."""

import pytest

from actors.agent import settings as agent
from actors.session import settings as session
from actors.settings.problems import ConfigError
from starpod import config
from starpod.workspace import Instance, instance_in
from tests.starpod.configured import KEYS, NOTHING, load, load_single
from tests.starpod.conftest import Workspace


class TestSecrets:
    def test_in_the_file_are_ignored_with_a_warning_that_names_the_variable(
        self, workspace: Workspace
    ) -> None:
        loaded = load_single(
            workspace,
            'max_turns = 4\n[providers.openai]\napi_key = "hush"\nenabled = true\n'
            '[channels.telegram]\nbot_token = "hush"\ngap_minutes = 7\n',
        )

        assert loaded.of(agent.Settings).max_turns == 4
        assert loaded.of(session.Settings).telegram_gap_minutes == 7
        assert [(warning.key, warning.line) for warning in loaded.warnings] == [
            ("providers.openai.api_key", 3),
            ("channels.telegram.bot_token", 6),
        ]
        assert "OPENAI_API_KEY" in str(loaded.warnings[0])
        assert "TELEGRAM_BOT_TOKEN" in str(loaded.warnings[1])
        assert "hush" not in repr(loaded)

    def test_of_the_environment_are_not_shown(self, workspace: Workspace) -> None:
        workspace.write("srv/.starpod/.env", "OPENAI_API_KEY=hush")

        loaded = load_single(workspace, "", NOTHING)

        assert loaded.given.environment == {"OPENAI_API_KEY": "hush"}
        assert "hush" not in repr(loaded)

    def test_a_broken_env_file_is_a_warning(self, workspace: Workspace) -> None:
        workspace.write("srv/.starpod/.env", "not a variable")

        assert [warning.line for warning in load_single(workspace, "").warnings] == [1]


def test_what_tools_may_know_is_no_secret(workspace: Workspace) -> None:
    path = workspace.write("srv/.starpod/config/agent.toml", '[tools]\nenv_allowed = ["REGION"]\n')
    workspace.write("srv/.starpod/.env", "REGION=eu-central\nMY_TOKEN=0123456789\n")

    assert config.load(Instance(root=path.parents[2]), {}).secrets == (("MY_TOKEN", "0123456789"),)


def test_a_chosen_key_that_may_be_a_word_is_not_betrayed_by_being_hidden(workspace: Workspace) -> None:
    path = workspace.write("srv/.starpod/config/agent.toml", "")
    word, long = {"STARPOD_API_KEY": "tangerine-marmalade"}, {"STARPOD_API_KEY": "sp_live_" + 40 * "0"}

    assert config.load(Instance(root=path.parents[2]), word).secrets == ()
    assert config.load(Instance(root=path.parents[2]), long).secrets == tuple(long.items())


def test_tools_are_not_given_what_is_the_agents_own(workspace: Workspace) -> None:
    path = workspace.write("srv/.starpod/config/agent.toml", '[tools]\nenv_allowed = ["BRAVE_API_KEY"]\n')

    with pytest.raises(ConfigError, match="BRAVE_API_KEY, which is the agent's own"):
        config.load(Instance(root=path.parents[2]), {})


class TestAKeyThatIsTooWeak:
    def test_is_told_of_the_file_that_it_comes_from(self, workspace: Workspace) -> None:
        shared = workspace.write(".env.dev", "STARPOD_API_KEY=short\n")
        with pytest.raises(ConfigError) as raised:
            load(workspace, "")
        assert str(raised.value).startswith(f"{shared}: STARPOD_API_KEY has 5 characters: too easily guessed")
        own = workspace.write(".instances/bot/.starpod/.env", "STARPOD_API_KEY=weak\n")
        with pytest.raises(ConfigError) as raised:
            config.load(instance_in(workspace.root, "bot"), KEYS)
        assert str(raised.value).startswith(f"{own}: STARPOD_API_KEY has 4 characters")

    def test_is_told_of_the_environment_where_it_was_exported(self, workspace: Workspace) -> None:
        with pytest.raises(ConfigError) as raised:
            load_single(workspace, "", {"STARPOD_API_KEY": "weak"})
        assert str(raised.value).startswith(
            "the environment of the process: STARPOD_API_KEY has 4 characters"
        )

    def test_is_told_with_every_other_mistake(self, workspace: Workspace) -> None:
        with pytest.raises(ConfigError, match="2 mistakes") as raised:
            load_single(workspace, "max_turns = 0", {"STARPOD_API_KEY": "weak"})
        assert [each.key for each in raised.value.problems] == ["max_turns", ""]
