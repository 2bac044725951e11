"""Secrets do not leave the process: neither fields marked so, nor anything that looks like a credential (G16)."""

import json
from collections.abc import Mapping
from typing import Any, final

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bus import Command, Message, codec, wire_name
from bus.envelope import INFINITY, NO_BAGGAGE, Envelope
from bus.message import secret
from bus.tapevent import TapEvent, of_envelope, to_json
from bus.testing.strategies import instances
from tests.bus.registry import KINDS

CREDENTIALS = [
    "sk-ant-api03-abcDEF_123-xyz",
    "sk-proj-1234567890",
    "sp_live_0123456789abcdef0123456789abcdef01234567",
    "xoxb-1234567890-abcdefghij",
    "xapp-1-A0123456789-abcdef",
    "gsk_abcdefghijklmnopqrst",
    "hf_abcdefghijklmnopqrst",
    "xai-abcdefghijklmnopqrst",
    "ghp_abcdefghijklmnopqrst0123",
    "github_pat_11ABCDEFG0123456789_abc",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA-1234567890abcdefghijklmn",
    "123456789:AAF-abcdefghijklmnopqrstuvwxyz012",
    "Bearer abcdefgh.ijklmnop",
    "authorization: bearer abcdefghijklmnop",
]
HARMLESS = [
    "task-management and risk-assessment",
    "disk-encryption-software",
    "the bearer of good news",
    "12:30:45",
    "sk-",
    "ghost_writer",
    "",
]
AROUND = st.sampled_from(["", " ", "\n", '"', "key=", "(", "\\n", "é"])
LOADED = st.tuples(AROUND, st.sampled_from(CREDENTIALS), AROUND).map("".join)
SOME_OF_EACH = settings(
    max_examples=max(3, settings().max_examples // 10),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    deadline=None,
)


def secrets_in(text: str) -> list[str]:
    return [each for each in CREDENTIALS if each.removeprefix("authorization: bearer ") in text]


def shown_everywhere(message: Message) -> str:
    """All that a tap, the console or a log shows of a message."""
    envelope = Envelope(1, "tell", message, 1, 0, "", "to", 0.0, INFINITY, NO_BAGGAGE)
    event = attrs.evolve(of_envelope("buried", envelope, 1.0, detail=str(codec.body(message))), item=message)
    return "\n".join(
        [
            json.dumps(codec.masked(message), ensure_ascii=False),
            json.dumps(to_json(event, body=True), ensure_ascii=False),
            codec.mask_text(event.text()),
        ]
    )


# --- credentials in text ----------------------------------------------------------------------------------


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("around", ["{}", "a {} b", '{{"key": "{}"}}', "\\n{}\\n", "\n{}\n", "key={}&x=1"])
def test_a_credential_is_masked_wherever_it_stands(credential: str, around: str) -> None:
    masked = codec.mask_text(around.format(credential))
    assert secrets_in(masked) == []
    assert codec.MASK in masked


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_a_little_like_one_is_left_alone(text: str) -> None:
    assert codec.mask_text(text) == text


@pytest.mark.parametrize("kind", KINDS, ids=wire_name)
@given(data=st.data())
@SOME_OF_EACH
def test_no_credential_leaves_in_any_message(kind: type[Message], data: st.DataObject) -> None:
    message = data.draw(instances(kind, LOADED))
    assert secrets_in(shown_everywhere(message)) == []


# --- fields -----------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Key:
    name: str
    value: str = secret()


@final
@attrs.frozen(kw_only=True)
class Store(Command):
    key: Key
    more: tuple[Key, ...] = ()
    by_name: Mapping[str, Key] = attrs.field(factory=dict[str, Key])
    spare: Key | None = None
    pair: tuple[Key, str] = Key(name="", value=""), ""
    free: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    data: bytes = b""
    pin: int = secret(default=0)
    hidden: bytes = secret(default=b"")


PLAIN = "correct horse battery staple"


@given(data=st.data())
def test_a_secret_field_never_leaves_at_any_depth(data: st.DataObject) -> None:
    keys = st.builds(Key, name=st.sampled_from("abc"), value=st.just(PLAIN))
    message = data.draw(
        st.builds(
            Store,
            key=keys,
            more=st.lists(keys, max_size=2).map(tuple),
            by_name=st.dictionaries(st.sampled_from("abc"), keys, max_size=2),
            spare=st.none() | keys,
            pair=st.tuples(keys, st.just("")),
            free=st.dictionaries(st.sampled_from("abc"), keys | st.lists(keys, max_size=2), max_size=2),
            hidden=st.just(PLAIN.encode()),
            pin=st.just(4711),
        )
    )
    shown = json.dumps(codec.masked(message), ensure_ascii=False)
    assert PLAIN not in shown
    assert "4711" not in shown
    assert codec.masked(message)["key"] == {"name": message.key.name, "value": codec.MASK}
    assert PLAIN not in repr(message)
    assert PLAIN.encode() in codec.encode(message)  # on its way to its owner it is whole


def test_what_is_not_secret_is_shown_as_it_travels() -> None:
    message = Store(key=Key(name="a", value="b"), free={"n": [1, None, True]}, data=b"plain")
    assert codec.masked(message) == {
        "key": {"name": "a", "value": codec.MASK},
        "more": [],
        "by_name": {},
        "spare": None,
        "pair": [{"name": "", "value": codec.MASK}, ""],
        "free": {"n": [1, None, True]},
        "data": "cGxhaW4=",
        "pin": codec.MASK,
        "hidden": codec.MASK,
    }


def test_a_credential_is_masked_in_bytes_and_in_keys() -> None:
    message = Store(
        key=Key(name="a", value=""),
        free={CREDENTIALS[0]: "x", "inner": {CREDENTIALS[1]: b"token " + CREDENTIALS[2].encode()}},
        data=b"\xff" + CREDENTIALS[3].encode(),
    )
    shown = codec.masked(message)
    assert shown["free"] == {codec.MASK: "x", "inner": {codec.MASK: codec.MASK}}
    assert shown["data"] == codec.MASK


def test_the_item_of_a_stream_is_masked_too() -> None:
    def item(value: Any) -> Any:
        return to_json(TapEvent(point="item", at=0.0, to="a", item=value), body=True)["item"]

    assert item(Key(name="a", value=PLAIN)) == {"name": "a", "value": codec.MASK}
    assert secrets_in(str(item(f"say {CREDENTIALS[0]}"))) == []
