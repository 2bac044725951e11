"""Input of calls, in all the forms it was seen in."""

from typing import Any

import pytest

from actors.llm.answers.arguments import read_fragments, read_input


def test_no_input_at_all_is_an_empty_object() -> None:
    values: tuple[Any, ...] = ("", " \n", "null", '""', None, [], "[]", "None", "undefined")
    for nothing in values:
        assert read_input(nothing, cut=False) == ({}, None)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": ',
        "[1]",
        '"text"',
        "3",
        "{'a': 1}",
        '{"a": NaN}',
        '{"a": 1e400}',
        '{"a": 1}{"a": 2}',
        "[1][1]",
        '"[1]"',
    ],
)
def test_input_that_is_no_json_object_says_why(text: str) -> None:
    input, why = read_input(text, cut=False)
    assert input == {}
    assert why is not None
    assert "not run" in why


@pytest.mark.parametrize("levels", [65, 330, 100_000])
def test_deeply_nested_input_says_why(levels: int) -> None:
    assert "nests" in str(read_input('{"a":' * levels + "1" + "}" * levels, cut=False)[1])


def test_a_character_cut_in_two_is_whole_again() -> None:
    assert read_input('{"a": "\ud83d' + '\ude00"}', cut=False) == ({"a": "😀"}, None)
    assert read_input({"a": "\ud83d"}, cut=False) == ({"a": "�"}, None)


@pytest.mark.parametrize("text", ["", '{"path": "a', '{"path"'])
def test_input_cut_at_the_token_limit_says_so(text: str) -> None:
    input, why = read_input(text, cut=True)
    assert input == {}
    assert why is not None
    assert "cut off at the token limit" in why


def test_input_that_was_whole_before_the_cut_is_used() -> None:
    assert read_input('{"path": "a"}', cut=True) == ({"path": "a"}, None)


@pytest.mark.parametrize(
    ("text", "input"),
    [
        ('{}""', {}),
        ('""{}', {}),
        ('{}{"a": 1}', {"a": 1}),
        ('{"a": 1}{}', {"a": 1}),
        ('{"a": 1} \n{"a": 1}', {"a": 1}),
        ('{"a": "\\ud83d\\ude00"}null', {"a": "😀"}),
        ('"{\\"a\\": 1}"', {"a": 1}),
    ],
)
def test_input_that_is_repeated_or_wrapped_is_read_once(text: str, input: dict[str, Any]) -> None:
    assert read_input(text, cut=False) == (input, None)


@pytest.mark.parametrize(
    "fragments",
    [
        ['{"a"', ": 1}"],
        ['{"a"', '{"a": 1}'],
        ['{"a"', '{"a": 1}', '{"a": 1}'],
        ['{"a": 0}', '{"a": 1}'],
        ["", '{"a": 1}', None, '""'],
        [{"a": 1}],
    ],
)
def test_fragments_are_joined_or_each_says_all_so_far(fragments: list[Any]) -> None:
    assert read_fragments(fragments, cut=False) == ({"a": 1}, None)


@pytest.mark.parametrize("fragments", [['{"a"', "x"], ['{"a"', '{"a"'], ["x", "y"], ['{"a'], ["3", '""']])
def test_fragments_that_make_no_sense_say_why(fragments: list[str]) -> None:
    assert read_fragments(fragments, cut=False)[1] is not None


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "b\nc\td"}',
        '\ufeff {"a": "b\nc\td"}',
        '```json\n{"a": "b\\nc\\td"}\n```',
        '{"a": "b\\nc\\td"}\n</tool_call>',
        '{"a": "b\\nc\\td"}<|im_end|>',
        '{"a": "b\\nc\\td"}}',
    ],
)
def test_an_object_is_read_whatever_a_template_leaves_around_it(text: str) -> None:
    assert read_input(text, cut=False) == ({"a": "b\nc\td"}, None)
    assert read_fragments([text[:9], text[9:]], cut=False) == ({"a": "b\nc\td"}, None)


def test_ends_of_lines_between_values_may_be_escaped() -> None:
    assert read_input(r'{"a":\n"b\n\\n"\n}', cut=False) == ({"a": "b\n\\n"}, None)


def test_a_backslash_that_escapes_nothing_is_one() -> None:
    assert read_input(r'{"a": "\d\\s\"\n"}', cut=False) == ({"a": '\\d\\s"\n'}, None)


@pytest.mark.parametrize(
    "text", ['{"a": 1} and more', '{"a": 1}, "b": 2}', '{"a": "b\nc"', "[1]</tool_call>", '{"a": NaN}</x>']
)
def test_what_is_more_or_less_than_an_object_is_not_guessed(text: str) -> None:
    assert read_input(text, cut=False)[1] is not None
