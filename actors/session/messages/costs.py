"""What all of it has cost, for the owner of the agent."""

from typing import Annotated, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from bus import Data, Request


@attrs.frozen(kw_only=True)
class Sums(Data):
    """What some calls of models came to."""

    total_cost_usd: float
    total_input_tokens: int
    """Of the prompts, with what the provider's cache held and what it took in."""
    total_output_tokens: int
    total_cache_read: int
    total_cache_write: int
    total_turns: int
    """Calls of models."""


@final
@attrs.frozen(kw_only=True)
class UserSums(Sums):
    user_id: str


@final
@attrs.frozen(kw_only=True)
class ModelSums(Sums):
    model: str


@final
@attrs.frozen(kw_only=True)
class PurposeSums(Sums):
    purpose: str
    """What the models were asked for: a :data:`Purpose`."""


@final
@attrs.frozen(kw_only=True)
class ModelOfDay(Data):
    model: str
    cost_usd: float


@final
@attrs.frozen(kw_only=True)
class Day(Data):
    date: str
    """``YYYY-MM-DD``, UTC."""
    by_model: tuple[ModelOfDay, ...]
    total_cost_usd: float


@final
@attrs.frozen(kw_only=True)
class ToolUse(Data):
    tool_name: str
    invocations: int
    errors: int


@final
@attrs.frozen(kw_only=True)
class CostOverview(Sums):
    """The dearest first, days in order."""

    by_user: tuple[UserSums, ...]
    by_model: tuple[ModelSums, ...]
    by_purpose: tuple[PurposeSums, ...]
    by_day: tuple[Day, ...]
    by_tool: tuple[ToolUse, ...]


@endpoint("GET", "/api/settings/costs", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetCosts(Request[CostOverview]):
    """What models were asked for and what it cost, everybody's together."""

    period: Annotated[str, described("`7d`, `30d`, `90d` or `all`; anything else is `30d`.")] = "30d"
