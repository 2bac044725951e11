"""Where the gateway may be told to listen."""

import pytest

from actors.gateway.settings import Address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:3000", "127.0.0.1", 3000),
        ("localhost:0", "localhost", 0),
        ("[::1]:65535", "::1", 65535),
    ],
)
def test_an_address_is_read_and_written_back(text: str, host: str, port: int) -> None:
    found = Address.parse(text)
    assert (found, str(found)) == (Address(host, port), text)


@pytest.mark.parametrize(
    "text", ["", "localhost", ":3000", "::1:3000", "a b:1", "h:65536", "h:-1", "h:²", "h:", "[]:1"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be host:port"):
        Address.parse(text)
