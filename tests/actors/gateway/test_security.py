import pytest

from actors.gateway.security import (
    FROM_ELSEWHERE,
    HEADERS,
    Asked,
    HostPolicy,
    is_from_elsewhere,
    is_known_by_name,
    is_opened,
    trusts_origin,
)
from actors.gateway.settings import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "::1"])
def test_loopback_addresses_are_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "example.org", "", "localhost.evil.org"]
)
def test_everything_else_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


POLICY = HostPolicy.of("127.0.0.1")


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
    assert HostPolicy.of("127.0.0.2").trusts_host("127.0.0.2:5")
    assert HostPolicy.of("::1").trusts_host("[::1]:5")


@pytest.mark.parametrize("origin", [None, "http://localhost:3000", "HTTP://LOCALHOST:3000"])
def test_our_own_page_and_programs_may_change_things(origin: str | None) -> None:
    assert trusts_origin(origin, "localhost:3000", "http")


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
    assert not trusts_origin(origin, "localhost:3000", "http")


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("agent.example", "https://agent.example"),
        ("agent.example:443", "https://agent.example"),
        ("agent.example:8443", "https://agent.example:8443"),
    ],
)
def test_over_tls_our_page_is_one_of_https(host: str, origin: str) -> None:
    assert trusts_origin(origin, host, "https")
    assert not trusts_origin(origin.replace("https", "http"), host, "https")


def test_what_the_owner_has_listed_is_trusted_in_any_case() -> None:
    policy = HostPolicy.of("0.0.0.0", ["Agent.Example", "192.168.1.20", "fd00::7"])
    for host in (
        "agent.example",
        "AGENT.example:443",
        "192.168.1.20:3000",
        "[fd00::7]:3000",
        "localhost:3000",
    ):
        assert policy.trusts_host(host)
    for host in ("other.example", "sub.agent.example", "192.168.1.21:3000"):
        assert not policy.trusts_host(host)


def test_the_address_at_which_it_came_in_is_trusted_and_no_other_one() -> None:
    policy = HostPolicy.of("0.0.0.0")
    assert policy.trusts_host("192.168.1.20:3000", "192.168.1.20")
    assert policy.trusts_host("[fd00::7]:3000", "fd00::7")
    assert not policy.trusts_host("192.168.1.21:3000", "192.168.1.20")
    assert not policy.trusts_host("", "")


def asked(**changes: str | None) -> Asked:
    plain: dict[str, str | None] = {"host": "localhost:3000", "origin": None, "scheme": "http"}
    return Asked(**{**plain, "arrived": "127.0.0.1", "peer": "127.0.0.1", **changes})  # type: ignore[arg-type]


def test_a_refused_host_is_told_the_line_that_allows_it() -> None:
    said = POLICY.refuses(asked(host="Agent.Example:3000"), changes=False) or ""
    assert "under the name agent.example" in said
    assert said.endswith('[gateway] hosts = ["agent.example"]')
    assert 'hosts = ["fd00::7"]' in (POLICY.refuses(asked(host="[fd00::7]"), changes=False) or "")


@pytest.mark.parametrize("host", [None, "", '"] = <script>', "x" * 10_000, "b\xfccher.example"])
def test_a_host_that_can_be_no_name_is_not_repeated(host: str | None) -> None:
    said = POLICY.refuses(asked(host=host), changes=False)
    assert said == "this address is not served under that Host name; use localhost"


def test_a_proxy_that_is_not_trusted_is_told_by_its_address() -> None:
    said = POLICY.refuses(asked(origin="https://localhost:3000", peer="10.0.0.7"), changes=True) or ""
    assert 'trusted_proxies = ["10.0.0.7"]' in said
    assert POLICY.refuses(asked(origin="https://localhost:3000"), changes=False) is None
    assert POLICY.refuses(asked(origin="http://evil.org"), changes=True) == FROM_ELSEWHERE
    assert POLICY.refuses(asked(origin="http://localhost:3000"), changes=True) is None


def test_tls_is_for_ever_where_it_has_a_name_of_its_own() -> None:
    assert is_known_by_name("agent.example")
    assert not any(map(is_known_by_name, ("localhost:3000", "127.0.0.1:3000", "[::1]")))


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
