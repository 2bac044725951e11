"""The documentation as it is served: every page of it, from wherever one is, and what there is not."""

import re
from pathlib import Path

import pytest

from actors.gateway.manual.manual import CHAPTERS, Manual

DOCS = Path(__file__).parents[4] / "docs"
NAMES = [name for names in CHAPTERS.values() for name in names]


@pytest.fixture(scope="module")
def manual() -> Manual:
    return Manual(DOCS)


def test_every_page_has_its_place() -> None:
    assert sorted(NAMES) == sorted(
        path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")
    )


def test_every_link_leads_to_a_page_and_a_heading_that_there_is(manual: Manual) -> None:
    pages = {f"/docs/{name}": manual.answer(name)[1] for name in NAMES}
    marks = {path: set(re.findall(r' id="([^"]*)"', html)) for path, html in pages.items()}
    for path, html in pages.items():
        assert f'<a href="{path}" aria-current="page">' in html
        for address in re.findall(r'<a href="([^"]*)"', html):
            there, _, mark = address.partition("#")
            if address.startswith("https:") or there in {"/", "/docs"}:
                continue
            assert (there or path) in pages, (path, address)
            assert not mark or mark in marks[there or path], (path, address)


@pytest.mark.parametrize("suffix", ["", "/", ".html", ".md", "/index.html", "/index"])
def test_a_page_has_several_addresses(manual: Manual, suffix: str) -> None:
    status, html = manual.answer(f"guide/files{suffix}")
    assert (status, "<title>Files · Starpod</title>" in html) == (200, True)


@pytest.mark.parametrize("path", ["", "/", "index", "index.html", "index.md"])
def test_it_begins_with_a_list_of_what_there_is(manual: Manual, path: str) -> None:
    status, html = manual.answer(path)
    assert status == 200
    assert '<dt><a href="/docs/guide/files">Files</a></dt>' in html
    assert "<dd>The agent works in its home folder and nowhere else.</dd>" in html


@pytest.mark.parametrize("path", ["guide", "../pyproject", "guide/../security", "%2e", "nowhere.html", "\0"])
def test_what_there_is_not_is_said_so(manual: Manual, path: str) -> None:
    status, html = manual.answer(path)
    assert (status, "There is no such page." in html) == (404, True)
    assert "/docs/guide/files" in html


def test_below_a_base_path(tmp_path: Path) -> None:
    (tmp_path / "security.md").write_text("# Security\n\nIt is.\n")
    status, html = Manual(tmp_path, "/aster/", "/aster/docs").answer("")
    assert status == 200
    assert re.findall(r'href="([^"#]+)"', html) == [
        "/aster/docs/style.css",
        "/aster/",
        "/aster/docs",
        "/aster/docs/security",
        "/aster/docs/security",
    ]
    assert html.count("<h2>") == 2


def test_an_installation_without_says_so() -> None:
    for path in ("", "guide/files"):
        status, html = Manual(None).answer(path)
        assert (status, "came without its documentation" in html) == (404, True)


def test_it_has_a_style_that_is_its_own(manual: Manual) -> None:
    assert b"url(" not in manual.style()
    assert b"light-dark" in manual.style()
