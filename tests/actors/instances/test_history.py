"""What is remembered of instances."""

from actors.instances import history
from actors.instances.history import History
from actors.instances.messages import Health, Notice


def health(beat: float) -> Health:
    return Health(cpu_percent=1, memory_mb=2, disk_mb=3, last_heartbeat=beat, uptime_secs=4)


def notice(at: float) -> Notice:
    return Notice(at=at, instance="a", name=None, what="stuck")


def test_the_newest_notices_come_first_and_the_oldest_go() -> None:
    seen = History()
    assert not seen.notices
    for at in range(history.NOTICES + 2):
        seen.notice(notice(at))
    assert [each.at for each in seen.notices] == list(range(history.NOTICES + 1, 1, -1))


def test_samples_are_bounded_and_forgotten_with_their_instance() -> None:
    seen = History()
    for at in range(history.SAMPLES + 2):
        seen.sample("a", at, health(at))
    seen.sample("b", 1, health(1))
    assert [each.at for each in seen.samples("a")] == list(range(2, history.SAMPLES + 2))
    assert seen.samples("nobody") == ()
    seen.keep_only({"b"})
    assert (seen.samples("a"), len(seen.samples("b"))) == ((), 1)
