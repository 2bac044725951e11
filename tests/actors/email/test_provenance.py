"""Whose word counts on where a mail is from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.email.provenance import Provenance, Trust, Unreadable, find, read

TRUST = Trust("imap.example.net")
PASSES = "mx.example.net; dkim=pass header.d=example.org"


def origin(*fields: str, trust: Trust = TRUST, domain: str = "example.org") -> Provenance:
    return find(fields, domain, trust)


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ("dkim=pass header.d=example.org", "dkim=pass"),
        ("dkim=pass header.i=@example.org", "dkim=pass"),
        ("dkim=pass (good; (really) \\) ) header.d=example.org header.s=x", "dkim=pass"),
        ("dkim = pass header.d = Example.ORG", "dkim=pass"),
        ("dkim/1=pass header.d=example.org", "dkim=pass"),
        ("DKIM=Pass Header.D=example.org", "dkim=pass"),
        ("dkim=fail header.d=example.org; dkim=pass header.d=example.org", "dkim=pass"),
        ("spf=pass smtp.mailfrom=ada@example.org", "spf=pass"),
        ("spf=pass smtp.mailfrom=<ada@example.org>", "spf=pass"),
        ("spf=pass smtp.mailfrom=example.org", "spf=pass"),
        ('spf=pass reason="it; is" smtp.mailfrom="ada"@example.org', "spf=pass"),
        ("dkim=none; spf=pass smtp.mailfrom=example.org; dmarc=fail", "dkim=none spf=pass dmarc=fail"),
        ("dmarc=pass header.from=example.org", "dmarc=pass"),
        ("iprev=pass policy.iprev=192.0.2.1; dkim=pass header.d=example.org", "dkim=pass"),
        ("none; dkim=pass header.d=example.org =", "dkim=pass"),
        ("dkim=pass = header.d=example.org", "dkim=pass"),
    ],
)
def test_a_method_that_has_passed_for_the_domain_proves_it(results: str, words: str) -> None:
    assert origin(f"mx.example.net; {results}") == Provenance(aligned=True, words=words)


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ("none", ""),
        ("", ""),
        ("dkim=fail header.d=example.org", "dkim=fail"),
        ("dkim=pass", "dkim=pass (for another domain)"),
        ("dkim=pass header.d=evil.example", "dkim=pass (for another domain)"),
        ("dkim=pass header.d=notexample.org", "dkim=pass (for another domain)"),
        ("dkim=pass header.d=sub.example.org", "dkim=pass (for another domain)"),
        ("dkim=pass header.d=org", "dkim=pass (for another domain)"),
        ("dkim=pass header.d=evil.example header.d=example.org", "dkim=pass (for another domain)"),
        ("dkim=pass header.d=evil.example header.i=@example.org", "dkim=pass (for another domain)"),
        ("dkim=pass reason=header.d=example.org", "dkim=pass (for another domain)"),
        ("spf=pass smtp.helo=example.org", "spf=pass (for another domain)"),
        ("spf=pass smtp.mailfrom=ada@example.org@evil.example", "spf=pass (for another domain)"),
        (
            'spf=pass smtp.mailfrom="; dkim=pass header.d=example.org "@evil.example',
            "spf=pass (for another domain)",
        ),
        ("spf=softfail (dkim=pass header.d=example.org) smtp.mailfrom=example.org", "spf=softfail"),
        ("arc=pass header.d=example.org", ""),
    ],
)
def test_anything_else_does_not(results: str, words: str) -> None:
    assert origin(f"mx.example.net; {results}") == Provenance(aligned=False, words=words)


def test_a_domain_speaks_for_those_below_it() -> None:
    assert origin(PASSES, domain="mail.example.org").aligned


def test_only_the_receiving_server_counts_and_of_its_headers_the_topmost() -> None:
    forged = "mx.example.net; dkim=pass header.d=example.org"
    honest = "mx.example.net; dkim=fail header.d=example.org"
    assert origin("mx.evil.example; dkim=pass header.d=example.org") == Provenance(
        aligned=False, words="", names=("mx.evil.example",)
    )
    assert origin(honest, forged) == Provenance(aligned=False, words="dkim=fail")
    assert origin("mx.elsewhere.example; none", PASSES) == Provenance(aligned=True, words="dkim=pass")
    assert origin() == Provenance(aligned=False, words="")


@pytest.mark.parametrize(
    "field",
    [
        'mx.example.net; spf=fail smtp.mailfrom="x',
        "mx.example.net (; dkim=pass header.d=example.org",
        "mx.example.net (\\",
        "mx.example.net \\; none",
        "mx.example.net); none",
        "",
        "; dkim=pass header.d=example.org",
        "dkim=pass header.d=example.org; none",
        "mx.example.net 1 2; none",
    ],
)
def test_one_that_cannot_be_read_ends_the_search(field: str) -> None:
    """Else a sender could spoil the header of the server, so that one of their own is the next."""
    with pytest.raises(Unreadable):
        read(field)
    assert not origin(field, PASSES).aligned


@pytest.mark.parametrize(
    ("trust", "name", "covered"),
    [
        (Trust("imap.example.net"), "mx.example.net", True),
        (Trust("imap.example.net"), "MX.EXAMPLE.NET", True),
        (Trust("imap.example.net"), "example.net", True),
        (Trust("imap.example.net."), "imap.example.net", True),
        (Trust("imap.example.net"), "evilexample.net", False),
        (Trust("imap.example.net"), "net", False),
        (Trust("example.net"), "example.net", True),
        (Trust("example.net"), "mx.example.net", False),
        (Trust("127.0.0.1"), "127.0.0.1", True),
        (Trust("127.0.0.1"), "0.0.1", False),
        (Trust("imap.example.net", "mx.elsewhere.example"), "mx.elsewhere.example", True),
        (Trust("imap.example.net", "mx.elsewhere.example"), "mx.example.net", False),
    ],
)
def test_whose_word_counts(trust: Trust, name: str, covered: bool) -> None:  # noqa: FBT001
    assert trust.covers(name) == covered


def test_a_server_may_say_its_version() -> None:
    assert read('"mx.example.net" 1; none') == ("mx.example.net", [])


def test_a_trust_is_shown_by_the_name_that_counts() -> None:
    assert (str(TRUST), str(Trust("imap.example.net", "mx"))) == ("imap.example.net", "mx")


@given(st.text(alphabet='abdkimpsf=;".@()\\ /\n', max_size=60))
def test_whatever_a_header_says_it_is_read_or_not(field: str) -> None:
    assert not origin(f"mx.example.net; {field}", domain="example.org").aligned
