"""What a typed line is."""

import pytest

from starpod.repl.lines import ORDERS, Order, help_lines, mentioned, order_in, with_ends


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("/new", Order("new")),
        ("  /model anthropic/claude  ", Order("model", "anthropic/claude")),
        ("/resume boats and sails", Order("resume", "boats and sails")),
        ("/?", Order("help")),
        ("/sessions", Order("resume")),
        ("quit", Order("quit")),
        (" exit ", Order("quit")),
        ("/a-skill now", Order("a-skill", "now")),
        ("/etc/hosts says what?", None),
        ("/ slash", None),
        ("/New", None),
        ("quit smoking", None),
        ("say /new", None),
        ("", None),
    ],
)
def test_an_order_is_told_from_what_is_said(line: str, order: Order | None) -> None:
    assert order_in(line) == order


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("look at @a.md and @docs/b.md, please", ["a.md", "docs/b.md,"]),
        ('@"my plan.md" @a @a', ["my plan.md", "a"]),
        ("ada@example.org", []),
        ("@ alone", []),
    ],
)
def test_paths_that_a_message_mentions_are_found(text: str, paths: list[str]) -> None:
    assert mentioned(text) == paths


@pytest.mark.parametrize(
    ("path", "spelt"), [("a.md,", ["a.md,", "a.md"]), ("a.md", ["a.md"]), ("a?!", ["a?!", "a"])]
)
def test_what_ends_a_sentence_may_be_part_of_a_path(path: str, spelt: list[str]) -> None:
    assert with_ends(path) == spelt


@pytest.mark.parametrize("columns", [20, 34, 60, 80, 200])
def test_the_help_names_every_order_on_any_terminal(columns: int) -> None:
    lines = help_lines(columns)
    assert all(any(line.startswith(f"/{name}") for line in lines) for name in ORDERS)
    assert columns < 40 or max(map(len, lines)) <= columns
