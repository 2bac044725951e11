"""What clients of the Model Context Protocol send, understood and answered."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import jsontext
from actors.gateway.mcp import protocol
from actors.gateway.mcp.protocol import Asked, Refused

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def asked(method: str, **params: Any) -> Asked:
    found = protocol.read(jsontext.encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    assert found is not None
    return found


def call(name: Any, arguments: Any = None) -> Asked:
    return asked("tools/call", name=name, arguments={} if arguments is None else arguments)


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("2025-06-18", "2025-06-18"),
        ("1999-01-01", protocol.VERSIONS[0]),
        (None, protocol.VERSIONS[0]),
    ],
)
def test_a_client_is_greeted_in_a_version_that_both_know(wanted: str | None, given: str) -> None:
    greeting = protocol.answered(asked("initialize", protocolVersion=wanted), "Aster", "1.0")

    assert (greeting["id"], greeting["result"]["protocolVersion"]) == (1, given)
    assert greeting["result"]["serverInfo"] == {"name": "starpod", "title": "Aster", "version": "1.0"}


def test_a_sign_of_life_is_given_and_tools_are_listed() -> None:
    assert protocol.answered(asked("ping"), "A", "1")["result"] == {}
    tools = {
        each["name"]: each for each in protocol.answered(asked("tools/list"), "A", "1")["result"]["tools"]
    }
    assert list(tools) == ["chat", "memory_search", "sessions_list", "session_read"]
    assert tools["chat"]["inputSchema"]["required"] == ["text"]
    assert [each["annotations"]["readOnlyHint"] for each in tools.values()] == [False, True, True, True]


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        protocol.answered(asked("resources/list"), "A", "1")
    assert protocol.error(refused.value) == {
        "jsonrpc": "2.0",
        "id": 1,
        "error": {"code": protocol.METHOD_NOT_FOUND, "message": "there is no method 'resources/list'"},
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", protocol.PARSE_ERROR),
        (b"{", protocol.PARSE_ERROR),
        (b"[]", protocol.INVALID_REQUEST),
        (b'{"id":1,"method":"ping"}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', protocol.INVALID_REQUEST),
    ],
)
def test_what_is_no_message_is_refused(body: bytes, code: int) -> None:
    with pytest.raises(Refused) as refused:
        protocol.read(body)
    assert refused.value.code == code


@pytest.mark.parametrize("what", [{"result": {}}, {"error": {"code": 1, "message": ""}}])
def test_nobody_waits_for_answers_of_a_client(what: Any) -> None:
    assert protocol.read(jsontext.encode({"jsonrpc": "2.0", "id": 1, **what})) is None


def test_a_notification_has_no_id() -> None:
    found = protocol.read(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
    assert found == Asked(id=None, method="notifications/initialized", params={})


def test_calls_are_read() -> None:
    assert protocol.called(call("chat", {"text": "Hi"})) == protocol.Chat(text="Hi")
    assert protocol.called(call("sessions_list")) == protocol.SessionsList()
    assert protocol.called(call("session_read", {"session": "s", "limit": 3})) == protocol.SessionRead(
        session="s", limit=3
    )


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("shell", {}, "there is no tool 'shell': chat, memory_search"),
        (3, {}, "there is no tool 3"),
        ("chat", [], "arguments are an object"),
        ("chat", {}, "text"),
        ("chat", {"text": ""}, "text"),
        ("memory_search", {"query": "a", "limit": 0}, "limit"),
    ],
)
def test_calls_that_cannot_be_carried_out_are_refused(name: Any, arguments: Any, said: str) -> None:
    with pytest.raises(Refused) as refused:
        protocol.called(call(name, arguments))
    assert (refused.value.code, refused.value.id) == (protocol.INVALID_PARAMS, 1)
    assert said in refused.value.text


@pytest.mark.parametrize(
    ("meta", "token"),
    [
        ({"progressToken": "a"}, "a"),
        ({"progressToken": 0}, 0),
        ({"progressToken": True}, None),
        ({}, None),
        ([], None),
    ],
)
def test_progress_is_told_under_the_name_that_the_client_gave_it(meta: Any, token: Any) -> None:
    assert asked("tools/call", _meta=meta).progress == token


def test_answers_have_the_form_of_the_protocol() -> None:
    one = asked("tools/call")
    assert protocol.texts(one, ["a"])["result"] == {
        "content": [{"type": "text", "text": "a"}],
        "isError": False,
    }
    assert protocol.texts(one, [], is_error=True, more={"b": 1})["result"] == {
        "content": [],
        "isError": True,
        "structuredContent": {"b": 1},
    }
    told = protocol.progress("t", 2, "Bash")
    assert told["params"] == {"progressToken": "t", "progress": 2, "message": "Bash"}
    assert protocol.event({"a": "ö\n"}) == 'event: message\ndata: {"a":"ö\\n"}\n\n'.encode()


@given(JSON, JSON)
def test_whatever_comes_is_read_or_refused(anything: Any, more: Any) -> None:
    params = {"name": "chat", "arguments": more}
    for said in (anything, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}):
        with suppress(Refused):
            found = protocol.read(jsontext.encode(said))
            assert found is None or isinstance(protocol.called(found), protocol.Tool)
