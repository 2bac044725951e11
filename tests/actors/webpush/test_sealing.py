"""What is sealed, against the examples of the standards and a library that is not ours."""

import base64
import os
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from actors import jsontext
from actors.webpush.sealing import (
    GOOD_FOR,
    decoded,
    encoded,
    new_key,
    point,
    public,
    sealed,
    signature,
)
from tests.actors.webpush.opened import opened

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_the_example_of_the_standard_comes_out() -> None:
    """RFC 8291, section 5 and appendix A."""
    key = decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    body = sealed(
        b"When I grow up, I want to be a watermelon",
        point("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        decoded("BTBZMqHH6r4Tts7J_aSIgg"),
        key=key,
        salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert encoded(public(key)) == (
        "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
    )
    assert encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(st.binary(max_size=3993))
def test_a_browser_opens_what_is_sealed_for_it(content: bytes) -> None:
    browser = ec.generate_private_key(ec.SECP256R1())
    numbers = browser.private_numbers().private_value.to_bytes(32, "big")
    auth = os.urandom(16)
    body = sealed(content, public(numbers), auth, key=new_key(), salt=os.urandom(16))
    assert len(body) <= 4096
    assert opened(body, browser, auth) == content


def test_a_signature_says_who_sends_to_whom_until_when() -> None:
    key = new_key()
    header = signature(key, "https://push.example:8443/a/b?c=d", "http://localhost:3000", NOW)
    scheme, _, rest = header.partition(" ")
    token, _, shown = rest.partition(", k=")
    assert (scheme, shown) == ("vapid", encoded(public(key)))
    signed, _, proof = token.removeprefix("t=").rpartition(".")
    kind, claims = (read(part) for part in signed.split("."))
    assert kind == {"typ": "JWT", "alg": "ES256"}
    assert claims == {
        "aud": "https://push.example:8443",
        "exp": int((NOW + GOOD_FOR).timestamp()),
        "sub": "https://localhost:3000",
    }
    verify(public(key), signed, decoded(proof))


def test_the_example_of_a_signature_is_good() -> None:
    """RFC 8292, section 2.4: how its parts are read is how ours are read."""
    signed = (
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1M"
        "jM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0"
    )
    proof = "i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA"
    key = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
    verify(point(key), signed, decoded(proof))


def read(part: str) -> Any:
    return jsontext.read_object(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def verify(key: bytes, signed: str, proof: bytes) -> None:
    r, s = (int.from_bytes(half, "big") for half in (proof[:32], proof[32:]))
    assert len(proof) == 64
    known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    known.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "A",
        encoded(b"\x04" + b"\x01" * 64),  # on no curve
        encoded(public(b"\x05" * 32)[:-1]),
        encoded(bytes([2 + public(b"\x05" * 32)[-1] % 2]) + public(b"\x05" * 32)[1:33]),  # compressed
        "ä" * 87,
    ],
)
def test_what_is_no_key_of_a_browser_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        point(text)


@given(st.binary(max_size=70))
def test_base64url_is_read_with_and_without_padding(data: bytes) -> None:
    padded = base64.urlsafe_b64encode(data).decode()
    assert decoded(encoded(data)) == decoded(padded) == data
    assert "=" not in encoded(data)
