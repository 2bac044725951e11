"""Settings of the skills."""

from typing import final

import attrs
from attrs.validators import ge

from bus import Data


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    skills: tuple[str, ...] = ()
    """Names of the skills the agent sees; empty shows all."""
    self_improve: bool = False
    """Whether the agent may write skills unasked."""
    skills_budget: int = attrs.field(default=16_000, validator=ge(500))
    """Characters of the prompt that name and describe skills."""
    bundled_skills: bool = True
    """Whether the skills that come with Starpod are among them."""
