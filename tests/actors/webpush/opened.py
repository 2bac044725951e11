"""Opens what is sealed for a browser, by a library that is not ours."""

from typing import Any, Final

import http_ece  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import ec

_LIBRARY: Final[Any] = http_ece


def opened(body: bytes, key: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """What a browser with this key and this secret reads."""
    content: bytes = _LIBRARY.decrypt(body, private_key=key, auth_secret=auth, version="aes128gcm")
    return content
