"""The environment, as far as the model may know it."""

from typing import Annotated, final

import attrs

from actors.tooling import described, tool
from bus import Request


@tool(
    "EnvGet",
    "Read a variable of the environment that the owner of this agent has allowed.",
    effect="pure",
    offer="searched",
    subject="key",
)
@final
@attrs.frozen(kw_only=True)
class EnvGet(Request[str]):
    """Its value, or a sentence that it is not set. Raises Restricted."""

    key: Annotated[str, described("Name of the variable.", max_length=128)]
