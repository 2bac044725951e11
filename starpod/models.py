"""The model catalogue of an instance, and whether the models its configuration names can answer."""

from pathlib import Path

from actors.llm.catalogue import Catalogue, CatalogueError, parse
from actors.llm.selection import ModelSettingsError, choose
from actors.llm.settings import Settings
from actors.settings import text
from actors.settings.problems import Problem
from actors.subsystem import Given
from starpod.resources import resource


def load_catalogue(own: Path) -> tuple[Catalogue, tuple[Problem, ...]]:
    """The shipped catalogue with the operator's, the file `own`, over it; one that is broken is left out."""
    shipped = resource("config/models.toml")
    catalogue = parse(text.read(shipped), str(shipped))
    if not own.exists():
        return catalogue, ()
    try:
        return catalogue.overlaid(parse(text.read(own), str(own))), ()
    except (OSError, ValueError) as error:
        lines = str(error).splitlines() if isinstance(error, CatalogueError) else [str(error)]
        return catalogue, tuple(Problem(file=own, expected=f"ignored: {line}") for line in lines)


def unusable(settings: Settings, given: Given) -> list[str]:
    """Why a model that was named cannot answer, for want of its key above all."""
    catalogue, _ = load_catalogue(models_toml(given.data))
    try:
        choose(settings, given.environment, catalogue)
    except ModelSettingsError as error:
        return str(error).splitlines()
    return []


def models_toml(data: Path) -> Path:
    """The operator's additions to the catalogue."""
    return data / "config" / "models.toml"
