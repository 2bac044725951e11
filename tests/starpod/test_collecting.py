"""The garbage collector looks seldom while a program begins, and at nothing of it afterwards."""

import gc
from collections.abc import Generator

import pytest

from starpod.collecting import collect_as_usual, collect_seldom


@pytest.fixture(autouse=True)
def as_before() -> Generator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_it_looks_seldom_until_all_is_there_and_as_usual_from_then_on() -> None:
    collect_as_usual()
    usual = gc.get_threshold()
    collect_seldom()
    assert gc.get_threshold()[0] > usual[0]
    collect_as_usual()
    assert gc.get_threshold() == usual


def test_what_is_there_is_not_looked_at_again() -> None:
    there = gc.get_freeze_count()
    collect_as_usual()
    assert gc.get_freeze_count() > there
