"""The key that an owner chose."""

from actors.users.bootstrap import SHORTEST, weakness


def test_a_key_that_could_be_guessed_is_told() -> None:
    (told,) = weakness("k" * (SHORTEST - 1))
    assert "STARPOD_API_KEY has 7 characters" in told
    assert weakness("k" * SHORTEST) == weakness("") == weakness(None) == []
