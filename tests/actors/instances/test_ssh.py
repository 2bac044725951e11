"""The way into an instance."""

from pathlib import Path
from typing import Any

import pytest

from actors.instances import ssh
from actors.instances.reading import Unreadable

WAY: dict[str, Any] = {"host": "h.example", "port": 2222, "user": "agent", "private_key": "PEM"}


def test_the_argument_vector(tmp_path: Path) -> None:
    hosts = ssh.known_hosts(tmp_path, "../a b")
    assert hosts == tmp_path / "known_hosts" / "%2E%2E%2Fa%20b"
    assert ssh.arguments(ssh.way(WAY), Path("/k/id"), Path("/t/key")) == [
        "ssh", "-i", "/t/key", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=accept-new",
        "-o", 'UserKnownHostsFile="/k/id"', "-p", "2222", "-l", "agent", "--", "h.example",
    ]  # fmt: skip
    assert "-i" not in ssh.arguments(ssh.way({**WAY, "private_key": None}), Path("/k/id"), None)


def test_a_key_is_there_for_a_while_and_for_nobody_else() -> None:
    with ssh.key_file(ssh.way(WAY)) as path:
        assert path is not None
        assert path.read_text() == "PEM\n"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not path.parent.exists()
    with pytest.raises(KeyError), ssh.key_file(ssh.way({**WAY, "private_key": "PEM\n"})) as path:
        raise KeyError
    assert path is not None
    assert not path.parent.exists()
    with ssh.key_file(ssh.way({**WAY, "private_key": " "})) as path:
        assert path is None
    assert "PEM" not in repr(ssh.way(WAY))


@pytest.mark.parametrize(
    "change",
    [{"host": "-oProxyCommand=x"}, {"host": "a b"}, {"host": None}, {"host": "h;x"}, {"user": "-l"}, {"user": "a@b"},
     {"user": 1}, {"port": 0}, {"port": 70000}, {"port": "22"}, {"port": True}, {"port": 0, "folder": "x"},
     {"port": 0, "folder": "/a\nb"}, *({"port": 0, "folder": "/a", "container": each} for each in (
         "x", {}, {"engine": "sh", "name": "x"}, {"engine": "podman"}, {"engine": "podman", "name": "-x"},
         {"engine": "podman", "name": "a b"}))],
)  # fmt: skip
def test_a_hostile_way(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        ssh.way({**WAY, **change})


def test_a_backend_without_a_server_names_the_folder() -> None:
    found = ssh.way({"host": "127.0.0.1", "port": 0, "user": "me", "folder": "/srv/a"})
    assert (found.folder, found.port, found.container) == ("/srv/a", 0, None)


def test_a_backend_without_a_server_names_the_container() -> None:
    told = {"engine": "podman", "name": "starpod-1-2"}
    found = ssh.way({"host": "127.0.0.1", "port": 0, "user": "me", "folder": "/srv/a", "container": told})
    assert found.container is not None
    assert ssh.shell_in(found.container) == [
        "podman", "exec", "--interactive", "--tty", "starpod-1-2", "/bin/sh",
    ]  # fmt: skip


def test_people_are_told_how_they_enter_and_nothing_that_a_shell_would_obey() -> None:
    plain = ssh.Way(host="a.example", port=2222, user="root")
    assert ssh.way_in(plain, "a b;c").command == "starpod instance ssh 'a b;c'"
    assert ssh.way_in(plain, "a1").ssh == "ssh -p 2222 -l root -- a.example"
    keyed = ssh.Way(host="a.example", port=22, user="root", key="PEM")
    assert ssh.way_in(keyed, "a1").ssh is None
    here = ssh.way_in(ssh.Way(host="127.0.0.1", port=0, user="me", folder="/srv/a"), "a1")
    assert (here.ssh, here.folder) == (None, "/srv/a")
