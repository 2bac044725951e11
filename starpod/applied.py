"""What applying a blueprint has to remember until the next time, in ``db/applied.json``.

Of files that people change where the agent runs, only a digest tells an untouched copy from one that somebody edited.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Self, final

import attrs

from actors import atomic, jsontext
from starpod.workspace import Instance


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@final
@attrs.frozen(kw_only=True)
class Applied:
    """Digests of what was last copied into an instance; None for what never was."""

    prompts: Mapping[str, str | None] = attrs.field(factory=dict[str, str | None])
    """Of what the agent does by itself, by the name of the file."""
    env: str | None = None

    @classmethod
    def read(cls, instance: Instance) -> Self:
        """What is known of `instance`; nothing when the file is missing or not readable."""
        try:
            stored = jsontext.read_object((instance.db_dir / "applied.json").read_bytes())
            prompts = stored["prompts"] if "prompts" in stored else {"BOOTSTRAP.md": stored["bootstrap"]}
            return cls(prompts=dict(prompts), env=stored["env"])
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, instance: Instance) -> None:
        atomic.write(instance.db_dir / "applied.json", json.dumps(attrs.asdict(self)) + "\n")
