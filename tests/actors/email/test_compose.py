"""Mails that the agent sends."""

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.email import compose as composing
from actors.email.compose import Envelope, Said, chosen, compose, left_out, message_id, said
from actors.email.content import File
from actors.email.fates import LeftAlone
from actors.email.intake import decide
from actors.email.provenance import Trust
from actors.email.store import Thread
from tests.fakes.mail import message

ABOUT = Envelope(
    sender="aster@example.org",
    name="Aster",
    recipient="ada@example.org",
    key="turn:1",
    at=datetime(2026, 3, 2, 10, tzinfo=UTC),
)
THREAD = Thread(message_id="<one@x>", subject="Tea", references=("<zero@x>",))


def made(
    what: Said | str = "Hello.",
    thread: Thread | None = None,
    files: list[File] | None = None,
    notes: tuple[str, ...] = (),
    **about: Any,
) -> EmailMessage:
    what = Said(subject=None, text=what) if isinstance(what, str) else what
    return message(compose(attrs.evolve(ABOUT, **about), what, thread, files or [], notes))


def body(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert isinstance(part, EmailMessage)
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def test_an_answer_stands_below_the_mail_it_answers() -> None:
    mail = made("**Fine**, thanks.", THREAD)
    assert {name: str(mail[name]) for name in mail if name not in {"Content-Type", "MIME-Version"}} == {
        "From": "Aster <aster@example.org>",
        "To": "ada@example.org",
        "Subject": "Re: Tea",
        "Date": "Mon, 02 Mar 2026 10:00:00 +0000",
        "Message-ID": message_id("turn:1", "aster@example.org"),
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
        "In-Reply-To": "<one@x>",
        "References": "<zero@x> <one@x>",
    }
    assert body(mail) == "**Fine**, thanks.\n"
    assert "<p><strong>Fine</strong>, thanks.</p>" in body(mail, "html")


def test_a_mail_of_its_own_begins_a_thread() -> None:
    mail = made()
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("From Aster", "auto-generated")
    assert mail["In-Reply-To"] is None


@pytest.mark.parametrize(
    ("old", "new"), [("Re: Tea", "Re: Tea"), ("RE: Tea", "RE: Tea"), ("", "Re:"), ("Tää", "Re: Tää")]
)
def test_the_subject_of_an_answer(old: str, new: str) -> None:
    assert made(thread=attrs.evolve(THREAD, subject=old))["Subject"] == new


def test_the_same_row_is_the_same_mail_and_its_id_is_known_to_be_ours() -> None:
    assert made()["Message-ID"] == made(doubtful=True)["Message-ID"] != made(key="turn:2")["Message-ID"]
    fate = decide(made().as_bytes(), {"ada@example.org"}, "aster@example.org", Trust("x"))
    assert isinstance(fate, LeftAlone)
    assert fate.reason == "own"


def test_what_may_be_a_repeat_says_so_first() -> None:
    assert body(made(doubtful=True)) == f"{composing.REPEATED}\n\nHello.\n"


def test_what_is_missing_stands_at_the_end() -> None:
    file = {"name": "a.iso", "path": "uploads/a.iso"}
    assert (
        left_out(file)
        == "a.iso is not attached (too large for a mail). It is uploads/a.iso in the agent's files."
    )
    assert body(made(notes=("x", "y"))) == "Hello.\n\nx\n\ny\n"
    assert body(made("")) == "(Nothing was said.)\n"
    assert body(made("", notes=("x",))) == "x\n"


def test_files_go_along() -> None:
    files = [
        File(name="Plan für\r\nBcc: eve@x.pdf", media_type="application/pdf", data=b"%PDF"),
        File(name="", media_type="multipart/mixed", data=b"\x00"),
        File(name="a.txt", media_type="text/plain", data=b"tea\n"),
    ]
    mail = made(files=files)
    found = [
        (each.get_filename(), each.get_content_type(), each.get_content()) for each in mail.iter_attachments()
    ]
    assert found == [
        ("Plan fürBcc: eve@x.pdf", "application/pdf", b"%PDF"),
        ("file", "application/octet-stream", b"\x00"),
        ("a.txt", "text/plain", "tea\n"),
    ]
    assert body(mail) == "Hello.\n"


def test_what_fits_goes_along_in_order() -> None:
    mega = 1024 * 1024
    sizes = [8 * mega, 15 * mega, 12 * mega, 1]
    files = [{"name": str(n), "size": size} for n, size in enumerate(sizes)]
    taken, left = chosen(files)
    assert [each["name"] for each in taken] == ["0", "2"]
    assert [each["name"] for each in left] == ["1", "3"]


def test_a_turn_in_words_of_the_channel() -> None:
    file = {"name": "a", "path": "b", "media_type": "c/d", "size": 1}
    turn = {
        "texts": ["One.", " ", "Two."],
        "attachments": [file],
        "notice": "It was stopped.",
        "client_message_id": "mail:<1@x>",
    }
    assert said(turn) == Said(
        subject=None, text="One.\n\nTwo.\n\nIt was stopped.", attachments=(file,), answers="mail:<1@x>"
    )
    assert said({**turn, "answers": ["Two."], "notice": None}).text == "Two."
    assert said({"texts": [], "notice": None, "client_message_id": None}) == Said(subject=None, text="")


@pytest.mark.parametrize(("success", "subject"), [(True, "✓ tea"), (False, "✗ tea"), (None, "tea")])
def test_a_notification_in_words_of_the_channel(success: bool | None, subject: str) -> None:  # noqa: FBT001
    found = said({"title": "tea", "text": "It is ready.", "success": success})
    assert found == Said(subject=subject, text="It is ready.")
    assert made(found)["Subject"] == subject


def test_a_long_thread_is_shortened_and_no_id_is_broken() -> None:
    long = [f"<{n}{'x' * 200}@example.org>" for n in range(6)]
    mail = made(thread=Thread(message_id=long[5], subject="", references=tuple(long[:5])))
    assert mail["References"].split() == [long[0], *long[3:]]
    assert mail["In-Reply-To"] == long[5]
    huge = [f"<{n}{'x' * 600}>" for n in range(2)]
    assert made(thread=Thread(message_id=huge[1], subject="", references=(huge[0],)))["References"] == huge[1]


@given(st.text(), st.text(), st.text(), st.text(), st.booleans())
def test_no_text_gets_into_the_headers(subject: str, text: str, name: str, old: str, is_answer: bool) -> None:  # noqa: FBT001
    thread = attrs.evolve(THREAD, subject=old) if is_answer else None
    what = Said(subject=None if is_answer else subject, text=text)
    mail = made(what, thread, [File(name=name, media_type="a/b", data=b"")], name=name)
    names = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"]
    answer = ["In-Reply-To", "References"] if is_answer else []
    assert [*mail] == [*names, *answer, "MIME-Version", "Content-Type"]
    assert [each.addr_spec for each in mail["From"].addresses] == ["aster@example.org"]
    raw = compose(attrs.evolve(ABOUT, name=name), what, thread, [], ())
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
