"""A vault that an earlier program wrote holds the same secrets for this one, and goes nowhere by its file alone."""

import base64
from pathlib import Path

import pytest

from actors.storage import numbered
from actors.storage.database import Database
from actors.vault import messages as vault
from actors.vault.actor import MIGRATIONS
from tests.actors.vault.conftest import Vault, change

FIRST = Path(__file__).with_name("schema_1.sql")
SECRETS = {"GITHUB_TOKEN": "tangerine-4711", "HOME_TOKEN": "heliotrope-12"}


@pytest.fixture
async def old(stopped: Vault) -> Vault:
    """One that runs on the file of before hosts were bound, in which somebody has added some."""
    known = numbered(MIGRATIONS)[:1]
    database = Database(path=stopped.database, migrations=known, synchronous="OFF", busy_timeout=1.0)
    connection = database.open_writer()
    connection.executescript(FIRST.read_text())
    connection.close()
    stopped.key.write_bytes(base64.b64encode(bytes(range(32))))
    stopped.key.chmod(0o600)
    await stopped.start()
    return stopped


async def hosts(safe: Vault, *, user: str | None = None) -> dict[str, tuple[str, ...]]:
    found = await safe.look(*SECRETS, "AWS_SECRET_ACCESS_KEY", user=user)
    assert not found.unreadable
    return {each.name: each.hosts for each in found.secrets}


async def listed(safe: Vault) -> dict[str, tuple[str, ...]]:
    found = await safe.mesh.bus.ask(vault.ListSecrets(user="admin", role="admin"))
    return {each.name: each.hosts for each in found}


async def test_every_secret_is_there(old: Vault) -> None:
    assert await old.read(*SECRETS) == SECRETS
    assert await old.read("AWS_SECRET_ACCESS_KEY", user="ada") == {"AWS_SECRET_ACCESS_KEY": "marigold-99"}


async def test_only_hosts_that_its_name_says_count_as_nobody_knows_who_wrote_the_others(old: Vault) -> None:
    assert await hosts(old) == {"GITHUB_TOKEN": ("api.github.com",), "HOME_TOKEN": ()}
    assert await hosts(old, user="ada") == {"AWS_SECRET_ACCESS_KEY": ("s3.amazonaws.com",)}
    assert await listed(old) == {**await hosts(old), **await hosts(old, user="ada")}


async def test_a_rotation_binds_those_that_count(old: Vault) -> None:
    assert await old.rotate() == 3
    assert await old.read(*SECRETS) == SECRETS
    assert (await hosts(old))["GITHUB_TOKEN"] == ("api.github.com",)
    change(old, "UPDATE vault_entries SET allowed_hosts = 'evil.example' WHERE key = 'GITHUB_TOKEN'")
    assert (await old.look("GITHUB_TOKEN")).unreadable.keys() == {"GITHUB_TOKEN"}


async def test_what_is_bound_is_not_taken_for_what_was_not_yet(old: Vault) -> None:
    await old.rotate()
    change(old, "UPDATE vault_entries SET form = 1")
    assert (await old.look(*SECRETS)).unreadable.keys() == SECRETS.keys()


async def test_the_operator_says_anew_where_one_may_be_sent(old: Vault) -> None:
    ask = vault.UpdateHosts(
        name="HOME_TOKEN", hosts=("home.example.com",), user="admin", role="admin", proof="operator"
    )
    assert (await old.mesh.bus.ask(ask)).hosts == ("home.example.com",)
    assert (await hosts(old))["HOME_TOKEN"] == ("home.example.com",)
    assert await old.read(*SECRETS) == SECRETS
