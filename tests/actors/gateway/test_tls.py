"""The certificate of the gateway, and the encryption of one connection."""

import logging
import ssl
from pathlib import Path

import pytest

from actors.gateway.messages import CertificateUnusable
from actors.gateway.settings import Tls
from actors.gateway.tls import Certificate, Session, certificate_of
from tests.fakes.certificates import Files, certify


def read(files: Files) -> Certificate:
    return Certificate(files.certificate, files.key)


class Client:
    """The other end of a connection."""

    def __init__(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)

    def greet(self, session: Session) -> None:
        """Shake hands."""
        for _ in range(4):
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                session.feed(self.outgoing.read())
                assert session.read(100) is None
                self.incoming.write(session.sealed())
        session.feed(self.outgoing.read())
        assert session.read(100) is None
        self.incoming.write(session.sealed())


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return certify(tmp_path)


# --- files --------------------------------------------------------------------------------------------------


def test_without_files_there_is_no_encryption() -> None:
    assert certificate_of(Tls()) is None


def test_a_file_that_is_missing_or_no_certificate_is_named(files: Files) -> None:
    files.key.unlink()
    with pytest.raises(CertificateUnusable, match=r"\[gateway.tls\] key = .*key.pem: No such file"):
        certificate_of(files.tls)
    files.key.mkdir()
    with pytest.raises(CertificateUnusable, match=r"\[gateway.tls\] key = .*key.pem: Is a directory"):
        certificate_of(files.tls)
    files.key.rmdir()
    files.key.write_text("nothing")
    with pytest.raises(CertificateUnusable, match=r"certificate.pem: .*format PEM"):
        certificate_of(files.tls)


def test_the_key_of_another_certificate_is_refused(files: Files, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = certify(tmp_path / "other")
    with pytest.raises(CertificateUnusable, match="not the key of the certificate"):
        Certificate(files.certificate, other.key)


def test_nobody_is_asked_for_the_password_of_a_key(tmp_path: Path) -> None:
    with pytest.raises(CertificateUnusable, match="protected by a password"):
        read(certify(tmp_path, password="sesame"))


def test_files_that_have_not_changed_are_not_read_again(files: Files) -> None:
    certificate = read(files)
    assert certificate.context() is certificate.context()


def test_a_renewed_certificate_is_used_and_one_that_cannot_be_is_told_once(
    files: Files, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = read(files)
    first = certificate.context()
    key = files.key.read_bytes()
    certify(tmp_path)
    renewed = files.key.read_bytes()
    files.key.write_bytes(key)  # in the middle of a renewal only one of them is new
    with caplog.at_level(logging.WARNING):
        assert certificate.context() is first
        assert certificate.context() is first
    assert [record.getMessage().count("stays the one") for record in caplog.records] == [1]
    files.key.unlink()
    assert certificate.context() is first
    files.key.write_bytes(renewed)
    assert certificate.context() is not first


# --- a connection -------------------------------------------------------------------------------------------


def test_what_is_sealed_is_read_by_the_other_end(files: Files) -> None:
    session, client = Session(read(files).context()), Client()
    client.greet(session)
    assert (client.tls.version(), client.tls.selected_alpn_protocol()) == ("TLSv1.3", "http/1.1")
    client.tls.write(b"hello, " + b"x" * 30_000)
    session.feed(client.outgoing.read())
    assert session.read(7) == b"hello, "
    data = b""
    while (more := session.read(20_000)) is not None:
        data += more
    assert data == b"x" * 30_000
    client.incoming.write(session.sealed(b"good day"))
    assert client.tls.read() == b"good day"
    assert not session.has_to_send


def test_each_end_hears_that_the_other_one_says_no_more(files: Files) -> None:
    session, client = Session(read(files).context()), Client()
    client.greet(session)
    client.incoming.write(session.sealed(b"the last words") + session.farewell())
    assert client.tls.read() == b"the last words"
    assert client.tls.read() == b""
    client.tls.unwrap()
    session.feed(client.outgoing.read())
    assert session.read(100) == b""


def test_a_connection_that_just_ends_has_ended(files: Files) -> None:
    session = Session(read(files).context())
    session.feed(b"")
    assert session.read(100) == b""
    assert isinstance(session.farewell(), bytes)


def test_what_is_no_tls_is_an_error(files: Files) -> None:
    session = Session(read(files).context())
    session.feed(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(ssl.SSLError) as caught:
        session.read(100)
    assert caught.value.reason == "HTTP_REQUEST"
