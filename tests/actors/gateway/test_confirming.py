"""Pages that were confirmed with a code: which they are, for how long, and what ends it."""

import attrs
import pytest

from actors.gateway.confirming import CONFIRMED_SECONDS, MOST_CONFIRMED, Confirmations
from actors.users.messages import AccessChanged
from actors.vocabulary import Principal
from tests.actors.gateway.clock import Time

PAGE = Principal(user="ada", role="admin", proof="page", credential="d1")


@pytest.fixture
def pages(time: Time) -> Confirmations:
    return Confirmations(time)


def test_one_page_of_an_admin_is_unlocked_for_ten_minutes_however_it_is_used(
    pages: Confirmations, time: Time
) -> None:
    assert (pages.left(PAGE), pages.seen(PAGE)) == (0.0, PAGE)
    assert pages.confirm(PAGE) == CONFIRMED_SECONDS
    time.now += CONFIRMED_SECONDS - 1
    known = pages.seen(PAGE)
    assert known == attrs.evolve(PAGE, proof="confirmed")
    assert pages.seen(known) == known
    assert (pages.left(PAGE), pages.left(known)) == (1.0, 1.0)
    time.now += 1
    assert (pages.left(PAGE), pages.seen(PAGE)) == (0.0, PAGE)


@pytest.mark.parametrize(
    "other",
    [
        attrs.evolve(PAGE, credential="d2"),
        attrs.evolve(PAGE, user="bob"),
        attrs.evolve(PAGE, role="user"),
        attrs.evolve(PAGE, proof="key"),
        attrs.evolve(PAGE, proof="operator"),
        attrs.evolve(PAGE, proof="telegram"),
    ],
)
def test_nobody_else_is(pages: Confirmations, other: Principal) -> None:
    pages.confirm(PAGE)
    assert pages.seen(other) == other


def test_it_is_locked_again(pages: Confirmations) -> None:
    pages.confirm(PAGE)
    pages.lock(attrs.evolve(PAGE, proof="confirmed"))
    pages.lock(PAGE)
    assert pages.left(PAGE) == 0


@pytest.mark.parametrize(
    ("user", "credential", "left"),
    [
        ("ada", None, 0),
        ("ada", "d1", 0),
        ("", None, 0),
        ("ada", "d2", CONFIRMED_SECONDS),
        ("bob", None, CONFIRMED_SECONDS),
    ],
)
def test_it_ends_when_what_its_admin_may_changes(
    pages: Confirmations, user: str, credential: str | None, left: float
) -> None:
    pages.confirm(PAGE)
    pages.changed(AccessChanged(user=user, credential=credential, why="changed"))
    assert pages.left(PAGE) == left


def test_only_so_many_are_unlocked_the_newest(pages: Confirmations) -> None:
    others = [attrs.evolve(PAGE, credential=str(number)) for number in range(MOST_CONFIRMED)]
    for page in (PAGE, *others[1:], PAGE, others[0]):
        pages.confirm(page)
    assert [pages.left(each) > 0 for each in (PAGE, *others[:3])] == [True, True, False, True]
