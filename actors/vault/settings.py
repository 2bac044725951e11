"""Settings of the vault: where its master key is kept."""

from typing import Literal, final

import attrs

from bus import Data


@final
@attrs.frozen(kw_only=True)
class Vault(Data):
    key: Literal["file", "keyring"] = "file"
    """Where a master key is kept that is not in ``STARPOD_VAULT_KEY``: in ``vault.key`` or in the keyring of the
    system."""


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    vault: Vault = Vault()
