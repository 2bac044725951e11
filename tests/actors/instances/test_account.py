"""Whom we ask, and with which key."""

from pathlib import Path

import pytest

from actors.instances import account
from actors.instances.account import Backend, Login
from actors.instances.messages import NotSetUp

LOGIN = Login(backend_url="https://h.example", api_key="sp_live_0123456789abcdef", email='"ada"@x')


def test_a_login_is_kept_where_nobody_else_reads_it(tmp_path: Path) -> None:
    path = account.file_in(tmp_path)
    assert account.read(path) is None
    account.keep(path, LOGIN)
    assert account.read(path) == LOGIN
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert LOGIN.api_key not in repr(LOGIN)
    assert LOGIN.hint == "sp_live_…cdef"
    assert Login(backend_url="", api_key="short").hint == "****"


@pytest.mark.parametrize("text", ["no toml =", "", "backend_url = 1", "backend_url = 'x'"])
def test_a_file_that_is_no_login(text: str, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(NotSetUp, match="logout"):
        account.read(path)


def test_a_login_without_an_address_of_mail(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('backend_url = "u"\napi_key = "k"\nemail = 1\n')
    assert account.read(path) == Login(backend_url="u", api_key="k")


@pytest.mark.parametrize(
    "url", ["https://h.example", "http://127.0.0.1:8", "http://localhost", "http://[::1]:9/base"]
)
def test_an_address_that_may_be_asked(url: str) -> None:
    assert account.checked(f" {url}// ") == url


@pytest.mark.parametrize(
    "url",
    ["http://h.example", "http://10.0.0.1", "http://localhost.evil.example", "ftp://h", "h.example", "", "https://",
     "https://u:p@h.example", "https://h.example/?q=1", "https://h:99999", "https://h.example/\x1b", "https://[x"],
)  # fmt: skip
def test_an_address_that_may_not(url: str) -> None:
    with pytest.raises(NotSetUp):
        account.checked(url)


def test_what_is_said_counts_before_the_login() -> None:
    key = {"STARPOD_API_KEY": "k"}
    assert account.of_command({}, LOGIN) == Backend(url="https://h.example", key=LOGIN.api_key)
    assert account.of_command({"STARPOD_URL": "https://o.example/", **key}, LOGIN) == Backend(
        url="https://o.example", key="k"
    )
    assert (
        account.of_command({"STARPOD_URL": "https://o.example"}, LOGIN, "https://f.example").url
        == "https://f.example"
    )
    assert account.of_agent("https://o.example", "k", None) == Backend(url="https://o.example", key="k")


def test_a_key_goes_only_to_the_address_that_it_is_for() -> None:
    assert account.of_command({"STARPOD_URL": "https://o.example"}, LOGIN).key is None
    assert account.of_command({"STARPOD_URL": "https://h.example/"}, LOGIN).key == LOGIN.api_key
    assert account.of_command({"STARPOD_API_KEY": "of-the-agent"}, LOGIN).key == LOGIN.api_key
    assert account.of_agent("", "of-somebody", LOGIN).key == LOGIN.api_key


def test_without_a_backend_somebody_is_told_how_to_get_one() -> None:
    with pytest.raises(NotSetUp, match="starpod auth login"):
        account.of_command({"STARPOD_API_KEY": "k", "ANTHROPIC_API_KEY": "a"}, None)
    with pytest.raises(NotSetUp, match="characters"):
        account.of_agent("https://h.example", "a\nb", None)
