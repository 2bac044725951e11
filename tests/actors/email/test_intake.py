"""Which mails are taken, by their headers."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.email import intake
from actors.email.fates import LeftAlone, Reason, Taken
from actors.email.intake import decide
from actors.email.provenance import Trust
from tests.fakes.mail import mail

KNOWN = frozenset({"ada@example.org", "noreply@example.org", "aster@example.org"})
OWN = "aster@example.org"
TRUST = Trust("mx.example.org")


def fate(made: EmailMessage | bytes) -> Taken | LeftAlone:
    headers = made if isinstance(made, bytes) else made.as_bytes()
    return decide(headers, KNOWN, OWN, TRUST)


def reason(made: EmailMessage | bytes) -> str:
    found = fate(made)
    assert isinstance(found, LeftAlone)
    return found.reason


def taken(made: EmailMessage | bytes) -> Taken:
    found = fate(made)
    assert isinstance(found, Taken)
    return found


def test_a_mail_of_somebody_known_is_taken() -> None:
    assert taken(mail()) == Taken(
        sender="ada@example.org",
        message_id="<one@example.org>",
        subject="Tea",
        references=(),
        is_reply=False,
        provenance="dkim=pass spf=pass",
    )
    assert taken(mail()).key == "mail:<one@example.org>"


@pytest.mark.parametrize(
    ("why", "made"),
    [
        ("unknown", mail(sender="Eve <eve@example.org>")),
        ("sender", mail(sender="Ada <ada@example.org>, Eve <eve@example.org>")),
        ("sender", mail(sender="nobody")),
        ("own", mail(sender="Aster <Aster@Example.org>")),
        ("own", mail(id="<starpod.0123@example.org>")),
        ("unproven", mail(results=None)),
        ("unproven", mail(results="mx.example.org; dkim=fail header.d=example.org")),
        ("automatic", mail(sender="noreply@example.org")),
        ("automatic", mail(sender="MAILER-DAEMON@example.org")),
        ("automatic", mail(Auto_Submitted="auto-replied")),
        ("automatic", mail(Auto_Submitted="auto-generated; owner-email=x")),
        ("automatic", mail(Precedence="Bulk")),
        ("automatic", mail(List_Id="<tea.example.org>")),
        ("automatic", mail(List_Unsubscribe="<mailto:x@example.org>")),
        ("automatic", mail(X_Autoreply="yes")),
        ("automatic", mail(Return_Path="<>")),
        ("automatic", b"Content-Type: multipart/report; boundary=x\r\nFrom: ada@example.org\r\n\r\n"),
        ("sender", b""),
        ("sender", b"\xff\xfe\r\n\r\n"),
        ("sender", b"From: ada@example.org\r\nFrom: ada@example.org\r\n\r\n"),
        ("sender", b"From: \xff <ada@example.org\r\n\r\n"),
    ],
)
def test_all_others_are_left_alone(why: Reason, made: EmailMessage | bytes) -> None:
    assert reason(made) == why


def test_no_auto_submitted_is_a_person() -> None:
    made = mail(Auto_Submitted="No; x=y", Precedence="normal", Return_Path="<ada@example.org>")
    assert taken(made).sender == "ada@example.org"


@pytest.mark.parametrize(
    ("results", "detail"),
    [
        (None, "It has no Authentication-Results of mx.example.org; authserv_id says whose count."),
        (
            "mx.google.com; dkim=pass header.d=example.org",
            "It has no Authentication-Results of mx.example.org, but of mx.google.com; authserv_id says whose count.",
        ),
        ("mx.example.org; spf=fail", "Nothing proves that it is from there: spf=fail."),
    ],
)
def test_an_admin_reads_what_is_missing(results: str | None, detail: str) -> None:
    found = fate(mail(results=results))
    assert isinstance(found, LeftAlone)
    assert found.detail == detail


def test_a_mail_without_a_usable_id_gets_the_same_one_each_time() -> None:
    long = f"<{'x' * 300}@example.org>"
    assert taken(mail(id="")).message_id == taken(mail(id="")).message_id
    assert taken(mail(id=long)).message_id != taken(mail(id="")).message_id
    assert taken(mail(id=long)).message_id.endswith("@example.org>")


def test_the_thread_of_a_mail() -> None:
    ids = [f"<{n}@example.org>" for n in range(30)]
    answer = taken(mail(References=" ".join(ids), In_Reply_To="<29@example.org>"))
    assert answer.is_reply
    assert answer.references == (ids[0], *ids[-19:])
    assert taken(mail(In_Reply_To="<29@example.org> <x@y>")).references == ("<29@example.org>",)
    assert taken(mail(In_Reply_To="your mail of Monday")).references == ()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("Tea", "Tea"),
        ("=?utf-8?b?VMOkw6Q=?= at\r\n five", "Tää at five"),
        ("=?nowhere?q?x?=", "=?nowhere?q?x?="),
        ("=?utf-8?b?V?=", "=?utf-8?b?V?="),
        ("=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        ("=?utf-8?q?=ff?=", "=?utf-8?q?=ff?="),
        ("a\u202eb", "ab"),
    ],
)
def test_a_subject_is_one_line_that_can_be_read(field: str, text: str) -> None:
    assert intake.readable(field) == text


@given(st.binary(max_size=200))
def test_nothing_that_may_come_is_taken_or_raises(headers: bytes) -> None:
    assert isinstance(fate(headers), LeftAlone)


def test_headers_that_the_parser_cannot_stand_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: bytes) -> None:
        raise KeyError("x")

    monkeypatch.setattr(intake, "parse", fails)
    assert fate(b"") == LeftAlone(reason="sender", detail="Its headers cannot be read: KeyError.")
