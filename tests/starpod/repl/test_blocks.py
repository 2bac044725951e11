"""How much of a growing text is settled."""

import pytest

from starpod.repl.blocks import READER, settled


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("", ""),
        ("A line", ""),
        ("A line\nand another", ""),
        ("A paragraph.\n\nThe next", "A paragraph.\n\n"),
        ("# Head\nText", "# Head\n"),
        ("- one\n- two\n\n  still two\n", ""),
        ("Text\n\n```\na\n\nb\n", "Text\n\n"),
        ("```\na\n```\nafter", "```\na\n```\n"),
        ("| a |\n| - |\n| 1 |", ""),
        ("one\n\ntwo\n\nthree", "one\n\ntwo\n\n"),
    ],
)
def test_all_blocks_but_the_last_stay(text: str, stays: str) -> None:
    assert text[: settled(text)] == stays


def test_what_is_settled_reads_the_same_alone() -> None:
    text = "# A\n\ntext **b**\n\n1. x\n2. y\n\n> q\n\n```\nc\n```\n\nlast"
    at = settled(text)
    assert READER.render(text) == READER.render(text[:at]) + READER.render(text[at:])
