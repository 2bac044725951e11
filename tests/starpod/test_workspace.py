from pathlib import Path
from typing import Any

import pytest

from starpod.errors import NoProject, WorkspaceError
from starpod.workspace import Instance, InWorkspace, check_name, detect, find_workspace, instance_in


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


class TestSingleAgent:
    def test_is_found_in_the_directory_itself_and_from_below(self, tmp_path: Path) -> None:
        make(tmp_path, ".starpod/config/agent.toml", "home/projects/a/")

        assert detect(tmp_path) == detect(tmp_path / "home/projects/a") == Instance(root=tmp_path)

    def test_the_nearest_of_nested_ones_wins(self, tmp_path: Path) -> None:
        make(tmp_path, ".starpod/config/agent.toml", "inner/.starpod/config/agent.toml", "inner/home/")

        assert detect(tmp_path / "inner/home") == Instance(root=tmp_path / "inner")

    def test_beats_a_workspace_in_the_same_directory(self, tmp_path: Path) -> None:
        make(tmp_path, ".starpod/config/agent.toml", "starpod.toml")

        assert detect(tmp_path, "bot") == Instance(root=tmp_path)

    def test_does_not_hide_a_workspace_below_it(self, tmp_path: Path) -> None:
        make(tmp_path, ".starpod/config/agent.toml", "ws/starpod.toml", "ws/agents/bot/")

        assert detect(tmp_path / "ws/agents/bot") == InWorkspace(tmp_path / "ws", "bot")

    def test_a_credentials_folder_is_not_one(self, tmp_path: Path) -> None:
        make(tmp_path, ".starpod/credentials.toml", "project/")

        with pytest.raises(NoProject, match=r"No starpod\.toml"):
            detect(tmp_path / "project")

    def test_the_old_layout_is_told_apart_with_the_way_to_mend_it(self, tmp_path: Path) -> None:
        make(tmp_path, ".starpod/agent.toml", "home/")

        with pytest.raises(WorkspaceError, match=r"earlier version.*mv .*agent\.toml"):
            detect(tmp_path / "home")


class TestInstanceOfAWorkspace:
    def test_is_found_empty_and_from_below(self, tmp_path: Path) -> None:
        make(tmp_path, "starpod.toml", ".instances/bot/.starpod/", ".instances/bot/home/x/")
        expected = Instance(root=tmp_path / ".instances/bot", workspace=tmp_path)

        assert detect(expected.root) == detect(expected.home_dir / "x") == expected
        assert expected.folder_name == "bot"

    def test_is_an_instance_and_no_single_agent_when_it_is_populated(self, tmp_path: Path) -> None:
        make(tmp_path, "starpod.toml", ".instances/bot/.starpod/config/agent.toml", ".instances/bot/home/")

        found = detect(tmp_path / ".instances/bot/home")

        assert found == Instance(root=tmp_path / ".instances/bot", workspace=tmp_path)

    def test_needs_the_workspace_file(self, tmp_path: Path) -> None:
        make(tmp_path, ".instances/bot/.starpod/")

        with pytest.raises(WorkspaceError, match=r"no agent\.toml"):
            detect(tmp_path / ".instances/bot")

    def test_another_agent_can_be_named_from_inside_it(self, tmp_path: Path) -> None:
        make(tmp_path, "starpod.toml", ".instances/bot/.starpod/config/agent.toml")

        assert detect(tmp_path / ".instances/bot", "other") == InWorkspace(tmp_path, "other")
        assert detect(tmp_path / ".instances/bot", "bot") == detect(tmp_path / ".instances/bot")


class TestWorkspace:
    @pytest.mark.parametrize("place", ["agents/bot/", "agents/bot/files/x/"])
    def test_takes_the_agent_from_the_folder_one_stands_in(self, tmp_path: Path, place: str) -> None:
        make(tmp_path, "starpod.toml", place)

        assert detect(tmp_path / place) == InWorkspace(tmp_path, "bot")

    @pytest.mark.parametrize("place", ["", "skills/x/", "agents/", ".instances/"])
    @pytest.mark.parametrize("only", ["agents/bot/agent.toml", ".instances/bot/.starpod/config/agent.toml"])
    def test_elsewhere_its_only_agent_is_meant(self, tmp_path: Path, place: str, only: str) -> None:
        make(tmp_path, "starpod.toml", place or "agents/", only)

        assert detect(tmp_path / place) == InWorkspace(tmp_path, "bot")

    def test_an_agent_and_its_instance_are_one(self, tmp_path: Path) -> None:
        make(tmp_path, "starpod.toml", "agents/bot/agent.toml", ".instances/bot/.starpod/config/agent.toml")

        assert detect(tmp_path) == InWorkspace(tmp_path, "bot")

    def test_of_several_agents_one_must_be_named(self, tmp_path: Path) -> None:
        make(tmp_path, "starpod.toml", "agents/bot/agent.toml", "agents/draft/")
        make(tmp_path, ".instances/old/.starpod/config/agent.toml")

        with pytest.raises(WorkspaceError, match=r"which has 'bot', 'old'\. Say which"):
            detect(tmp_path)

    def test_one_without_agents_says_how_to_make_one(self, tmp_path: Path) -> None:
        make(tmp_path, "starpod.toml", "agents/draft/")

        with pytest.raises(WorkspaceError, match=r"no agent name: .* none: `starpod agent new NAME`"):
            detect(tmp_path)

    def test_a_name_that_is_given_is_taken_whether_or_not_there_is_such_an_agent(
        self, tmp_path: Path
    ) -> None:
        make(tmp_path, "starpod.toml", "agents/bot/")

        assert detect(tmp_path / "agents/bot", "ghost") == InWorkspace(tmp_path, "ghost")

    def test_can_be_looked_for_by_itself(self, tmp_path: Path) -> None:
        make(tmp_path, "ws/starpod.toml", "ws/agents/bot/")

        assert find_workspace(tmp_path / "ws/agents/bot") == tmp_path / "ws"
        assert find_workspace(tmp_path) is None


def test_an_empty_directory_is_told_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(NoProject, match=r"No starpod\.toml .*starpod init"):
        detect(tmp_path)


def test_an_incomplete_instance_is_told_apart_from_none(tmp_path: Path) -> None:
    make(tmp_path, ".starpod/")

    with pytest.raises(WorkspaceError, match=r"no agent\.toml") as raised:
        detect(tmp_path)
    assert not isinstance(raised.value, NoProject)


@pytest.mark.parametrize("workspace", [None, Path("/ws")])
def test_every_path_of_an_instance(workspace: Path | None) -> None:
    instance = Instance(root=Path("/r"), workspace=workspace)

    paths: dict[str, Any] = {
        "agent_home": "/r/.starpod",
        "config_dir": "/r/.starpod/config",
        "agent_toml": "/r/.starpod/config/agent.toml",
        "frontend_toml": "/r/.starpod/config/frontend.toml",
        "models_toml": "/r/.starpod/config/models.toml",
        "soul": "/r/.starpod/config/SOUL.md",
        "db_dir": "/r/.starpod/db",
        "skills_dir": "/r/.starpod/skills",
        "users_dir": "/r/.starpod/users",
        "lock_file": "/r/.starpod/daemon.lock",
        "black_box": "/r/.starpod/black.box",
        "home_dir": "/r/home",
    }
    assert {name: str(getattr(instance, name)) for name in paths} == paths
    assert instance.workspace_toml == (workspace and Path("/ws/starpod.toml"))
    assert instance.blueprint == (workspace and Path("/ws/agents/r"))


def test_the_env_file_is_named_only_when_it_is_there_and_only_in_its_place(tmp_path: Path) -> None:
    instance = Instance(root=tmp_path)
    make(tmp_path, ".env", ".starpod/config/.env")
    assert instance.env_file is None

    make(tmp_path, ".starpod/.env")
    assert instance.env_file == tmp_path / ".starpod/.env"


def test_the_files_of_a_user(tmp_path: Path) -> None:
    ada = Instance(root=tmp_path).user("ada")

    assert (ada.id, ada.root) == ("ada", tmp_path / ".starpod/users/ada")
    assert (ada.profile.name, ada.memory.name, ada.logs.name) == ("USER.md", "MEMORY.md", "memory")
    assert ada.env_file is None
    assert not ada.root.exists()

    make(ada.root, ".env")
    assert ada.env_file == ada.root / ".env"


@pytest.mark.parametrize("name", ["a", "my-agent", "0", "a" * 63])
def test_names_of_agents(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "../x", "a/b", "a\n", "ä", "a" * 64, ".", "a b"])
def test_names_that_no_agent_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(WorkspaceError, match="cannot name an agent"):
        instance_in(tmp_path, name)
