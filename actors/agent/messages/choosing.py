"""Which model answers in a conversation, and what of a day is left."""

from datetime import datetime
from typing import Annotated, ClassVar, final

import attrs

from actors.endpoints import endpoint
from actors.session.messages import Session
from actors.shapes import described
from actors.vocabulary import Effort
from bus import Abandon, Data, Request


@final
@attrs.frozen(kw_only=True)
class Today(Data):
    """What a user has used since midnight, and what they may use; a limit that is null is none."""

    until: datetime
    """When the day ends, in the zone in which it is counted."""
    tokens: int
    tokens_limit: int | None
    cost_usd: float | None
    """US dollars, of the calls whose price is known; null where it is known of none."""
    usd_limit: float | None
    unpriced: int
    """Calls whose price is not known; the limit of US dollars does not count them."""


@endpoint("GET", "/api/settings/costs/today")
@final
@attrs.frozen(kw_only=True)
class GetToday(Request[Today]):
    """What who asks has used today of what they may use in a day."""

    user: str


@endpoint("PUT", "/api/sessions/{session}/model")
@final
@attrs.frozen(kw_only=True)
class SelectModel(Request[Session]):
    """Choose which model answers in a conversation, and how much it thinks, from the next turn on.

    A message that names a model of its own is still answered by that one. All who look at the conversation are told.
    Raises llm.ModelNotAllowed, session.UnknownSession.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str
    model: Annotated[str | None, described("`provider/model`; null: as configured.", max_length=200)] = None
    effort: Annotated[Effort | None, described("null: as configured.")] = None
