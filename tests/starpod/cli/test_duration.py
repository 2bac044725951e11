import pytest

from starpod.cli.duration import seconds


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("2h", 7200),
        ("1d", 86_400),
        ("1w", 604_800),
        ("1h30m", 5400),
        (" 1H30M ", 5400),
        ("0s", 0),
    ],
)
def test_a_length_of_time_is_read(text: str, length: int) -> None:
    assert seconds(text) == seconds(text, bare=True) == length


@pytest.mark.parametrize("text", ["", "m", "1", "1.5h", "-1m", "1 m", "1y", "30m!", "٣m", "1" * 10 + "s"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write 90s, 30m"):
        seconds(text)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "1" * 10])
def test_a_number_alone_is_seconds_only_where_that_is_meant(text: str) -> None:
    assert seconds("7200", bare=True) == 7200
    with pytest.raises(ValueError, match="is no length of time"):
        seconds(text, bare=True)
