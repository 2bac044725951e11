"""The web page, served from memory: read once, compressed once."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import final

import attrs

from bus import Data

INDEX = "index.html"
ASSETS = "assets/"
"""Below it, names carry a hash of the content, so what a name stands for never changes."""
FRAMES = frozenset({"frames/diagram.html", "frames/preview.html"})
"""What the page shows in frames of their own. They are large: they lie compressed and are read when they are needed."""
FRAME_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Of a frame: it is of no origin, whatever is written into it, and reaches nothing."""
SMALL = 512
"""Bytes below which compressing is not worth a header."""

_NO_STORE = "no-store"
_FOR_EVER = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"
_COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")
_MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".map": "application/json",
    ".svg": "image/svg+xml",
}

_MISSING = b"""<!doctype html>
<meta charset="utf-8">
<title>Starpod</title>
<h1>The web page has not been built</h1>
<p>The agent is running, and its API answers. Build the page with</p>
<pre>python scripts/web.py build run</pre>
<p>and load this page again. <code>scripts/serve</code> does it by itself.</p>
"""

_LEADS_ON = """<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={place}">
<title>Starpod</title>
<p><a href="{place}">Open the page</a></p>
"""


@final
@attrs.frozen
class Asset(Data):
    """One file, ready to be sent."""

    body: bytes = attrs.field(repr=False)
    media_type: str
    cache: str
    """Value of ``Cache-Control``."""
    etag: str
    given: bytes | None = attrs.field(default=None, repr=False)
    """It, compressed already."""
    policy: str | None = None
    """Its ``Content-Security-Policy``, where it is not that of the page."""

    @property
    def gains(self) -> bool:
        """Whether it is smaller when it is compressed."""
        return self.media_type.startswith(_COMPRESSIBLE) and len(self.body) >= SMALL

    @cached_property
    def packed(self) -> bytes:
        """Compressed with gzip, once somebody takes it: doing it with all of them took each start 12 ms."""
        return gzip.compress(self.body, 6, mtime=0) if self.given is None else self.given


@final
@attrs.frozen
class FileAnswer(Data):
    """What answers one request for a file."""

    status: int
    body: bytes = attrs.field(repr=False)
    headers: Mapping[str, str]


@final
class Pages:
    """The files of the built web page below one folder, read when somebody asks for the first of them.

    They are read again when the page has been built again, so that a developer need not restart the agent.
    """

    def __init__(self, root: Path, base_path: str = "") -> None:
        """`base_path` is where browsers find the page, without slash at its end."""
        self._root = root
        self._base_path = base_path
        self._built: int | None = None
        self._assets: dict[str, Asset] = {}
        self._missing = _asset("missing.html", _MISSING)

    def answer(
        self, path: str, *, known: str | None = None, packed: bool = False, locked: bool = False
    ) -> FileAnswer | None:
        """Answer a request for `path` (without leading slash), or None when there is no such file.

        A path without a file name extension is a place within the page, so the page itself answers.

        Args:
          path: what is asked for.
          known: the ``If-None-Match`` header.
          packed: whether the client takes gzip.
          locked: whether nobody is known to ask. The page is no secret; told by the status 401, it says how to
            get a link that opens it.
        """
        is_page = path in {"", INDEX} or "." not in path.rpartition("/")[2]
        if is_page or self._built is None:
            self._refresh()
        found = self._assets.get(INDEX if is_page else path) or self._framed(path)
        if found is None:
            return _answer(self._missing, 404, known=None, packed=False) if is_page else None
        if is_page and locked:
            return _answer(found, 401, known=None, packed=packed)
        return _answer(found, 200, known=known, packed=packed)

    def _framed(self, path: str) -> Asset | None:
        """A frame, which is kept from now on."""
        if path not in FRAMES:
            return None
        try:
            packed = (self._root / f"{path}.gz").read_bytes()
        except OSError:
            return None
        frame = _asset(path, gzip.decompress(packed))
        self._assets[path] = attrs.evolve(frame, given=packed, policy=FRAME_POLICY, cache=_REVALIDATE)
        return self._assets[path]

    def _refresh(self) -> None:
        try:
            built = (self._root / INDEX).stat().st_mtime_ns
        except OSError:
            built = None
        if built != self._built:
            self._assets = {} if built is None else _read(self._root, self._base_path)
            self._built = built


def leads_to(place: str) -> str:
    """A page that leads to a place within ours, which needs no escape in HTML."""
    return _LEADS_ON.format(place=place)


def _read(root: Path, base_path: str) -> dict[str, Asset]:
    files = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".gz")
    return {
        name: _asset(name, _below(base_path, name, path.read_bytes()))
        for path in files
        for name in [path.relative_to(root).as_posix()]
    }


def _below(base_path: str, name: str, body: bytes) -> bytes:
    """The page with its assets below the base path; they find one another by themselves."""
    return body.replace(b'="/assets/', f'="{base_path}/assets/'.encode()) if name == INDEX else body


def _asset(name: str, body: bytes) -> Asset:
    media_type = _media_type(name)
    cache = _NO_STORE if name.endswith(".html") else _FOR_EVER if name.startswith(ASSETS) else _REVALIDATE
    return Asset(body, media_type, cache, f'"{hashlib.sha256(body).hexdigest()[:20]}"')


def _media_type(name: str) -> str:
    suffix = "." + name.rpartition(".")[2]
    guessed = _MEDIA_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed


def _answer(asset: Asset, status: int, *, known: str | None, packed: bool) -> FileAnswer:
    headers = {"Content-Type": asset.media_type, "Cache-Control": asset.cache, "ETag": asset.etag}
    if asset.policy is not None:
        headers |= {"Content-Security-Policy": asset.policy, "X-Frame-Options": "SAMEORIGIN"}
    if asset.gains:
        headers["Vary"] = "Accept-Encoding"
    if known is not None and asset.etag in known:
        return FileAnswer(304, b"", headers)
    if packed and asset.gains:
        return FileAnswer(status, asset.packed, {**headers, "Content-Encoding": "gzip"})
    return FileAnswer(status, asset.body, headers)
