"""The vault as others meet it: what it keeps, for whom, and what it says of it."""

from pathlib import Path

import pytest

from actors.vault import messages as vault
from tests.actors.vault.conftest import Vault


async def test_what_is_kept_is_read_back_and_lies_nowhere_in_clear(safe: Vault) -> None:
    await safe.set("GITHUB_TOKEN", "correct horse battery")

    assert await safe.read("GITHUB_TOKEN") == {"GITHUB_TOKEN": "correct horse battery"}
    for path in safe.data.rglob("*"):
        assert not path.is_file() or b"correct horse" not in path.read_bytes()


async def test_an_empty_vault_has_no_key_and_answers_nothing(safe: Vault) -> None:
    assert await safe.look("A", "B") == vault.Found(secrets=(), unreadable={})
    assert await safe.entries() == []
    assert not safe.key.exists()
