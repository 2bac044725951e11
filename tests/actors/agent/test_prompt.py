"""The words at the limit of a turn."""

from actors.agent.prompt import closing


def test_the_limit_of_rounds_is_told_to_the_model() -> None:
    assert "limit of 3 rounds" in closing(3).text
