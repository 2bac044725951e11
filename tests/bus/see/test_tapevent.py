"""What a tap shows, as JSON: no empty fields, and no secret (G16)."""

from collections.abc import Mapping
from typing import Any, final

import attrs
import pytest

from bus import Command, Stream, secret
from bus.console import TapEvent
from bus.see.tapevent import to_json


@final
@attrs.frozen(kw_only=True)
class Say(Command):
    text: str
    times: int = 1


class TestAnEventForJson:
    def test_has_no_empty_fields_but_its_instant(self) -> None:
        assert to_json(TapEvent(point="sent", at=0.0, to="")) == {"point": "sent", "at": 0.0}

    def test_has_times_even_if_they_are_zero(self) -> None:
        shown = to_json(TapEvent(point="replied", at=1.23456789, to="a", wait=0.0, took=1e-9))
        assert shown == {"point": "replied", "at": 1.234568, "to": "a", "wait": 0.0, "took": 0.0}


@final
@attrs.frozen(kw_only=True)
class Login:
    user: str
    password: str = secret()


@final
@attrs.frozen(kw_only=True)
class Connect(Stream[Login]):
    login: Login
    token: str = secret()
    notes: tuple[str, ...] = ()
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    others: tuple[Login, ...] = ()


KEY = "sk-1234567890abcdef"


class TestABody:
    def test_is_shown_only_on_request(self) -> None:
        event = TapEvent(point="sent", at=0.0, to="", message=Say(text="a"))
        assert "body" not in to_json(event)
        assert to_json(event, body=True)["body"] == {"text": "a", "times": 1}

    def test_has_its_secret_fields_and_credentials_masked_at_any_depth(self) -> None:
        message = Connect(
            login=Login(user="ada", password="geheim"),
            token="geheim",
            notes=("fine", f"my key is {KEY}, keep it"),
            headers={"Authorization": "Bearer abcdefghijklmnop"},
            others=(Login(user=KEY, password="geheim"),),
        )
        assert to_json(TapEvent(point="sent", at=0.0, to="", message=message), body=True)["body"] == {
            "login": {"user": "ada", "password": "•••"},
            "token": "•••",
            "notes": ["fine", "my key is •••, keep it"],
            "headers": {"Authorization": "•••"},
            "others": [{"user": "•••", "password": "•••"}],
        }

    @pytest.mark.parametrize(
        ("item", "shown"),
        [
            (Login(user="ada", password="geheim"), {"user": "ada", "password": "•••"}),
            (f"key {KEY}", "key •••"),
            ("x" * 300, "x" * 200 + "… (100 more)"),
            (7, 7),
            ((Login(user=KEY, password="geheim"),), [{"user": "•••", "password": "•••"}]),
            ({"key": KEY}, {"key": "•••"}),
        ],
    )
    def test_may_be_an_item_of_a_stream(self, item: Any, shown: Any) -> None:
        event = TapEvent(point="item", at=0.0, to="", item=item)
        assert to_json(event, body=True)["item"] == shown
        assert "item" not in to_json(event)

    def test_is_cut_only_after_it_was_masked(self) -> None:
        long = "x" * 190 + " " + KEY
        event = TapEvent(point="sent", at=0.0, to="", message=Say(text=long))
        assert to_json(event, body=True)["body"]["text"] == "x" * 190 + " •••"
        long += "y" * 300 + " y" * 10
        event = TapEvent(point="sent", at=0.0, to="", message=Say(text=long))
        assert to_json(event, body=True)["body"]["text"] == "x" * 190 + " •••" + " y" * 3 + "… (14 more)"

    def test_leaves_no_credential_elsewhere_either(self) -> None:
        event = TapEvent(point="failed", at=0.0, to="", detail=f"refused: {KEY}", baggage={"origin": KEY})
        assert to_json(event) == {
            "point": "failed",
            "at": 0.0,
            "detail": "refused: •••",
            "baggage": {"origin": "•••"},
        }
