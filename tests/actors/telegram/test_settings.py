"""Settings of Telegram."""

import pytest

from actors.telegram.settings import OFFICIAL, Telegram


@pytest.mark.parametrize("url", [OFFICIAL, "http://127.0.0.1:8081", "https://own.example/bots/"])
def test_the_bot_api_is_at_an_address(url: str) -> None:
    assert Telegram(api_url=url).api_url == url


@pytest.mark.parametrize(
    "url", ["", "api.telegram.org", "ftp://x", "https://user:pass@x", "https://x?y=1", "https://"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="begins with http"):
        Telegram(api_url=url)
