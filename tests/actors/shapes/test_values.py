"""Single values: numbers that fit, names that were meant."""

import pytest

from actors.shapes import described, shape_of, suggestion
from actors.shapes.values import Problems


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 1e300])
def test_a_whole_number_has_64_bits(value: float) -> None:
    problems = Problems()
    shape_of(int).read(value, "n", problems)
    assert len(problems.found) == 1


def test_bounds_are_told_digit_by_digit() -> None:
    problems = Problems()
    shape_of(int, described(ge=1, le=31_622_400)).read(0, "n", problems)
    assert "at least 1 and at most 31622400" in str(problems.found[0])


def test_the_nearest_name_is_found_whatever_its_case() -> None:
    assert suggestion("OFSET", ["path", "Offset"]) == ", did you mean 'Offset'?"
    assert suggestion("file_path", ["path", "Offset"]) == ", did you mean 'path'?"
    assert suggestion("Read", ["FileList", "FileRead"]) == ", did you mean 'FileRead'?"
    assert suggestion("zzz", ["path", "Offset"]) == ""
