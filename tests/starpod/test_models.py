import sqlite3
from contextlib import closing

import pytest

from actors.settings.problems import ConfigError
from actors.storage import numbered
from actors.vault.actor import MIGRATIONS
from starpod import config
from starpod.models import load_catalogue
from starpod.workspace import Instance
from tests.starpod.conftest import Workspace


def instance(workspace: Workspace, toml: str, env: str = "") -> Instance:
    path = workspace.write("srv/.starpod/config/agent.toml", toml)
    workspace.write("srv/.starpod/.env", env)
    return Instance(root=path.parents[2])


def check(at: Instance) -> None:
    config.load(at, {})


def test_a_named_provider_without_its_key_is_refused_with_the_variable(workspace: Workspace) -> None:
    at = instance(workspace, 'provider = "openai"\nmodel = "gpt-4o"\n')

    with pytest.raises(ConfigError, match=r"agent\.toml: .*OPENAI_API_KEY"):
        check(at)


@pytest.mark.parametrize("provider", ["ollama", "offline"])
def test_a_provider_that_needs_no_key_is_not(workspace: Workspace, provider: str) -> None:
    check(instance(workspace, f'provider = "{provider}"\n'))


def test_the_key_may_come_from_the_instances_file(workspace: Workspace) -> None:
    check(instance(workspace, 'provider = "openai"\n', "OPENAI_API_KEY=sk-1\n"))


def test_naming_nothing_needs_nothing(workspace: Workspace) -> None:
    check(instance(workspace, ""))


def test_a_provider_that_is_switched_off_is_refused(workspace: Workspace) -> None:
    at = instance(workspace, 'provider = "ollama"\n[providers.ollama]\nenabled = false\n')

    with pytest.raises(ConfigError, match=r"ollama.*providers\.ollama\.enabled"):
        check(at)


def test_an_operators_catalogue_is_laid_over_the_shipped_one(workspace: Workspace) -> None:
    at = instance(workspace, "")
    shipped, _ = load_catalogue(at.models_toml)
    workspace.write("srv/.starpod/config/models.toml", '[openai]\ndefault_model = "mine"\n')

    catalogue, warnings = load_catalogue(at.models_toml)

    assert warnings == ()
    assert catalogue.default_model("openai") == "mine"
    assert catalogue.default_model("anthropic") == shipped.default_model("anthropic")


@pytest.mark.parametrize("text", ["not toml", "[openai]\ndefault_model = 1\n"])
def test_a_broken_one_is_left_out_with_a_warning(workspace: Workspace, text: str) -> None:
    at = instance(workspace, "")
    path = workspace.write("srv/.starpod/config/models.toml", text)

    catalogue, warnings = load_catalogue(at.models_toml)

    assert catalogue.default_model("openai")
    assert warnings
    assert all(warning.file == path for warning in warnings)


def test_a_key_in_the_vault_is_enough(workspace: Workspace) -> None:
    at = instance(workspace, 'provider = "openai"\n')
    database = at.db_dir / "vault.db"
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as connection:
        for migration in numbered(MIGRATIONS):
            connection.executescript(str(migration))
        statement = (
            "INSERT INTO vault_entries (owner, key, master_key, nonce, encrypted_value, allowed_hosts, "
            "created_at, updated_at) VALUES ('', ?, 'k', x'00', x'00', '[]', ?, ?)"
        )
        now = "2026-01-01T00:00:00+00:00"
        connection.execute(statement, ("GROQ_API_KEY", now, now))
        connection.commit()
        with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
            check(at)
        connection.execute(statement, ("OPENAI_API_KEY", now, now))
        connection.commit()
        check(at)


def test_a_vault_that_cannot_be_read_holds_no_key(workspace: Workspace) -> None:
    at = instance(workspace, 'provider = "openai"\n')
    at.db_dir.mkdir()
    (at.db_dir / "vault.db").write_bytes(b"no database")

    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        check(at)


@pytest.mark.parametrize("embedder", ["local", "openai/text-embedding-3-small", "ollama/all-minilm:22m"])
def test_what_makes_vectors_for_the_memory_need_not_answer_to_be_set(
    workspace: Workspace, embedder: str
) -> None:
    check(instance(workspace, f'[memory]\nembedder = "{embedder}"\n'))


@pytest.mark.parametrize(
    ("embedder", "said"),
    [
        ("nobody/x", r"memory\.embedder must be written provider/model with one of anthropic, .*'nobody/x'"),
        ("openai", r'memory\.embedder: must be "local" or provider/model'),
        ("openai/ ", r'memory\.embedder: must be "local" or provider/model'),
        ("", r'memory\.embedder: must be "local" or provider/model'),
    ],
)
def test_what_cannot_make_vectors_is_refused(workspace: Workspace, embedder: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check(instance(workspace, f'[memory]\nembedder = "{embedder}"\n'))
