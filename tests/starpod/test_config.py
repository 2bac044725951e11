"""What the files of an agent come to: defaults, merging, and every mistake at once."""

import attrs
import pytest

from actors.agent import settings as agent
from actors.cron import settings as cron
from actors.gateway import settings as gateway
from actors.gateway.settings import Address
from actors.llm import settings as llm
from actors.memory import settings as memory
from actors.persona import settings as persona
from actors.session import settings as session
from actors.settings.problems import ConfigError
from actors.tools import settings as tools
from actors.web import settings as web
from starpod import config
from starpod.sources import lost_defaults
from starpod.upcoming import Upcoming
from starpod.workspace import Instance
from tests.starpod.configured import NOTHING, load, load_single
from tests.starpod.conftest import Workspace


def test_an_empty_file_gives_every_default(workspace: Workspace) -> None:
    loaded = load_single(workspace, "")

    assert loaded.of(agent.Settings) == agent.Settings()
    assert loaded.of(llm.Settings) == llm.Settings()
    assert loaded.of(session.Settings) == session.Settings()
    assert loaded.of(tools.Settings) == tools.Settings()
    assert loaded.of(Upcoming) == Upcoming()
    assert loaded.of(gateway.Settings) == gateway.Settings()
    assert str(gateway.Settings().server_addr) == "127.0.0.1:3000"
    assert loaded.warnings == ()


def test_the_defaults_are_the_documented_ones(workspace: Workspace) -> None:
    loaded = load_single(workspace, "")

    assert attrs.asdict(loaded.of(agent.Settings)) == {
        "max_turns": 30,
        "max_tokens": 16384,
        "reasoning_effort": None,
        "followup_mode": "inject",
        "limits": {
            "calls_per_answer": 32,
            "calls_per_turn": 200,
            "seconds_per_turn": 3600.0,
            "tokens_per_turn": 10_000_000,
            "usd_per_turn": 5.0,
            "tokens_per_conversation": 500_000_000,
            "usd_per_conversation": 100.0,
            "tokens_per_day": 100_000_000,
            "usd_per_day": 25.0,
        },
        "compaction": {
            "context_budget": 160000,
            "summary_max_tokens": 4096,
            "min_keep_messages": 4,
            "max_tool_result_bytes": 50000,
            "prune_threshold_pct": 70,
            "memory_flush": True,
            "flush_model": None,
            "prune_tool_result_max_chars": 2000,
        },
    }
    assert loaded.of(session.Settings).telegram_gap_minutes == 360
    assert loaded.of(session.Settings).email_gap_minutes == 1440
    assert attrs.asdict(loaded.of(tools.Settings)) == {
        "tools": {"env_allowed": ()},
        "attachments": {"enabled": True, "allowed_extensions": (), "max_file_size": 20971520},
        "checkpoints": {
            "keep_days": 14,
            "max_file_mb": 50,
            "max_total_mb": 2048,
            "max_files": 100_000,
            "skip_folders": (".cache", ".venv", "__pycache__", "node_modules"),
        },
    }
    assert attrs.asdict(loaded.of(memory.Settings))["memory"]["half_life_days"] == 30.0
    assert loaded.of(cron.Settings) == cron.Settings(
        cron=cron.Cron(default_timeout_secs=7200, default_max_retries=3)
    )
    assert loaded.of(web.Settings) == web.Settings(internet=web.Internet(max_fetch_bytes=2097152))
    assert loaded.of(Upcoming) == Upcoming()


def test_a_section_may_be_given_in_part(workspace: Workspace) -> None:
    loaded = load_single(workspace, "[compaction]\ncontext_budget = 5\n[attachments]\nenabled = false\n")

    assert loaded.of(agent.Settings).compaction == agent.Compaction(context_budget=5)
    assert loaded.of(tools.Settings).attachments == tools.Attachments(enabled=False)


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        ("", 360),
        ("[channels.telegram]", 360),
        ("[channels.telegram]\ngap_minutes = 5", 5),
        ("[channels.email]", 360),
    ],
)
def test_the_telegram_gap_is_six_hours_unless_it_is_set(workspace: Workspace, text: str, gap: int) -> None:
    assert load_single(workspace, text).of(session.Settings).telegram_gap_minutes == gap


class TestEveryMistakeAtOnce:
    def test_of_both_files_each_where_it_can_be_mended(self, workspace: Workspace) -> None:
        with pytest.raises(ConfigError) as raised:
            load(
                workspace,
                'server_addr = "nowhere"\nfollowup_mode = "inyect"\ntimezone = "Mars/Base"\nmax_turnz = 3\n',
                "max_turns = 0\n[memory]\nnudge_interval = -1\n",
            )

        blueprint = workspace.root / "agents/bot/agent.toml"
        shared = workspace.root / "starpod.toml"
        assert str(raised.value).splitlines() == [
            "5 mistakes in the configuration:",
            f"  {blueprint}:1: server_addr: must be host:port, such as 127.0.0.1:3000, found 'nowhere'",
            f"  {blueprint}:2: followup_mode: must be one of 'inject', 'queue', found 'inyect' (did you mean inject?)",
            f"  {blueprint}:3: timezone: must be an IANA time zone such as Europe/Vienna, found 'Mars/Base'",
            f"  {shared}:1: max_turns: must be >= 1, found 0",
            f"  {shared}:3: memory.nudge_interval: must be >= 0, found -1",
            f"  (and {blueprint}:4: max_turnz: unknown key, ignored (did you mean max_turns?))",
        ]

    def test_two_files_that_are_no_toml_are_both_named(self, workspace: Workspace) -> None:
        with pytest.raises(ConfigError) as raised:
            load(workspace, "a = \n", "= b\n")

        assert [problem.file.name for problem in raised.value.problems] == ["agent.toml", "starpod.toml"]

    def test_a_single_one_takes_a_single_line(self, workspace: Workspace) -> None:
        with pytest.raises(ConfigError) as raised:
            load_single(workspace, "max_turns = 0")

        assert str(raised.value) == (
            f"{workspace.root}/srv/.starpod/config/agent.toml:1: max_turns: must be >= 1, found 0"
        )

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("max_turns = -1", "max_turns: must be >= 1"),
            ("max_tokens = 0", "max_tokens: must be >= 1"),
            ('provider = "antropic"', "did you mean anthropic?"),
            ("[providers.opnai]\nenabled = true", "did you mean openai?"),
            ('[providers.openai]\nbase_url = "localhost"', "must be an address"),
            ('models = ["gpt-4o"]', "must be written provider/model"),
            ('models = ["openai/"]', "must be written provider/model"),
            ('models = ["/gpt-4o"]', "must be written provider/model"),
            ('models = "openai/gpt-4o"', "must be a list"),
            ('reasoning_effort = "max"', "must be one of 'low', 'medium', 'high'"),
            ('agent_name = " "', "must not be empty"),
            ("[memory]\nchunk_size = 63", "must be >= 64"),
            ("[compaction]\nprune_threshold_pct = 101", "must be <= 100"),
            (
                '[channels.telegram]\nstream_mode = "all"',
                "must be one of 'final_only', 'all_messages', 'stream'",
            ),
            ("[channels.telegram]\ngap_minutes = -1", "must be >= 0"),
            ('server_addr = "127.0.0.1:65536"', "must be host:port"),
            ('server_addr = "::1:80"', "must be host:port"),
            ('server_addr = "3000"', "must be host:port"),
            ("[attachments]\nmax_file_size = 0", "must be >= 1"),
            ("[llm.retry]\nmax_retries = -1", "llm.retry.max_retries: must be >= 0"),
            ("[llm]\nidle_timeout = 0", "llm.idle_timeout: must be > 0, found 0"),
            ('[llm]\nfallbacks = ["gpt-4o"]', "must be written provider/model"),
            ("[llm.retry]\npatience = -1", "llm.retry.patience: must be >= 0"),
        ],
    )
    def test_what_is_refused(self, workspace: Workspace, text: str, words: str) -> None:
        with pytest.raises(ConfigError) as raised:
            load_single(workspace, text)

        assert words in str(raised.value)

    def test_a_missing_file_is_named(self, workspace: Workspace) -> None:
        with pytest.raises(ConfigError, match=r"srv/\.starpod/config/agent\.toml: not found"):
            config.load(Instance(root=workspace.root / "srv"), NOTHING)


class TestMerging:
    def test_the_agent_wins_over_its_workspace(self, workspace: Workspace) -> None:
        loaded = load(
            workspace,
            "max_turns = 5\n[memory]\nchunk_size = 900\n",
            "max_turns = 9\nmax_tokens = 9\n[memory]\nchunk_size = 800\nuser_md_limit = 8\n",
        )

        assert (loaded.of(agent.Settings).max_turns, loaded.of(agent.Settings).max_tokens) == (5, 9)
        found = loaded.of(memory.Settings).memory
        assert (found.chunk_size, found.user_md_limit) == (900, 8)

    def test_a_single_agent_knows_no_workspace(self, workspace: Workspace) -> None:
        workspace.write("starpod.toml", "max_turns = 9")

        assert load_single(workspace, "").of(agent.Settings).max_turns == 30

    def test_what_belongs_to_one_agent_is_left_out_of_the_defaults(self, workspace: Workspace) -> None:
        loaded = load(
            workspace, "", 'agent_name = "All"\nname = "all"\n[channels.telegram]\ngap_minutes = 1\n'
        )

        assert loaded.of(persona.Settings).agent_name == "Aster"
        assert loaded.of(session.Settings).telegram_gap_minutes == 360
        assert [(warning.key, warning.line) for warning in loaded.warnings] == [
            ("agent_name", 1),
            ("name", 2),
            ("channels", 3),
        ]

    def test_what_a_blueprint_would_lose_elsewhere(self, workspace: Workspace) -> None:
        workspace.write(
            "starpod.toml", 'agent_name = "x"\nmax_turns = 9\n[memory]\nchunk_size = 9\nauto_log = true\n'
        )
        blueprint = workspace.blueprint(toml="[memory]\nauto_log = true\n")

        assert lost_defaults(blueprint, workspace.root) == ["max_turns", "memory.chunk_size"]


class TestModels:
    @pytest.mark.parametrize(
        ("text", "provider", "model", "models"),
        [
            ("", None, None, ()),
            ('provider = "openai"\nmodel = "gpt-4o"', "openai", "gpt-4o", ()),
            ('provider = "openai"', "openai", None, ()),
            ('models = ["openai/a", "openrouter/x/y"]', None, None, ("openai/a", "openrouter/x/y")),
            ('model = "openai/a"', None, "openai/a", ()),
            ('model = "claude-x"', "anthropic", "claude-x", ()),
            ('provider = "groq"\nmodel = "a"\nmodels = ["openai/b"]', "groq", "a", ("openai/b",)),
        ],
    )
    def test_are_handed_on_as_they_were_named(
        self,
        workspace: Workspace,
        text: str,
        provider: str | None,
        model: str | None,
        models: tuple[str, ...],
    ) -> None:
        settings = load_single(workspace, text).of(llm.Settings)

        assert (settings.provider, settings.model, settings.models) == (provider, model, models)

    @pytest.mark.parametrize(
        ("text", "model"),
        [
            ("", None),
            ('compaction_model = "groq/x"', "groq/x"),
            ('compaction_model = "x"', "x"),
            ('compaction_model = "x"\ncompaction_provider = "groq"', "groq/x"),
            ('compaction_model = "openai/x"\ncompaction_provider = "groq"', "openai/x"),
            ('compaction_model = "x"\n[compaction]\nmodel = "openai/y"', "openai/y"),
            ('compaction_provider = "openrouter"\n[compaction]\nmodel = "vendor/y"', "openrouter/vendor/y"),
        ],
    )
    def test_the_one_that_writes_summaries(self, workspace: Workspace, text: str, model: str | None) -> None:
        assert load_single(workspace, text).of(llm.Settings).compaction_model == model

    @pytest.mark.parametrize(
        ("agent_toml", "workspace_toml", "expected"),
        [
            ('provider = "groq"', 'provider = "openai"\nmodel = "gpt"', ("groq", None, ())),
            ('model = "b"', 'provider = "openai"\nmodel = "a"', ("openai", "b", ())),
            ('models = ["groq/b"]', 'provider = "openai"\nmodel = "a"', (None, None, ("groq/b",))),
            ('models = ["groq/b"]\nmodel = "c"', 'provider = "openai"', ("openai", "c", ("groq/b",))),
            ("", 'provider = "openai"\nmodel = "a"', ("openai", "a", ())),
        ],
    )
    def test_of_the_workspace_do_not_mix_with_the_agents(
        self, workspace: Workspace, agent_toml: str, workspace_toml: str, expected: object
    ) -> None:
        settings = load(workspace, agent_toml, workspace_toml).of(llm.Settings)

        assert (settings.provider, settings.model, settings.models) == expected

    def test_what_is_said_about_providers(self, workspace: Workspace) -> None:
        settings = load_single(
            workspace,
            '[providers.openai]\nenabled = false\nbase_url = "http://localhost:1/v1"\n'
            'models = ["a"]\noptions = { keep_alive = "5m" }\n[llm]\nidle_timeout = 5\n',
        ).of(llm.Settings)

        assert settings.providers == {
            "openai": llm.ProviderSettings(
                enabled=False, base_url="http://localhost:1/v1", models=("a",), options={"keep_alive": "5m"}
            )
        }
        assert settings.idle_timeout == 5.0


class TestTheName:
    @pytest.mark.parametrize(
        ("text", "in_workspace", "alone"),
        [
            ("", "bot", "Aster"),
            ('agent_name = "Nova"', "Nova", "Nova"),
            ('agent_name = "Aster"', "Aster", "Aster"),
            ('name = "inner"\nagent_name = "Nova"', "inner", "inner"),
        ],
    )
    def test_is_the_one_that_was_set_else_the_folders(
        self, workspace: Workspace, text: str, in_workspace: str, alone: str
    ) -> None:
        assert load(workspace, text).name == in_workspace
        assert load_single(workspace, text).name == alone


class TestTheStartPage:
    @pytest.mark.parametrize(
        ("text", "greeting", "prompts"),
        [
            ('greeting = "Hi"\nprompts = ["a", "b"]', "Hi", ("a", "b")),
            ('greeting = "Hi"', "Hi", ()),
            ('prompts = ["a"]', None, ("a",)),
            ("", None, ()),
        ],
    )
    def test_is_part_of_the_gateways_settings(
        self, workspace: Workspace, text: str, greeting: str | None, prompts: tuple[str, ...]
    ) -> None:
        settings = load(workspace, "", frontend=text).of(gateway.Settings)

        assert (settings.greeting, settings.prompts) == (greeting, prompts)

    @pytest.mark.parametrize(
        ("text", "prompts"),
        [
            ("greeting = ", ()),
            ('greeting = 1\nprompts = ["a"]', ("a",)),
            ('greting = "Hi"', ()),
            ("max_turns = 1", ()),
        ],
    )
    def test_a_mistake_in_it_is_a_warning(
        self, workspace: Workspace, text: str, prompts: tuple[str, ...]
    ) -> None:
        loaded = load(workspace, "", frontend=text)

        assert loaded.of(gateway.Settings) == gateway.Settings(prompts=prompts)
        assert loaded.of(agent.Settings) == agent.Settings()
        assert [warning.file for warning in loaded.warnings] == [workspace.root / "agents/bot/frontend.toml"]

    def test_stands_in_a_file_of_its_own(self, workspace: Workspace) -> None:
        loaded = load(workspace, 'greeting = "Hi"', 'prompts = ["a"]')

        assert loaded.of(gateway.Settings) == gateway.Settings()
        assert [warning.expected for warning in loaded.warnings] == ["belongs in frontend.toml, ignored"] * 2


@pytest.mark.parametrize(
    ("text", "host", "port", "shown"),
    [
        ("0.0.0.0:80", "0.0.0.0", 80, "0.0.0.0:80"),
        ("localhost:0", "localhost", 0, "localhost:0"),
        ("[::1]:65535", "::1", 65535, "[::1]:65535"),
    ],
)
def test_addresses(text: str, host: str, port: int, shown: str) -> None:
    address = Address.parse(text)

    assert (address.host, address.port, str(address)) == (host, port, shown)


@pytest.mark.parametrize(
    "text", ["", "host", ":80", "host:", "host:x", "host:-1", "host:65536", "::1:1", "a b:1", "[]:1", "h:²"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="must be host:port"):
        Address.parse(text)


@pytest.mark.parametrize("key", ["name", "agent_name"])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (r"A\u001B[31m", "must not hold control characters such as U+001B, found '"),
        (r"A\nB", "control characters such as U+000A"),
        (r"A\u202EB", "control characters such as U+202E"),
        ("  ", "must not be empty, found '  '"),
        ("", "must not be empty"),
        ("x" * 101, "must have 100 characters at most, not 101, found 'xxx"),
    ],
)
def test_a_name_that_cannot_be_shown_is_refused(
    workspace: Workspace, key: str, value: str, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_single(workspace, f'{key} = "{value}"')
    assert f"agent.toml:1: {key}: " in str(caught.value)
    assert words in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", ["Jürgen", "アスター", "👩\u200d🚀", "می\u200cخواهم", "x" * 100])
def test_names_of_all_scripts_are_names(workspace: Workspace, name: str) -> None:
    assert load_single(workspace, f'agent_name = "{name}"').of(persona.Settings).agent_name == name
