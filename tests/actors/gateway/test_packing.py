"""A folder as one file, piece by piece."""

import io
from datetime import UTC, datetime
from zipfile import ZipFile

from actors.gateway.packing import Packing

AT = datetime(2026, 3, 1, 9, 30, 10, tzinfo=UTC)


def test_what_is_packed_can_be_unpacked() -> None:
    packing = Packing()
    pieces = [packing.folder("all/empty", AT)]
    content = {"all/a.txt": [b"hello ", b"world"], "all/ä.bin": [bytes(range(256)) * 4000], "all/none": []}
    for name, parts in content.items():
        pieces += [packing.begin(name, AT), *map(packing.add, parts), packing.end()]
    pieces.append(packing.close())
    with ZipFile(io.BytesIO(b"".join(pieces))) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == ["all/empty/", *content]
        for name, parts in content.items():
            assert packed.read(name) == b"".join(parts)
        assert packed.getinfo("all/a.txt").date_time == (2026, 3, 1, 9, 30, 10)
        assert packed.getinfo("all/empty/").is_dir()
        assert packed.getinfo("all/ä.bin").compress_size < 50_000
    assert max(map(len, pieces)) < 50_000  # nothing waits for the end


def test_what_is_packed_by_its_nature_is_taken_as_it_is() -> None:
    packing = Packing()
    made = b""
    for media_type in ("image/png", "video/mp4", "text/plain", "image/svg+xml"):
        made += packing.begin(media_type, AT, media_type) + packing.add(b"x" * 1000) + packing.end()
    with ZipFile(io.BytesIO(made + packing.close())) as packed:
        sizes = {info.filename: info.compress_size for info in packed.infolist()}
        assert [name for name, size in sizes.items() if size == 1000] == ["image/png", "video/mp4"]
        assert all(packed.read(name) == b"x" * 1000 for name in sizes)


def test_a_time_after_those_of_zip_files_is_the_last_of_them() -> None:
    packing = Packing()
    made = packing.begin("a", datetime(2255, 3, 1, tzinfo=UTC)) + packing.end() + packing.close()
    with ZipFile(io.BytesIO(made)) as packed:
        assert [info.date_time for info in packed.infolist()] == [(2107, 12, 31, 23, 59, 58)]


def test_a_name_leads_nowhere_and_a_time_is_one_that_can_be_written() -> None:
    packing = Packing()
    name = "all/..\\..\\evil.txt"
    made = packing.begin(name, datetime(1970, 1, 1, tzinfo=UTC)) + packing.end() + packing.close()
    with ZipFile(io.BytesIO(made)) as packed:
        (info,) = packed.infolist()
        assert (info.filename, info.date_time) == ("all/.._.._evil.txt", (1980, 1, 1, 0, 0, 0))


def test_what_nobody_waits_for_is_forgotten_wherever_it_was() -> None:
    for go in (Packing.close, lambda packing: packing.begin("a", datetime(2026, 3, 1, tzinfo=UTC))):
        packing = Packing()
        go(packing)
        packing.drop()
