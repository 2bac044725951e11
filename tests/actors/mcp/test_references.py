import pytest

from actors.mcp.references import BadReference, Missing, filled, names_in


def test_names_stand_behind_a_dollar_sign() -> None:
    assert names_in("Bearer $TOKEN, ${OTHER}x $TOKEN $$5") == ("TOKEN", "OTHER")


@pytest.mark.parametrize("value", ["$", "$ 5", "a $-b", "${", "${}", "${a b}", "$5"])
def test_a_dollar_sign_that_names_nothing_is_refused(value: str) -> None:
    with pytest.raises(BadReference, match=r"write \$\$"):
        names_in(value)


def test_values_take_the_place_of_names() -> None:
    assert filled("Bearer $A-${B}c $$A", {"A": "1", "B": "$A"}) == "Bearer 1-$Ac $A"


def test_a_name_that_nothing_is_known_under_is_told() -> None:
    with pytest.raises(Missing, match=r"^B$"):
        filled("$A $B", {"A": "1"})
