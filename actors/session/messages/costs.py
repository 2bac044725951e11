"""What all of it has cost, for people."""

from typing import Annotated, Any, ClassVar, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Role
from bus import Data, Request


@attrs.frozen(kw_only=True)
class Sums(Data):
    """What some calls of models came to."""

    total_cost_usd: float | None
    """US dollars, of the calls whose price is known; null where it is known of none."""
    total_input_tokens: int
    """Of the prompts, with what the provider's cache held and what it took in."""
    total_output_tokens: int
    total_cache_read: int
    total_cache_write: int
    total_turns: int
    """Calls of models."""
    total_unpriced: int
    """Those of them whose price is not known; what they cost comes on top."""


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
    cost_usd: float | None
    """As `total_cost_usd`."""
    tokens: int
    """Of prompts and answers."""
    unpriced: int
    """Calls whose price is not known."""


@final
@attrs.frozen(kw_only=True)
class Day(Data):
    date: str
    """``YYYY-MM-DD``, UTC."""
    by_model: tuple[ModelOfDay, ...]
    total_cost_usd: float | None


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


@endpoint("GET", "/api/settings/costs")
@final
@attrs.frozen(kw_only=True)
class GetCosts(Request[CostOverview]):
    """What models were asked for and what it cost: to an admin everybody's together, to others their own."""

    version: ClassVar[int] = 2
    user: str
    role: Annotated[Role, from_context("role")]
    period: Annotated[str, described("`7d`, `30d`, `90d` or `all`; anything else is `30d`.")] = "30d"

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "user": "", "role": "admin"}
