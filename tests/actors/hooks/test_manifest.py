from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.hooks import manifest
from actors.hooks.eligibility import Requires
from actors.hooks.manifest import BadManifest, Manifest

FULL = """
+++
name = "guard"
event = "PreToolUse"
matcher = "^(Bash|FileWrite)$"
timeout = 10
command = "./guard.sh"
required = true
unknown = "passed over"

[requires]
bins = ["sh"]
any_bins = ["jq", "python3"]
env = ["TOKEN"]
os = ["linux", "macos"]
+++

# Guard

Looks at calls.
"""


def header(text: str) -> str:
    return f"+++\n{text}\n+++\n"


def test_everything_that_a_manifest_says() -> None:
    assert manifest.read(FULL) == Manifest(
        name="guard",
        event="PreToolUse",
        matcher="^(Bash|FileWrite)$",
        timeout=10.0,
        command="./guard.sh",
        required=True,
        requires=Requires(bins=("sh",), any_bins=("jq", "python3"), env=("TOKEN",), os=("linux", "macos")),
        description="# Guard\n\nLooks at calls.",
    )


def test_a_name_and_an_event_are_enough() -> None:
    read = manifest.read('+++\nname = "a"\nevent = "Stop"\n+++')
    assert read == Manifest(name="a", event="Stop")
    assert manifest.read(header('name = "a"\nevent = "Stop"\ncommand = " "')) == read


def test_plus_signs_within_a_value_are_no_end() -> None:
    text = header('name = "a"\nevent = "Stop"\ncommand = """\necho a +++ b\n  +++\n"""')
    assert manifest.read(text).command == "echo a +++ b\n  +++"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing opening +++"),
        ('name = "a"', "missing opening +++"),
        ('+++\nname = "a"\nevent = "Stop"', "missing closing +++"),
        ('+++ x\nname = "a"\n+++', "missing opening +++"),
        (header("name = "), "what stands between the lines +++ is no TOML: "),
        (header('event = "Stop"'), "it has no name"),
        (header('name = "a"'), "it does not say its event"),
        (header('name = ""\nevent = "Stop"'), "'' cannot be a name"),
        (header('name = "a\\nb"\nevent = "Stop"'), "'a�b' cannot be a name"),
        (header(f'name = "{"a" * 65}"\nevent = "Stop"'), f"'{'a' * 65}' cannot be a name"),
        (header('name = "a"\nevent = "stop"'), "there is no event 'stop', did you mean 'Stop'?"),
        (header('name = "a"\nevent = "zzz"'), "there is no event 'zzz': events are PreToolUse, "),
        (header('name = 1\nevent = "Stop"'), "name is not a text"),
        (header('name = "a"\nevent = "Stop"\ntimeout = 0'), "timeout is not a number of seconds"),
        (header('name = "a"\nevent = "Stop"\ntimeout = inf'), "timeout is not a number of seconds"),
        (header('name = "a"\nevent = "Stop"\ntimeout = true'), "timeout is not a number of seconds"),
        (header('name = "a"\nevent = "Stop"\ntimeout = "9"'), "timeout is not a number of seconds"),
        (header('name = "a"\nevent = "Stop"\nrequired = 1'), "required is not true or false"),
        (header('name = "a"\nevent = "Stop"\nrequires = 1'), "requires is not a table"),
        (header('name = "a"\nevent = "Stop"\nrequires.bins = "x"'), "bins is not a list"),
        (header('name = "a"\nevent = "Stop"\nrequires.env = [1]'), "requires.env is no list of texts"),
        (
            header('name = "a"\nevent = "Stop"\nrequires.os = ["beos"]'),
            "'beos' is no system: they are macos, linux, windows",
        ),
        (
            header('name = "a"\nevent = "PreToolUse"\nmatcher = "("'),
            "the matcher '(' is no regular expression: missing ): (",
        ),
    ],
)
def test_what_is_wrong_with_a_manifest_is_said(text: str, why: str) -> None:
    with pytest.raises(BadManifest) as refused:
        manifest.read(text)
    assert str(refused.value).startswith(why)


def test_a_matcher_counts_for_nothing_where_the_event_is_about_no_tool() -> None:
    assert manifest.read(header('name = "a"\nevent = "Stop"\nmatcher = "("')).matcher == "("


@given(st.text(max_size=60))
def test_whatever_stands_there_it_is_a_manifest_or_refused(text: str) -> None:
    for whole in (text, header(text), header(f'name = "a"\nevent = "Stop"\n{text}')):
        with suppress(BadManifest):
            assert manifest.read(whole).name
