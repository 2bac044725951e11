"""What secrets may be called, where they may go, and which variables are secrets."""

import pytest

from actors.vault import names


@pytest.mark.parametrize("name", ["A", "a", "_", "GITHUB_TOKEN", "mail.example-1", "0", "x" * 128])
def test_names_are_kept_as_they_are(name: str) -> None:
    assert names.checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", " ", "a b", ".", "..", "-x", "../x", "a/b", "a\0", "ключ", "A\n", "x" * 129, "x" * 10_000, "a{b}"],
)
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 128 letters"):
        names.checked_name(name)


@pytest.mark.parametrize("name", ["anthropic_api_key", "Telegram_Bot_Token", "BRAVE_API_KEY"])
def test_names_of_the_system_are_the_same_in_every_case_and_the_agent_s_own(name: str) -> None:
    assert names.is_system(name)
    assert names.checked_name(name) == name.upper()
    assert names.checked_owner("", name) == ""
    with pytest.raises(ValueError, match="no other owner"):
        names.checked_owner("ada", name)


def test_other_names_may_have_an_owner() -> None:
    assert not names.is_system("STARPOD_API_KEY")
    assert names.checked_owner("ada", "GITHUB_TOKEN") == names.checked_owner("Ada", "GITHUB_TOKEN") == "ada"
    assert names.checked_owner("", "GITHUB_TOKEN") == ""
    for nobody in ("../ada", "cron", "a b", "x" * 65):
        with pytest.raises(ValueError, match="id of a user"):
            names.checked_owner(nobody, "GITHUB_TOKEN")


@pytest.mark.parametrize(
    ("value", "said"), [("", "empty"), ("\ud800", "not text"), ("ü" * 32_769, "65538 bytes, 65536")]
)
def test_what_cannot_be_a_value_is_refused(value: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        names.checked_value(value)
    assert value == "" or value not in str(refused.value)


def test_a_value_is_kept_to_the_byte() -> None:
    assert names.checked_value(" \n x " + "ü" * 32_765) == " \n x " + "ü" * 32_765


def test_hosts_are_written_as_they_are_looked_up() -> None:
    assert names.checked_hosts(["API.Example.com.", "*.x.org", "api.example.com", " bücher.de "]) == (
        "api.example.com",
        "*.x.org",
        "xn--bcher-kva.de",
    )
    assert names.checked_hosts(["*", "::1", "127.0.0.1", "localhost"]) == (
        "*",
        "::1",
        "127.0.0.1",
        "localhost",
    )
    assert names.checked_hosts([]) == ()


@pytest.mark.parametrize(
    "host",
    ["", "https://x.org", "x.org/a", "x.org:443", "a b", "*x.org", "x.*.org", "*.", "a..b", "@", "x\0"],
)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        names.checked_hosts([host])


def test_two_hundred_hosts_are_fine_and_thousands_are_not() -> None:
    assert len(names.checked_hosts([f"h{n}.example.com" for n in range(200)])) == 200
    with pytest.raises(ValueError, match="too many"):
        names.checked_hosts([f"h{n}.example.com" for n in range(2000)])


@pytest.mark.parametrize(
    ("hosts", "host", "allowed"),
    [
        ((), "x.org", False),
        (("x.org",), "X.org.", True),
        (("x.org",), "evil-x.org", False),
        (("x.org",), "a.x.org", False),
        (("*.x.org",), "a.x.org", True),
        (("*.x.org",), "a.b.x.org", True),
        (("*.x.org",), "x.org", False),
        (("*.x.org",), "evilx.org", False),
        (("*",), "anything.at.all", True),
        (("xn--bcher-kva.de",), "bücher.de", True),
        (("x.org",), "", False),
        (("x.org",), "\ud800", False),
    ],
)
def test_a_secret_goes_to_its_hosts_and_to_no_other(
    hosts: tuple[str, ...], host: str, *, allowed: bool
) -> None:
    assert names.allows(hosts, host) is allowed


@pytest.mark.parametrize(
    ("before", "after", "wider"),
    [
        (("x.org",), (), ()),
        (("x.org",), ("x.org",), ()),
        ((), ("x.org",), ("x.org",)),
        (("*",), ("x.org", "*.y.org", "*"), ()),
        (("*.x.org",), ("a.x.org", "*.a.x.org", "*.x.org"), ()),
        (("*.x.org",), ("x.org", "*.org", "*", "*.evilx.org"), ("x.org", "*.org", "*", "*.evilx.org")),
        (("a.x.org",), ("*.a.x.org", "b.x.org"), ("*.a.x.org", "b.x.org")),
        (("::1",), ("::1", "::2"), ("::2",)),
    ],
)
def test_hosts_that_were_not_allowed_are_more_than_before(
    before: tuple[str, ...], after: tuple[str, ...], wider: tuple[str, ...]
) -> None:
    assert names.widened(before, after) == wider


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("tok_4711_tangerine_heliotrope", ["tok_4711_tangerine_heliotrope"]),
        ("-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQ==", ["MIIEvQIBADANBgkqhkiG9w0B"]),
        ("a sentence with 20 characters", []),
        ("implementation_detail", []),
        ("12345678901234567890", []),
        ("short1", []),
    ],
)
def test_only_what_nobody_writes_by_chance_is_unmistakable(value: str, parts: list[str]) -> None:
    assert names.unmistakable(value) == parts


@pytest.mark.parametrize(
    ("variable", "secret"),
    [
        ("OPENAI_API_KEY", True),
        ("DB_PASSWORD", True),
        ("smtp_pass", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("GOOGLE_APPLICATION_CREDENTIALS", True),
        ("PGPASSWORD", True),
        ("TOKENIZER", False),
        ("MONKEY_ISLAND", False),
        ("AUTHOR", False),
        ("LOG_LEVEL", False),
        ("STARPOD_VAULT_KEY", False),
        ("STARPOD_API_KEY", False),
        ("-KEY", False),
    ],
)
def test_a_variable_is_a_secret_by_its_words(variable: str, *, secret: bool) -> None:
    assert names.names_a_secret(variable) is secret
