"""What a sandbox is made of, in words; that it holds is in ``test_escapes.py``."""

from itertools import pairwise
from pathlib import Path

import attrs
import pytest

from actors.shell import sandbox
from actors.shell.sandbox import Sandbox, candidate, write_configuration, write_filter
from actors.shell.seccomp import SYSTEMS, program
from actors.shell.settings import Shell


@pytest.fixture
def place(tmp_path: Path) -> Sandbox:
    (tmp_path / "home").mkdir()
    return Sandbox(bwrap="bwrap", home=tmp_path / "home", hidden=(tmp_path / "data",), system=())


def test_the_network_is_its_own_unless_it_is_on(place: Sandbox) -> None:
    for network in ("public", "off"):
        words = place.arguments(Shell(network=network), "ada")
        assert "--unshare-net" in words
        assert "/etc/resolv.conf" not in words
    words = place.arguments(Shell(network="on"), "ada")
    assert "--unshare-net" not in words
    assert "/etc/hosts" in words


def test_bubblewrap_gets_what_the_kernel_is_to_refuse_beside_what_a_command_is_to_have(
    place: Sandbox,
) -> None:
    assert place.arguments(Shell(), "ada")[0] == "bwrap"
    filtered = attrs.evolve(place, filter=Path("/data/seccomp"))
    for control, handle in ((0, "3"), (3, "4"), (4, "3")):
        words = filtered.arguments(Shell(), "ada", control=control)
        expected = [
            "/bin/sh",
            "-c",
            f'exec "$@" {handle}<"$0"',
            "/data/seccomp",
            "bwrap",
            "--seccomp",
            handle,
        ]
        assert words[: len(expected)] == expected


def test_what_the_kernel_is_to_refuse_is_known_of_some_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for machine, system in SYSTEMS.items():
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        assert write_filter(tmp_path / machine) == tmp_path / machine
        assert (tmp_path / machine).read_bytes() == program(system)
    monkeypatch.setattr("platform.machine", lambda: "abacus")
    assert write_filter(tmp_path / "abacus") is None


def test_what_is_not_there_is_not_shown(place: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "OF_NETWORK", ("hosts", "nothing"))
    words = place.arguments(Shell(network="on"), "ada")
    assert "/etc/hosts" in words
    assert "/etc/nothing" not in words


def test_what_others_have_sent_is_not_there(place: Sandbox) -> None:
    uploads = place.home / "uploads"
    place.arguments(Shell(), "ada")
    (uploads / "ada").mkdir()  # the folder around it is there by now, so that no command makes it
    (uploads / "bob").mkdir()
    words = place.arguments(Shell(), "ada")
    assert ("--tmpfs", str(uploads)) in pairwise(words)
    assert ("--bind", str(uploads / "ada")) in pairwise(words)
    assert str(uploads / "bob") not in words
    for nobody in ("carl", ""):
        binds = [word for word in place.arguments(Shell(), nobody) if word.startswith(str(uploads))]
        assert set(binds) == {str(uploads)}, "there is a folder without anything in it"
        assert ("--bind", str(uploads)) not in pairwise(place.arguments(Shell(), nobody))


def test_a_link_is_no_folder_of_what_somebody_has_sent(place: Sandbox) -> None:
    uploads = place.home / "uploads"
    uploads.symlink_to("..")
    place.arguments(Shell(), "ada")
    assert uploads.is_dir()
    assert not uploads.is_symlink()
    (uploads / "ada").symlink_to("../..")
    assert ("--bind", str(uploads / "ada")) not in pairwise(place.arguments(Shell(), "ada"))


def test_what_is_the_agents_own_is_hidden_where_it_lies_in_what_is_shown(place: Sandbox) -> None:
    inside = attrs.evolve(place, hidden=(place.home / "private", place.home / "missing"))
    (place.home / "private").mkdir()
    words = inside.arguments(Shell(), "ada")
    assert ("--tmpfs", str(place.home / "private")) in pairwise(words)
    assert str(place.home / "missing") not in words
    assert str(place.hidden[0]) not in place.arguments(Shell(), "ada")


def test_further_namespaces_are_forbidden_where_it_knows_how(place: Sandbox) -> None:
    assert "--disable-userns" in place.arguments(Shell(), "ada")
    assert "--disable-userns" not in attrs.evolve(place, strict=False).arguments(Shell(), "ada")


def python(home: Path) -> list[str]:
    """What is shown of Python beside the system."""
    words = sandbox.system(home, home)
    return [word for word in words if "python" in word.lower()]


def test_a_python_of_the_system_is_there_anyway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sandbox, "SYSTEM", ("/",))
    assert sandbox.system(tmp_path, tmp_path) == ("--ro-bind", "/", "/", "--ro-bind", str(tmp_path), "/etc")


def test_a_python_of_its_own_is_shown_with_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sandbox, "SYSTEM", ())
    folder = str(sandbox.interpreter().parents[1])
    assert ("--ro-bind", folder) in pairwise(sandbox.system(tmp_path, tmp_path))


@pytest.mark.parametrize(
    ("name", "there"), [("libpython3.so", True), ("libpython3.a", False), ("gone", False)]
)
def test_one_whose_folder_holds_what_is_private_is_shown_without_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, *, there: bool
) -> None:
    (tmp_path / "libpython3.so").touch()
    (tmp_path / "libpython3.a").touch()
    found = {"LIBDIR": str(tmp_path), "INSTSONAME": name}
    monkeypatch.setattr("sysconfig.get_config_var", found.get)
    monkeypatch.setattr(sandbox, "SYSTEM", ())
    folder = sandbox.interpreter().parents[1]
    words = sandbox.system(tmp_path, folder / "home")
    assert str(folder) not in words
    assert str(sandbox.interpreter()) in words
    assert (str(tmp_path / name) in words) is there


def test_what_is_shown_as_etc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for names in ("FILES", "FOLDERS"):
        monkeypatch.setattr(sandbox, names, (*getattr(sandbox, names), "no such thing"))
    monkeypatch.setattr(sandbox, "FOLDERS", ("ssl", "nothing"))
    folder = tmp_path / "etc"
    for _ in range(2):  # what was there goes
        write_configuration(folder, Path("/srv/home"))
        assert (folder / "passwd").read_text().startswith("agent:x:1000:1000:agent:/srv/home:")
        assert not (folder / "shadow").exists()
        (folder / "shadow").touch()
    words = sandbox.system(folder, tmp_path)
    assert (("--ro-bind", "/etc/ssl") in pairwise(words)) is Path("/etc/ssl").is_dir()
    assert "/etc/nothing" not in words


def test_where_bubblewrap_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert candidate(tmp_path, tmp_path) == "bubblewrap (bwrap) is not installed"


def test_where_it_is_the_files_that_are_made_up_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bwrap").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = candidate(tmp_path / "home", tmp_path / "data")
    assert isinstance(found, Sandbox)
    assert found.bwrap == str(tmp_path / "bwrap")
    assert str(tmp_path / "data/shell/etc") in found.system
