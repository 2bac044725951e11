"""Tokens of a completion, as providers count them and as others are told."""

from actors.llm.completion import Tokens, tokens_of, usage_of
from actors.vocabulary import Usage


def test_what_others_are_told_holds_all_that_was_counted() -> None:
    tokens = Tokens(input=1, output=2, cache_read=3, cache_write=4)
    told = usage_of(tokens, "a/b", 0.5)
    assert told == Usage(
        model="a/b",
        input_tokens=1,
        output_tokens=2,
        cache_read_tokens=3,
        cache_write_tokens=4,
        cost_usd=0.5,
    )
    assert tokens_of(told) == tokens
    assert usage_of(Tokens()) == Usage()
