"""The vault is sealed anew with another key, or not at all."""

import base64

import pytest

from actors.vault import messages as vault
from actors.vault.settings import Settings
from actors.vault.settings import Vault as VaultSettings
from tests.actors.vault.conftest import Ring, Vault, change

# --- rotation -------------------------------------------------------------------------------------------------


async def test_a_rotation_seals_everything_anew_and_forgets_the_old_key(safe: Vault) -> None:
    await safe.know_people()
    await safe.set("A", "1", hosts=("x.org",))
    await safe.set("A", "2", "ada")
    old = safe.key.read_text()

    assert await safe.rotate() == 2

    assert safe.key.read_text().split() != old.split()
    assert len(safe.key.read_text().split()) == 1
    assert safe.key.stat().st_mode & 0o777 == 0o600
    assert await safe.read("A") == {"A": "1"}
    assert await safe.read("A", user="ada") == {"A": "2"}
    new = safe.key.read_text()
    safe.key.write_text(old)
    assert (await safe.look("A")).secrets == ()
    safe.key.write_text(new)


async def test_nothing_is_rotated_while_something_does_not_open(safe: Vault) -> None:
    await safe.set("A", "1")
    await safe.set("B", "2")
    change(safe, "UPDATE vault_entries SET nonce = x'00' WHERE key = 'A'")
    key = safe.key.read_text()
    with pytest.raises(vault.CannotRotate, match=r"A cannot be read: it is damaged.*or else delete it"):
        await safe.rotate()
    assert safe.key.read_text() == key
    assert await safe.read("B") == {"B": "2"}


async def test_a_key_in_the_environment_is_changed_by_whoever_put_it_there(stopped: Vault) -> None:
    stopped.environment["STARPOD_VAULT_KEY"] = base64.b64encode(bytes(32)).decode()
    await stopped.start()
    await stopped.set("A", "1")
    assert not stopped.key.exists()
    with pytest.raises(vault.CannotRotate, match="put a new key before the one that is there"):
        await stopped.rotate()
    assert await stopped.read("A") == {"A": "1"}


async def test_a_new_key_before_the_old_one_in_the_environment_is_taken_by_a_rotation(
    stopped: Vault,
) -> None:
    old, new = (base64.b64encode(bytes([n]) * 32).decode() for n in range(2))
    stopped.environment["STARPOD_VAULT_KEY"] = old
    await stopped.start()
    await stopped.set("A", "1")
    for text in (f"{new},{old}", new):
        stopped.environment["STARPOD_VAULT_KEY"] = text
        await stopped.mesh.console.restart("vault")
        assert await stopped.read("A") == {"A": "1"}
        if text != new:
            assert await stopped.rotate() == 1


async def test_a_keyring_that_cannot_be_used_is_an_error_that_says_what_to_do(
    stopped: Vault, ring: Ring
) -> None:
    stopped.settings = Settings(vault=VaultSettings(key="keyring"))
    await stopped.start()
    ring.locked = True
    with pytest.raises(vault.VaultFailed, match=r'or say \[vault\] key = "file"'):
        await stopped.set("A", "1")
    ring.locked = False
    await stopped.set("A", "1")
    assert await stopped.read("A") == {"A": "1"}
    assert not stopped.key.exists()


async def test_a_change_of_the_setting_is_taken_at_once_and_completed_by_a_rotation(
    safe: Vault, ring: Ring
) -> None:
    await safe.set("A", "1")
    safe.settings = Settings(vault=VaultSettings(key="keyring"))
    assert await safe.read("A") == {"A": "1"}
    assert await safe.rotate() == 1
    assert not safe.key.exists()
    assert await safe.read("A") == {"A": "1"}
