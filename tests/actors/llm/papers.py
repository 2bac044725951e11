"""PDF documents made by hand, as small as the format allows."""

import re
from collections.abc import Iterable
from zlib import compress

_HEAD = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


def pdf(pages: int = 1, words: str = "Hello", *, trailer: bytes = b"", tail: bytes = b"%%EOF\n") -> bytes:
    """A document that readers open: pages of one size, with the words on each."""
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(pages))
    shown = b"BT /F1 24 Tf 72 720 Td (%s) Tj ET" % words.encode("latin-1")
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown),
        *[page + b"/Resources << /Font << /F1 3 0 R >> >> >>"] * pages,
    ]
    made, places = bytearray(_HEAD), list[int]()
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table, count = len(made), len(objects) + 1
    made += b"xref\n0 %d\n0000000000 65535 f \n" % count
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer\n<< /Size %d /Root 1 0 R %s>>\nstartxref\n%d\n" % (count, trailer, table)
    return bytes(made) + tail


def packed(objects: Iterable[bytes], *, first: int | None = None, filtered: bool = True) -> bytes:
    """A document that keeps its objects in a stream of them, as newer ones do."""
    texts, starts, at = list(objects), list[bytes](), 0
    for number, text in enumerate(texts, 1):
        starts.append(b"%d %d" % (number, at))
        at += len(text) + 1
    header = b" ".join(starts) + b" "
    stream = header + b" ".join(texts)
    data = compress(stream) if filtered else stream
    described = b"<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >>" % (
        len(texts),
        len(header) if first is None else first,
        len(data),
    )
    body = b"9 0 obj\n" + described + b"\nstream\r\n" + data + b"\nendstream\nendobj\n"
    table = b"10 0 obj\n<< /Type /XRef /Size 11 /Root 1 0 R >>\nstream\n\0\nendstream\nendobj\n"
    return _HEAD + body + table + b"startxref\n0\n%%EOF\n"


def without_counts(document: bytes) -> bytes:
    """The same, and no node says how many pages it has."""
    return re.sub(rb"/Count \d+", b"", document)
