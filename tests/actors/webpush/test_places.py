import pytest

from actors.webpush.places import check_page, host_and_port, is_public


@pytest.mark.parametrize(
    ("endpoint", "found"),
    [
        ("https://push.example/a?b=c", ("push.example", 443)),
        ("https://PUSH.example:8443/", ("push.example", 8443)),
        ("HTTPS://push.example", ("push.example", 443)),
        ("https://[2001:db8::1]:1/x", ("2001:db8::1", 1)),
    ],
)
def test_whom_an_endpoint_is_at(endpoint: str, found: tuple[str, int]) -> None:
    assert host_and_port(endpoint) == found


@pytest.mark.parametrize(
    "endpoint",
    [
        *(
            "",
            "push.example",
            "http://push.example/",
            "ftp://push.example/",
            "file:///etc/passwd",
            "https:///x",
        ),
        *("https://me@push.example/", "https://me:pw@push.example/", "https://:pw@push.example/"),
        *(
            "https://push.example:99999/",
            "https://push.example:x/",
            "https://[::1/",
            "https://push.example/a b",
        ),
        *("https://push.example/\n", "https://püsh.example/"),
    ],
)
def test_what_is_no_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        host_and_port(endpoint)


@pytest.mark.parametrize("page", ["https://agent.example", "http://localhost:3000", "http://[::1]:3000"])
def test_the_origin_of_a_page(page: str) -> None:
    check_page(page)


@pytest.mark.parametrize(
    "page",
    ["", "agent.example", "https://", "https://:80", "https://a/b", "https://a\n", 'https://a"', "x:a"],
)
def test_what_is_no_origin_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        check_page(page)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b:1::a00:1"),
        "2001:0:7f00:1:0:0:f5ff:fffe",  # Teredo of 10.0.0.1
        *("", "localhost", "1.2.3", "1.2.3.4.5"),
    ],
)
def test_addresses_within_and_what_is_none(address: str) -> None:
    assert not is_public(address)
