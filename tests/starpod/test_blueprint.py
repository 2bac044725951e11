import json
import os
from pathlib import Path

import pytest

from actors.persona.settings import Settings
from starpod import config
from starpod.applied import digest
from starpod.blueprint import (
    PROMPTS,
    apply_blueprint,
    build_standalone,
    changed_since,
    ephemeral_instance,
    kept_prompts,
    open_instance,
)
from starpod.errors import WorkspaceError
from starpod.workspace import Instance, InWorkspace, instance_in
from tests.starpod.conftest import Workspace


def tree(root: Path) -> dict[str, str | None]:
    """Every path below `root` with the text of the files."""
    return {
        str(at.relative_to(root)): at.read_text(encoding="utf-8") if at.is_file() else None
        for at in sorted(root.rglob("*"))
    }


def apply(workspace: Workspace, name: str = "bot") -> Instance:
    instance = instance_in(workspace.root, name)
    apply_blueprint(workspace.root / "agents" / name, instance, workspace.root, "dev")
    return instance


class TestApplying:
    def test_lays_out_a_whole_instance(self, workspace: Workspace) -> None:
        workspace.blueprint(toml="# mine\n")

        instance = apply(workspace)

        assert set(tree(instance.root)) == {
            ".starpod",
            ".starpod/config",
            *(
                f".starpod/config/{name}"
                for name in ("agent.toml", "HEARTBEAT.md", "BOOT.md", "BOOTSTRAP.md", "frontend.toml")
            ),
            ".starpod/db",
            ".starpod/db/applied.json",
            ".starpod/skills",
            ".starpod/users",
            *(f".starpod/users/admin{name}" for name in ("", "/USER.md", "/MEMORY.md", "/memory")),
            "home",
            *(f"home/{name}" for name in ("desktop", "documents", "projects", "downloads")),
        }
        assert instance.agent_toml.read_text(encoding="utf-8") == "# mine\n"
        for folder in (instance.agent_home, instance.home_dir):
            assert (folder.stat().st_mode & 0o777) == 0o700

    def test_keeps_others_out_of_the_agents_home_whatever_the_umask_says(self, workspace: Workspace) -> None:
        before = os.umask(0o022)
        try:
            instance = instance_in(workspace.root, "bot")
            apply_blueprint(workspace.blueprint(), instance, workspace.root, "dev")
        finally:
            os.umask(before)

        assert instance.home_dir.stat().st_mode & 0o777 == 0o700
        assert instance.agent_home.stat().st_mode & 0o777 == 0o700

    def test_leaves_the_blueprint_as_it_was(self, workspace: Workspace) -> None:
        blueprint = workspace.blueprint()
        before = tree(blueprint)

        apply(workspace)

        assert tree(blueprint) == before

    def test_refuses_a_folder_that_is_no_blueprint_and_creates_nothing(self, workspace: Workspace) -> None:
        workspace.write("agents/bot/SOUL.md")

        with pytest.raises(WorkspaceError, match=r"agents/bot is not a blueprint.*agent\.toml"):
            apply(workspace)

        assert not (workspace.root / ".instances").exists()

    def test_renews_configuration_and_persona(self, workspace: Workspace) -> None:
        workspace.blueprint(toml="# 1\n")
        workspace.write("agents/bot/SOUL.md", "soul 1")
        apply(workspace)
        workspace.blueprint(toml="# 2\n")
        workspace.write("agents/bot/SOUL.md", "soul 2")

        instance = apply(workspace)

        assert instance.agent_toml.read_text(encoding="utf-8") == "# 2\n"
        assert instance.soul.read_text(encoding="utf-8") == "soul 2"

    def test_again_without_a_change_writes_nothing(self, workspace: Workspace) -> None:
        workspace.blueprint(toml="# 1\n")
        for name in ("SOUL.md", "BOOTSTRAP.md", "frontend.toml", "files/documents/a.md"):
            workspace.write(f"agents/bot/{name}", name)
        workspace.write(".env", "A=1")
        instance = apply(workspace)
        before = {at: at.stat().st_ino for at in instance.root.rglob("*")}

        apply(workspace)

        assert {at: at.stat().st_ino for at in instance.root.rglob("*")} == before

    def test_a_prompt_that_left_the_blueprint_stays_in_the_instance(self, workspace: Workspace) -> None:
        blueprint = workspace.blueprint()
        for name in ("SOUL.md", "HEARTBEAT.md", "BOOT.md", "BOOTSTRAP.md", "frontend.toml"):
            workspace.write(f"agents/bot/{name}", f"# {name}")
        apply(workspace)
        for at in blueprint.iterdir():
            at.unlink()
        workspace.blueprint()

        instance = apply(workspace)

        for name in ("SOUL.md", "HEARTBEAT.md", "BOOT.md", "BOOTSTRAP.md", "frontend.toml"):
            assert (instance.config_dir / name).read_text(encoding="utf-8") == f"# {name}"

    def test_leaves_alone_what_the_agent_and_its_users_made(self, workspace: Workspace) -> None:
        workspace.blueprint()
        instance = apply(workspace)
        made = {
            instance.user("admin").profile: "I am Ada",
            instance.db_dir / "session.db": "rows",
            instance.home_dir / "documents/n.md": "note",
            instance.home_dir / "projects/a/b": "code",
            instance.skills_dir / "own/SKILL.md": "skill",
        }
        for path, text in made.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        instance.user("admin").memory.unlink()

        apply(workspace)

        assert {path: path.read_text(encoding="utf-8") for path in made} == made
        assert instance.user("admin").memory.exists()  # it was missing

        instance.user("admin").history.write_text("rows", encoding="utf-8")
        instance.user("admin").memory.unlink()
        apply(workspace)
        assert not instance.user("admin").memory.exists()  # it was forgotten

    def test_a_run_that_was_cut_short_leaves_no_instance(self, workspace: Workspace) -> None:
        workspace.blueprint()
        workspace.write("skills/s/SKILL.md")
        instance = instance_in(workspace.root, "bot")
        instance.agent_home.mkdir(parents=True)
        (instance.agent_home / "users").write_text("in the way", encoding="utf-8")

        with pytest.raises(FileExistsError):
            apply(workspace)

        assert not instance.agent_toml.exists()

    def test_a_folder_of_the_home_that_the_agent_replaced_is_left_alone(self, workspace: Workspace) -> None:
        workspace.blueprint()
        instance = apply(workspace)
        (instance.home_dir / "desktop").rmdir()
        (instance.home_dir / "desktop").symlink_to("/nowhere")

        apply(workspace)

        assert (instance.home_dir / "desktop").is_symlink()


@pytest.mark.parametrize("name", PROMPTS)
class TestAPromptOfTheAgentsOwnJobs:
    """HEARTBEAT.md and its kin, which people change where the agent runs."""

    def put(self, workspace: Workspace, name: str, text: str) -> Path:
        """In the blueprint, which is then applied. Returns the file of the instance."""
        workspace.blueprint()
        workspace.write(f"agents/bot/{name}", text)
        return apply(workspace).config_dir / name

    def test_is_renewed_as_long_as_nobody_has_changed_it(self, workspace: Workspace, name: str) -> None:
        for text in ("one", "two", "", "three"):
            assert self.put(workspace, name, text).read_text(encoding="utf-8") == text

    @pytest.mark.parametrize("mine", ["mine", ""])
    def test_stays_as_somebody_has_left_it(self, workspace: Workspace, name: str, mine: str) -> None:
        installed = self.put(workspace, name, "one")
        assert kept_prompts(instance_in(workspace.root, "bot"), workspace.root / "agents/bot") == []
        installed.write_text(mine, encoding="utf-8")

        for text in ("one", "two", "two", "three"):
            assert self.put(workspace, name, text).read_text(encoding="utf-8") == mine
            assert kept_prompts(instance_in(workspace.root, "bot"), workspace.root / "agents/bot") == [name]

    def test_is_the_blueprints_again_once_it_is_the_same_or_gone(
        self, workspace: Workspace, name: str
    ) -> None:
        installed = self.put(workspace, name, "one")
        installed.unlink()
        assert self.put(workspace, name, "two").read_text(encoding="utf-8") == "two"
        installed.write_text("three", encoding="utf-8")
        self.put(workspace, name, "three")
        assert self.put(workspace, name, "four").read_text(encoding="utf-8") == "four"

    def test_an_empty_one_gives_way_to_the_first_real_one(self, workspace: Workspace, name: str) -> None:
        workspace.blueprint()
        assert (apply(workspace).config_dir / name).read_bytes() == b""

        assert self.put(workspace, name, "one").read_text(encoding="utf-8") == "one"

    def test_that_is_somebodys_gets_none_from_a_blueprint_that_had_none(
        self, workspace: Workspace, name: str
    ) -> None:
        workspace.blueprint()
        (apply(workspace).config_dir / name).write_text("mine", encoding="utf-8")

        assert self.put(workspace, name, "one").read_text(encoding="utf-8") == "mine"

    def test_is_told_of_only_when_the_blueprint_has_changed(self, workspace: Workspace, name: str) -> None:
        instance = instance_in(workspace.root, "bot")
        self.put(workspace, name, "one").write_text("mine", encoding="utf-8")
        assert changed_since(instance) == []

        workspace.write(f"agents/bot/{name}", "two")
        assert changed_since(instance) == [name]

        apply(workspace)
        assert changed_since(instance) == []


def test_a_first_run_prompt_that_an_earlier_version_has_emptied_stays_empty(workspace: Workspace) -> None:
    workspace.blueprint()
    workspace.write("agents/bot/BOOTSTRAP.md", "say hello")
    workspace.write("agents/bot/BOOT.md", "look around")
    instance = apply(workspace)
    old = {"bootstrap": digest(b"say hello"), "env": None}
    (instance.db_dir / "applied.json").write_text(json.dumps(old), encoding="utf-8")
    for name in PROMPTS:
        (instance.config_dir / name).write_text("", encoding="utf-8")

    apply(workspace)

    assert (instance.config_dir / "BOOTSTRAP.md").read_text(encoding="utf-8") == ""
    assert (instance.config_dir / "BOOT.md").read_text(encoding="utf-8") == "look around"  # nobody knows


class TestSecrets:
    @pytest.mark.parametrize(
        ("files", "source", "expected"),
        [
            ({".env": "A=prod", ".env.dev": "A=dev"}, "dev", "A=dev"),
            ({".env": "A=prod"}, "dev", "A=prod"),
            ({".env": "A=prod", ".env.dev": "A=dev"}, "prod", "A=prod"),
            ({".env.dev": "A=dev"}, "prod", None),
            ({}, "dev", None),
        ],
    )
    def test_a_new_instance_begins_with_those_of_its_workspace(
        self, workspace: Workspace, files: dict[str, str], source: str, expected: str | None
    ) -> None:
        workspace.blueprint()
        for name, text in files.items():
            workspace.write(name, text)
        instance = instance_in(workspace.root, "bot")

        apply_blueprint(
            workspace.root / "agents/bot", instance, workspace.root, "dev" if source == "dev" else "prod"
        )

        assert (instance.env_file and instance.env_file.read_text(encoding="utf-8")) == expected
        assert not (instance.config_dir / ".env").exists()

    def test_are_readable_by_their_owner_alone(self, workspace: Workspace) -> None:
        workspace.blueprint()
        workspace.write(".env", "A=1")

        env_file = apply(workspace).env_file

        assert env_file is not None
        assert env_file.stat().st_mode & 0o777 == 0o600

    def test_that_are_there_survive_byte_for_byte(self, workspace: Workspace) -> None:
        workspace.blueprint()
        workspace.write(".env", "A=1")
        instance = apply(workspace)
        (instance.agent_home / ".env").write_bytes(b"A=2\r\n# mine")
        workspace.write(".env", "A=3")

        apply(workspace)

        assert (instance.agent_home / ".env").read_bytes() == b"A=2\r\n# mine"


class TestOpeningAnInstance:
    def test_makes_it_from_the_blueprint_when_it_was_never_started(self, workspace: Workspace) -> None:
        blueprint = workspace.blueprint()
        workspace.write(".env", "A=1")
        before = tree(blueprint)

        instance = open_instance(InWorkspace(workspace.root, "bot"))

        assert instance.agent_toml.is_file()
        assert instance.env_file is not None
        assert tree(blueprint) == before

    def test_takes_one_that_is_there_as_it_is(self, workspace: Workspace) -> None:
        workspace.blueprint(toml="# 1\n")
        apply(workspace)
        workspace.blueprint(toml="# 2\n")

        instance = open_instance(InWorkspace(workspace.root, "bot"))

        assert instance.agent_toml.read_text(encoding="utf-8") == "# 1\n"

    def test_says_where_it_looked_for_an_agent_that_is_not_there(self, workspace: Workspace) -> None:
        with pytest.raises(WorkspaceError, match=r"not found.*\.instances/ghost.*agents/ghost"):
            open_instance(InWorkspace(workspace.root, "ghost"))

    def test_refuses_a_name_that_leads_elsewhere(self, workspace: Workspace) -> None:
        workspace.write("agent.toml")

        with pytest.raises(WorkspaceError, match="cannot name an agent"):
            open_instance(InWorkspace(workspace.root, ".."))

    def test_refuses_the_old_layout(self, workspace: Workspace) -> None:
        workspace.blueprint()
        workspace.write(".instances/bot/.starpod/agent.toml")

        with pytest.raises(WorkspaceError, match="earlier version"):
            open_instance(InWorkspace(workspace.root, "bot"))

    def test_a_found_instance_is_itself(self, tmp_path: Path) -> None:
        instance = Instance(root=tmp_path)

        assert open_instance(instance) is instance


class TestBuilding:
    def test_makes_the_same_layout_without_a_workspace(self, workspace: Workspace, tmp_path: Path) -> None:
        blueprint = workspace.blueprint()
        workspace.write("agents/bot/files/documents/a.md", "a")
        workspace.write("skills/s/SKILL.md", "s")

        built = build_standalone(blueprint, tmp_path / "out", skills=workspace.root / "skills")

        applied = apply(workspace)
        assert tree(built.root) == tree(applied.root)
        assert built == Instance(root=tmp_path / "out")

    def test_without_skills_or_secrets_there_are_none(self, workspace: Workspace, tmp_path: Path) -> None:
        workspace.write("skills/s/SKILL.md", "s")
        workspace.write(".env", "A=1")

        built = build_standalone(workspace.blueprint(), tmp_path / "out")

        assert list(built.skills_dir.iterdir()) == []
        assert built.env_file is None

    def test_does_not_touch_what_is_there_unless_told_to(self, workspace: Workspace, tmp_path: Path) -> None:
        built = build_standalone(workspace.blueprint(toml="# 1\n"), tmp_path)
        before = tree(built.root)

        with pytest.raises(WorkspaceError, match=r"already exists.*--force"):
            build_standalone(workspace.blueprint(toml="# 2\n"), tmp_path)
        workspace.blueprint(toml="# 1\n")
        assert tree(built.root) == before

    def test_by_force_renews_the_blueprint_and_keeps_the_rest(
        self, workspace: Workspace, tmp_path: Path
    ) -> None:
        secrets = workspace.write("secrets", "A=1")
        built = build_standalone(workspace.blueprint(toml="# 1\n"), tmp_path / "out", env_file=secrets)
        (built.db_dir / "x.db").write_text("rows", encoding="utf-8")
        secrets.write_text("A=2", encoding="utf-8")

        build_standalone(workspace.blueprint(toml="# 2\n"), tmp_path / "out", env_file=secrets, force=True)

        assert built.agent_toml.read_text(encoding="utf-8") == "# 2\n"
        assert (built.db_dir / "x.db").read_text(encoding="utf-8") == "rows"
        assert (built.agent_home / ".env").read_text(encoding="utf-8") == "A=1"

    def test_replaces_secrets_only_when_that_is_asked_for(self, workspace: Workspace, tmp_path: Path) -> None:
        secrets = workspace.write("secrets", "A=1")
        blueprint = workspace.blueprint()
        built = build_standalone(blueprint, tmp_path / "out", env_file=secrets)
        secrets.write_text("A=2", encoding="utf-8")

        build_standalone(blueprint, tmp_path / "out", env_file=secrets, force=True, overwrite_env=True)

        assert (built.agent_home / ".env").read_text(encoding="utf-8") == "A=2"

    @pytest.mark.parametrize(
        ("missing", "text"),
        [
            ("env_file", "env file not found"),
            ("skills", "skills folder not found"),
            ("agent", r"agent\.toml"),
        ],
    )
    def test_a_missing_input_is_said_before_anything_is_written(
        self, workspace: Workspace, tmp_path: Path, missing: str, text: str
    ) -> None:
        blueprint = workspace.root if missing == "agent" else workspace.blueprint()
        gone = tmp_path / "gone"

        with pytest.raises(WorkspaceError, match=text):
            build_standalone(
                blueprint,
                tmp_path / "out",
                skills=gone if missing == "skills" else None,
                env_file=gone if missing == "env_file" else None,
            )

        assert not (tmp_path / "out").exists()


class TestTheEphemeralInstance:
    def test_loads_as_a_single_agent_with_a_plain_name(self) -> None:
        with ephemeral_instance() as instance:
            loaded = config.load(instance, {})

            assert loaded.of(Settings).agent_name == "Starpod"
            assert instance.workspace is None
            assert instance.home_dir.is_dir()
            assert instance.soul.read_text(encoding="utf-8") == ""

    def test_each_one_is_another(self) -> None:
        with ephemeral_instance() as first, ephemeral_instance() as second:
            assert first.root != second.root

    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
    def test_is_gone_afterwards_whatever_happened(self, error: type[BaseException]) -> None:
        where: list[Path] = []

        with pytest.raises(error), ephemeral_instance() as instance:
            where.append(instance.root)
            raise error

        assert not os.path.lexists(where[0])

    def test_is_gone_when_it_was_interrupted_as_soon_as_it_was_made(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make = os.mkdir

        def interrupted(path: str | Path, mode: int = 0o777) -> None:
            make(path, mode)
            raise KeyboardInterrupt

        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(os, "mkdir", interrupted)
            with ephemeral_instance():
                pytest.fail("it was interrupted")
        assert list(tmp_path.iterdir()) == []
