import os
from pathlib import Path

import pytest

from actors.settings.problems import Problem
from starpod.blueprint import apply_blueprint
from starpod.environment import granted, load_environment, read_env, withheld, without
from starpod.workspace import Instance, instance_in
from tests.starpod.conftest import Workspace


@pytest.fixture
def instance(workspace: Workspace) -> Instance:
    workspace.blueprint()
    return instance_in(workspace.root, "bot")


def apply(workspace: Workspace, instance: Instance) -> None:
    apply_blueprint(workspace.root / "agents/bot", instance, workspace.root, "dev")


def test_files_win_over_exported_variables_and_the_instance_over_the_workspace(
    workspace: Workspace, instance: Instance
) -> None:
    apply(workspace, instance)
    workspace.write(".env", "A=workspace\nB=workspace\n")
    (instance.agent_home / ".env").write_text("A=instance\n", encoding="utf-8")

    values = load_environment(instance, {"A": "exported", "B": "exported", "C": "exported"}).values

    assert values == {"A": "instance", "B": "workspace", "C": "exported"}


def test_the_development_file_speaks_in_place_of_the_other(workspace: Workspace, instance: Instance) -> None:
    apply(workspace, instance)
    workspace.write(".env", "A=prod\nB=prod\n")
    workspace.write(".env.dev", "A=dev\n")

    assert load_environment(instance, {}).values == {"A": "dev"}


def test_a_change_of_the_workspace_reaches_an_instance_whose_copy_nobody_edited(
    workspace: Workspace, instance: Instance
) -> None:
    workspace.write(".env.dev", "A=1\nB=1\n")
    apply(workspace, instance)
    workspace.write(".env.dev", "A=2\n")
    apply(workspace, instance)

    assert load_environment(instance, {}).values == {"A": "2"}


def test_an_edited_copy_wins(workspace: Workspace, instance: Instance) -> None:
    workspace.write(".env.dev", "A=1\nB=1\n")
    apply(workspace, instance)
    (instance.agent_home / ".env").write_text("A=mine\n", encoding="utf-8")
    workspace.write(".env.dev", "A=2\nB=2\n")

    assert load_environment(instance, {}).values == {"A": "mine", "B": "2"}


def test_an_untouched_copy_counts_when_its_original_is_gone(workspace: Workspace, instance: Instance) -> None:
    original = workspace.write(".env.dev", "A=1\n")
    apply(workspace, instance)
    original.unlink()

    assert load_environment(instance, {}).values == {"A": "1"}


def test_a_single_agent_reads_its_own_file_alone(workspace: Workspace) -> None:
    workspace.write(".env", "A=outside\n")
    workspace.write("srv/.starpod/.env", "B=1\n")

    assert load_environment(Instance(root=workspace.root / "srv"), {}).values == {"B": "1"}


def test_neither_the_process_nor_anybody_else_sees_secrets_of_a_user(
    workspace: Workspace, instance: Instance
) -> None:
    apply(workspace, instance)
    (instance.user("admin").root / ".env").write_text("STARPOD_TEST_SECRET=1\n", encoding="utf-8")
    workspace.write(".env", "STARPOD_TEST_OTHER=1\n")

    values = load_environment(instance, {}).values

    assert "STARPOD_TEST_SECRET" not in values
    assert "STARPOD_TEST_OTHER" not in os.environ


def test_secrets_are_not_part_of_what_is_shown(workspace: Workspace, instance: Instance) -> None:
    workspace.write(".env", "KEY=hush\n")

    assert "hush" not in repr(load_environment(instance, {}))


def test_what_a_file_may_hold(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(
        '# c\n\nA=x=y\nB="quoted = # value"\nC=\nexport D=1 # c\nE=${A}\nF=ä\r\n', encoding="utf-8"
    )
    warnings: list[Problem] = []

    values = read_env(path, warnings)

    assert values == {"A": "x=y", "B": "quoted = # value", "C": "", "D": "1", "E": "${A}", "F": "ä"}
    assert warnings == []


def test_a_bad_line_is_skipped_with_a_warning_that_keeps_its_text_to_itself(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\nsecret without name\nB\nC=3\n", encoding="utf-8")
    warnings: list[Problem] = []

    assert read_env(path, warnings) == {"A": "1", "C": "3"}
    assert [(warning.line, warning.expected) for warning in warnings] == [
        (2, "must be KEY=VALUE, the line is ignored"),
        (3, "must be KEY=VALUE, the line is ignored"),
    ]


@pytest.mark.parametrize("content", [b"A=\xff\n", None])
def test_a_file_that_cannot_be_read_is_a_warning(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / ".env"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    warnings: list[Problem] = []

    assert read_env(path, warnings) == {}
    assert str(warnings[0]).startswith(f"{path}: cannot be read and is ignored: ")


@pytest.mark.parametrize(
    ("content", "left"),
    [
        ("A=1\nB=2\n", "B=2\n"),
        ("B=2\nA=1", "B=2\n"),
        ("# about A\nA=1 # why\n# about B\nB=2\n", "# about A\n# about B\nB=2\n"),
        ("\ufeffA=1\r\nB=2\r\n", "B=2\r\n"),
        ("A=0\nA=1\n", "A=0\n"),
        ("export 'A'='1'\nB=A=1\n", "B=A=1\n"),
        ('A="1"\nnonsense here\n', "nonsense here\n"),
        ("", ""),
    ],
)
def test_lines_are_taken_out_by_name_and_value_and_the_rest_is_as_it_was(content: str, left: str) -> None:
    assert without(content, {"A": "1"}) == left


def test_a_value_of_several_lines_is_taken_out_whole() -> None:
    assert without('A="1\r\n2"\r\nB=3\r\n', {"A": "1\n2"}) == "B=3\r\n"


def test_all_that_the_files_hold_is_secret_and_what_is_exported_by_its_name(instance: Instance) -> None:
    instance.agent_home.mkdir(parents=True)
    (instance.agent_home / ".env").write_text(
        "REGION=eu-central\nMY_TOKEN=t2\nNODE_ENV=production\nPASS=opensesame\nPHRASE=donaudampfschifffahrt\n",
        encoding="utf-8",
    )
    exported = {"MY_TOKEN": "t1", "PGPASSWORD": "p", "STARPOD_API_KEY": "k", "LANG": "C", "AUTHOR": "Ada"}

    secrets = load_environment(instance, exported).secrets

    assert set(secrets) == {
        ("MY_TOKEN", "t1"),
        ("MY_TOKEN", "t2"),
        ("PGPASSWORD", "p"),
        ("STARPOD_API_KEY", "k"),
        ("REGION", "eu-central"),
        ("PASS", "opensesame"),
        ("PHRASE", "donaudampfschifffahrt"),
    }


def test_tools_get_what_was_named_and_never_what_is_the_agents_own() -> None:
    values = {"LANG": "C", "OPENAI_API_KEY": "k", "STARPOD_VAULT_KEY": "v", "HOME": "/"}
    names = ["LANG", "GH_TOKEN", "OPENAI_API_KEY", "openai_api_key", "STARPOD_VAULT_KEY"]

    assert granted(names, values) == {"LANG": "C", "GH_TOKEN": None}
    assert [line.split()[2] for line in withheld(names)] == [
        "OPENAI_API_KEY,",
        "openai_api_key,",
        "STARPOD_VAULT_KEY,",
    ]
