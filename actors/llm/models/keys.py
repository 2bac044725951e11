"""Which secrets are keys of providers."""

from collections.abc import Mapping
from typing import Final

from actors.credentials import Credentials
from actors.llm.settings import PROVIDERS, Provider, key_variable

VARIABLES: Final[Mapping[str, Provider]] = {
    variable: provider for provider in PROVIDERS if (variable := key_variable(provider))
}


def keys(environment: Mapping[str, str]) -> Credentials:
    """The keys of all providers."""
    return Credentials(environment, tuple(VARIABLES), "provider keys")
