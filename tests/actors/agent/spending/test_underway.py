"""What is under way, of a user and on behalf of a turn."""

import trio

from actors.agent.spending.underway import UnderWay
from actors.session.messages import Consumed


def usd(amount: float) -> Consumed:
    return Consumed(usd=amount)


async def test_it_is_counted_until_it_is_over() -> None:
    under_way = UnderWay()
    under_way.add("t1", "ada", usd(1.0), "t1")
    under_way.add("t2", "ada", usd(2.0), "t1")
    under_way.add("review", "ada", usd(4.0))
    under_way.add("t3", "bob", usd(8.0), "t3")
    under_way.add("t3", "bob", usd(16.0), "t3")
    assert (under_way.of("ada"), under_way.of("bob"), len(under_way)) == (usd(7.0), usd(16.0), 4)
    assert under_way.beside("t1") == usd(3.0)
    assert under_way.beside("t1", "ada") == usd(7.0), (
        "what is on behalf of no turn may be of any conversation"
    )
    under_way.drop("t1")
    under_way.drop("t1")
    assert (under_way.of("ada"), under_way.ended) == (usd(6.0), 1)


async def test_whoever_waits_is_told_when_one_is_over() -> None:
    under_way = UnderWay()
    under_way.add("t1", "ada", usd(1.0))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(under_way.changed)
        await trio.testing.wait_all_tasks_blocked()
        under_way.drop("t1")
