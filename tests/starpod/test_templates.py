from pathlib import Path

import pytest

from starpod.errors import WorkspaceError
from starpod.templates import install_skills, install_template, read_skills, read_template
from tests.starpod.conftest import Workspace


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def install(workspace: Workspace, home: Path) -> None:
    install_template(read_template(workspace.root / "agents/bot"), home)


class TestTemplateFiles:
    def test_are_copied_with_their_folders_and_permissions(self, workspace: Workspace, home: Path) -> None:
        workspace.write("agents/bot/files/projects/x/run.sh", "go").chmod(0o755)
        (workspace.root / "agents/bot/files/empty").mkdir()

        install(workspace, home)

        assert (home / "projects/x/run.sh").read_text(encoding="utf-8") == "go"
        assert (home / "projects/x/run.sh").stat().st_mode & 0o777 == 0o755
        assert (home / "empty").is_dir()

    def test_never_replace_what_is_there(self, workspace: Workspace, home: Path) -> None:
        workspace.write("agents/bot/files/a.md", "template")
        workspace.write("agents/bot/files/b/c.md", "template")
        install(workspace, home)
        (home / "a.md").write_text("mine", encoding="utf-8")
        (home / "b/c.md").unlink()
        (home / "b").rmdir()
        (home / "b").write_text("a file now", encoding="utf-8")

        install(workspace, home)

        assert (home / "a.md").read_text(encoding="utf-8") == "mine"
        assert (home / "b").read_text(encoding="utf-8") == "a file now"

    def test_are_never_written_through_a_link_of_the_agent(
        self, workspace: Workspace, home: Path, tmp_path: Path
    ) -> None:
        workspace.write("agents/bot/files/documents/a.md", "template")
        workspace.write("agents/bot/files/b.md", "template")
        outside = tmp_path / "outside"
        outside.mkdir()
        (home / "documents").symlink_to(outside)
        (home / "b.md").symlink_to(outside / "b.md")

        install(workspace, home)

        assert list(outside.iterdir()) == []

    def test_anything_called_starpod_is_left_out_at_every_depth(
        self, workspace: Workspace, home: Path
    ) -> None:
        workspace.write("agents/bot/files/.starpod/config/agent.toml")
        workspace.write("agents/bot/files/a/.starpod/x")
        workspace.write("agents/bot/files/a/.starpod.md")

        install(workspace, home)

        assert sorted(str(at.relative_to(home)) for at in home.rglob("*")) == ["a", "a/.starpod.md"]

    def test_a_link_to_a_file_of_the_blueprint_becomes_that_file(
        self, workspace: Workspace, home: Path
    ) -> None:
        workspace.write("agents/bot/SOUL.md", "soul")
        folder = workspace.write("agents/bot/files/x", "x").parent
        (folder / "soul.md").symlink_to("../SOUL.md")
        (folder / "loop").symlink_to(".")
        (folder / "dangling").symlink_to("nothing")

        install(workspace, home)

        assert sorted(at.name for at in home.iterdir()) == ["soul.md", "x"]
        assert not (home / "soul.md").is_symlink()

    @pytest.mark.parametrize("target", ["/etc/hostname", "../../../.env", "/etc", "/nowhere"])
    def test_a_link_that_leaves_the_blueprint_is_refused(self, workspace: Workspace, target: str) -> None:
        folder = workspace.write("agents/bot/files/x").parent
        (folder / "link").symlink_to(target)

        with pytest.raises(WorkspaceError, match="files/link is a link that leads out"):
            read_template(workspace.root / "agents/bot")

    def test_a_files_folder_that_is_such_a_link_is_refused(self, workspace: Workspace) -> None:
        blueprint = workspace.blueprint()
        (blueprint / "files").symlink_to("/etc")

        with pytest.raises(WorkspaceError, match="leads out"):
            read_template(blueprint)

    def test_a_blueprint_may_have_none(self, workspace: Workspace) -> None:
        assert list(read_template(workspace.blueprint())) == []


class TestSkills:
    @pytest.fixture
    def installed(self, tmp_path: Path) -> Path:
        (tmp_path / "instance/skills").mkdir(parents=True)
        return tmp_path / "instance/skills"

    def test_replace_the_one_of_the_same_name_completely(self, workspace: Workspace, installed: Path) -> None:
        workspace.write("skills/a/SKILL.md", "1")
        stale = workspace.write("skills/a/scripts/old.py", "old")
        install_skills(read_skills(workspace.root / "skills"), installed)
        workspace.write("skills/a/SKILL.md", "2")
        stale.unlink()

        install_skills(read_skills(workspace.root / "skills"), installed)

        assert (installed / "a/SKILL.md").read_text(encoding="utf-8") == "2"
        assert not (installed / "a/scripts/old.py").exists()

    def test_leave_those_of_the_agent_alone(self, workspace: Workspace, installed: Path) -> None:
        workspace.write("skills/a/SKILL.md")
        (installed / "own").mkdir()
        (installed / "own/SKILL.md").write_text("own", encoding="utf-8")

        install_skills(read_skills(workspace.root / "skills"), installed)

        assert sorted(at.name for at in installed.iterdir()) == [".source", "a", "own"]
        assert (installed / ".source").read_text(encoding="utf-8") == "a\n"
        assert [at.name for at in installed.parent.iterdir()] == ["skills"]

    def test_loose_and_hidden_files_are_no_skills(self, workspace: Workspace) -> None:
        workspace.write("skills/README.md")
        workspace.write("skills/.git/config")
        workspace.write("skills/a/SKILL.md")

        assert list(read_skills(workspace.root / "skills")) == ["a"]

    @pytest.mark.parametrize("kind", ["file", "link", "dangling"])
    def test_take_the_place_of_whatever_has_their_name(
        self, workspace: Workspace, installed: Path, tmp_path: Path, kind: str
    ) -> None:
        workspace.write("skills/a/SKILL.md", "skill")
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "keep").touch()
        if kind == "file":
            (installed / "a").write_text("file", encoding="utf-8")
        else:
            (installed / "a").symlink_to(elsewhere if kind == "link" else "/nowhere")

        install_skills(read_skills(workspace.root / "skills"), installed)

        assert not (installed / "a").is_symlink()
        assert (installed / "a/SKILL.md").read_text(encoding="utf-8") == "skill"
        assert (elsewhere / "keep").exists()

    def test_one_that_is_a_link_out_of_the_folder_is_refused(self, workspace: Workspace) -> None:
        workspace.write("skills/a/SKILL.md")
        (workspace.root / "skills/b").symlink_to("/etc")

        with pytest.raises(WorkspaceError, match="skills/b is a link that leads out"):
            read_skills(workspace.root / "skills")

    def test_no_folder_means_no_skills(self, tmp_path: Path) -> None:
        assert read_skills(tmp_path / "skills") == {}
