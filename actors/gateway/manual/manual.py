"""The documentation, read when somebody asks for a page of it: nothing of it is loaded before, and nothing is kept."""

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Final, final

from actors.gateway.manual.rendering import SUFFIX, Written, written

Pages = Mapping[str, Path]
"""Files of pages by their names, which are their paths without suffix."""
STYLE: Final = "style.css"
STYLE_FILE: Final = Path(__file__).parent / STYLE
INDEX: Final = "index"
BEGINNING: Final = 2000
"""Characters in which a page has said what it is about."""
CHAPTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "Talking with it": (
        "guide/page",
        "guide/terminal",
        "guide/telegram",
        "guide/email",
        "guide/notifications",
        "guide/versions",
    ),
    "What it does": (
        "guide/files",
        "guide/memory",
        "guide/skills",
        "guide/scheduling",
        "guide/web",
        "guide/shell",
        "guide/subagents",
        "guide/mcp",
        "guide/hooks",
    ),
    "Setting it up": (
        "guide/settings",
        "guide/models",
        "guide/people",
        "guide/permissions",
        "guide/secrets",
        "guide/beyond-this-machine",
        "guide/instances",
        "guide/openai-clients",
        "security",
    ),
    "How it works": ("guide/one-turn", "guide/looking-inside", "guide/adding-a-subsystem"),
    "Reference": (
        "reference/cli",
        "reference/settings",
        "reference/http",
        "reference/websocket",
        "reference/compatibility",
        "reference/bus",
        "reference/messages",
    ),
}
"""The pages in the order in which one reads them."""
_ALL: Final = tuple(name for names in CHAPTERS.values() for name in names)
_FRAME: Final = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>$title · Starpod</title>
<link rel="stylesheet" href="$place/$style">
</head>
<body>
<a class="skip" href="#text">To the text</a>
<header>
<a href="$page">Starpod</a>
<a href="$place">Documentation</a>
<a class="to-contents" href="#contents">All pages</a>
</header>
<div class="columns">
<main id="text">
$text
</main>
<nav id="contents" aria-label="Documentation">
$contents
</nav>
</div>
</body>
</html>
""")


@final
class Manual:
    """The files of the documentation below one folder."""

    def __init__(self, root: Path | None, page: str = "/", place: str = "/docs") -> None:
        """`root` is None where there is none; `page` and `place` are where browsers find the page, and this."""
        self._root = root
        self._page = page
        self._place = place

    def answer(self, path: str) -> tuple[int, str]:
        """Status and HTML of what is asked for below ``/docs``, as ``x``, ``x.html``, ``x.md`` or ``x/index.html``."""
        pages = self._pages()
        asked = _name(path)
        if asked in pages:
            return 200, self._framed(self._read(asked, pages), asked, pages)
        if asked == INDEX and pages:
            return 200, self._framed(self._overview(pages), asked, pages)
        why = "There is no such page." if pages else "This installation came without its documentation."
        return 404, self._framed(Written("Not found", f"<h1>Not found</h1>\n<p>{why}</p>", ""), "", pages)

    def style(self) -> bytes:
        """The style of the pages."""
        return STYLE_FILE.read_bytes()

    def _pages(self) -> Pages:
        """The pages there are; an installation leaves out what only its developers read."""
        root = self._root
        files = {} if root is None else {name: root / f"{name}{SUFFIX}" for name in _ALL}
        return {name: file for name, file in files.items() if file.is_file()}

    def _read(self, name: str, pages: Pages) -> Written:
        return written(pages[name].read_text(encoding="utf-8"), name, pages, self._place)

    def _overview(self, pages: Pages) -> Written:
        chapters = "".join(
            f"<h2>{chapter}</h2>\n<dl>\n{''.join(self._told(name, pages) for name in names)}</dl>\n"
            for chapter, names in _chapters(pages)
        )
        return Written("Documentation", f"<h1>Documentation</h1>\n{chapters}", "")

    def _told(self, name: str, pages: Pages) -> str:
        with pages[name].open(encoding="utf-8") as file:
            begins = file.read(BEGINNING)  # one of them is long, and a sentence is wanted of it
        page = written(begins, name, pages, self._place)
        return f'<dt><a href="{self._place}/{name}">{page.title}</a></dt>\n<dd>{page.about}</dd>\n'

    def _framed(self, text: Written, here: str, pages: Pages) -> str:
        contents = (
            f"<h2>{chapter}</h2>\n<ul>\n{''.join(self._link(name, pages[name], here) for name in names)}</ul>\n"
            for chapter, names in _chapters(pages)
        )
        return _FRAME.substitute(
            title=text.title,
            text=text.html,
            place=self._place,
            page=self._page,
            style=STYLE,
            contents="".join(contents),
        )

    def _link(self, name: str, file: Path, here: str) -> str:
        current = ' aria-current="page"' if name == here else ""
        return f'<li><a href="{self._place}/{name}"{current}>{_title(file)}</a></li>\n'


def _chapters(pages: Pages) -> Iterator[tuple[str, list[str]]]:
    """The chapters that have any page, each with those it has."""
    for chapter, names in CHAPTERS.items():
        found = [name for name in names if name in pages]
        if found:
            yield chapter, found


def _title(file: Path) -> str:
    """The first line of a page, which is its title."""
    with file.open(encoding="utf-8") as lines:
        return escape(lines.readline().lstrip("# ").strip())


def _name(path: str) -> str:
    """The page that is meant by an address."""
    name = path.strip("/")
    for suffix in (".html", SUFFIX):
        name = name.removesuffix(suffix)
    return (name if name == INDEX else name.removesuffix(f"/{INDEX}")) or INDEX
