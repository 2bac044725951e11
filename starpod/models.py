"""The model catalogue of an instance, and whether the models its configuration names can answer."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from pathlib import Path

from actors.llm.models.catalogue import Catalogue, CatalogueError, parse
from actors.llm.models.selection import ModelSettingsError, choose
from actors.llm.settings import Settings, split_spec
from actors.memory.settings import LOCAL
from actors.settings import text
from actors.settings.problems import Problem
from actors.subsystem import Given
from actors.vault import store
from actors.vault.names import AGENT
from starpod.resources import resource


def load_catalogue(own: Path) -> tuple[Catalogue, tuple[Problem, ...]]:
    """The shipped catalogue with the operator's, the file `own`, over it; one that is broken is left out."""
    catalogue = _shipped()
    if not own.exists():
        return catalogue, ()
    try:
        return catalogue.overlaid(parse(text.read(own), str(own))), ()
    except (OSError, ValueError) as error:
        lines = str(error).splitlines() if isinstance(error, CatalogueError) else [str(error)]
        return catalogue, tuple(Problem(file=own, expected=f"ignored: {line}") for line in lines)


@cache
def _shipped() -> Catalogue:
    file = resource("config/models.toml")
    return parse(text.read(file), str(file))


def unusable(settings: Settings, given: Given) -> list[str]:
    """Why a model that was named cannot answer, for want of its key above all."""
    catalogue, _ = load_catalogue(models_toml(given.data))
    faults = _faults(settings, given.environment, catalogue)
    if faults and (kept := _kept(given.database("vault"))):
        faults = _faults(settings, {**given.environment, **kept}, catalogue)
    return faults


def no_embedder(embedder: str | None) -> list[str]:
    """Why what is to make vectors for the memory cannot be what is meant."""
    try:
        if embedder is not None and embedder != LOCAL:
            split_spec(embedder)
    except ValueError as error:
        return [f"memory.embedder {error}"]
    return []


def _faults(settings: Settings, keys: Mapping[str, str], catalogue: Catalogue) -> list[str]:
    try:
        choose(settings, keys, catalogue)
    except ModelSettingsError as error:
        return str(error).splitlines()
    return []


def _kept(vault: Path) -> dict[str, str]:
    """Names of what the vault keeps for the agent, each with something in the place of its value."""
    if not vault.exists():
        return {}
    try:
        with closing(sqlite3.connect(f"{vault.as_uri()}?mode=ro", uri=True)) as connection:
            return {each.name: "kept" for each in store.entries(connection, [AGENT])}
    except sqlite3.Error:
        return {}  # whoever opens the vault says what is wrong with it


def models_toml(data: Path) -> Path:
    """The operator's additions to the catalogue."""
    return data / "config" / "models.toml"
