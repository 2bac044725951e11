"""The settings in force."""

import pytest

from actors.settings.current import Current


def test_values_are_exchanged_as_a_whole_and_what_changed_is_told_until_it_is_taken() -> None:
    current = Current({int: 1, str: "a"})
    before = current.all()

    assert current.replace({int: 1, str: "b"}) == {str}
    assert (current.of(int), current.of(str), before) == (1, "b", {int: 1, str: "a"})
    assert current.replace({int: 2, str: "b"}) == {int, str}
    current.taken()
    assert current.replace({int: 2, str: "b"}) == frozenset()
    assert current.all() == {int: 2, str: "b"}


def test_what_was_taken_first_is_remembered() -> None:
    current = Current({})
    current.replace({int: 1})
    current.taken()
    current.replace({int: 2})
    current.taken()

    assert current.at_start() == {int: 1}
    assert Current({int: 3}).at_start() == {int: 3}


def test_settings_that_no_subsystem_has_are_a_mistake() -> None:
    with pytest.raises(KeyError):
        Current({}).of(int)
