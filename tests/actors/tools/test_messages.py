"""The tools as a model sees them."""

import json
from pathlib import Path
from typing import Any

import pytest
from cattrs.preconf.json import make_converter
from hypothesis import given
from hypothesis import strategies as st

from actors.tooling import CallContext, Catalogue, InvalidInput, tool_of
from actors.tools import messages as tools
from bus import Request
from tests.actors.tools.files import TOOLS

CATALOGUE = Catalogue(map(tool_of, TOOLS))
GOLDEN = Path(__file__).with_name("specs.json")
HERE = CallContext(
    call="turn-1:3", session="s1", user="admin", turn="turn-1", role="admin", channel="main", source="web"
)
JSON = make_converter()
TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


def test_what_the_model_is_offered_changes_only_on_purpose() -> None:
    assert json.loads(JSON.dumps(CATALOGUE.specs())) == json.loads(GOLDEN.read_text())


def test_the_tools_take_little_room_in_a_prompt() -> None:
    assert len(JSON.dumps(CATALOGUE.specs())) < 2900


def test_what_follows_a_crash_is_declared() -> None:
    assert {offered.name: (offered.effect, offered.on_doubt) for offered in CATALOGUE} == {
        "FileRead": ("pure", None),
        "Read": ("pure", None),
        "Glob": ("pure", None),
        "Grep": ("pure", None),
        "Edit": ("unsafe", "retry"),
        "Write": ("unsafe", "retry"),
        "FileWrite": ("unsafe", "retry"),
        "FileList": ("pure", None),
        "FileDelete": ("unsafe", "retry"),
        "Attach": ("pure", None),
        "EnvGet": ("pure", None),
    }


def test_what_brings_words_from_outside_is_declared() -> None:
    assert {offered.name for offered in CATALOGUE if offered.outside} == {"FileRead", "Read", "Grep"}


def test_what_a_call_acts_on_is_declared() -> None:
    assert {offered.name: offered.subject for offered in CATALOGUE} == {
        "FileRead": "path",
        "FileWrite": "path",
        "FileList": "path",
        "FileDelete": "path",
        "Attach": "path",
        "EnvGet": "key",
        "Read": "file_path",
        "Write": "file_path",
        "Edit": "file_path",
        "Glob": "pattern",
        "Grep": "pattern",
    }


def test_what_models_know_by_habit_is_not_described_to_them() -> None:
    assert {offered.name: offered.offer for offered in CATALOGUE if offered.offer != "always"} == {
        "Read": "by_name",
        "Write": "by_name",
        "EnvGet": "searched",
    }


def test_a_search_is_asked_for_by_the_names_of_its_options() -> None:
    input = {
        "pattern": "x",
        "-i": True,
        "-n": False,
        "-A": 1,
        "-B": 2,
        "-C": 3,
        "head_limit": 0,
        "multiline": True,
    }
    assert CATALOGUE.decode("Grep", input, HERE) == tools.Grep(
        pattern="x",
        ignore_case=True,
        numbers=False,
        after=1,
        before=2,
        around=3,
        head_limit=0,
        multiline=True,
        user=HERE.user,
    )


CALLS: st.SearchStrategy[Request[Any]] = st.one_of(
    st.builds(
        tools.FileRead,
        user=st.just(HERE.user),
        path=TEXT,
        offset=st.integers(0, 2**40),
        limit=st.none() | st.integers(1, 2**40),
        skip=st.integers(0, 2**40),
    ),
    st.builds(
        tools.FileWrite,
        path=TEXT,
        content=TEXT,
        call=st.just(HERE.call),
        turn=st.just(HERE.turn),
        user=st.just(HERE.user),
    ),
    st.builds(tools.FileList, path=TEXT, user=st.just(HERE.user)),
    st.builds(
        tools.FileDelete, path=TEXT, call=st.just(HERE.call), turn=st.just(HERE.turn), user=st.just(HERE.user)
    ),
    st.builds(tools.Attach, path=TEXT, user=st.just(HERE.user)),
    st.builds(tools.EnvGet, key=TEXT),
    st.builds(tools.Read, file_path=TEXT, offset=st.integers(0, 9), limit=st.none(), user=st.just(HERE.user)),
    st.builds(
        tools.Write,
        file_path=TEXT,
        content=TEXT,
        call=st.just(HERE.call),
        turn=st.just(HERE.turn),
        user=st.just(HERE.user),
    ),
    st.builds(
        tools.Edit,
        file_path=TEXT,
        old_string=TEXT,
        new_string=TEXT,
        replace_all=st.booleans(),
        call=st.just(HERE.call),
        turn=st.just(HERE.turn),
        user=st.just(HERE.user),
    ),
    st.builds(tools.Glob, pattern=TEXT, path=TEXT, user=st.just(HERE.user)),
)


@given(CALLS)
def test_every_call_written_as_json_is_read_back(request_: Request[Any]) -> None:
    offered = tool_of(type(request_))
    written = JSON.loads(JSON.dumps(request_), dict[str, Any])
    for name in ("call", "turn", "user", "outside"):
        written.pop(name, None)
    assert CATALOGUE.decode(offered.name, written, HERE) == request_


def test_a_folder_need_not_be_named() -> None:
    assert CATALOGUE.decode("FileList", {}, HERE) == tools.FileList(user=HERE.user, path=".")


@pytest.mark.parametrize(
    ("name", "input", "faults"),
    [
        ("FileRead", {}, ["path: expected a string, got nothing"]),
        (
            "FileRead",
            {"file_path": "a", "offset": -1, "limit": 0},
            [
                "path: expected a string, got nothing",
                "offset: expected a whole number of at least 0, got -1",
                "limit: expected a whole number of at least 1, got 0",
                "file_path: unknown field, did you mean 'path'?",
            ],
        ),
        ("Grep", {"pattern": "x", "-A": -1}, ["-A: expected a whole number of at least 0, got -1"]),
        (
            "Grep",
            {"pattern": "x", "output_mode": "lines", "-x": True},
            [
                'output_mode: expected one of "files_with_matches", "content", "count", got "lines"',
                "-x: unknown field",
            ],
        ),
        ("FileWrite", {"path": "a", "content": ["x"]}, ['content: expected a string, got ["x"]']),
        ("FileWrite", {"path": "a", "content": "x", "call": "1"}, ["call: unknown field"]),
    ],
)
def test_a_wrong_call_is_told_field_by_field(name: str, input: dict[str, Any], faults: list[str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        CATALOGUE.decode(name, input, HERE)
    assert str(caught.value).splitlines()[1:] == [f"- {fault}" for fault in faults]
