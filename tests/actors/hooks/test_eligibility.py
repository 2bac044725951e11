import pytest

from actors.hooks.eligibility import NOTHING, Machine, Requires, missing

HERE = Machine(
    has=lambda name: name in {"sh", "git"},
    environment={"TOKEN": "x", "EMPTY": " "},
    system="linux",
)


@pytest.mark.parametrize(
    "requires",
    [
        NOTHING,
        Requires(bins=("sh", "git")),
        Requires(any_bins=("nothing", "git")),
        Requires(env=("TOKEN",)),
        Requires(os=("macos", "linux")),
    ],
)
def test_what_is_there_is_no_hindrance(requires: Requires) -> None:
    assert missing(requires, HERE) is None


@pytest.mark.parametrize(
    ("requires", "why"),
    [
        (Requires(bins=("sh", "nothing"), env=("NO",)), "there is no program nothing"),
        (Requires(any_bins=("a", "b")), "there is none of the programs a, b"),
        (Requires(env=("NO",), os=("macos",)), "the variable NO is not set"),
        (Requires(env=("EMPTY",)), "the variable EMPTY is not set"),
        (Requires(os=("macos", "windows")), "this is linux, and it is for macos, windows"),
    ],
)
def test_the_first_thing_that_is_missing_is_named(requires: Requires, why: str) -> None:
    assert missing(requires, HERE) == why


def test_requirements_are_written_as_they_stand_in_a_manifest() -> None:
    requires = Requires(bins=("a",), os=("linux",))
    assert requires.fields() == {"bins": ["a"], "os": ["linux"]}
    assert NOTHING.fields() == {}
    assert "TOKEN" not in repr(HERE)
