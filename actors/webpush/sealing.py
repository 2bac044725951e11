"""What is sent to a push service: sealed for one browser (RFC 8291), signed by us (RFC 8292). Pure but for keys.

The service sees neither the text nor, beyond the agent's key and the origin of its page, who sends it.
"""

import base64
import binascii
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from actors import jsontext

CURVE: Final = ec.SECP256R1()
AUTH: Final = 16
"""Bytes of the secret of a browser."""
SALT: Final = 16
GOOD_FOR: Final = timedelta(hours=12)
"""How long a signature is; services refuse more than a day."""
_NUMBER: Final = 32
"""Bytes of a coordinate or of a private key."""
_RECORD: Final = 4096
"""Bytes of a record, and all that services must take."""
_LAST: Final = b"\x02"
"""What ends the content of the last record."""


def new_key() -> bytes:
    """A private key."""
    return _number(ec.generate_private_key(CURVE))


def public(private: bytes) -> bytes:
    """The public key of a private one: a point, uncompressed."""
    return _point(_private(private).public_key())


def point(text: str) -> bytes:
    """A public key of a browser from base64url. Raises ValueError."""
    read = decoded(text)
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, read)
    if len(read) != 1 + 2 * _NUMBER:
        raise ValueError("expected an uncompressed point")
    return read


def sealed(content: bytes, p256dh: bytes, auth: bytes, *, key: bytes, salt: bytes) -> bytes:
    """The body of a request to a push service, in the encoding ``aes128gcm``.

    Args:
      content: at most 3,993 bytes.
      p256dh: public key of the browser.
      auth: its secret.
      key: a private key that is used for nothing else.
      salt: 16 bytes that are used for nothing else.
    """
    sender = _private(key)
    common = sender.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, p256dh))
    own = _point(sender.public_key())
    keying = _derived(common, auth, b"WebPush: info\0" + p256dh + own, 32)
    content_key = _derived(keying, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(keying, salt, b"Content-Encoding: nonce\0", 12)
    record = AESGCM(content_key).encrypt(nonce, content + _LAST, None)
    return salt + _RECORD.to_bytes(4, "big") + len(own).to_bytes(1, "big") + own + record


def signature(private: bytes, endpoint: str, page: str, now: datetime) -> str:
    """The header ``Authorization`` of a request to an endpoint.

    Args:
      private: the key of this agent.
      endpoint: of the browser.
      page: the origin at which this agent is found.
      now: aware.
    """
    claims = {
        "aud": _origin(endpoint),
        "exp": int((now + GOOD_FOR).timestamp()),
        "sub": f"https://{urlsplit(page).netloc}",
    }
    header = {"typ": "JWT", "alg": "ES256"}
    signed = ".".join(encoded(jsontext.encode(part)) for part in (header, claims))
    r, s = decode_dss_signature(_private(private).sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    token = f"{signed}.{encoded(r.to_bytes(_NUMBER, 'big') + s.to_bytes(_NUMBER, 'big'))}"
    return f"vapid t={token}, k={encoded(public(private))}"


def encoded(data: bytes) -> str:
    """In base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """What is in base64url, padded or not. Raises ValueError."""
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("expected base64url") from error


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _private(number: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(number, "big"), CURVE)


def _number(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_numbers().private_value.to_bytes(_NUMBER, "big")


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
