import tomllib
from pathlib import Path
from typing import get_args

import pytest

from actors.cron import files
from actors.llm import settings as llm
from actors.llm.settings import PROVIDERS, Provider
from actors.settings.problems import ConfigError, Problem
from starpod import config
from starpod.blueprint import open_instance
from starpod.environment import read_env
from starpod.errors import WorkspaceError
from starpod.scaffold import Choices, create_blueprint, create_workspace
from starpod.workspace import InWorkspace


def env(path: Path) -> dict[str, str]:
    warnings: list[Problem] = []
    values = read_env(path, warnings)
    assert warnings == []
    return values


def settings(path: Path) -> dict[str, object]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


class TestAWorkspace:
    def test_is_these_files(self, tmp_path: Path) -> None:
        create_workspace(tmp_path, Choices())

        assert {at.name for at in tmp_path.iterdir()} == {
            "starpod.toml",
            "agents",
            "skills",
            ".env",
            ".env.dev",
            ".gitignore",
        }
        assert settings(tmp_path / "starpod.toml") == {}
        assert (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines() == [
            ".env",
            ".env.dev",
            ".instances/",
            ".starpod/",
        ]
        for name in (".env", ".env.dev"):
            assert (tmp_path / name).stat().st_mode & 0o777 == 0o600

    def test_is_not_made_twice(self, tmp_path: Path) -> None:
        (tmp_path / "starpod.toml").touch()

        with pytest.raises(WorkspaceError, match="already initialised"):
            create_workspace(tmp_path, Choices())

        assert [at.name for at in tmp_path.iterdir()] == ["starpod.toml"]

    @pytest.mark.parametrize("provider", PROVIDERS)
    @pytest.mark.parametrize("key", [None, 'k"e\\y #1'])
    def test_has_a_place_for_the_key_of_every_provider(
        self, tmp_path: Path, provider: Provider, key: str | None
    ) -> None:
        create_workspace(tmp_path, Choices(provider=provider, model="m/1", api_key=key, brave_key=None))

        assert settings(tmp_path / "starpod.toml") == {"provider": provider, "model": "m/1"}
        keyless = provider in ("ollama", "offline")
        expected = {} if keyless or key is None else {f"{provider.upper()}_API_KEY": key}
        for name in (".env", ".env.dev"):
            text = (tmp_path / name).read_text(encoding="utf-8")
            assert env(tmp_path / name) == expected
            assert ("needs no key" in text) == keyless
        assert "Development overrides" in (tmp_path / ".env.dev").read_text(encoding="utf-8").splitlines()[0]

    @pytest.mark.parametrize("key", [None, "b"])
    def test_has_a_place_for_the_key_of_the_web_search(self, tmp_path: Path, key: str | None) -> None:
        create_workspace(tmp_path, Choices(brave_key=key))

        assert env(tmp_path / ".env") == ({} if key is None else {"BRAVE_API_KEY": key})
        assert "BRAVE_API_KEY=" in (tmp_path / ".env").read_text(encoding="utf-8")

    def test_adds_to_files_that_are_there(self, tmp_path: Path) -> None:
        (tmp_path / ".gitignore").write_text(".env.local\n.instances/", encoding="utf-8")
        (tmp_path / ".env").write_text("MINE=1", encoding="utf-8")

        create_workspace(tmp_path, Choices(api_key="k"))

        assert (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines() == [
            ".env.local",
            ".instances/",
            ".env",
            ".env.dev",
            ".starpod/",
        ]
        assert env(tmp_path / ".env") == {"MINE": "1", "ANTHROPIC_API_KEY": "k"}

    def test_adds_to_a_file_in_any_encoding(self, tmp_path: Path) -> None:
        (tmp_path / ".gitignore").write_bytes(b"# J\xfcrgen")

        create_workspace(tmp_path, Choices())

        lines = (tmp_path / ".gitignore").read_bytes().splitlines()
        assert lines[0] == b"# J\xfcrgen"
        assert b".instances/" in lines

    def test_does_not_touch_a_gitignore_that_has_everything(self, tmp_path: Path) -> None:
        path = tmp_path / ".gitignore"
        path.write_text("/x\n.starpod/\n.instances/\n.env.dev\n.env", encoding="utf-8")
        before = path.read_bytes()

        create_workspace(tmp_path, Choices())

        assert path.read_bytes() == before


class TestABlueprint:
    def test_is_these_files(self, tmp_path: Path) -> None:
        create_workspace(tmp_path, Choices())

        blueprint = create_blueprint(tmp_path, "bot")

        assert {at.name for at in blueprint.iterdir()} == {
            "agent.toml",
            "SOUL.md",
            "BOOT.md",
            "HEARTBEAT.md",
            "BOOTSTRAP.md",
            "frontend.toml",
            "files",
        }
        assert settings(blueprint / "agent.toml") == {"agent_name": "bot"}
        assert list(settings(blueprint / "frontend.toml")) == ["prompts"]
        assert [files.read(blueprint, job).prompt for job in files.NAMES] == ["", "", ""]
        assert "Headings, comments" in (blueprint / "HEARTBEAT.md").read_text(encoding="utf-8")

    def test_speaks_under_its_name(self, tmp_path: Path) -> None:
        create_workspace(tmp_path, Choices())

        by_folder = (create_blueprint(tmp_path, "bot") / "SOUL.md").read_text(encoding="utf-8")
        named = create_blueprint(tmp_path, "other", agent_name="Nóva", soul="You love maps.")

        assert "You are bot," in by_folder
        assert "You are Nóva. You love maps.\n" in (named / "SOUL.md").read_text(encoding="utf-8")
        assert settings(named / "agent.toml") == {"agent_name": "Nóva"}
        assert "Aster" not in by_folder + (named / "SOUL.md").read_text(encoding="utf-8")

    @pytest.mark.parametrize("provider", get_args(Provider))
    def test_loads_with_the_model_of_its_workspace(self, tmp_path: Path, provider: Provider) -> None:
        create_workspace(tmp_path, Choices(provider=provider, model="m/1"))
        create_blueprint(tmp_path, "bot")

        key = {f"{provider.upper()}_API_KEY": "k"}
        loaded = config.load(open_instance(InWorkspace(tmp_path, "bot")), key)

        models = loaded.of(llm.Settings)
        assert (models.provider, models.model, loaded.warnings) == (provider, "m/1", ())

    @pytest.mark.parametrize(
        ("model", "defaults", "expected"),
        [
            ("x", "", {"provider": "anthropic", "model": "x"}),
            ("x", 'provider = "groq"\nmodel = "y"', {"provider": "groq", "model": "x"}),
            ("openai/x", 'provider = "groq"\nmodel = "y"', {"provider": "openai", "model": "x"}),
            (None, 'provider = "groq"\nmodel = "y"', {"provider": "groq", "model": "y"}),
        ],
    )
    def test_a_model_that_is_asked_for_wins(
        self, tmp_path: Path, model: str | None, defaults: str, expected: dict[str, str]
    ) -> None:
        (tmp_path / "starpod.toml").write_text(defaults, encoding="utf-8")

        blueprint = create_blueprint(tmp_path, "bot", model=model)

        assert settings(blueprint / "agent.toml") == {"agent_name": "bot", **expected}

    def test_writes_down_what_it_would_lose_elsewhere(self, tmp_path: Path) -> None:
        (tmp_path / "starpod.toml").write_text(
            'max_turns = 9\nserver_addr = "127.0.0.1:1"\n', encoding="utf-8"
        )

        blueprint = create_blueprint(tmp_path, "bot")

        assert settings(blueprint / "agent.toml") == {
            "agent_name": "bot",
            "max_turns": 9,
            "server_addr": "127.0.0.1:1",
        }

    def test_any_display_name_stays_itself(self, tmp_path: Path) -> None:
        create_workspace(tmp_path, Choices())
        name = 'Q"\\1\\g<0>#'

        blueprint = create_blueprint(tmp_path, "bot", agent_name=name)

        assert settings(blueprint / "agent.toml") == {"agent_name": name}

    @pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[2J", "x" * 101])
    def test_a_display_name_that_no_configuration_could_hold_is_refused(
        self, tmp_path: Path, name: str
    ) -> None:
        create_workspace(tmp_path, Choices())

        with pytest.raises(WorkspaceError, match="the name that people are shown must"):
            create_blueprint(tmp_path, "bot", agent_name=name)

        assert list((tmp_path / "agents").iterdir()) == []

    @pytest.mark.parametrize("name", ["../x", "Bot", "a b", "", "\x00", "x" * 5000])
    def test_a_name_that_cannot_be_one_is_refused(self, tmp_path: Path, name: str) -> None:
        create_workspace(tmp_path, Choices())

        with pytest.raises(WorkspaceError, match="cannot name an agent"):
            create_blueprint(tmp_path, name)

        assert list((tmp_path / "agents").iterdir()) == []

    def test_one_that_is_there_is_left_alone(self, tmp_path: Path) -> None:
        create_workspace(tmp_path, Choices())
        (tmp_path / "agents/bot").mkdir()

        with pytest.raises(WorkspaceError, match="already exists"):
            create_blueprint(tmp_path, "bot")

        assert list((tmp_path / "agents/bot").iterdir()) == []

    def test_a_broken_workspace_file_is_said_before_anything_is_made(self, tmp_path: Path) -> None:
        (tmp_path / "starpod.toml").write_text("= x", encoding="utf-8")

        with pytest.raises(ConfigError, match=r"starpod\.toml: not valid TOML"):
            create_blueprint(tmp_path, "bot")

        assert not (tmp_path / "agents").exists()
