"""The model catalogue of an instance, and whether the models its configuration names can answer."""

from actors.llm.catalogue import Catalogue, CatalogueError, parse
from actors.llm.choice import ModelSettingsError, choose
from starpod.config import Config
from starpod.problems import ConfigError, Problem
from starpod.resources import resource
from starpod.workspace import Instance


def load_catalogue(instance: Instance) -> tuple[Catalogue, tuple[Problem, ...]]:
    """The shipped catalogue with the operator's ``models.toml`` over it; one that is broken is left out."""
    shipped = resource("config/models.toml")
    catalogue = parse(shipped.read_text(encoding="utf-8"), str(shipped))
    path = instance.models_toml
    if not path.exists():
        return catalogue, ()
    try:
        return catalogue.overlaid(parse(path.read_text(encoding="utf-8"), str(path))), ()
    except (OSError, ValueError) as error:
        lines = str(error).splitlines() if isinstance(error, CatalogueError) else [str(error)]
        return catalogue, tuple(Problem(file=path, expected=f"ignored: {line}") for line in lines)


def check_models(config: Config, catalogue: Catalogue) -> None:
    """Raise ConfigError when a model that was named cannot answer, for want of its key above all."""
    try:
        choose(config.llm, config.environment, catalogue)
    except ModelSettingsError as error:
        raise ConfigError(
            [Problem(file=config.file, expected=text) for text in str(error).splitlines()]
        ) from error
