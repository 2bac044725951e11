"""What is masked for display: fields marked as secret, and anything that looks like a credential (G16).

That it is so for every message class of the project is shown by ``test_masks.py``.
"""

import json
from collections.abc import Mapping
from typing import Any, final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus import Command
from bus.message import codec
from bus.message.message import secret
from bus.see.tapevent import TapEvent, to_json

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


def secrets_in(text: str) -> list[str]:
    return [each for each in CREDENTIALS if each.removeprefix("authorization: bearer ") in text]


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


@given(before=AROUND, credential=st.sampled_from(CREDENTIALS), after=AROUND)
def test_what_stands_around_a_credential_does_not_hide_it(before: str, credential: str, after: str) -> None:
    assert secrets_in(codec.mask_text(f"{before}{credential}{after}")) == []


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
    shown = json.dumps(codec.mask_value(message), ensure_ascii=False)
    assert PLAIN not in shown
    assert "4711" not in shown
    assert codec.mask_value(message)["key"] == {"name": message.key.name, "value": codec.MASK}
    assert PLAIN not in repr(message)
    assert PLAIN.encode() in codec.encode(message)  # on its way to its owner it is whole


def test_what_is_not_secret_is_shown_as_it_travels() -> None:
    message = Store(key=Key(name="a", value="b"), free={"n": [1, None, True]}, data=b"plain")
    assert codec.mask_value(message) == {
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
    shown = codec.mask_value(message)
    assert shown["free"] == {codec.MASK: "x", "inner": {codec.MASK: codec.MASK}}
    assert shown["data"] == codec.MASK


def test_whatever_a_handler_answers_is_masked() -> None:
    key = Key(name="a", value=PLAIN)
    masked = {"name": "a", "value": codec.MASK}
    assert codec.mask_value(key) == masked
    assert codec.mask_value(f"say {CREDENTIALS[0]}") == f"say {codec.MASK}"
    assert codec.mask_value((key, [None])) == [masked, [None]]
    assert codec.mask_value({"key": key, CREDENTIALS[0]: 7}) == {"key": masked, codec.MASK: 7}


def test_the_item_of_a_stream_is_masked_too() -> None:
    def item(value: Any) -> Any:
        return to_json(TapEvent(point="item", at=0.0, to="a", item=value), body=True)["item"]

    assert item(Key(name="a", value=PLAIN)) == {"name": "a", "value": codec.MASK}
    assert secrets_in(str(item(f"say {CREDENTIALS[0]}"))) == []
