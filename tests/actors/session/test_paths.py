"""Which turns follow each other, against a tree in which every turn knows what it follows."""

from hypothesis import given
from hypothesis import strategies as st

from actors.session.paths import BEGINNING, NEWEST, Fork, Path, continuation, path_to

STRAIGHT = path_to(())


def test_a_conversation_without_forks_is_one_path() -> None:
    assert Path(((1, NEWEST),)) == STRAIGHT
    assert path_to((), 7) == Path(((1, 7),))
    assert (path_to((), 7).holds(7), path_to((), 7).holds(8)) == (True, False)


def test_a_fork_leaves_out_what_it_does_not_follow() -> None:
    forks = (Fork(5, 2), Fork(8, 6))
    assert path_to(forks) == Path(((1, 2), (5, 6), (8, NEWEST)))
    assert path_to(forks, 7) == Path(((1, 2), (5, 7)))
    assert path_to(forks, 4) == Path(((1, 4),))


def test_a_fork_that_follows_nothing_begins_a_path() -> None:
    assert path_to((Fork(5, BEGINNING),)) == Path(((5, NEWEST),))
    assert path_to((), BEGINNING) == Path(())
    assert not Path(()).holds(1)


def test_the_newest_of_what_follows_a_turn_is_in_its_own_run_or_in_that_of_a_fork() -> None:
    forks = (Fork(5, 2), Fork(8, 6), Fork(9, 2))
    assert continuation(forks, 3) == (3, 4)
    assert continuation(forks, 5) == (8, 8)
    assert continuation(forks, 2) == (9, NEWEST)
    assert continuation((), 2) == (2, NEWEST)


@st.composite
def trees(draw: st.DrawFn) -> dict[int, int]:
    """What each turn follows. Turns of other conversations lie between them."""
    parents: dict[int, int] = {}
    for turn in sorted(draw(st.sets(st.integers(1, 60), min_size=1, max_size=25))):
        before = max(parents, default=BEGINNING)
        parents[turn] = draw(st.sampled_from([BEGINNING, *parents])) if draw(st.booleans()) else before
    return parents


def forks_of(parents: dict[int, int]) -> tuple[Fork, ...]:
    """Those that do not follow the one before them."""
    turns = [BEGINNING, *parents]
    return tuple(Fork(turn, parents[turn]) for n, turn in enumerate(parents) if parents[turn] != turns[n])


def ancestors(parents: dict[int, int], turn: int) -> set[int]:
    found = set[int]()
    while turn != BEGINNING:
        found.add(turn)
        turn = parents[turn]
    return found


@given(trees())
def test_a_path_holds_the_turn_and_what_it_follows_and_no_other(parents: dict[int, int]) -> None:
    forks = forks_of(parents)
    for turn in parents:
        path = path_to(forks, turn)
        assert {other for other in parents if path.holds(other)} == ancestors(parents, turn)
    newest = path_to(forks)
    assert {other for other in parents if newest.holds(other)} == ancestors(parents, max(parents))
    assert newest.holds(max(parents) + 1)


@given(trees())
def test_the_continuation_ends_with_the_newest_of_all_that_follow(parents: dict[int, int]) -> None:
    forks = forks_of(parents)
    for turn in parents:
        first, last = continuation(forks, turn)
        following = [other for other in parents if turn in ancestors(parents, other)]
        assert max(other for other in parents if first <= other <= last) == max(following)
