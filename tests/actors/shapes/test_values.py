"""Single values: numbers that fit, names that were meant."""

import pytest

from actors.shapes import nearest, shape_of
from actors.shapes.values import Problems


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 1e300])
def test_a_whole_number_has_64_bits(value: float) -> None:
    problems = Problems()
    shape_of(int).read(value, "n", problems)
    assert len(problems.found) == 1


def test_the_nearest_name_is_found_whatever_its_case() -> None:
    assert nearest("OFSET", ["path", "Offset"]) == ", did you mean 'Offset'?"
    assert nearest("file_path", ["path", "Offset"]) == ", did you mean 'path'?"
    assert nearest("Read", ["FileList", "FileRead"]) == ", did you mean 'FileRead'?"
    assert nearest("zzz", ["path", "Offset"]) == ""
