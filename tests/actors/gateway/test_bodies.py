"""How much a request may bring, and where its files go meanwhile."""

import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge

from actors.gateway.bodies import SPEECH_PATH, UPLOAD_PATH, CappedFile, LimitedRequest, request_class
from actors.gateway.limits import MIB, Limits

LIMITS = Limits(json_body=100, upload_file=8, upload_files=2)


def request(path: str = UPLOAD_PATH) -> LimitedRequest:
    rest: tuple[Any, ...] = (b"", Headers(), "", "1.1", {})
    return request_class(LIMITS)("POST", "http", path, *rest, send_push_promise=None)


@contextmanager
def no_file_larger_than(size: int) -> Generator[None]:
    """Have the system cut off what this process writes beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_takes_as_much_as_it_may_and_no_more(tmp_path: Path) -> None:
    with CappedFile(tmp_path / "a", 4) as file:
        assert file.write(b"ab") == 2
        assert file.write(b"cd") == 2
        with pytest.raises(RequestEntityTooLarge):
            file.write(b"e")
    assert (tmp_path / "a").read_bytes() == b"abcd"


def test_what_was_written_in_part_is_no_success(tmp_path: Path) -> None:
    with CappedFile(tmp_path / "a", MIB) as file, no_file_larger_than(3):
        with pytest.raises(OSError, match="No space left"):
            file.write(b"abcde")


def test_the_path_decides_how_much_a_request_may_bring() -> None:
    assert request().body._max_content_length == LIMITS.upload_body
    assert request("/api/chat").body._max_content_length == 100
    assert request(SPEECH_PATH).body._max_content_length == LIMITS.recording


def test_files_are_taken_only_by_who_says_where_they_go(tmp_path: Path) -> None:
    asked = request()
    take = asked.make_form_data_parser().stream_factory
    with pytest.raises(RequestEntityTooLarge):
        take(1, "text/plain", "a.txt", 1)
    with asked.writing_to(tmp_path):
        files = [take(1, "text/plain", "a.txt", 1), take(1, "text/plain", "b.txt", 1)]
        with pytest.raises(RequestEntityTooLarge, match="at most 2 files"):
            take(1, "text/plain", "c.txt", 1)
        with pytest.raises(RequestEntityTooLarge):
            files[0].write(b"123456789")
    assert [file.closed for file in files] == [True, True]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1"]
