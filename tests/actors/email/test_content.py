"""What a mail says and brings."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.email import content
from actors.email.content import Content, File, read, told, too_large
from actors.email.fates import Taken
from tests.fakes.mail import mail


def text_of(made: EmailMessage | bytes, *, is_reply: bool = False) -> str:
    found = read(made if isinstance(made, bytes) else made.as_bytes(), is_reply=is_reply)
    assert not found.files + found.notes
    return found.text


def files_of(made: EmailMessage) -> list[tuple[str, str, bytes]]:
    return [(each.name, each.media_type, each.data) for each in read(made.as_bytes(), is_reply=False).files]


def test_plain_text() -> None:
    assert text_of(mail("How are you?\r\nÄ well.\n")) == "How are you?\nÄ well."
    assert text_of(b"") == ""


def test_of_both_forms_the_plain_one() -> None:
    made = mail("plain *words*")
    made.add_alternative("<p>other <b>words</b></p>", subtype="html")
    assert text_of(made) == "plain *words*"


def test_html_alone_and_html_beside_an_invitation() -> None:
    made = EmailMessage()
    made.set_content("<p>At <b>five</b>.</p>", subtype="html")
    assert text_of(made) == "At five."
    made.make_alternative()
    made.add_alternative("BEGIN:VCALENDAR", subtype="calendar")
    found = read(made.as_bytes(), is_reply=False)
    assert found.text == "At five."
    assert [each.media_type for each in found.files] == ["text/calendar"]


def test_an_alternative_without_words() -> None:
    made = EmailMessage()
    made.make_alternative()
    made.add_alternative(b"x", maintype="image", subtype="png")
    assert files_of(made) == [("image-1.png", "image/png", b"x")]


def test_a_reply_is_what_is_new_in_it() -> None:
    made = mail("At five.\n\nOn Monday, 2 March, Ada wrote:\n> When?\n")
    assert text_of(made, is_reply=True) == "At five."
    assert text_of(made).endswith("> When?")


def test_files_with_and_without_names() -> None:
    made = mail(files=[("plan.pdf", b"%PDF"), ("notes.txt", b"tea")])
    made.add_attachment("as text", filename="a.md")
    made.add_attachment(b"OggS", maintype="audio", subtype="ogg", disposition="inline")
    assert files_of(made) == [
        ("plan.pdf", "application/octet-stream", b"%PDF"),
        ("notes.txt", "application/octet-stream", b"tea"),
        ("a.md", "text/plain", b"as text\n"),
        ("audio-4.oga", "audio/ogg", b"OggS"),
    ]


def test_a_picture_in_html_is_a_file_and_text_goes_on_behind_a_file() -> None:
    made = EmailMessage()
    made.set_content("before")
    made.add_alternative('before<img src="cid:x">', subtype="html")
    html = made.get_payload(1)
    assert isinstance(html, EmailMessage)
    html.add_related(b"PNG", maintype="image", subtype="png", cid="<x>", filename="shot.png")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    after = EmailMessage()
    after.set_content("after")
    made.attach(after)
    found = read(made.as_bytes(), is_reply=False)
    assert found.text == "before\n\nafter"
    assert [each.name for each in found.files] == ["shot.png", "a.pdf"]


def test_a_mail_in_a_mail_is_a_file_and_a_signature_is_nothing() -> None:
    made = mail("See below.")
    made.add_attachment(mail("Inside.", subject="Old"))
    made.add_attachment(b"sig", maintype="application", subtype="pgp-signature", filename="signature.asc")
    ((name, media_type, data),) = files_of(made)
    assert (name, media_type) == ("message-1.eml", "message/rfc822")
    assert b"Inside." in data


def test_a_text_whose_characters_are_not_known() -> None:
    assert text_of(b'Content-Type: text/plain; charset="nowhere"\n\nT\xc3\xa4\n') == "Tä"
    assert text_of(b"Content-Type: text/plain; charset=utf-8\n\n\xff\n") == "\ufffd"
    assert text_of(b"Content-Type: text/plain; charset=utf-7\n\n+2AA-\n") == "?"


def test_a_file_without_an_end_or_bytes() -> None:
    assert files_of(mail(files=[("x", b"")]))[0][2] == b""
    broken = (
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/mixed; boundary=y\n\n"
    )
    assert read(broken, is_reply=False).notes == ()


def test_the_rest_of_a_long_mail_is_missed() -> None:
    found = read(mail("a " * content.LONGEST, files=[("x", b"x")] * 22).as_bytes(), is_reply=False)
    assert (len(found.text), len(found.files)) == (content.LONGEST, content.MOST_FILES)
    assert found.notes == (
        "The mail is cut: it has 399999 characters.",
        "Of 22 files the first 20 were taken.",
    )


def test_a_mail_that_the_parser_cannot_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(content, "message_from_bytes", fails)
    assert read(b"", is_reply=False) == Content(text="", notes=("The mail could not be read: KeyError.",))


@given(st.binary(max_size=300), st.booleans())
def test_anything_is_read(rest: bytes, is_reply: bool) -> None:  # noqa: FBT001
    read(b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n" + rest, is_reply=is_reply)


TAKEN = Taken(
    sender="ada@example.org",
    message_id="<1@x>",
    subject="Tea",
    references=(),
    is_reply=False,
    provenance="dkim=pass spf=none",
)


def test_what_the_model_gets_says_who_wrote_and_how_that_is_known() -> None:
    file = File(name="a", media_type="b/c", data=b"")
    assert told(TAKEN, Content(text="When?", files=(file,), notes=("One.", "Two."))) == (
        "When?\n\n[One.]\n[Two.]\n\n[From ada@example.org by e-mail; dkim=pass spf=none; subject: Tea]"
    )


def test_a_mail_that_says_nothing_is_its_subject() -> None:
    bare = Taken(sender="a@b", message_id="<1@x>", subject="", references=(), is_reply=False, provenance="")
    assert (
        told(TAKEN, Content(text="")) == "[From ada@example.org by e-mail; dkim=pass spf=none; subject: Tea]"
    )
    assert told(bare, Content(text="")) == "[From a@b by e-mail]"


def test_a_mail_that_is_not_fetched() -> None:
    (note,) = too_large(50 * 1024**2, 35 * 1024**2).notes
    assert note == "The mail has 50 MB and was not fetched: 35 MB are the limit."
