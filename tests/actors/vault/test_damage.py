"""What somebody did to the files of the vault costs no more than itself, and is said."""

import base64

import pytest

from actors.vault import messages as vault
from actors.wire import timestamp
from tests.actors.vault.conftest import Vault, change

# --- what somebody did to the files ---------------------------------------------------------------------------


async def test_a_damaged_entry_is_named_and_the_others_are_unharmed(safe: Vault) -> None:
    await safe.set("A", "1")
    await safe.set("B", "2")
    change(safe, "UPDATE vault_entries SET encrypted_value = x'00' WHERE key = 'A'")

    found = await safe.look("A", "B")

    assert [each.name for each in found.secrets] == ["B"]
    assert found.unreadable == {"A": "it is damaged: keep it anew with `starpod vault set A`"}
    assert (await safe.log())[-2:] == [
        ("unreadable", "A", "", found.unreadable["A"]),
        ("read", "B", "", "a test"),
    ]
    with pytest.raises(vault.VaultFailed, match="A cannot be read: it is damaged"):
        await safe.mesh.bus.ask(vault.Reveal(name="A", user="admin"))
    await safe.set("A", "3")
    assert await safe.read("A", "B") == {"A": "3", "B": "2"}


async def test_rows_that_were_exchanged_do_not_open(safe: Vault) -> None:
    await safe.know_people()
    await safe.set("A", "1")
    await safe.set("B", "2")
    await safe.set("A", "3", "ada")
    change(safe, "UPDATE vault_entries SET key = 'C' WHERE key = 'A' AND owner = ''")
    change(safe, "UPDATE vault_entries SET owner = 'bob' WHERE owner = 'ada'")
    assert (await safe.look("C")).unreadable.keys() == {"C"}
    assert (await safe.look("A", user="bob")).unreadable.keys() == {"A"}
    assert await safe.read("B") == {"B": "2"}


async def test_damage_beside_the_value_costs_no_more_than_itself(safe: Vault) -> None:
    await safe.set("A", "1")
    change(safe, "UPDATE vault_entries SET created_at = 'x', last_read_at = 'y'")
    change(safe, "UPDATE vault_audit SET timestamp = ''")
    assert await safe.entries() == [("", "A")]
    assert await safe.read("A") == {"A": "1"}
    assert len(await safe.log()) == 2


@pytest.mark.parametrize(
    "damage", ["2026-03-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"]
)
async def test_a_time_without_a_zone_or_beyond_the_calendar_can_be_told(safe: Vault, damage: str) -> None:
    await safe.set("A", "1")
    change(safe, f"UPDATE vault_entries SET created_at = '{damage}'")

    (entry,) = await safe.mesh.bus.ask(vault.ListSecrets(user="admin", role="admin"))

    assert timestamp(entry.created_at).endswith("Z")


async def test_without_the_key_it_is_told_which_one_is_missing_and_nothing_is_lost(safe: Vault) -> None:
    await safe.set("A", "1")
    away = safe.key.rename(safe.key.with_name("away"))

    found = await safe.look("A")

    assert found.secrets == ()
    assert "is not here: put back vault.key from a backup" in found.unreadable["A"]
    with pytest.raises(vault.VaultFailed, match=r"is missing: put back vault\.key"):
        await safe.set("B", "2")
    assert not safe.key.exists()
    away.rename(safe.key)
    assert await safe.read("A") == {"A": "1"}


async def test_with_a_wrong_key_the_right_one_is_asked_for(safe: Vault) -> None:
    await safe.set("A", "1")
    right = safe.key.read_text()
    safe.key.write_text(base64.b64encode(bytes(32)).decode())

    assert "is not here: put back vault.key from a backup" in (await safe.look("A")).unreadable["A"]

    safe.key.write_text(right)
    assert await safe.read("A") == {"A": "1"}


async def test_a_key_of_another_length_is_an_error(safe: Vault) -> None:
    await safe.set("A", "1")
    safe.key.write_text(base64.b64encode(bytes(16)).decode())
    for ask in (safe.look("A"), safe.set("B", "2"), safe.rotate()):
        with pytest.raises(vault.VaultFailed, match="holds 16 bytes"):
            await ask


async def test_a_key_that_others_can_read_is_told_with_the_health(safe: Vault) -> None:
    await safe.set("A", "1")
    safe.key.chmod(0o644)
    await safe.read("A")
    (node,) = safe.mesh.console.health().children
    assert node.health.why == "others can read vault.key: chmod 600 it"
    safe.key.chmod(0o600)
    await safe.read("A")
    (node,) = safe.mesh.console.health().children
    assert node.health.why is None
