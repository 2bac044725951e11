"""What axe finds wrong with a page as it is now, for people who do not see or do not use a mouse."""

import os
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page

SCRIPT: Final = Path(__file__).parents[2] / "actors/gateway/web/node_modules/axe-core/axe.min.js"
THEMES: Final = ("light", "dark")
_RUN: Final = "only => axe.run(document, { resultTypes: ['violations'], ...(only && { runOnly: [only] }) })"
_OF_COLOURS: Final = "color-contrast"
"""All that another theme can break."""


def violations(page: Page) -> list[str]:
    """Each rule that is broken in one of the themes, with the elements that break it; none is what there should be.

    Skips where axe is not installed (`npm ci` in actors/gateway/web); where CI=true it fails instead.
    """
    if not SCRIPT.exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("axe-core is not installed")
    found = list[str]()
    if not page.evaluate("'axe' in window"):  # the content policy is for what the page itself does
        page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        only = None if theme == THEMES[0] else _OF_COLOURS
        found += [_told(theme, each) for each in page.evaluate(_RUN, only)["violations"]]
    return found


def _told(theme: str, violation: dict[str, Any]) -> str:
    where = ", ".join(str(node["target"]) for node in violation["nodes"])
    return f"{theme}: {violation['id']}: {violation['help']}: {where}"
