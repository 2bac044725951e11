import gzip
import os
from pathlib import Path

import pytest

from actors.gateway.pages import FileAnswer, Pages, leads_to
from tests.actors.gateway.world import SCRIPT, WELCOME, build_page

SCRIPT_PATH = "assets/main-abc123.js"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages(build_page(tmp_path / "dist"))


def sent(pages: Pages, path: str, **options: bool | str) -> FileAnswer:
    sending = pages.answer(path, **options)  # type: ignore[arg-type]
    assert sending is not None
    return sending


@pytest.mark.parametrize("path", ["", "index.html", "session/s1", "settings"])
def test_every_place_within_the_page_is_the_page(pages: Pages, path: str) -> None:
    sending = sent(pages, path)
    assert (sending.status, sending.body) == (200, WELCOME.encode())
    assert sending.headers["Cache-Control"] == "no-store"
    assert sending.headers["Content-Type"] == "text/html; charset=utf-8"


def test_hashed_files_are_kept_for_ever(pages: Pages) -> None:
    sending = sent(pages, SCRIPT_PATH)
    assert sending.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert sending.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert sending.body == SCRIPT.encode()


def test_other_files_are_revalidated(pages: Pages) -> None:
    sending = sent(pages, "favicon.svg")
    assert sending.headers["Cache-Control"] == "no-cache"
    assert sending.headers["Content-Type"] == "image/svg+xml"
    again = sent(pages, "favicon.svg", known=sending.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert sent(pages, "favicon.svg", known='"other"').status == 200


def test_frames_have_a_policy_of_their_own(pages: Pages, tmp_path: Path) -> None:
    assert pages.answer("frames/diagram.html") is None
    (tmp_path / "dist/frames").mkdir()
    (tmp_path / "dist/frames/diagram.html.gz").write_bytes(gzip.compress(WELCOME.encode() * 99))
    for _ in range(2):
        sending = sent(pages, "frames/diagram.html", packed=True)
        assert gzip.decompress(sending.body) == WELCOME.encode() * 99
        assert sending.headers["Content-Security-Policy"].startswith(
            "sandbox allow-scripts; default-src 'none'; "
        )
        assert sending.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert sending.headers["Cache-Control"] == "no-cache"
    assert sent(pages, "frames/diagram.html").body == WELCOME.encode() * 99
    assert pages.answer("frames/diagram.html.gz") is None
    assert pages.answer("frames/other.html") is None


def test_text_is_compressed_for_who_takes_it(pages: Pages) -> None:
    sending = sent(pages, SCRIPT_PATH, packed=True)
    assert sending.headers["Content-Encoding"] == "gzip"
    assert sending.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(sending.body) == SCRIPT.encode()
    assert "Content-Encoding" not in sent(pages, SCRIPT_PATH).headers
    assert sent(pages, SCRIPT_PATH).headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path", ["assets/none.js", "../secret.txt", "assets/../../secret.txt", "/etc/passwd.txt"]
)
def test_there_are_no_other_files(tmp_path: Path, pages: Pages, path: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    assert pages.answer(path) is None


def test_a_page_that_was_not_built_says_how(tmp_path: Path) -> None:
    pages = Pages(tmp_path / "dist")
    sending = sent(pages, "")
    assert sending.status == 404
    assert b"scripts/web.py build run" in sending.body
    assert b"<script" not in sending.body
    assert pages.answer(SCRIPT_PATH) is None
    build_page(tmp_path / "dist")
    assert sent(pages, "").status == 200
    assert sent(pages, SCRIPT_PATH).status == 200


def test_a_page_that_is_built_again_is_read_again(tmp_path: Path, pages: Pages) -> None:
    index = tmp_path / "dist" / "index.html"
    index.write_text("new")
    os.utime(index, ns=(1, 1))
    assert sent(pages, "").body == b"new"


def test_the_page_tells_by_its_status_that_it_needs_a_link(pages: Pages) -> None:
    locked = sent(pages, "", locked=True)
    assert locked.status == 401
    assert locked.body == sent(pages, "").body
    assert sent(pages, SCRIPT_PATH, locked=True).status == 200


def test_a_page_that_leads_on_does_so_by_itself_and_by_a_link() -> None:
    page = leads_to("/#page=x")
    assert 'content="0; url=/#page=x"' in page
    assert '<a href="/#page=x">' in page
