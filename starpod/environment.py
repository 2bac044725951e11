"""Secrets and other variables: what the process was given, overlaid by the files of the workspace and the instance.

The result is a mapping of its own; the environment of the process is never changed. Files of single users are not
read here: one user's secrets must not reach another's requests.
"""

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, final

import attrs
from dotenv.parser import parse_stream

from actors.settings import text
from actors.settings.problems import Problem
from actors.vault.names import may_be_granted, says_secret
from starpod.applied import Applied, digest
from starpod.blueprint import workspace_env
from starpod.workspace import Instance

LONGEST_WORD: Final = 12
"""Letters of what is a word and no secret."""
_EXPORTED: Final = Path("the environment of the process")


@final
@attrs.frozen(kw_only=True)
class Environment:
    values: Mapping[str, str] = attrs.field(repr=False)
    secrets: tuple[tuple[str, str], ...] = attrs.field(repr=False)
    """Names and values that no text may show: what the files hold, but for single words that are not called a secret,
    and what was exported under such a name."""
    warnings: tuple[Problem, ...]
    """Lines and files that could not be read and were left out."""
    files: Mapping[str, Path] = attrs.field(factory=dict[str, Path])
    """Where the value of a variable comes from; not here for what was exported."""

    def source(self, variable: str) -> Path:
        """What a problem with a variable is told of."""
        return self.files.get(variable, _EXPORTED)


def load_environment(instance: Instance, exported: Mapping[str, str]) -> Environment:
    """Variables for `instance`; what comes later in this list wins.

    1. `exported`, the environment of the process,
    2. the workspace's ``.env.dev``, else its ``.env``,
    3. the instance's ``.env``.

    An instance in a workspace began with a copy of the workspace's file. As long as nobody has edited the copy, the
    original speaks for it, so that a change there takes effect.
    """
    values, files, warnings = dict(exported), dict[str, Path](), list[Problem]()
    secrets = [(name, value) for name, value in exported.items() if says_secret(name)]
    for path in _layers(instance):
        found = read_env(path, warnings)
        values |= found
        files |= dict.fromkeys(found, path)
        secrets += (each for each in found.items() if not _is_ordinary(*each))
    return Environment(values=values, secrets=tuple(secrets), warnings=tuple(warnings), files=files)


def _is_ordinary(name: str, value: str) -> bool:
    """Whether it is a word like ``production``, which could not be said any more if it were hidden."""
    return value.isalpha() and len(value) <= LONGEST_WORD and not says_secret(name)


def granted(names: Iterable[str], values: Mapping[str, str]) -> dict[str, str | None]:
    """What tools may know of the environment: variables that the owner has named, None for one that is not set."""
    return {name: values.get(name) for name in names if may_be_granted(name)}


def withheld(names: Iterable[str]) -> list[str]:
    """What is wrong with a list of variables for tools, one sentence each."""
    return [
        f"tools.env_allowed names {name}, which is the agent's own: no tool gets it"
        for name in names
        if not may_be_granted(name)
    ]


def _layers(instance: Instance) -> list[Path]:
    shared = workspace_env(instance.workspace, "dev") if instance.workspace else None
    own = instance.env_file
    if shared and own and _is_untouched_copy(own, instance):
        own = None
    return [path for path in (shared, own) if path is not None]


def _is_untouched_copy(own: Path, instance: Instance) -> bool:
    try:
        return digest(own.read_bytes()) == Applied.read(instance).env
    except OSError:
        return False


def read_env(path: Path, warnings: list[Problem]) -> dict[str, str]:
    """The variables in one file. What cannot be read is left out and added to `warnings`, without its text."""
    values: dict[str, str] = {}
    try:
        bindings = list(parse_stream(io.StringIO(text.read(path))))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        warnings.append(Problem(file=path, expected=f"cannot be read and is ignored: {reason}"))
        return values
    for binding in bindings:
        if binding.key is not None and binding.value is not None:
            values[_name(binding.key)] = binding.value
        elif binding.error or binding.key is not None:
            line = binding.original.line
            warnings.append(Problem(file=path, line=line, expected="must be KEY=VALUE, the line is ignored"))
    return values


def without(content: str, taken: Mapping[str, str]) -> str:
    """The text of such a file without the lines that give one of these variables this value; all else as it is."""
    return "".join(
        binding.original.string
        for binding in parse_stream(io.StringIO(content, newline=""))
        if binding.key is None
        or binding.value is None
        or taken.get(_name(binding.key)) != binding.value.replace("\r\n", "\n")
    )


def _name(key: str) -> str:
    return key.strip('\ufeff"')
