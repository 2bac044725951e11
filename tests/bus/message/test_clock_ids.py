"""Time and chance as actors see them: real outside of tests, reproducible within."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from bus import Clock, Ids, open_mesh
from bus.message.clock import OFFSET, VIRTUAL_START, is_virtual
from bus.supervise.spec import Supervisor
from bus.testing.virtual import in_virtual_time

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


async def test_the_wall_clock_follows_virtual_time(autojump_clock: trio.testing.MockClock) -> None:
    autojump_clock.jump(1000)
    clock = Clock()
    assert clock.now() == VIRTUAL_START
    started = clock.monotonic()
    await trio.sleep(6 * 3600)
    assert clock.now() == VIRTUAL_START + timedelta(hours=6)
    assert clock.monotonic() - started == 6 * 3600
    assert clock.virtual
    assert is_virtual()


async def test_outside_of_virtual_time_it_is_the_worlds() -> None:
    clock = Clock()
    assert not clock.virtual
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC


async def test_a_test_can_set_the_clock_on_the_wall_by_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "offset"
    monkeypatch.setenv(OFFSET, str(file))
    clock = Clock()
    day = timedelta(days=1)
    for text, least in (("", timedelta()), ("86400", day), ("-86400.5", -day - timedelta(seconds=0.5))):
        if text:
            file.write_text(text)
        before = datetime.now(UTC)
        assert before <= clock.now() - least <= datetime.now(UTC)
    file.write_text("")
    assert datetime.now(UTC) - clock.now() < day


def test_seeded_ids_repeat_and_others_do_not() -> None:
    def draw(ids: Ids) -> list[Any]:
        return [ids.uuid(), ids.token(), ids.token(4), ids.trace(), ids.random()]

    assert draw(Ids(7)) == draw(Ids(7))
    assert draw(Ids(7)) != draw(Ids(8))
    assert draw(Ids()) != draw(Ids())


def test_how_many_traces_were_drawn_changes_nothing_else() -> None:
    one, other = Ids(7), Ids(7)
    for _ in range(5):
        one.trace()
    assert (one.random(), one.uuid()) == (other.random(), other.uuid())


def test_ids_have_the_form_they_claim() -> None:
    for ids in (Ids(7), Ids()):
        assert all(UUID4.fullmatch(ids.uuid()) for _ in range(100))
        assert len({ids.uuid() for _ in range(1000)}) == 1000
        assert re.fullmatch(r"[0-9a-f]{64}", ids.token())
        assert re.fullmatch(r"[0-9a-f]{6}", ids.token(3))
        assert ids.trace() < 2**128
        assert 0 <= ids.random() < 1


def test_a_short_seeded_token_keeps_its_leading_zeros() -> None:
    ids = Ids(1)
    assert all(len(ids.token(1)) == 2 for _ in range(1000))


def test_each_start_has_an_id_of_its_own_unless_it_is_given_one() -> None:
    async def boot(**options: Any) -> str:
        async with open_mesh(Supervisor("root", "one_for_one", ()), **options) as mesh:
            assert mesh.bus.ids is mesh.core.ids
            return mesh.bus.boot_id

    assert in_virtual_time(boot) != in_virtual_time(boot)
    assert trio.run(lambda: boot(seed=3)) == trio.run(lambda: boot(seed=3))
    assert trio.run(lambda: boot(boot_id="b1")) == "b1"
