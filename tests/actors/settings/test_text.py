import os
from pathlib import Path

import pytest

from actors.settings import text


def test_a_mark_at_the_beginning_and_the_kind_of_line_ends_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\n")

    assert text.read(path) == "one\ntwo\n"


def test_what_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"J\xfcrgen")

    with pytest.raises(UnicodeDecodeError):
        text.read(path)


def test_a_pipe_or_a_folder_is_no_file_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(OSError, match="not a file"):
            text.content(path)
