"""Addresses, and who a mail says it is from."""

import pytest

from actors.email import addresses
from actors.email.addresses import NotAnAddress, domain_of, plain, sender_of


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("ada@example.org", "ada@example.org"),
        (" Ada.L+tea@Example.ORG ", "ada.l+tea@example.org"),
        ("a@b", "a@b"),
        ("o'hara@xn--bcher-kva.example", "o'hara@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_stored_without_regard_to_case(text: str, stored: str) -> None:
    assert plain(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@-x.org",
        "ada@x-.org",
        "ada@exa mple.org",
        "ada@example..org",
        ".ada@example.org",
        "ada..l@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org,eve@example.org",
        '"ada eve"@example.org',
        "<ada@example.org>",
        "äda@example.org",
        "ada@bücher.example",
        f"{'a' * addresses.LONGEST}@example.org",
    ],
)
def test_what_some_program_might_read_otherwise_is_none(text: str) -> None:
    with pytest.raises(NotAnAddress, match=r"is no e-mail address: write name@example\.org"):
        plain(text)


@pytest.mark.parametrize(
    ("address", "domain"),
    [("ada@Example.org", "example.org"), ("example.org.", "example.org"), ("a@b@c", "c"), ("", "")],
)
def test_the_domain_is_behind_the_last_at(address: str, domain: str) -> None:
    assert domain_of(address) == domain


@pytest.mark.parametrize(
    "field",
    [
        "ada@example.org",
        "<ada@example.org>",
        "Ada <Ada@Example.org>",
        '"Lovelace, Ada <eve@evil.example>" <ada@example.org>',
        r'"Ada \"the\" L" <ada@example.org>',
        "=?utf-8?q?Ad=C3=A4?= <ada@example.org>",
        "Ada (at home)\r\n <ada@example.org>",
    ],
)
def test_the_sender_is_the_one_address(field: str) -> None:
    assert sender_of(field) == "ada@example.org"


@pytest.mark.parametrize(
    "field",
    [
        "",
        "Ada",
        "ada@example.org, eve@evil.example",
        "ada@example.org <eve@evil.example>",
        "Ada <ada@example.org> <eve@evil.example>",
        "Friends: ada@example.org, eve@evil.example;",
        "ada@example.org (Ada)",
        "Ada <ada at example.org>",
        '"Ada <ada@example.org>',
        "Ada <ädä@example.org>",
    ],
)
def test_a_sender_that_can_be_read_in_two_ways_is_none(field: str) -> None:
    assert sender_of(field) is None
