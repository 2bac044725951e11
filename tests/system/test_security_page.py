"""The table of what is tried names tests that exist."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs/security.md"
_LINK: Final = re.compile(r"\[`(\w+)(\.py)?`\]\(\.\./(tests/[\w/]+\.py)\)")


def test_each_row_names_a_test_that_exists() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ") and "---" not in line]
    tried = [row for row in rows if not row.startswith("| what is tried")]
    assert len(tried) >= 15
    for row in tried:
        links = _LINK.findall(row)
        assert links, row
        for name, file, path in links:
            assert file or f"def {name}(" in (ROOT / path).read_text(), name


def test_each_hostile_test_is_named_in_a_row() -> None:
    named = {name for name, _, _ in _LINK.findall(PAGE.read_text())}
    for path in ("tests/system/test_hostile.py", "tests/browser/test_hostile_pages.py"):
        found = re.findall(r"^(?:async )?def (test_\w+)\(", (ROOT / path).read_text(), re.MULTILINE)
        assert set(found) <= named
