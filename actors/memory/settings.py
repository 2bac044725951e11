"""Settings of the memory."""

from typing import Any, Final, final

import attrs
from attrs.validators import ge, gt, optional

from bus import Data

LOCAL: Final = "local"
"""The embedder that runs here."""


def _is_embedder(_instance: object, _field: "attrs.Attribute[Any]", value: str) -> None:
    provider, _, model = value.partition("/")
    if value != LOCAL and not (provider.strip() and model.strip()):
        raise ValueError(f'must be "{LOCAL}" or provider/model')


@final
@attrs.frozen(kw_only=True)
class Memory(Data):
    half_life_days: float = attrs.field(default=30.0, validator=gt(0))
    """Days after which a dated note has lost half of what it can lose in a search, which is a fifth."""
    chunk_size: int = attrs.field(default=300, validator=ge(64))
    """Bytes of an indexed passage, which consists of whole lines."""
    bootstrap_file_cap: int = attrs.field(default=20_000, validator=ge(1))
    """Bytes of each note in the prompt."""
    bootstrap_total_cap: int = attrs.field(default=40_000, validator=ge(1))
    """Bytes of all notes in the prompt together."""
    export_sessions: bool = True
    """Whether a conversation that ends is kept as a note."""
    auto_log: bool = True
    """Whether each turn leaves a line in the daily log."""
    user_md_limit: int = attrs.field(default=4000, validator=ge(0))
    """Bytes that the model may make of ``USER.md``; 0 is no limit."""
    memory_md_limit: int = attrs.field(default=8000, validator=ge(0))
    """Bytes that the model may make of ``MEMORY.md``; 0 is no limit."""
    nudge_interval: int = attrs.field(default=10, validator=ge(0))
    """Messages of a user after which the conversation is reviewed for what to remember; 0 is never."""
    nudge_model: str | None = None
    """Reviews conversations; None takes the model that writes summaries."""
    nudges_per_day: int = attrs.field(default=24, validator=ge(0))
    """Reviews of conversations of one user on one day, UTC."""
    embedder: str | None = attrs.field(default=None, validator=optional(_is_embedder))
    """What tells a search which passages mean what is asked: ``local``, from the extra ``starpod[vectors]``, or
    ``provider/model``; None does without."""


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    memory: Memory = Memory()
