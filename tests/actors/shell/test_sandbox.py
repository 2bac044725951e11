"""What a sandbox is made of, in words; that it holds is in ``test_escapes.py``."""

from itertools import pairwise
from pathlib import Path

import attrs
import pytest

from actors.shell import sandbox
from actors.shell.sandbox import Sandbox, candidate
from actors.shell.settings import Shell


@pytest.fixture
def place(tmp_path: Path) -> Sandbox:
    (tmp_path / "home").mkdir()
    (tmp_path / "made-up").mkdir()
    return Sandbox(
        bwrap="bwrap", made_up=tmp_path / "made-up", home=tmp_path / "home", hidden=(tmp_path / "data",)
    )


def test_the_network_is_its_own_unless_it_is_on(place: Sandbox) -> None:
    for network in ("public", "off"):
        words = place.arguments(Shell(network=network), "ada")
        assert "--unshare-net" in words
        assert "/etc/resolv.conf" not in words
        assert str(place.made_up / "hosts") in words
    words = place.arguments(Shell(network="on"), "ada")
    assert "--unshare-net" not in words
    assert "/etc/hosts" in words
    assert str(place.made_up / "hosts") not in words


def test_what_others_have_sent_is_not_there(place: Sandbox) -> None:
    uploads = place.home / "uploads"
    assert str(uploads) not in place.arguments(Shell(), "ada")
    (uploads / "ada").mkdir(parents=True)
    (uploads / "bob").mkdir()
    words = place.arguments(Shell(), "ada")
    assert ("--tmpfs", str(uploads)) in pairwise(words)
    assert ("--bind", str(uploads / "ada")) in pairwise(words)
    assert str(uploads / "bob") not in words
    assert ("--bind", str(uploads / "ada")) not in pairwise(place.arguments(Shell(), "carl"))


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


def test_a_python_of_the_system_is_there_anyway(
    place: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sandbox, "SYSTEM", ("/",))
    assert str(sandbox.interpreter()) not in place.arguments(Shell(), "ada")
    monkeypatch.setattr(sandbox, "SYSTEM", (str(tmp_path),))
    assert str(sandbox.interpreter()) in place.arguments(Shell(), "ada")


@pytest.mark.parametrize(("name", "there"), [("libpython3.so", True), ("libpython3.a", False), ("", False)])
def test_a_library_that_python_needs(
    place: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, *, there: bool
) -> None:
    (tmp_path / "libpython3.so").touch()
    (tmp_path / "libpython3.a").touch()
    found = {"LIBDIR": str(tmp_path), "INSTSONAME": name}
    monkeypatch.setattr("sysconfig.get_config_var", found.get)
    assert (str(tmp_path / name) in place.arguments(Shell(), "ada")) is there


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
    assert (found.made_up / "passwd").read_text().startswith(f"agent:x:1000:1000:agent:{tmp_path}/home:")
