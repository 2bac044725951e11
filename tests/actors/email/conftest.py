"""Servers of mail with certificates of their own."""

import ssl
from pathlib import Path

import attrs
import pytest

from tests.actors.email.office import Office
from tests.fakes.certificates import certify


@attrs.frozen
class Tls:
    server: ssl.SSLContext
    client: ssl.SSLContext
    """Believes the certificate of the server."""


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    files = certify(Path(tmp_path_factory.mktemp("tls")))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(files.certificate, files.key)
    return Tls(server, ssl.create_default_context(cafile=str(files.certificate)))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)
