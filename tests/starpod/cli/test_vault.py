"""What ``starpod vault import`` decides about files; the commands themselves are tried in ``tests/system``."""

import argparse
from pathlib import Path

import pytest

from actors.vault.names import LONGEST
from starpod.cli import vault
from starpod.errors import StarpodError
from starpod.workspace import Instance, instance_in
from tests.starpod.conftest import Workspace


@pytest.fixture
def instance(workspace: Workspace) -> Instance:
    return instance_in(workspace.root, "bot")


def test_the_file_of_the_agent_is_meant_unless_there_is_one_of_that_name_here(
    workspace: Workspace, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.root)
    with pytest.raises(StarpodError, match=r"there is no file .*bot/\.starpod/\.env"):
        vault._file(None, instance)
    own = workspace.write(".instances/bot/.starpod/.env").resolve()
    assert vault._file(None, instance) == vault._file(Path(".env"), instance) == own
    here = workspace.write(".env").resolve()
    assert vault._file(Path(".env"), instance) == here
    with pytest.raises(StarpodError, match=r"there is no file other\.env"):
        vault._file(Path("other.env"), instance)


def test_a_secret_that_the_workspace_holds_too_is_told(workspace: Workspace, instance: Instance) -> None:
    own = workspace.write(".instances/bot/.starpod/.env", "A_TOKEN=1\n").resolve()
    shared = workspace.write(".env.dev", "A_TOKEN=1\nB_TOKEN=2\n")
    workspace.write(".env", "LOG_LEVEL=debug\n")
    assert vault._elsewhere(instance, own, {"A_TOKEN": "1"}) == [(shared, ["A_TOKEN"])]
    assert vault._elsewhere(instance, shared.resolve(), {"A_TOKEN": "1"}) == []
    assert vault._elsewhere(Instance(root=instance.root), own, {"A_TOKEN": "1"}) == []


def test_what_a_pipe_holds_is_kept_as_it_is_or_not_at_all() -> None:
    assert vault._piped("clé\n".encode()) == "clé"
    assert vault._piped(b"two\nlines\r\n") == "two\nlines"
    with pytest.raises(StarpodError, match="not UTF-8"):
        vault._piped("clé".encode("latin-1"))
    longest = "é" * (LONGEST // 2)
    assert vault._piped(f"{longest}\r\n".encode()) == longest
    with pytest.raises(StarpodError, match="too long"):
        vault._piped(b"x" * (LONGEST + 3))


@pytest.mark.parametrize("words", ["-a ada list", "list -a ada", "set A -a ada --host x.org"])
def test_the_agent_may_be_named_before_and_after_the_action(words: str) -> None:
    parser = argparse.ArgumentParser()
    vault.add_arguments(parser)
    assert parser.parse_args(words.split()).agent == "ada"
