"""Building the web page: when it happens, with whose npm, and what is said when it cannot."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent.parent / "scripts" / "web.py"

NPM = """#!/bin/sh
echo "$1 $2" >>../../../calls
case "$*" in
    ci*) mkdir -p node_modules ;;
    *build*) mkdir -p dist && cp src/index.html dist/index.html ;;
    *broken*) exit 7 ;;
esac
"""


class Project:
    """A project with a page to build and an npm that writes down what it is asked to do."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.web = root / "actors" / "gateway" / "web"
        self.tools = root / "tools"
        (self.web / "src").mkdir(parents=True)
        (self.web / "src" / "index.html").write_text("<p>hello</p>")
        (self.web / "package.json").write_text("{}")
        (self.web / "package-lock.json").write_text("{}")
        (root / "scripts").mkdir()
        shutil.copy(SCRIPT, root / "scripts")
        self.tools.mkdir()
        for tool in ("sh", "mkdir", "cp"):
            (self.tools / tool).symlink_to(str(shutil.which(tool)))
        self.add_tool("npm", NPM)
        self.add_tool("node", "#!/bin/sh\necho v20.1.0\n")

    def add_tool(self, name: str, text: str) -> None:
        """Put a program on the path."""
        (self.tools / name).write_text(text)
        (self.tools / name).chmod(0o755)

    def change(self, path: Path) -> None:
        """Date a file later than everything made so far."""
        later = max(made.stat().st_mtime for made in self.web.rglob("*")) + 10
        os.utime(path, (later, later))

    def run(self, *arguments: str) -> int:
        """Run the script without any installed package and return its exit status."""
        command = [sys.executable, "-S", str(self.root / "scripts" / "web.py"), *arguments]
        return subprocess.run(
            command, env={"PATH": str(self.tools)}, capture_output=True, check=False
        ).returncode

    def calls(self) -> list[str]:
        """Return what npm was asked to do since the last look."""
        log = self.root / "calls"
        calls = log.read_text().split("\n")[:-1] if log.exists() else []
        log.unlink(missing_ok=True)
        return calls


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "a project")


def test_a_missing_page_is_built_once(project: Project) -> None:
    assert project.run("build", "run") == 0
    assert (project.web / "dist" / "index.html").read_text() == "<p>hello</p>"
    assert project.calls() == ["ci --omit=dev", "run build"]
    assert project.run("build", "run") == 0
    assert project.calls() == []


def test_a_changed_source_builds_the_page_again_without_installing(project: Project) -> None:
    project.run("build", "run")
    project.calls()
    project.change(project.web / "src" / "index.html")
    assert project.run("build", "run") == 0
    assert project.calls() == ["run build"]


@pytest.mark.parametrize("name", ["page.tsx", "page/View.tsx"])
def test_a_changed_section_of_a_subsystem_builds_the_page_again(project: Project, name: str) -> None:
    section = project.root / "actors" / "clock" / name
    section.parent.mkdir(parents=True)
    section.write_text("")
    project.run("build", "run")
    project.calls()
    project.change(section)
    assert project.run("build", "run") == 0
    assert project.calls() == ["run build"]


def test_a_changed_lock_installs_again(project: Project) -> None:
    project.run("build", "run")
    project.calls()
    project.change(project.web / "package-lock.json")
    assert project.run("build", "run") == 0
    assert project.calls() == ["ci --omit=dev", "run build"]


def test_what_is_installed_to_build_is_not_enough_to_check(project: Project) -> None:
    project.run("build", "run")
    project.calls()
    assert project.run("check") == 0
    assert project.calls() == ["ci --no-audit", "run check"]
    assert project.run("test") == 0
    assert project.calls() == ["run test"]


def test_what_is_installed_to_check_is_enough_to_build(project: Project) -> None:
    project.run("build", "dev")
    assert project.calls() == ["ci --no-audit", "run build"]
    project.change(project.web / "src" / "index.html")
    assert project.run("build", "run") == 0
    assert project.calls() == ["run build"]


def test_a_failing_npm_script_fails_the_task(project: Project) -> None:
    assert project.run("broken") == 1


def test_without_npm_the_status_says_so(project: Project) -> None:
    (project.tools / "npm").unlink()
    assert project.run("build", "run") == 3


def test_a_node_that_is_too_old_counts_as_none(project: Project) -> None:
    project.add_tool("node", "#!/bin/sh\necho v12.22.9\n")
    assert project.run("build", "run") == 3


def test_a_page_that_is_there_needs_no_npm(project: Project) -> None:
    project.run("build", "run")
    (project.tools / "npm").unlink()
    assert project.run("build", "run") == 0
