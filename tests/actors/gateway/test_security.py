import pytest

from actors.gateway.security import HEADERS, HostPolicy, is_from_elsewhere, is_loopback, is_opened


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "::1"])
def test_loopback_addresses_are_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "example.org", "", "localhost.evil.org"]
)
def test_everything_else_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


POLICY = HostPolicy.loopback("127.0.0.1")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:3000",
        "localhost:3000",
        "LocalHost:3000",
        "[::1]:3000",
        "127.0.0.1",
        "localhost",
        "[::1]",
        "localhost:8080",
    ],
)
def test_a_name_of_this_machine_is_trusted_at_any_port(host: str) -> None:
    assert POLICY.trusts_host(host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        ":3000",
        "localhost:",
        "localhost:x",
        "::1",
        "evil.org:3000",
        "localhost.evil.org:3000",
        "127.0.0.1:3000.evil.org",
        "evil.org#127.0.0.1:3000",
        "127.0.0.1:3000, evil.org",
        "0.0.0.0:3000",
    ],
)
def test_another_name_is_not(host: str | None) -> None:
    assert not POLICY.trusts_host(host)


def test_the_bound_address_itself_is_trusted() -> None:
    assert HostPolicy.loopback("127.0.0.2").trusts_host("127.0.0.2:5")
    assert HostPolicy.loopback("::1").trusts_host("[::1]:5")


@pytest.mark.parametrize("origin", [None, "http://localhost:3000", "HTTP://LOCALHOST:3000"])
def test_our_own_page_and_programs_may_change_things(origin: str | None) -> None:
    assert POLICY.trusts_origin(origin, "localhost:3000")


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://localhost:3000",
        "http://localhost",
        "http://localhost:4000",
        "http://127.0.0.1:3000",
        "http://evil.org",
        "http://localhost:3000.evil.org",
        "file://",
    ],
)
def test_pages_of_other_origins_may_not(origin: str) -> None:
    assert not POLICY.trusts_origin(origin, "localhost:3000")


def test_no_inline_script_runs_in_our_page() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("site", "elsewhere"),
    [(None, False), ("none", False), ("same-origin", False), ("same-site", True), ("x", True)],
)
def test_a_browser_says_whether_another_page_asks(site: str | None, elsewhere: bool) -> None:  # noqa: FBT001
    assert is_from_elsewhere(site) == elsewhere


@pytest.mark.parametrize(
    ("dest", "opened"), [(None, True), ("document", True), ("iframe", False), ("empty", False)]
)
def test_a_browser_says_whether_somebody_opens_an_address(dest: str | None, opened: bool) -> None:  # noqa: FBT001
    assert is_opened(dest) == opened
