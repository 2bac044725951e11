"""What is used is looked at as a whole: what ends meanwhile is not missing in it."""

from functools import partial

import attrs

from actors.agent.settings import Limits, Settings
from actors.agent.spending.allowance import apart
from actors.agent.spending.underway import UnderWay
from actors.llm import messages as llm
from actors.session import messages as session
from actors.vocabulary import ADMIN
from bus import Actor
from bus.testing import MeshUnderTest

LIMIT = 1000
NOTHING = session.Consumed()


class Store(Actor):
    """Looks while a call is under way, and answers when that has ended, been stored, and left what is under way."""

    def __init__(self, under_way: UnderWay) -> None:
        self._under_way = under_way
        self._stored = NOTHING

    @session.Measure.handler
    async def measure(self, request: session.Measure) -> session.Consumption:
        looked = session.Consumption(turn=NOTHING, conversation=NOTHING, day=self._stored)
        self._stored = session.Consumed(tokens=LIMIT)
        self._under_way.drop("other")
        return looked

    @llm.Models.handler
    async def models(self, request: llm.Models) -> llm.Catalogue:
        return llm.Catalogue(default="a/b", models=(), compaction="a/b")


async def test_what_ends_while_it_is_measured_is_counted(mesh: MeshUnderTest) -> None:
    under_way = UnderWay()
    under_way.add("other", ADMIN, session.Consumed(tokens=LIMIT))
    await mesh.start(partial(Store, under_way), name="store")
    settings = Settings(limits=attrs.evolve(Limits(), tokens_per_day=LIMIT))
    async with apart(lambda: settings, lambda: None, under_way, mesh.bus, ADMIN, "", 1, 1) as why:
        assert "(limits.tokens_per_day)" in (why or "")
