"""A stop that never falls between two halves of one step."""

from actors.agent.interrupt import Interrupt


def test_a_stop_takes_effect_at_once_or_after_what_must_be_whole() -> None:
    stops: list[str] = []
    interrupt = Interrupt(lambda: stops.append("stop"))
    with interrupt:
        with interrupt:
            interrupt.request()
        assert stops == []
    assert stops == ["stop"]


def test_a_stop_outside_is_immediate() -> None:
    stops: list[str] = []
    interrupt = Interrupt(lambda: stops.append("stop"))
    interrupt.request()
    assert interrupt.requested
    assert stops == ["stop"]


def test_without_a_request_nothing_stops() -> None:
    stops: list[str] = []
    with Interrupt(lambda: stops.append("stop")):
        pass
    assert stops == []
