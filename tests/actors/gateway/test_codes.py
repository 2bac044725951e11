"""Codes in links and such as people type: each once, for a short time, for one user."""

import pytest

from actors.gateway.codes import (
    CODE_SECONDS,
    MOST_CODES,
    TYPED_SECONDS,
    Codes,
    as_typed,
    grouped,
    to_type,
)
from tests.actors.gateway.clock import Time


@pytest.fixture
def codes(time: Time) -> Codes:
    return Codes(time)


def test_a_code_is_good_once_and_for_whom_it_was_made(codes: Codes) -> None:
    code, other = codes.new("ada"), codes.new("bob")
    assert codes.trade(code) == "ada"
    assert codes.trade(code) is None
    assert codes.trade(other) == "bob"


def test_a_code_is_good_for_a_minute(codes: Codes, time: Time) -> None:
    late, early = codes.new("ada"), codes.new("ada")
    time.now = CODE_SECONDS
    assert codes.trade(early) == "ada"
    time.now += 0.1
    assert codes.trade(late) is None


def test_only_the_newest_links_wait(codes: Codes) -> None:
    made = [codes.new("ada") for _ in range(MOST_CODES + 1)]
    assert codes.trade(made[0]) is None
    assert codes.trade(made[1]) == "ada"


def test_wrong_codes_of_any_kind_keep_nobody_out(codes: Codes) -> None:
    for wrong in ("", "wrong", "\ud800", "x" * 10_000, "\0"):
        assert codes.trade(wrong) is None
    assert codes.trade(codes.new("ada")) == "ada"


def test_a_code_to_type_is_short_and_cannot_be_misread(time: Time) -> None:
    codes = Codes(time, to_type, TYPED_SECONDS)
    made = [codes.new("ada") for _ in range(MOST_CODES)]
    assert len({*made}) == MOST_CODES
    for code in made:
        assert len(code) == 8
        assert not {*code} & {*"0O1IL5S2Z8B"} - {"8"}
    time.now = TYPED_SECONDS
    assert codes.trade(made[0]) == "ada"
    time.now += 0.1
    assert codes.trade(made[1]) is None


@pytest.mark.parametrize("typed", ["K7QM4XRT", "k7qm-4xrt", " K7QM 4XRT\n", "k7-qm-4x-rt", "K7QM–4XRT"])
def test_it_is_right_however_it_is_set(typed: str) -> None:
    assert as_typed(typed) == "K7QM4XRT"
    assert as_typed(grouped(as_typed(typed))) == "K7QM4XRT"
    assert grouped("K7QM4XRT") == "K7QM-4XRT"
