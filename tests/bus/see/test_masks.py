"""No credential and no secret leaves the process with a message, whatever its class (G16)."""

import json
from collections.abc import Mapping
from typing import Any, cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus import Message, Request, secret, wire_name
from bus.message.codec import is_attrs
from bus.message.message import SECRET
from bus.see.tapevent import TapEvent, to_json
from bus.testing.strategies import instances
from tests.bus.registry import KINDS


@attrs.frozen(kw_only=True)
class Login:
    user: str
    password: str = secret()


@attrs.frozen(kw_only=True)
class Connect(Request[Login]):
    """Secrets wherever one can be."""

    login: Login
    token: str | None = secret()
    codes: tuple[str, ...] = secret()
    others: tuple[Login, ...] = ()
    pair: tuple[Login, str] | None = None
    by_name: Mapping[str, Login] = attrs.field(factory=dict[str, Login])
    either: Login | str | None = None
    free: Any = None


KEY = "sk-1234567890abcdef"
TEXTS = st.sampled_from(
    [KEY, f"my key is {KEY}, keep it", f"\n{KEY}\n", f"https://example.org/?key={KEY}&n=1"]
)
"""Every text holds a credential."""
PLANTED = "planted"
STRATEGIES: dict[type[Message], st.SearchStrategy[Message]] = {}


def messages(kind: type[Message]) -> st.SearchStrategy[Message]:
    if kind not in STRATEGIES:
        STRATEGIES[kind] = instances(kind, TEXTS).map(plant)
    return STRATEGIES[kind]


def plant(value: Any, *, hidden: bool = False) -> Any:
    """The same value with a word in every text of a field that is marked as secret, at any depth."""
    if isinstance(value, str):
        return f"{PLANTED} {value}" if hidden else value
    if is_attrs(value):
        fields = attrs.fields(cast("Any", type(value)))
        changed = {
            field.alias: plant(getattr(value, field.name), hidden=hidden or bool(field.metadata.get(SECRET)))
            for field in fields
        }
        return attrs.evolve(value, **changed)
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {plant(key, hidden=hidden): plant(inner, hidden=hidden) for key, inner in members.items()}
    if isinstance(value, tuple):
        return tuple(plant(inner, hidden=hidden) for inner in cast("Any", value))
    return value


@pytest.mark.parametrize("kind", [Connect, *KINDS], ids=wire_name)
@settings(max_examples=4)
@given(data=st.data())
def test_what_a_tap_shows_holds_no_secret(kind: type[Message], data: st.DataObject) -> None:
    message = data.draw(messages(kind))
    event = TapEvent(point="sent", at=0.0, to="", type=wire_name(kind), message=message)
    shown = json.dumps(to_json(event, body=True)) + event.text()
    assert KEY not in shown
    assert PLANTED not in shown


@given(instances(Connect, TEXTS))
def test_a_class_with_secrets_everywhere_shows_all_but_them(message: Connect) -> None:
    shown = to_json(TapEvent(point="sent", at=0.0, to="", message=message), body=True)["body"]
    assert shown["login"] == {"user": message.login.user.replace(KEY, "•••"), "password": "•••"}
    assert (shown["token"], shown["codes"]) == ("•••", "•••")
    assert [login["password"] for login in shown["others"]] == ["•••"] * len(message.others)
    assert [login["password"] for login in shown["by_name"].values()] == ["•••"] * len(shown["by_name"])
