"""When Python looks for garbage."""

import gc

from starpod import garbage


def test_a_start_is_seldom_looked_through_and_what_it_made_never_again() -> None:
    before = gc.get_threshold()
    try:
        garbage.start()
        assert gc.isenabled()
        assert gc.get_threshold() == (garbage.STARTING, *before[1:])
        garbage.settle()
        assert gc.get_threshold() == (garbage.RUNNING, *before[1:])
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
